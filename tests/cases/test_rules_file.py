"""A params file as people write it: every mistake is told in words, and nothing is taken for something else."""

import copy
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from params_fixture import COMMISSION, RAW, ROOT, with_value

from fairlib import cli
from fairlib.cli import main
from fairlib.errors import RulesError
from fairlib.params import check_params, read_params
from fairlib.rules.base import language_of

SMALL = yaml.safe_load((ROOT / "params" / "example-minimal.yaml").read_text(encoding="utf-8"))
PROGRAMMERS_WORDS = (
    "Input should", "valid tuple", "valid dictionary", "instance of", "unable to", "match pattern", "pydantic",
    "NoneType", "Traceback", "should be", "literal",
)  # fmt: skip
FAIR = ("contest", "rounds", 1)


def leaves(node, path=()):
    """The path of every value in a params file."""
    yield path
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, below in steps:
        yield from leaves(below, (*path, step))


PATHS = [path for path in leaves(RAW) if path]

ADVICE = [
    (("contest", "criteria", 0, "weight"), "0,4", "a number is needed: write it with a point, 0.4"),
    ((*COMMISSION, "divergence", "share"), "30%", "write it as a share, 0.3"),
    ((*FAIR, "select", "budget", "total"), "30 000 000", "write it without spaces or quotes, 30000000"),
    ((*FAIR, "select", "budget", "total"), "30,5", "a whole number is needed (found '30,5')"),
    ((*COMMISSION, "estimator"), "severty", "did you mean severity? use one of: raw"),
    ((*COMMISSION, "scale", "best"), "lowest", "did you mean low?"),
    ((*COMMISSION, "select", "line"), "drawn", "did you mean draw?"),
    ((*COMMISSION, "select", "ties"), ["medan"], "did you mean median?"),
    ((*COMMISSION, "select", "quotas", 0, "column"), "nominaton", "did you mean nomination?"),
    ((*COMMISSION, "select", "thresholds"), [{"on": "estimat", "at_least": 5}], "did you mean estimate?"),
    (("contest", "timezone"), "Asia/Almati", "did you mean Asia/Almaty?"),
    (("contest", "submissions", "accepted_to"), "10.03.2021", "written year first: 2021-03-10"),
    (("contest", "submissions", "accepted_to"), "31.02.2021", "there is no such day"),
    ((*COMMISSION, "select", "seats"), True, "true and false (also yes, no, on and off) mean nothing here"),
    ((*COMMISSION, "select", "seats"), "fifty", "a whole number is needed (found 'fifty')"),
    (("contest", "rounds"), None, "a list is needed"),
    (("contest", "nominations", 0, "id"), "A-1", "begins with a letter, such as A_1"),
    (("contest", "published", "rounds"), {"fare": {"days": 2}}, "did you mean fair?"),
]


@pytest.mark.parametrize(("path", "value", "said"), ADVICE, ids=lambda x: str(x)[:30])
def test_a_mistake_is_told_with_what_was_probably_meant(path, value, said):
    with pytest.raises(RulesError) as caught:
        check_params(with_value(path, value))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("line", "torn", "said"),
    [
        (
            "scale: {min: 1, max: 6, step: 1, best: low}",
            "scale: {min: 1, max: 6,5, step: 1}",
            "jury.scale.max: ",
        ),
        ("- {id: place, name: Place}", "- {id: place, weight: 0,4, name: Place}", "criteria.place.weight: "),
        ("- {id: place, name: Place}", "- {id: place, weight: 0,08, name: Place}", "criteria.place.weight: "),
        ("estimator: raw", "weights: {place: 0,4}", "jury.weights.place: "),
    ],
)
def test_a_decimal_comma_inside_braces_is_told_at_its_number(tmp_path, line, torn, said):
    path = tmp_path / "p.yaml"
    text = (ROOT / "params" / "example-minimal.yaml").read_text(encoding="utf-8")
    assert line in text
    path.write_text(text.replace(line, torn), encoding="utf-8")
    with pytest.raises(RulesError, match="1 mistake") as caught:
        read_params(path)
    assert f"{said}write the number with a point; inside {{ }} a comma ends it" in str(caught.value)


