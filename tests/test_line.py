"""At the line: the draw and its verifier, what it changes, and the four ways compared."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from choice_fixture import BY_NOMINATION, candidates, contest_of, drawn, estimated, marks, rule

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Manual, Threshold
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.greedy import admit
from fairlib.selection.choose import choose
from fairlib.selection.firm.certainty import certainty
from fairlib.selection.firm.draw import apply_draw, draw_lots, is_open
from fairlib.selection.firm.line import BASIS, compare_at_line, discuss
from fairlib.selection.rule.compiled import compile_rule

VERIFIER = Path(__file__).parents[1] / "docs" / "verify_draw.py"


def sure_of(select, **contest):
    found, problem = contest_of(select=select, **contest)
    return found, problem, certainty(found, problem, seed=1)


def test_the_draw_keeps_the_clear_and_the_seats():
    _, problem, sure = sure_of(rule(12, quotas=(BY_NOMINATION,)))
    drawn_ = draw_lots(problem, sure, seed=3)
    band = sure.table["band"]
    assert drawn_.selected.sum() == 12
    assert drawn_.selected[(band == "clear_in").to_numpy()].all()
    assert set(drawn_.table.index) == set(band.index[band == "open"])
    assert drawn_.table["lot"].is_monotonic_increasing
    for b in problem.bounds:
        assert b.lower <= drawn_.selected[b.members].sum() <= b.upper


@pytest.mark.slow
def test_every_open_one_has_a_chance_and_the_mean_is_that_of_many_seeds():
    found, problem, sure = sure_of(rule(12))
    times = np.mean([draw_lots(problem, sure, seed=s).selected for s in range(200)], axis=0)
    openly = is_open(problem, sure)
    share = (12 - (sure.table["band"] == "clear_in").sum()) / openly.sum()
    assert np.abs(times[openly] - share).max() < 0.15
    assert times[openly].mean() == pytest.approx(share)
    table = compare_at_line(found, problem, sure, seed=1)
    mine = np.array([draw_lots(problem, sure, seed=s).selected for s in range(200)])
    cut = problem.order.rank <= 12
    assert table.loc["draw", "overlap"] == pytest.approx((mine & cut).sum(axis=1).mean(), abs=0.4)


def test_the_order_of_rows_and_the_others_change_no_lot():
    found, problem, sure = sure_of(rule(12))
    table = candidates(found).sample(frac=1, random_state=1)
    again = compile_rule(table, rule(12), seed=7)
    one, two = draw_lots(problem, sure, seed=3), draw_lots(again, certainty(found, again, seed=1), seed=3)
    pd.testing.assert_frame_equal(one.table, two.table)
    assert one.commitment == two.commitment


@pytest.mark.slow
def test_the_verifier_agrees_and_notices(tmp_path):
    _, problem, sure = sure_of(rule(12))
    got = draw_lots(problem, sure, seed=20210414)
    listed, result = tmp_path / "list.txt", tmp_path / "result.csv"
    listed.write_bytes(got.text.encode())
    got.table[["place"]].to_csv(result)

    def run(*arguments):
        call = [sys.executable, "-I", str(VERIFIER), *map(str, arguments)]
        return subprocess.run(call, capture_output=True, text=True, encoding="utf-8")

    good = run(listed, got.commitment, 20210414, result)
    assert (good.returncode, good.stderr) == (0, "")
    shown = [line.split()[1] for line in good.stdout.splitlines() if line[:1] == " "]
    assert shown == list(got.table.index)
    assert run(listed, "0" * 64, 20210414).returncode == 1
    assert "published place" in run(listed, got.commitment, 20210415, result).stdout
    listed.write_text(got.text + "S99\n")
    assert "not the list" in run(listed, got.commitment, 20210414).stdout
    listed.write_text(got.text + got.table.index[0] + "\n")
    assert "twice" in run(listed, got.commitment, 20210414).stdout
    assert run().returncode == 2


def test_the_verifier_is_short_and_needs_nothing():
    text = VERIFIER.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100
    imports = {line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))}
    assert imports == {"csv", "hashlib", "sys"}
    theirs = runpy.run_path(str(VERIFIER))
    assert [s for _, s, _ in theirs["order"]("Б\nA\n", "7")] == sorted(
        "AБ", key=lambda s: theirs["lot"]("7", s)
    )


def test_only_params_make_a_draw_decide():
    found = estimated()
    table = candidates(found)
    cut = choose(table, rule(12), seed=7)
    sure = certainty(found, cut.problem, seed=1)
    same, nothing = apply_draw(cut, sure, seed=7)
    assert same is cut
    assert nothing is None


def test_decisions_after_a_draw():
    found = estimated()
    table = candidates(found)
    people = Manual(
        submission=str(table.index[0]), decision="selected", reason="visit", who="board", when="2021-04-01"
    )
    select = rule(12, line="draw", reserve=4, budget=Budget(total=30_000_000), manual=(people,))
    choice = choose(table, select, seed=7)
    sure = certainty(found, choice.problem, seed=1)
    after, got = apply_draw(choice, sure, seed=7)
    new, old = after.decisions, choice.decisions
    by_people = new["reason"].str.startswith("manual:")
    assert by_people.sum() == 1
    same = [c for c in new if c != "reason"]
    pd.testing.assert_frame_equal(new.loc[by_people, same], old.loc[by_people, same])
    who = new.index[by_people][0]  # what the rule alone says is what the draw says
    said, place = "selected" if got.table.loc[who, "drawn"] else "not_selected", got.table.loc[who, "place"]
    head = old.loc[who, "reason"].partition("; rule: ")[0]
    assert new.loc[who, "reason"] == f"{head}; rule: {said}, draw:place {place} of {len(got.table)}"
    rest = new[~by_people]
    assert set(rest.index[rest["decision"] == "selected"]) == set(
        rest.index[got.selected[~by_people.to_numpy()]]
    )
    told = rest.loc[rest.index.isin(got.table.index), "reason"]
    assert told.str.contains(r"draw:place \d+ of \d+$").all()
    assert rest.loc[~rest.index.isin(got.table.index), "reason"].str.contains("draw").sum() == 0
    waiting = rest[rest["decision"] == "reserve"].sort_values("reserve_place")
    assert waiting["reserve_place"].tolist() == [1, 2, 3, 4]
    lots = [s for s in got.table.index[~got.table["drawn"]] if s in waiting.index]
    assert list(waiting.index[: len(lots)]) == lots
    assert (new.loc[new["decision"] == "selected", "grant"] == 2_000_000).all()
    assert (new.loc[new["decision"] != "selected", "grant"] == 0).all()
    assert str(after.notes[-1]) == f"draw:seed=7 commitment={got.commitment}"
    assert after.seats.set_index("code").loc["seats", "used"] == (new["decision"] == "selected").sum()
    assert choice.decisions.equals(old)


def test_a_threshold_holds_in_a_draw():
    found, problem, sure = sure_of(rule(12, thresholds=(Threshold(at_least=6.4),)))
    below = (found.submissions["estimate"] < 6.4).to_numpy(bool)
    for s in range(5):
        assert not draw_lots(problem, sure, seed=s).selected[below].any()


def test_nobody_open_and_everybody_open():
    _, problem, sure = sure_of(rule(100))
    got = draw_lots(problem, sure, seed=1)
    assert len(got.table) == 0
    assert got.selected.all()
    assert got.summary.loc["on_the_list", "value"] == 0
    rows = {(f"s{k}", f"j{m}"): 5 + (k + m) % 2 for k in range(8) for m in range(2)}
    found = estimate(marks(rows))
    problem = compile_rule(found.submissions.assign(eligible=True), rule(3), seed=1)
    got = draw_lots(problem, certainty(found, problem, seed=1), seed=1)
    assert len(got.table) == 8
    assert got.selected.sum() == 3


def test_the_four_ways_compared():
    found, problem, sure = sure_of(rule(12, quotas=(BY_NOMINATION,)))
    table = compare_at_line(found, problem, sure, seed=1)
    assert list(table.index) == list(BASIS)
    quality, right = table["expected_quality"], table["rightly_chosen"]
    for column in (quality, right):
        assert column["draw"] < column["cut"] < column["extra_readings"] < column["discuss"]
    assert table.loc["cut", "overlap"] == 12
    assert table.loc["cut", "people"] == 0
    in_band = table.loc[["discuss", "extra_readings", "draw"], "people"]
    assert (in_band == is_open(problem, sure).sum()).all()
    p = sure.table["p_selected"].to_numpy(float)
    assert right["cut"] == pytest.approx(p[admit(problem)].sum(), abs=0.4)


def test_comparing_needs_a_model_and_a_line():
    found, problem = contest_of("raw")
    sure = certainty(found, problem, seed=1, model=estimated())
    with pytest.raises(SelectionError, match="severity"):
        compare_at_line(found, problem, sure, seed=1)
    assert compare_at_line(found, problem, sure, seed=1, model=estimated()).loc["cut", "overlap"] == 12
    empty = compile_rule(candidates(found).assign(eligible=False), rule(), seed=7)
    with pytest.raises(SelectionError, match="no line"):
        compare_at_line(estimated(), empty, certainty(estimated(), empty, seed=1), seed=1)


def test_the_list_for_the_commission():
    found, problem, sure = sure_of(rule(12))
    about = candidates(found).assign(by_C1=found.submissions["estimate"] + 1, by_C2=5.0)
    ratings = drawn().ratings
    table = discuss(problem, sure, about, ratings)
    assert list(table.index) == list(problem.submissions[_by_rank(problem, is_open(problem, sure))])
    assert (table["for_points"] >= table["against_points"]).all()
    assert set(table["for_criterion"]) <= {"C1", "C2"}
    pairs = ratings.dropna(subset="score").groupby(["submission", "juror"], observed=True)["score"].mean()
    for s in table.index[:4]:
        mine = pairs[s]
        assert table.loc[s, "for_mark"] == mine.max()
        assert table.loc[s, "against_mark"] == mine.min()
        assert mine[table.loc[s, "for_juror"]] == mine.max()
    bare = discuss(problem, sure, candidates(found), ratings)
    assert bare["for_criterion"].isna().all()


def _by_rank(problem, mask):
    line = problem.order.line()
    return line[mask[line]]
