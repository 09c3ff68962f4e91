"""Nothing that the public must not know is in anything public, also not by subtraction."""

import base64
import html
import re
import urllib.parse
import zipfile
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from attack import attack
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import StreamObject
from report_fixture import PLANTED, build_run, rules_2021
from simulated_contests import draw_case

from fairlib.contract import INTAKE, ROUND
from fairlib.report import render
from fairlib.report.chapters.write import write_report
from fairlib.report.figures import to_svg
from fairlib.report.public.disclosure import Graph, exposed, withheld
from fairlib.report.public.privacy import MARGIN, end_coded, for_public, juror_codes, mask
from fairlib.report.results import read_results
from fairlib.report.set.html import to_html
from fairlib.rules import Scale

TEN = Scale(min=1, max=10, step=1)
CONTESTS = 60


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    rules = rules_2021()
    return read_results(build_run(tmp_path_factory.mktemp("run"), rules, n=60), rules)


def ratings_of(pairs, marks=None):
    """A ratings table of these (submission, juror) pairs with one mark each."""
    table = pd.DataFrame(pairs, columns=["submission", "juror"])
    marks = np.arange(len(table)) % 10 + 1.0 if marks is None else np.asarray(marks, dtype=float)
    return table.assign(criterion="c", status="scored", score=marks)


def recoverable(pairs, hidden_submissions, hidden_jurors):
    """Marks that follow from the sums published: unit vectors in the row space of the published sums."""
    published = [[s == i for s, _ in pairs] for i in sorted({s for s, _ in pairs} - hidden_submissions)]
    published += [[j == i for _, j in pairs] for i in sorted({j for _, j in pairs} - hidden_jurors)]
    if not published:
        return []
    sums = np.array(published, dtype=float)
    basis = np.linalg.svd(sums, full_matrices=False)
    rows = basis.Vh[basis.S > 1e-9]
    return [p for k, p in enumerate(pairs) if (rows[:, k] ** 2).sum() > 1 - 1e-9]


@pytest.mark.slow
def test_subtraction_recovers_no_mark_in_a_thousand_designs():
    rng = np.random.default_rng(7)
    for _ in range(1000):
        n, m, readers = rng.integers(3, 16), rng.integers(2, 8), rng.integers(1, 5)
        pairs = [
            (f"s{i}", f"j{j}")
            for i in range(n)
            for j in rng.choice(m, min(m, max(1, readers - rng.integers(0, 2))), replace=False)
        ]
        assert recoverable(pairs, *withheld(ratings_of(pairs, rng.integers(1, 11, len(pairs))), TEN)) == []


@pytest.mark.slow
@settings(max_examples=60)
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 6)), min_size=1, max_size=40))
def test_subtraction_recovers_no_mark_of_any_design(cells):
    pairs = [(f"s{i}", f"j{j}") for i, j in sorted(cells)]
    assert recoverable(pairs, *withheld(ratings_of(pairs), TEN)) == []


def test_without_complements_the_attack_would_succeed():
    pairs = [("s1", "j1"), ("s1", "j2"), ("s1", "j3"), ("s2", "j1"), ("s2", "j2"), ("s2", "j4"), ("s2", "j3")]
    assert ("s2", "j4") in recoverable(pairs, set(), {"j4"})


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.sets(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=8),
    st.lists(st.integers(1, 3), min_size=8, max_size=8),
    st.sets(st.integers(0, 6)),
)
def test_the_audit_finds_what_trying_every_table_of_marks_finds(cells, marks, silent):
    """Every table on a scale of three marks with the same published sums, beside the walks of Gusfield (1988)."""
    i, j = np.array(sorted(cells)).T
    x = np.array(marks[: len(i)], dtype=float)
    hidden = np.isin(np.arange(7), list(silent))
    graph = Graph(i, j + 4, x, 1, 3, 4, 7)
    worlds = np.array(list(product((1, 2, 3), repeat=len(x))), dtype=float)
    sums = np.array([(i == k) | (j + 4 == k) for k in range(7) if not hidden[k]], dtype=float).reshape(
        -1, len(x)
    )
    same = worlds[(worlds @ sums.T == sums @ x).all(axis=1)]
    alone = [k for k in range(len(x)) if (same[:, k] == x[k]).all()]
    assert exposed(graph, hidden).tolist() == alone


