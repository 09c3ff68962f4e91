"""Params files: every mistake is found before anything is read, and named where it is."""

import pytest
import yaml
from params_fixture import COMMISSION, RAW, ROOT, with_value

from fairlib.errors import RulesError
from fairlib.intake.form.export import FIELDS
from fairlib.params import check_params, list_ours, read_params, rules_hash
from fairlib.rules import FORM_FIELDS, Scale

FILES = sorted((ROOT / "params").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_params_file_is_valid(path):
    rules = read_params(path)
    assert rules.contest.rounds
    assert all(o.value is not None for o in list_ours(rules))


@pytest.mark.parametrize("day", ["2021-02-30", "2021-13-10"])
def test_a_day_that_does_not_exist_is_named_with_its_line(tmp_path, day):
    path = tmp_path / "p.yaml"
    path.write_text(f"year: 2021\ncontest:\n  accepted_to: {day}\n", encoding="utf-8")
    with pytest.raises(RulesError, match=rf"p\.yaml, line 3: there is no such day as {day}"):
        read_params(path)


def test_published_counts_of_2021_add_up():
    published = read_params(ROOT / "params" / "2021.yaml").contest.published
    assert published.submissions == 221
    assert dict(published.nominations) == {"disability": 112, "legal": 43, "health": 66}
    assert sum(published.nominations.values()) == published.submissions


MISTAKES = [
    ((*COMMISSION, "scale", "mim"), 1, "contest.rounds.commission.scale.mim: unknown key; did you mean min?"),
    ((*COMMISSION, "estimator"), "sevrity", "contest.rounds.commission.estimator"),
    ((*COMMISSION, "scale"), {"min": 5, "max": 5}, "the scale ends"),
    ((*COMMISSION, "scale"), {"min": 1, "max": 10, "step": 2}, "never reach 10"),
    ((*COMMISSION, "weights"), {"signifcance": 1}, "'signifcance' is not one of significance"),
    ((*COMMISSION, "weights"), {"significance": 0}, "must be above 0"),
    ((*COMMISSION, "select", "ties"), ["alphabet"], "unknown step 'alphabet'"),
    ((*COMMISSION, "select", "ties"), ["refuse", "median"], "`refuse` ends a tie chain"),
    ((*COMMISSION, "select", "seats"), 0, "contest.rounds.commission.select.seats: it must be at least 1"),
    ((*COMMISSION, "select", "thresholds"), [{"on": "estimate", "at_least": 11}], "off the scale 1–10"),
    ((*COMMISSION, "select", "thresholds"), [{"on": "beauty", "at_least": 5}], "'beauty' is not one of"),
    (
        (*COMMISSION, "select", "quotas"),
        [{"column": "nomination", "kind": "fixed", "seats": {"law": 3}}],
        "'law'",
    ),
    ((*COMMISSION, "select", "quotas"), [{"column": "nomination", "kind": "fixed"}], "needs `seats`"),
    (
        (*COMMISSION, "select", "quotas"),
        [{"column": "region", "kind": "min", "seats": {"KZ-11": 51}}],
        "51 seats are promised, there are 50",
    ),
    (
        (*COMMISSION, "select", "quotas"),
        [{"column": "nomination", "kind": "proportional", "floor": 17}],
        "floor",
    ),
    (
        ("contest", "rounds", 1, "select", "budget", "total"),
        -1,
        "budget.total: it must be at least 0",
    ),
    (("contest", "rounds", 1, "select", "budget", "minimum"), 4000000, "above the maximum"),
    (("contest", "submissions", "accepted_to"), "2021-01-09", "before it opens"),
    (("contest", "submissions", "accepted_to"), "2021-13-09", "contest.submissions.accepted_to"),
    (("contest", "timezone"), "Asia/Almatty", "unknown time zone"),
    (("contest", "ours"), ["rounds.commission.scal"], "leads nowhere"),
    (("contest", "seed"), None, "contest.seed"),
    (("contest", "submissions", "organisation_id"), "none", "bin_valid needs organisation_id: bin"),
    (
        ("contest", "submissions", "eligibility"),
        [{"rule": "region_known"}, {"rule": "concent"}],
        "mean consent",
    ),
    (
        ("contest", "submissions", "columns"),
        {"titel": ["Poster"]},
        "contest.submissions.columns.titel: did you mean title",
    ),
    (("contest", "nominations"), [], "quota on nomination, and the contest names no nominations"),
    (
        (*COMMISSION, "select", "quotas"),
        [{"column": "regoin", "kind": "max", "seats": {"x": 3}}],
        "'regoin' is not",
    ),
    (
        (*COMMISSION, "select", "quotas"),
        [{"column": "first_time", "kind": "min", "seats": {True: 3}}],
        "put this key in quotes; without them YAML reads it as True",
    ),
    ((*COMMISSION, "divergence", "unless_all_below"), 50, "divergence: 50 is off the scale 1–10"),
    ((*COMMISSION, "id"), "report", "the name of a folder of the run"),
    (
        ("contest", "rounds", 1, "select", "seats"),
        51,
        "round fair has 51 seats, round commission before it only 50",
    ),
    (("year",), 2027, "accepted to 2021-03-10, the contest is of 2027"),
]


@pytest.mark.parametrize(("path", "value", "said"), MISTAKES, ids=lambda x: x if isinstance(x, str) else None)
def test_a_mistake_is_named_where_it_is(path, value, said):
    with pytest.raises(RulesError, match="(?s)" + said.replace("(", r"\(").replace("`", "`")) as caught:
        check_params(with_value(path, value), "params/2021.yaml")
    assert "params/2021.yaml" in str(caught.value)
    assert caught.value.exit_code == 2


def test_ties_are_settled_by_criteria_that_the_round_marks():
    raw = with_value((*COMMISSION, "weights"), {"significance": 1})
    with pytest.raises(RulesError, match="ties: 'social_impact' is not one of significance"):
        check_params(raw)


def test_a_rule_that_needs_the_regions_of_a_day():
    raw = with_value(("contest", "submissions", "eligibility"), [{"rule": "region_known"}])
    with pytest.raises(RulesError, match="region_known needs regions_on"):
        check_params(with_value(("contest", "submissions", "regions_on"), None, raw))


def test_a_threshold_is_read_however_yaml_takes_the_word_on():
    both = yaml.safe_load("[{on: social_impact, at_least: 5}, {'on': estimate, at_least: 4}]")
    assert True in both[0], "YAML 1.1 takes a bare on for true"
    rules = check_params(with_value((*COMMISSION, "select", "thresholds"), both))
    assert [t.on for t in rules.contest.rounds[0].select.thresholds] == ["social_impact", "estimate"]


def test_fields_of_the_form_are_those_that_intake_reads():
    assert set(FORM_FIELDS) == set(FIELDS)


def test_all_mistakes_are_said_at_once():
    raw = with_value((*COMMISSION, "estimator"), "x")
    raw = with_value(("contest", "rounds", 1, "min_scores"), 0, raw)
    with pytest.raises(RulesError, match="2 mistake") as caught:
        check_params(raw)
    assert "commission.estimator" in str(caught.value)
    assert "fair.min_scores" in str(caught.value)


def test_a_key_given_twice_is_an_error(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("year: 2021\nyear: 2022\n")
    with pytest.raises(RulesError, match="line 2: the key 'year' is given twice"):
        read_params(path)


@pytest.mark.parametrize("content", ["", "- 1\n", "year: [\n", "year: 2021\n"])
def test_files_that_are_no_rules(tmp_path, content):
    path = tmp_path / "p.yaml"
    path.write_text(content)
    with pytest.raises(RulesError, match=r"p\.yaml"):
        read_params(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(RulesError, match="no such params file"):
        read_params(tmp_path / "2099.yaml")


def test_the_hash_is_of_the_meaning(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(RAW, allow_unicode=True, sort_keys=True), encoding="utf-8")
    assert rules_hash(read_params(path)) == rules_hash(read_params(ROOT / "params" / "2021.yaml"))
    assert rules_hash(check_params(with_value((*COMMISSION, "select", "seats"), 49))) != rules_hash(
        check_params(RAW)
    )


def test_scale_turns_round_exactly():
    low = Scale(min=1, max=5, step=0.1, best="low")
    assert low.orient(1.0) == 5
    assert low.orient(low.orient(2.3)) == 2.3
    assert Scale(min=1, max=5).orient(2.3) == 2.3


@pytest.mark.parametrize(
    ("mark", "on"), [(0.1, True), (0.3, True), (0.35, False), (1.1, False), (-0.1, False)]
)
def test_steps_are_exact_decimals(mark, on):
    assert Scale(min=0, max=1, step=0.1).holds(mark) is on
