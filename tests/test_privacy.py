"""Nothing that the public must not know is in anything public, also not by subtraction."""

import zipfile
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_fixture import PLANTED, build_run, rules_2021

from fairlib.report.privacy import (
    AGGREGATES,
    EMPTY,
    MARGIN,
    end_coded,
    for_public,
    juror_codes,
    mask,
    withheld,
)
from fairlib.report.tables import read_results


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    rules = rules_2021()
    return read_results(build_run(tmp_path_factory.mktemp("run"), rules, n=60), rules)


def stage_of(results, pairs):
    """A round whose ratings are these (submission, juror) pairs with one mark each."""
    table = pd.DataFrame(pairs, columns=["submission", "juror"])
    table = table.assign(
        round="r", criterion="c", status="scored", source="", score=np.arange(len(table)) % 10 + 1.0
    )
    jurors = pd.DataFrame({"juror": sorted(set(table["juror"]))})
    return replace(results.rounds[0], ratings=table, jurors=jurors)


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


def test_subtraction_recovers_no_mark_in_a_thousand_contests(results):
    rng = np.random.default_rng(7)
    for _ in range(1000):
        n, m, readers = rng.integers(3, 16), rng.integers(2, 8), rng.integers(1, 5)
        pairs = [
            (f"s{i}", f"j{j}")
            for i in range(n)
            for j in rng.choice(m, min(m, max(1, readers - rng.integers(0, 2))), replace=False)
        ]
        assert recoverable(pairs, *withheld(stage_of(results, pairs))) == []


@settings(deadline=None, max_examples=60)
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 6)), min_size=1, max_size=40))
def test_subtraction_recovers_no_mark_of_any_design(results, cells):
    pairs = [(f"s{i}", f"j{j}") for i, j in sorted(cells)]
    assert recoverable(pairs, *withheld(stage_of(results, pairs))) == []


def test_without_complements_the_attack_would_succeed():
    pairs = [("s1", "j1"), ("s1", "j2"), ("s1", "j3"), ("s2", "j1"), ("s2", "j2"), ("s2", "j4"), ("s2", "j3")]
    assert ("s2", "j4") in recoverable(pairs, set(), {"j4"})


def test_the_design_of_2021_publishes_almost_everything(results):
    submissions, jurors = withheld(results.rounds[0])
    assert (len(submissions), len(jurors)) == (0, 0)


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


def test_every_table_of_a_round_has_a_rule(results):
    """A table that somebody adds is not published by default: it must be named here and in the module."""
    tables = {
        f.name
        for f in fields(results.rounds[0])
        if isinstance(getattr(results.rounds[0], f.name), pd.DataFrame)
    }
    ruled = {
        *EMPTY,
        *AGGREGATES,
        "stability",
        "findings",
        "estimates",
        "jurors",
        "decisions",
        "agreement",
        "profiles",
    }
    assert tables == ruled


def test_the_public_learns_how_many_places_a_juror_moves_and_not_whose(results):
    seen = for_public(results)
    for before, stage in zip(results.rounds, seen.rounds, strict=True):
        assert set(stage.stability.columns) == {"kind", "what", "n_changes", "status"}
        mine = stage.stability[stage.stability["kind"] == "juror"]
        assert mine["what"].str.fullmatch(r"\d+").all()
        assert mine["what"].is_monotonic_increasing
        assert len(stage.stability) == len(before.stability)
        assert len(stage.discuss) == len(stage.next_readings) == 0
        assert "estimate" not in stage.ties


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
    assert juror_codes(replace(stage, ratings=other)) != codes


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


def test_planted_secrets_are_nowhere_in_public(tmp_path):
    from pypdf import PdfReader

    from fairlib.report import render

    run, rules = planted(tmp_path)
    render(run, rules, tmp_path / "out", languages=("kk",), workers=1)
    names = [f"Сарапшы {i:02d}" for i in range(1, 13)]
    comment = "бюджетін нақтылау керек"
    forbidden = [*PLANTED.values(), "701 000 42 42", comment, *names]
    files = sorted((tmp_path / "out" / "public").iterdir())
    assert {f.suffix for f in files} == {".html", ".pdf", ".xlsx"}
    for file in files:
        if file.suffix == ".pdf":
            reader = PdfReader(file)
            text = " ".join(p.extract_text() for p in reader.pages) + str(reader.metadata)
        elif file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                text = " ".join(book.read(n).decode() for n in book.namelist())
        else:
            text = file.read_text("utf-8")
        assert [secret for secret in forbidden if secret in text] == [], file.name
    inside = (tmp_path / "out" / "internal" / "kk.html").read_text("utf-8")
    assert names[0] in inside
