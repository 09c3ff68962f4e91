"""The yardstick measures what it says: contests with a known truth, rules that keep their word, pieces that resume."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.fair221 import faults, measures, page, results, rules, snsf, tables, work
from benchmarks.fair221.conditions import CONDITIONS, SIZES, Size
from benchmarks.fair221.contests import Contest, draw, expected, who_reads
from benchmarks.fair221.rules import RULES, Told
from benchmarks.fair221.signals import named

SMALL = SIZES["30x6"]
EACH = [pytest.param(r, id=r.name, marks=[pytest.mark.slow] * (r.pace == "slowest")) for r in RULES.values()]
QUICK = [r for r in RULES.values() if r.pace == "quick"]


def contest_of(y, group=None, seats: int = 1) -> Contest:
    y = np.asarray(y, dtype=float)
    group = np.zeros(len(y), dtype=int) if group is None else np.asarray(group)
    marks = np.repeat(y[..., None], 5, axis=2)
    return Contest(marks, np.nanmean(y, axis=1), group, seats, *np.zeros((2, y.shape[1])), seed=1)


@pytest.mark.parametrize("rule", QUICK, ids=lambda r: r.name)
def test_every_rule_finds_the_truth_where_there_is_no_noise(rule):
    truth = np.random.default_rng(1).permutation(np.linspace(2, 9, 40))
    contest = contest_of(truth[:, None] - np.linspace(-0.5, 0.5, 6), seats=8)
    choice = measures.chosen(rule.score([contest])[0], 8)
    assert measures.found(choice, truth, 8) == 1 and measures.regret(choice, truth, 8) == 0


@pytest.mark.parametrize("rule", EACH)
def test_every_rule_gives_a_finite_number_to_all_with_marks_or_says_why_not(rule):
    for condition in ("missing weak", "random, unequal", "home 0%, unequal")[
        : 1 if rule.pace == "slowest" else 3
    ]:
        contest = draw(CONDITIONS[condition], SMALL, 1).contest
        score = rule.score([contest])[0]
        if measures.refused(score):
            assert rule.refusal, condition
        else:
            assert (np.isfinite(score) == np.isfinite(contest.y).any(axis=1)).all(), condition


@pytest.mark.parametrize("rule", EACH)
def test_no_rule_minds_the_order_of_submissions_and_jurors(rule):
    contest, rng = draw(CONDITIONS["random, unequal"], SMALL, 2).contest, np.random.default_rng(3)
    i, j = rng.permutation(SMALL.submissions), rng.permutation(SMALL.jurors)
    turned = replace(contest, marks=contest.marks[i][:, j], truth=contest.truth[i], group=contest.group[i],
                     severity=contest.severity[j])  # fmt: skip
    one, other = rule.score([contest])[0][i], rule.score([turned])[0]
    if rule.name == "SNSF":  # draws: the same but for their number
        assert np.corrcoef(one, other)[0, 1] > 0.99
    else:
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)


def test_a_rule_on_many_contests_gives_what_it_gives_on_each():
    contests = [draw(CONDITIONS["missing"], SMALL, n).contest for n in range(3)]
    for rule in QUICK:
        alone = np.stack([rule.score([c])[0] for c in contests])
        np.testing.assert_allclose(rule.score(contests), alone, rtol=1e-9)


def test_rules_of_the_library_agree_with_the_library():
    contest = draw(CONDITIONS["missing"], SMALL, 0).contest
    for name, method in (
        ("mean", "raw"),
        ("median", "median"),
        ("trimmed", "trimmed"),
        ("severity", "severity"),
    ):
        score, told = RULES[name].score([contest])[0], rules._by(method, contest).score
        np.testing.assert_allclose(score, told, rtol=1e-7, err_msg=name)
    z, ls = (rules._by(m, contest).score for m in ("zscore", "additive"))
    for name, told in (("z", z), ("z, common scale", z), ("least squares", ls)):
        score = RULES[name].score([contest])[0]
        assert (np.argsort(score) == np.argsort(told)).all(), name


def test_places_points_and_ratios_by_hand():
    y = np.array([[[8, 6.0], [6, np.nan], [6, 2], [2, 4]]])
    assert rules.places(y)[0, :, 0].tolist() == [4, 2.5, 2.5, 1]
    assert rules.borda(y)[0].tolist() == [3 + 2, 1.5, 1.5 + 0, 0 + 1]
    shares = [(3.5 / 4 + 2.5 / 3) / 2, 2 / 4, (2 / 4 + 0.5 / 3) / 2, (0.5 / 4 + 1.5 / 3) / 2]
    np.testing.assert_allclose(rules.rank_average(y)[0], shares)
    np.testing.assert_allclose(rules.ratio(y)[0][:2], [(8 / 5.5 + 6 / 4) / 2, 6 / 5.5])
    np.testing.assert_allclose(rules.mean_shift(y)[0][:2], [(2.5 + 2) / 2, 0.5])


def test_measures_by_hand():
    truth = np.array([4.0, 3, 2, 1])
    choice = measures.chosen(np.array([4.0, 2, 3, np.nan]), 2)
    assert choice.tolist() == [1, 0, 1, 0]
    assert measures.found(choice, truth, 2) == 0.5
    assert measures.regret(choice, truth, 2) == pytest.approx(0.5 / truth.std())
    assert measures.overlap(choice, measures.chosen(truth, 2), 2) == 0.5
    assert measures.harm(choice, measures.chosen(truth, 2), ()) == 1
    assert measures.harm(choice, measures.chosen(truth, 2), (1,)) == 0
    assert measures.pushed_in(choice, (2,)) == 1 and np.isnan(measures.pushed_in(choice, ()))
    assert measures.chosen(np.array([np.nan, 1.0, np.nan]), 2).tolist() == [0, 1, 0]
    assert measures.refused(np.full((2, 3), np.nan)).all()


def test_chances_and_coverage_by_hand():
    draws = np.array([[3.0, 2, 1], [3, 1, 2], [1, 2, 3], [3, 2, 1]])
    told = Told(np.array([3.0, 2, 1]), np.array([0.5, 0.5, 0.5]), draws)
    assert measures.chances(told, 1).tolist() == [0.75, 0, 0.25]
    tenths = measures.calibration(np.array([0.75, 0, 0.25]), np.array([9.0, 1, 2]), 1)
    assert tenths["brier"] == pytest.approx((0.0625 + 0 + 0.0625) / 3)
    assert (tenths["n7"], tenths["said7"], tenths["belong7"], tenths["n0"]) == (1, 0.75, 1, 1)
    contest = replace(contest_of([[1.0, 1]] * 3), truth=np.array([2.6, 1.5, 3.0]))
    told = Told(np.array([3.0, 2, 1]), np.array([0.5, 0.5, 0.5]))
    assert measures.coverage(told, contest) == {"cover": pytest.approx(2 / 3), "cover_top": 0.0}
    assert measures.coverage(Told(told.score), contest) == {}


def test_stated_chances_are_those_of_the_library():
    from fairlib.rules import Selection
    from fairlib.selection.firm.certainty import certainty
    from fairlib.selection.rule.compiled import compile_rule

    contest = draw(CONDITIONS["random, unequal"], SMALL, 4).contest
    told = RULES["severity"].tell(contest)
    table = told.estimates.submissions.assign(eligible=True)
    rule = Selection(seats=contest.seats, ties=("draw",), certainty={"draws": 1000})
    stated = certainty(told.estimates, compile_rule(table, rule, seed=1), seed=5).table["p_selected"]
    off = measures.chances(told, contest.seats) - stated.to_numpy(float)
    assert np.abs(off).max() < 0.07 and abs(off.mean()) < 0.01  # two times a thousand draws


def test_the_truth_is_what_all_jurors_together_would_say():
    rng, e = np.random.default_rng(1), CONDITIONS["ceiling"].effects
    latent, profile = np.array([-2.0, 0.0, 1.5]), np.zeros((3, 5))
    x = (
        e.centre
        + latent[:, None]
        + rng.normal(0, np.sqrt(e.severity**2 + e.reading**2 + e.mark**2), (3, 400_000))
    )
    marks = np.clip(np.rint(x), 1, 10).mean(axis=1)
    np.testing.assert_allclose(expected(latent, profile, e), marks, atol=0.01)


def test_the_ceiling_is_where_it_is_said_to_be():
    marks = [np.nanmean(draw(CONDITIONS["ceiling"], SMALL, n).contest.marks) for n in range(40)]
    assert np.mean(marks) == pytest.approx(8.7, abs=0.1)


@pytest.mark.parametrize("size", [SMALL, SIZES["221x12"]], ids=lambda s: s.name)
def test_designs_are_what_they_are_called(size):
    rng = np.random.default_rng(1)
    own = size.homes[None, :] == size.groups[:, None]
    assert who_reads(CONDITIONS["crossed, equal"], size, rng).all()
    random = who_reads(CONDITIONS["random, equal"], size, rng)
    assert (random.sum(axis=1) == size.readers).all() and np.ptp(random.sum(axis=0)) <= size.readers
    for across in (0.0, 0.02, 0.15, 1.0):
        reads = who_reads(CONDITIONS[f"home {across:.0%}, equal"], size, rng)
        assert (reads.sum(axis=1) == size.home_readers).all()
        assert (reads & ~own).sum() == round(across * size.submissions * size.home_readers)


def test_a_contest_of_a_cell_does_not_hang_on_others_and_differs_from_them():
    one, same, other = (draw(CONDITIONS["friend"], SMALL, n) for n in (3, 3, 4))
    np.testing.assert_array_equal(one.contest.marks, same.contest.marks)
    assert not np.array_equal(one.contest.marks, other.contest.marks, equal_nan=True)
    np.testing.assert_array_equal(one.contest.truth, one.second.truth)
    assert not np.array_equal(one.contest.marks, one.second.marks, equal_nan=True)


@pytest.mark.parametrize("name", ["friend", "colluders", "harsh", "careless"])
def test_a_fault_touches_only_the_guilty(name):
    condition = next(c for c in CONDITIONS.values() if c.fault == name)
    pair = draw(condition, SIZES["221x12"], 1)
    differs = (pair.contest.y != pair.clean.y) & np.isfinite(pair.clean.y)
    assert set(np.flatnonzero(differs.any(axis=0))) == set(pair.contest.guilty)
    assert len(pair.contest.guilty) == (2 if name == "colluders" else 1)
    if pair.contest.pushed:
        rank = np.argsort(np.argsort(-pair.contest.truth))
        assert (rank[list(pair.contest.pushed)] >= pair.contest.seats).all()
        assert (pair.contest.marks[np.ix_(pair.contest.pushed, pair.contest.guilty)] == 10).all()
        assert set(np.flatnonzero(differs.any(axis=1))) <= set(pair.contest.pushed)


def test_marks_go_missing_as_often_as_said():
    for name, share in (("missing", 0.125), ("missing weak", 0.12)):
        read = [np.isfinite(draw(CONDITIONS[name], SIZES["221x12"], n).contest.y).sum() for n in range(5)]
        assert 1 - np.mean(read) / 884 == pytest.approx(share, abs=0.03), name
    assert set(faults.FAULTS) == {c.fault for c in CONDITIONS.values()} - {""}


def test_the_snsf_model_is_the_normal_model_with_their_variance_of_jurors():
    rng, (n, m) = np.random.default_rng(2), (80, 8)
    theta, nu = rng.normal(0, 1.2, n), rng.normal(0, 0.9, m)  # 0.9 points of ten: half a grade of six
    y = 5.5 + theta[:, None] + nu + rng.normal(0, 1.0, (n, m))
    y[:, 1:][rng.random((n, m - 1)) < 0.5] = np.nan
    draws = snsf.sampled(y, 1)
    i, j = np.nonzero(np.isfinite(y))
    z = np.zeros((len(i), n + m))
    z[np.arange(len(i)), i] = z[np.arange(len(i)), n + j] = 1
    prior = np.diag(np.repeat([1 / 1.2**2, 1 / 0.9**2], [n, m]))
    covariance = np.linalg.inv(z.T @ z + prior)
    blup = y[i, j].mean() + (covariance @ z.T @ (y[i, j] - y[i, j].mean()))[:n]
    assert np.abs(draws.mean(axis=0) - blup).max() < 0.3
    assert draws.std(axis=0).mean() == pytest.approx(np.sqrt(np.diag(covariance)[:n]).mean(), rel=0.1)


def test_pieces_resume_and_give_the_same_whatever_was_there(tmp_path, monkeypatch):
    monkeypatch.setattr(work, "CHUNK", dict.fromkeys(work.CHUNK, 2))
    monkeypatch.setattr(work, "CONTESTS", {"30x6": {"quick": 8, "told": 4}, "221x12": {}, "2000x120": {}})
    tasks = ("quick", "told severity, one level")
    todo = work.pieces(("random, equal",), ("30x6",), tasks, most=1)
    assert [p.task for p in todo] == [*tasks] and len(work.pieces(("random, equal",), ("30x6",), tasks)) == 6
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for p in todo:
        work.do(p, whole)
    work.do(todo[1], parts)
    kept = todo[1].path(parts).stat().st_mtime_ns
    assert work.run(todo, parts, workers=1) == 1 and work.run(todo, parts, workers=1) == 0
    assert todo[1].path(parts).stat().st_mtime_ns == kept
    for p in todo:
        assert p.path(whole).read_bytes() == p.path(parts).read_bytes()
    rows = results.read(whole)
    work.do(replace(todo[0], task="quick mean"), whole)  # a rule that came later, or once more
    assert results.read(whole).equals(rows)
    found = results.summed(rows).set_index("rule")
    assert found.loc["severity", "lead"] == 0 and (found["contests"] == 2).all()
    assert found["told_contests"].to_dict() == dict.fromkeys(found.index, 0) | {"severity, one level": 2}
    assert results.tenths_of(rows)["n"].sum() == 60
    with pytest.raises(SystemExit, match="No pieces"):
        results.read(tmp_path / "nowhere")


def test_signals_are_summed_by_cell():
    same = {
        "size": "30x6",
        "condition": "harsh juror",
        "task": "signals",
        "pair": np.nan,
        "drift": np.nan,
        "pairs": 0,
    }
    rows = pd.DataFrame(
        [
            same | {"guilty": 1.0, "honest": 5, "false": 1, "false_noise": 1},
            same | {"guilty": 0.0, "honest": 5, "false": 0},
        ]
    )
    row = results.signals_of(rows).iloc[0]
    assert (row["guilty"], row["guilty_se"], row["false"], row["by"]) == (0.5, 0.5, 0.1, "noise")


def test_what_a_told_rule_says_is_measured():
    pair = draw(CONDITIONS["random, unequal"], SMALL, 0)
    row = work.told(RULES["severity"], pair, SMALL)
    assert {"brier", "cover", "cover_top", "n9"} <= set(row) and "found" not in row
    assert sum(row[f"n{t}"] for t in range(10)) == 30
    assert sum(row[f"said{t}"] for t in range(10)) == pytest.approx(SMALL.seats)
    assert 0.2 < work.twin_overlap(pair.contest)["twin"] < 1
    refused = work.told(RULES["severity, one level"], draw(CONDITIONS["home 0%, equal"], SMALL, 0), SMALL)
    assert refused == {"refused": 1.0}


def test_what_was_promised_is_judged_with_its_error():
    same = {
        "size": "30x6",
        "condition": "friend",
        "found_se": 0.01,
        "lead_se": 0.01,
        "refused": 0.0,
        "contests": 20,
    }
    same |= {"cover": 0.9, "cover_se": 0.02, "cover_top": 0.85, "cover_top_se": 0.01}
    leads = {"severity": 0.0, "mean": 0.1, "z": -0.05}
    found = pd.DataFrame([same | {"rule": r, "found": 0.6 - lead, "lead": lead} for r, lead in leads.items()])
    tenths = pd.DataFrame(
        [{"size": "30x6", "condition": "friend", "rule": "severity", "tenth": t, "n": 10, "said": t / 10 + 0.05,
          "belong": t / 10 + (0.15 if t == 3 else 0.06), "se": 0.01} for t in range(10)]
    )  # fmt: skip
    table = results.cells(found, tenths).set_index("check")
    assert table["holds"].to_dict() == {"best": "no", "cover": "unsure", "cover_top": "no", "chances": "no"}
    assert table.loc["best", "beside"] == "z" and table.loc["chances", "beside"] == "0.3–0.4"
    assert results.ece(tenths) == pytest.approx((0.1 + 9 * 0.01) / 10)
    four = {"results": found, "tenths": tenths, "cells": table.reset_index()}
    assert tables.what_holds(four, "30x6").count("**") == 6 and " ? |" in tables.what_holds(four, "30x6")


def test_the_document_says_what_the_results_say():
    same = {"size": "221x12", "contests": 3, "told_contests": 0, "refused": 0.0}
    found = pd.DataFrame(
        [same | {"condition": "friend", "rule": "mean", "found": 0.705, "harm": 1.25, "pushed": np.nan}]
    )
    four = {
        "results": found,
        "signals": pd.DataFrame({"size": ["221x12"], "condition": "friend", "pair": 0.4}),
    }
    text = (
        "{found / friend / mean} {harm / friend / mean} {found / friend / z} {named pair / friend} {not one}"
    )
    assert page.filled(text.replace(" {not one}", ""), four) == "70 1.2 – 40"
    with pytest.raises(KeyError, match="nobody"):
        page.filled("{found / nobody / mean}", four)


def test_the_template_asks_only_for_what_there_is():
    names = [*results.FILES]
    empty = {n: pd.DataFrame(columns=["size", "condition", "rule", "check", "holds"]) for n in names}
    template = (work.HERE / "page.md").read_text(encoding="utf-8")
    numbers = re.sub(r"\{tables? \w+\}", "", template)
    for measure in ("found", "harm", "pushed", "overlap", "guilty", "pair", "drift"):
        empty["results"][measure] = empty["signals"][measure] = pd.Series(dtype=float)
    assert "{" not in page.filled(numbers, empty)
    for name in re.findall(r"\{tables? (\w+)\}", template):
        assert callable(getattr(tables, name))


def test_the_document_in_the_repository_is_that_of_the_results_in_the_repository(tmp_path):
    four = {name: results.load(name) for name in results.FILES}
    template = (work.HERE / "page.md").read_text(encoding="utf-8")
    assert (page.DOCS / "fair221.md").read_text(encoding="utf-8") == page.filled(template, four)


def test_the_diagnosis_names_who_is_harsh_and_nobody_for_a_true_severity():
    pair = draw(CONDITIONS["harsh juror"], SIZES["221x12"], 0)
    row = named(pair.contest)
    assert row["guilty"] == 1 and row["honest"] == 11 and np.isnan(row["pair"]) and np.isnan(row["drift"])


def test_sizes_are_those_of_the_contest():
    assert [s.seats for s in SIZES.values()] == [7, 50, 452]
    assert np.bincount(SIZES["221x12"].groups).tolist() == [112, 43, 66]
    assert Size("x", 221, 12, 4, 4).homes.tolist() == [0] * 4 + [1] * 4 + [2] * 4
