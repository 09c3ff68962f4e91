"""Leniency to a group and the pattern of an undeclared conflict."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_fixture import contest, marks, row

from fairlib.scoring.jurors.contrasts import examine
from fairlib.scoring.jurors.diagnose import diagnose, sentence
from fairlib.scoring.jurors.leniency import conflicts, leniency
from fairlib.scoring.jurors.readings import readings_of

pytestmark = pytest.mark.filterwarnings("error")


def lenient(juror, column, group, points):
    return lambda mu, t: mu + points * ((t["j"] == juror) & (t[column] == group))


@pytest.mark.slow
def test_planted_leniency_is_found_with_its_size_and_only_there():
    found = diagnose(*contest(1, plant=lenient(4, "nomination", 1, 1.6))).findings
    first = row(found, "nomination", "E04", "n1")
    assert first["status"] == "talk" and first["effect"] == pytest.approx(1.6, abs=0.6)
    assert "points more in nomination n1 than elsewhere" in sentence(first)
    talk = found[found["signal"].isin(["nomination", "region", "legal_form"]) & (found["status"] == "talk")]
    assert set(talk["juror"]) == {"E04"}


@pytest.mark.slow
def test_being_generous_to_all_or_a_good_group_is_no_leniency():
    def generous(mu, t):
        return mu + 2.0 * (t["j"] == 4) + 2.0 * (t["nomination"] == 1)

    found = diagnose(*contest(2, plant=generous, whole=False)).findings  # no ceiling
    assert not (found[found["signal"] == "nomination"]["status"] == "talk").any()


@pytest.mark.slow
@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_effect_is_the_coefficient_of_the_interaction(seed):
    ratings, submissions, _ = contest(seed, n_sub=30, n_jur=4, per=3)
    panel = readings_of(ratings)
    found = examine(panel, leniency(panel, submissions), draws=0)
    found = found[(found["signal"] == "nomination") & (found["status"] == "tested")]
    group = submissions["nomination"].reindex(panel.submissions).to_numpy()[panel.submission]
    sub = (panel.submission[:, None] == np.unique(panel.submission)).astype(float)
    jur = (panel.juror[:, None] == np.unique(panel.juror)).astype(float)
    for first in found.to_dict("records"):
        x = (panel.jurors[panel.juror] == first["juror"]) & (group == first["about"])
        want = np.linalg.lstsq(np.column_stack([x, sub, jur]), panel.y, rcond=None)[0][0]
        assert first["effect"] == pytest.approx(want, abs=1e-8)


@pytest.mark.slow
def test_p_is_uniform_where_panels_go_along_with_nominations():
    p = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        group = np.sort(rng.integers(0, 3, 120))
        rows = {}
        for i, g in enumerate(group):
            readers = np.arange(4) + 4 * g
            if rng.random() < 0.5:  # half have a reader from another panel
                readers[rng.integers(4)] = rng.choice(np.setdiff1d(np.arange(12), readers))
            quality = rng.normal(6 + g, 1)
            rows |= {(f"s{i:03d}", f"E{j:02d}"): quality + 0.3 * j + rng.normal(0, 0.8) for j in readers}
        submissions = pd.DataFrame(
            {"nomination": [f"n{g}" for g in group]}, index=[f"s{i:03d}" for i in range(120)]
        )
        panel = readings_of(marks(rows))
        p.extend(examine(panel, leniency(panel, submissions), draws=199)["p"].dropna())
    for level, room in ((0.05, 0.025), (0.1, 0.04), (0.5, 0.08)):  # tests of one contest hang together
        assert np.mean(np.array(p) <= level) == pytest.approx(level, abs=room)


@pytest.mark.slow
def test_a_panel_bound_to_its_nomination_cannot_be_asked():
    ratings, submissions, _ = contest(3, n_sub=40, n_jur=4, per=4)
    both = pd.concat(
        [ratings, ratings.assign(submission="t" + ratings["submission"], juror="F" + ratings["juror"])]
    )
    group = pd.DataFrame({"nomination": ["a"] * 40 + ["b"] * 40}, index=np.unique(both["submission"]))
    found = diagnose(both, group).findings
    assert set(found[found["signal"] == "nomination"]["status"]) == {"too_few"}


def test_few_in_a_group_say_so_and_count():
    ratings, submissions, _ = contest(4, n_sub=24, n_jur=4, per=4)
    submissions["region"] = ["x", "x", *["y"] * 10, *["z"] * 12]
    first = row(diagnose(ratings, submissions).findings, "region", "E00", "x")
    assert (first["status"], first["n"]) == ("too_few", 2) and pd.isna(first["p"])


def test_two_groups_are_one_test_and_the_generous_side_is_named():
    ratings, submissions, _ = contest(5, n_sub=40, n_jur=4, per=4)
    submissions["nomination"] = ["a", "b"] * 20
    found = diagnose(ratings, submissions[["nomination"]]).findings
    found = found[found["signal"] == "nomination"]
    assert len(found) == 4 and (found["effect"] >= 0).all()


def test_submissions_without_a_group_or_a_row_are_in_no_group():
    ratings, submissions, _ = contest(6, n_sub=40, n_jur=4, per=4)
    submissions.loc[submissions.index[:5], "nomination"] = None
    found = diagnose(ratings, submissions[["nomination"]].iloc[:-5]).findings
    assert found[found["signal"] == "nomination"].groupby("juror")["n"].sum().eq(30).all()


def own_region(mu, t):
    return mu + 1.5 * (t["region"] == t["j"] % 8)


@pytest.mark.slow
def test_undeclared_favour_to_the_own_region_is_found_in_the_panel():
    ratings, submissions, jurors = contest(7, plant=own_region)
    found = diagnose(ratings, submissions, jurors).findings
    first = row(found, "own_region", None)
    assert first["status"] == "talk" and first["effect"] == pytest.approx(1.5, abs=0.5)
    assert "own region" in sentence(first)
    asked_twice = found[(found["signal"] == "region") & (found["juror"] == "E02") & (found["about"] == "r2")]
    assert len(asked_twice) == 0


@pytest.mark.slow
def test_a_mark_for_the_own_organisation_is_a_finding_by_itself():
    ratings, submissions, jurors = contest(8, n_sub=60, n_jur=6)
    mine = ratings.loc[ratings["juror"] == "E03", "submission"].iloc[0]
    jurors.loc["E03", "organisation_id"] = submissions.loc[mine, "organisation_id"]
    d = diagnose(ratings, submissions, jurors)
    first = row(d.findings, "own_affiliation", "E03")
    assert (first["status"], first["n"]) == ("own_organisation_marked", 1)
    assert "recusal may have been forgotten" in sentence(first) and d.jurors.loc["E03", "n_findings"] >= 1
    assert row(d.findings, "own_affiliation", "E00")["status"] == "none_of_own"


def test_tables_without_the_columns_ask_nothing():
    ratings, submissions, jurors = contest(9, n_sub=24, n_jur=4)
    panel = readings_of(ratings)
    assert leniency(panel, submissions[[]]) == []
    assert conflicts(panel, submissions[["nomination"]], jurors) == []
    assert conflicts(panel, submissions, jurors[[]]) == []
    nobody = submissions.assign(region=None)
    statuses = {s for f in conflicts(panel, nobody, jurors[["region"]]) for s in f.tests["status"]}
    assert statuses == {"none_of_own"}