def crossed(n, m):
    return [(f"s{i}", f"j{j}") for i in range(n) for j in range(m)]


def test_a_submission_with_the_highest_marks_of_all_is_withheld_with_a_complement():
    pairs = crossed(8, 6)
    marks = np.random.default_rng(1).integers(2, 10, len(pairs))
    assert withheld(ratings_of(pairs, marks), TEN) == (set(), set())
    marks[:6] = 10
    submissions, jurors = withheld(ratings_of(pairs, marks), TEN)
    assert "s0" in submissions and len(submissions) + len(jurors) == 2


def test_a_juror_who_gave_everybody_the_highest_mark_is_withheld_with_a_complement():
    pairs = crossed(8, 6)
    marks = np.random.default_rng(1).integers(2, 10, len(pairs))
    marks[::6] = 10
    submissions, jurors = withheld(ratings_of(pairs, marks), TEN)
    assert "j0" in jurors and len(submissions) + len(jurors) == 2


def test_nothing_is_published_where_estimate_and_severity_say_every_mark():
    pairs = crossed(6, 5)
    marks = [3 + i // 2 + j // 3 for i in range(6) for j in range(5)]
    assert withheld(ratings_of(pairs, marks), TEN) == (
        {f"s{i}" for i in range(6)},
        {f"j{j}" for j in range(5)},
    )


def test_with_unequal_weights_every_criterion_is_looked_at():
    pairs = crossed(8, 6)
    rng = np.random.default_rng(1)
    first = ratings_of(pairs, rng.integers(2, 10, len(pairs)))
    second = ratings_of(pairs, rng.integers(2, 10, len(pairs))).assign(criterion="d")
    second.loc[:5, "score"] = 10
    table = pd.concat([first, second], ignore_index=True)
    assert withheld(table, TEN, {"c": 1, "d": 1}) == (set(), set())
    assert "s0" in withheld(table, TEN, {"c": 2, "d": 1})[0]


def test_a_round_without_marks_withholds_nothing():
    assert withheld(ratings_of([("s", "j")]).assign(status="missing", score=np.nan), TEN) == (set(), set())


def test_the_design_of_2021_publishes_everything(results):
    for stage in results.rounds:
        assert withheld(stage.ratings, stage.rule.scale, results.contest.weights(stage.id)) == (set(), set())


def test_public_tables_hold_only_what_is_allowed(results):
    seen = for_public(results)
    assert set(seen.submissions.columns).isdisjoint(
        {"contact_person", "phone", "email", "organisation_id", "summary"}
    )
    for stage in seen.rounds:
        assert len(stage.ratings) == len(stage.comments) == len(stage.juror_findings) == 0
        assert not any(c.startswith("by_") or "median" in c or c == "disagreement" for c in stage.estimates)
        assert stage.jurors["juror"].str.fullmatch(r"\d+").all()
        assert set(stage.findings.columns) == {"code", "severity"}


def test_a_table_that_is_not_on_the_list_is_empty_for_the_public(results):
    inside, seen = results.rounds[0], for_public(results).rounds[0]
    assert seen.tables.keys() == inside.tables.keys() == {t.name for t in ROUND.values() if not t.keys}
    for name, table in seen.tables.items():
        if allowed := ROUND[name].names("public", "guarded"):
            assert table.columns.tolist() == allowed
        else:
            assert len(table) == 0, name


def test_what_nobody_may_see_is_not_even_read(results):
    hidden = {"organisation_id", "contact_person", "phone", "email"}
    assert set(INTAKE["submissions"].names("nobody")) == hidden
    assert hidden.isdisjoint(results.submissions.columns)


@pytest.mark.slow
def test_no_number_has_more_digits_than_a_page_shows(results):
    for stage in for_public(results).rounds:
        tables = stage.tables | {"agreement": stage.agreement, "profiles": stage.profiles}
        for name, table in tables.items():
            for column in table.select_dtypes("float"):
                told = table[column].dropna()
                assert all(len(repr(float(x)).partition(".")[2]) <= 3 for x in told), (name, column)
        assert not stage.decisions["reason"].str.contains(r"\d\.\d{3}").any()


def with_one_reader_less(results):
    """The first round with all but two readers of its tenth submission taken away."""
    stage = results.rounds[0]
    name = stage.decisions["submission"].iloc[9]
    mine = stage.ratings["submission"] == name
    kept = stage.ratings["juror"].isin(stage.ratings.loc[mine, "juror"].unique()[:2])
    estimates = stage.estimates.copy()
    estimates.loc[estimates["submission"] == name, "n_jurors"] = 2
    changed = stage.with_tables(ratings=stage.ratings[~mine | kept], estimates=estimates)
    return name, replace(results, rounds=(changed, *results.rounds[1:]))


def test_the_public_is_told_reasons_by_what_they_are_not_by_how_they_look(results):
    stage = results.rounds[0]
    said = (
        'manual:selected by board on 2021-03-30: "heard: 7.125 there"; rule: reserve, quota:region=x 7.125<8'
    )
    codes = {
        said: said.replace("7.125<8", "7.12<8"),
        "quota:region=x 9.5<10": "quota:region=x",
    }  # 10: the best mark
    told = {}
    for code in codes:
        decisions = stage.decisions.assign(reason=code)
        public = for_public(replace(results, rounds=(stage.with_tables(decisions=decisions),)))
        told[code] = set(public.rounds[0].decisions["reason"])
    assert told == {code: {wanted} for code, wanted in codes.items()}


def test_a_submission_withheld_has_no_place_by_which_its_mean_would_be_known(results):
    name, changed = with_one_reader_less(results)
    stage = for_public(changed).rounds[0]
    decision = stage.decisions.set_index("submission").loc[name]
    assert decision[["estimate", "rank", "rank_low", "rank_high", "p_selected", "expected_rank"]].isna().all()
    assert decision["decision"] == "selected"
    assert stage.decisions["rank"].isna().sum() > 3
    assert stage.estimates["raw_mean"].isna().all() and stage.jurors["severity"].isna().all()
    known = stage.estimates["estimate"].dropna()
    assert len(known) == len(stage.estimates) - 1 and (known == known.round(1)).all()
    assert not stage.decisions["reason"].str.contains(r"\d\.\d").any()
    assert not any(name in ids for ids in stage.ties["submissions"])


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["severity", "reliability", "zscore", "median"])
def test_the_page_says_why_numbers_are_missing(results, estimator):
    _, changed = with_one_reader_less(results)
    stage = changed.rounds[0]
    rule = stage.rule.model_copy(update={"estimator": estimator})
    changed = replace(changed, rounds=(replace(stage, rule=rule), *changed.rounds[1:]))
    report = write_report(for_public(changed), "en", "public")
    page = to_html(report, {p.id: to_svg(p.draw, p.size, p.id) for p in report.pictures()}, ("en",))
    assert page.count("Withheld for the public: numbers from which a single mark would follow") >= 2
    assert ">nan" not in page.lower()