def test_a_report_on_no_run_says_so(tmp_path, capsys):
    assert main(["report", str(tmp_path / "nope")]) == 2
    assert "there is no run here to report on" in capsys.readouterr().err


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.floats(allow_nan=True), st.text(max_size=8),
    st.sampled_from(["0,4", "yes", "10.03.2021", "1-10", "A-1", "", "50 %"]),
    st.lists(st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=400)
@given(st.sampled_from(PATHS), JUNK)
def test_whatever_stands_anywhere_no_programmers_word_reaches_a_person(path, value):
    try:
        check_params(with_value(path, value))
    except RulesError as why:
        assert not [word for word in PROGRAMMERS_WORDS if word in str(why)], str(why)


def test_ids_with_capitals_are_taken_and_one_folder_is_one_round():
    rules = check_params(with_value(("contest", "rounds", 0, "id"), "Jury_A", SMALL))
    assert rules.contest.rounds[0].id == "Jury_A"
    two = copy.deepcopy(SMALL)
    two["contest"]["rounds"].append(copy.deepcopy(two["contest"]["rounds"][0]) | {"id": "JURY"})
    with pytest.raises(RulesError, match="'JURY' is used twice, capitals apart"):
        check_params(two)
    with pytest.raises(RulesError, match="name of a folder of the run"):
        check_params(with_value(("contest", "rounds", 0, "id"), "Report", SMALL))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "this is a folder, and one params file is needed; in it there is: other.yaml"),
        (b"PK\x03\x04rest of a workbook", "this is a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is a spreadsheet"),
        (b"", "the file is empty; copy params/example-minimal.yaml"),
        (b"# only a remark\n", "the file is empty"),
        (b"- a\n- b\n", "has two keys, year and contest; this one is a list"),
        (b"submission;title\n", "this one is one text or number"),
        (b"year: \xff\xfe", "some of its bytes are no UTF-8"),
    ],
)
def test_what_is_no_params_file_is_called_what_it_is(tmp_path, content, said):
    path = tmp_path / "p.yaml"
    if content is None:
        path.mkdir()
        (path / "other.yaml").write_text("year: 2021", encoding="utf-8")
    else:
        path.write_bytes(content)
    with pytest.raises(RulesError) as caught:
        read_params(path)
    assert said in str(caught.value) and str(path) in str(caught.value)
    assert not [word for word in (*PROGRAMMERS_WORDS, "Errno", "codec") if word in str(caught.value)]


def test_a_name_in_one_language_serves_for_all_and_is_the_contests_language():
    bare = {k: v for k, v in SMALL["contest"].items() if k != "language"}
    for name, lang in (
        ("Poster prize", "en"), ("Конкурс плакатов", "ru"), ("Плакаттар байқауы", "kk"),
        ({"en": "Poster prize"}, "en"), ({"ru": "Конкурс", "en": "Prize"}, "ru"),
        ({"kk": "Байқау", "ru": "Конкурс", "en": "Prize"}, "kk"),
    ):  # fmt: skip
        contest = check_params({"year": 2024, "contest": bare | {"name": name}}).contest
        assert contest.language == lang == language_of(name)
        assert all(contest.name[x] for x in ("kk", "ru", "en"))
    assert check_params({"year": 2024, "contest": bare | {"language": "ru"}}).contest.language == "ru"


def test_an_error_of_ours_is_told_as_ours_with_its_details_in_a_file(monkeypatch, capsys):
    def broken(args):
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr(cli, "_run", broken)
    assert main(["run", "params/2021.yaml"]) == 3
    told = capsys.readouterr().err
    assert "an error of the software, not of your files (KeyError: 'nobody foresaw this')" in told
    details = Path(told.strip().rsplit(": ", 1)[1])
    assert "Traceback" in details.read_text(encoding="utf-8")
    details.unlink()


def test_one_year_of_ours_does_not_stop_the_others(monkeypatch, capsys, tmp_path):
    def broken(params, out):
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(cli, "_chain", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    params = [str(ROOT / "params" / f"{year}.yaml") for year in (2020, 2021)]
    assert main(["batch", *params, "--out", str(tmp_path)]) == 3
    assert capsys.readouterr().err.count("an error of the software") == 2
