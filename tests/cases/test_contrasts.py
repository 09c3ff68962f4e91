"""How exactly the design compares groups is a table, and told for groups of any name."""

import pandas as pd
import pytest
from report_fixture import build_run, rules_2021

from fairlib.report.chapters.write import write_report
from fairlib.report.public.privacy import for_public
from fairlib.report.results import read_results
from fairlib.scoring.design import design
from fairlib.stage.scoring import design_table

PAIRS = [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y"), ("C", "y"), ("C", "z"), ("D", "y"), ("D", "z")]


def found():
    rows = [(s, j, "c", float(k % 5)) for k, (s, j) in enumerate(PAIRS)]
    marks = pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"]).assign(status="scored")
    return design(marks, pd.Series({"A": "north – west", "B": "north – west", "C": "south", "D": "south"}))


def test_no_key_of_the_design_is_a_sentence():
    plan = found()
    assert not design_table(plan).index.str.contains(" ").any()
    assert plan.contrasts[["group_a", "group_b", "status"]].to_numpy().tolist() == [
        ["north – west", "south", "ok"]
    ]


@pytest.mark.slow
def test_a_group_with_a_dash_in_its_name_is_told_whole_and_only_inside(tmp_path):
    rules = rules_2021()
    run = build_run(tmp_path, rules, n=30)
    stage = rules.contest.rounds[0].id
    (run / stage / "levels.csv").unlink(missing_ok=True)
    plan = found()
    plan.contrasts.to_csv(run / stage / "contrasts.csv", index=False)
    results = read_results(run, rules)
    told = {b.id: b for b in write_report(results, "en", "internal").blocks() if hasattr(b, "id")}
    row = told[f"contrasts-{stage}"].rows[0]
    assert [getattr(cell, "text", cell) for cell in row] == [
        "north – west – south", f"{plan.contrasts['se_points'].item():.2f}",
    ]  # fmt: skip
    public = write_report(for_public(results), "en", "public").blocks()
    assert f"contrasts-{stage}" not in {getattr(b, "id", "") for b in public}