def test_estimates_that_are_more_than_sums_stand_alone(results):
    stage = results.rounds[0]
    rule = stage.rule.model_copy(update={"estimator": "zscore"})
    seen = for_public(replace(results, rounds=(replace(stage, rule=rule),))).rounds[0]
    assert (
        seen.estimates[["raw_mean", "estimate"]].isna().all(axis=None)
        and seen.jurors["severity"].isna().all()
    )
    assert seen.profiles.empty


def test_a_status_never_tells_marks(results):
    stage = results.rounds[0]
    jurors = stage.jurors.assign(status="no_spread")
    estimates = stage.estimates.assign(status="extreme_high")
    changed = stage.with_tables(jurors=jurors, estimates=estimates)
    seen = for_public(replace(results, rounds=(changed,))).rounds[0]
    assert set(seen.jurors["status"]) == set(seen.estimates["status"]) == {"ok"}


@pytest.mark.slow
def test_correlations_are_coarse_and_gone_where_one_gave_everybody_the_same(results):
    seen = for_public(results).rounds[0].agreement
    known = seen.to_numpy()[seen.notna().to_numpy()]
    assert len(known) and (np.round(known, 1) == known).all() and np.abs(known).max() <= 0.9
    stage = results.rounds[0]
    flat = stage.agreement.copy()
    flat.iloc[0, :] = flat.iloc[:, 0] = np.nan
    assert for_public(replace(results, rounds=(replace(stage, agreement=flat),))).rounds[0].agreement.empty


def test_the_public_learns_how_many_places_a_juror_moves_and_not_whose(results):
    seen = for_public(results)
    for before, stage in zip(results.rounds, seen.rounds, strict=True):
        assert set(stage.stability.columns) == {"kind", "what", "n_changes", "status"}
        mine = stage.stability[stage.stability["kind"] == "juror"]
        assert mine["what"].str.fullmatch(r"\d+").all()
        assert mine["what"].is_monotonic_increasing
        assert len(stage.stability) == len(before.stability)
        assert "estimate" not in stage.ties


@pytest.mark.slow
def test_no_name_without_consent(results):
    seen = for_public(results).submissions
    without = results.submissions["consent"].str.lower() != "true"
    assert without.any()
    assert seen.loc[without, "organisation"].isna().all()
    assert seen.loc[~without, "organisation"].notna().all()


def test_public_rounds_change_nothing_in_place(results):
    before = results.submissions.copy()
    for_public(results)
    pd.testing.assert_frame_equal(results.submissions, before)


def test_codes_depend_on_marks_that_are_not_published(results):
    stage = results.rounds[0]
    codes = juror_codes(stage)
    assert sorted(codes.values()) == [f"{i:02d}" for i in range(1, len(codes) + 1)]
    assert juror_codes(stage) == codes
    other = stage.ratings.assign(score=11 - stage.ratings["score"])
    assert juror_codes(stage.with_tables(ratings=other)) != codes


def test_means_at_the_ends_are_held_back():
    coded = end_coded(pd.Series([1.0, 1.2, 5.5, 9.8, 10.0, np.nan]), 1, 10)
    low, high = 1 + 9 * MARGIN, 10 - 9 * MARGIN
    assert coded.tolist()[:5] == [low, low, 5.5, high, high]
    assert np.isnan(coded[5])


@pytest.mark.parametrize("text", ["тел. 8 (701) 000-42-42", "+77010004242", PLANTED["iin"], PLANTED["email"]])
def test_contacts_in_free_text_are_blotted_out(text):
    assert mask(f"Жоба {text} туралы").count("▮▮▮") == 1


def test_numbers_that_are_no_contacts_stay():
    assert mask("2021 жылы 1 500 000 теңге, 24/7") == "2021 жылы 1 500 000 теңге, 24/7"


def planted(tmp_path):
    """A run in which contacts stand in every free text, and marks of one juror are unlike any other number."""
    rules = rules_2021()
    run = build_run(tmp_path / "run", rules, n=40)
    path = run / "intake" / "submissions.csv"
    table = pd.read_csv(path, dtype=str)
    table["title"] += f" {PLANTED['iin']} {PLANTED['email']} {PLANTED['phone']}"
    table["organisation"] += f" {PLANTED['phone']}"
    table.to_csv(path, index=False)
    return run, rules


SPACED = (
    "701 000 42 42",
    "701-000-42-42",
    "(701) 000 42 42",
    "701\u00a0000\u00a042\u00a042",
    "850412 300123",
)
MARKS = re.compile(r"(?<![\d.,])(9[.,]875|2[.,]125)(?!\d)")  # in drawings of a PDF it may be a coordinate
DIGITS = ("7010004242", "850412300123")  # without the country code, and whatever stands between


def spellings():
    """What must be nowhere: contacts and names whole and in parts, a comment, and the planted marks."""
    jurors = [f"Сарапшы {i:02d}" for i in range(1, 13)]
    parts = [*PLANTED["contact"].split(), PLANTED["email"].partition("@")[0], "бюджетін нақтылау керек"]
    plain = [*PLANTED.values(), *SPACED, *parts, *jurors]
    return {form for text in plain for form in (text, text.lower(), text.upper())}


def readings_of(file):
    """Everything that can be read out of a file, part by part: its bytes, and what stands packed in them."""
    raw = file.read_bytes()
    yield from (raw.decode(code, "ignore") for code in ("utf-8", "utf-16-le", "utf-16-be", "cp1251"))
    if file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as book:
            assert not [n for n in book.namelist() if "comment" in n.lower() or "media" in n.lower()]
            yield from (html.unescape(book.read(n).decode()) for n in book.namelist())
    elif file.suffix == ".html":
        text = raw.decode()
        yield html.unescape(text)
        yield urllib.parse.unquote(text)
        packed = re.findall(r"base64,([A-Za-z0-9+/=]+)", text)
        yield from (base64.b64decode(part).decode("utf-8", "ignore") for part in packed)
    elif file.suffix == ".pdf":
        yield from readings_of_pdf(file)


def readings_of_pdf(file):
    """Pages, information, XMP, outlines, attachments, and every string and stream of every object."""
    reader = PdfReader(file)
    yield from (page.extract_text() for page in reader.pages)
    yield str(reader.metadata) + str(reader.outline)
    assert not reader.attachments
    for number in range(1, len(reader.xref[0]) + len(reader.xref_objStm) + 1):
        thing = reader.get_object(number)
        yield repr(thing)
        if isinstance(thing, StreamObject):
            yield from (thing.get_data().decode(code, "ignore") for code in ("utf-8", "utf-16-be"))


@pytest.mark.slow
def test_planted_secrets_are_nowhere_in_public(tmp_path):
    run, rules = planted(tmp_path)
    render(run, rules, tmp_path / "out", languages=("kk",), workers=1)
    files = sorted(p for p in (tmp_path / "out" / "public").rglob("*") if p.is_file())
    assert {f.suffix for f in files} == {".html", ".pdf", ".xlsx"}
    forbidden = spellings()
    for file in files:
        for part in readings_of(file):
            assert [secret for secret in forbidden if secret in part] == [], file.name
            assert file.suffix == ".pdf" or not MARKS.search(part), file.name
            digits = re.sub(r"[\s()+\u00a0-]", "", part)
            assert [secret for secret in DIGITS if secret in digits] == [], file.name
    assert not any(MARKS.search(p.extract_text()) for p in PdfReader(tmp_path / "out/public/kk.pdf").pages)
    inside, outside = ((tmp_path / "out" / a / "kk.html").read_text("utf-8") for a in ("internal", "public"))
    for secret in ("Сарапшы 01", 'id="discuss-commission"', 'id="marks-commission-data"'):
        assert secret in inside and secret not in outside


@pytest.mark.parametrize(
    "hidden", ["<!-- +7 701 000 42 42 -->", "<a href='mailto:hidden.person%40example.kz'>"]
)
def test_the_search_itself_finds_what_is_hidden(tmp_path, hidden):
    file = tmp_path / "kk.html"
    file.write_text(f"<p>{hidden}</p>", "utf-8")
    assert any(secret in part for part in readings_of(file) for secret in spellings())


def test_the_search_itself_finds_what_a_workbook_hides(tmp_path):
    file = tmp_path / "results.xlsx"
    book = xlsxwriter.Workbook(file)
    book.set_properties({"comments": PLANTED["email"]})
    book.add_worksheet()
    book.close()
    assert any(PLANTED["email"] in part for part in readings_of(file))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    found = {seed: attack(draw_case(seed), folder / str(seed)) for seed in range(CONTESTS)}
    return {seed: done for seed, done in found.items() if done is not None}


@pytest.mark.slow
def test_the_attack_on_published_tables_recovers_no_mark(attacked):
    """The first contests of benchmarks/privacy.py, which attacks a thousand."""
    assert len(attacked) > CONTESTS / 2
    assert {seed: done.verdicts.eq("found").sum() for seed, done in attacked.items()} == dict.fromkeys(
        attacked, 0
    )
    unknown = sum(done.verdicts.eq("unknown").sum() for done in attacked.values())
    assert unknown <= 0.001 * sum(len(done.verdicts) for done in attacked.values())


@pytest.mark.slow
def test_the_attack_recovers_marks_where_nothing_is_withheld(tmp_path, monkeypatch):
    monkeypatch.setattr("fairlib.report.public.privacy.withheld", lambda *_: (set(), set()))
    found = [attack(draw_case(seed), tmp_path / str(seed)) for seed in (62, 64, 66)]
    assert sum(done.verdicts.eq("found").sum() for done in found if done) > 0
