"""Levels by several columns in the rules: what may be written, what is refused and how, and what is told."""

from dataclasses import replace

import pandas as pd
import pytest
from report_fixture import build_run, rules_2021

from fairlib import tell
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.levels import comparison, comparison_of, seats_over_all
from fairlib.report.chapters.write import write_report
from fairlib.report.results import read_results
from fairlib.report.words.locale import speak
from fairlib.report.words.rules import rule_sentences
from fairlib.rules import Quota
from fairlib.rules.contest import Contest, Level
from fairlib.stage.handed_on import level_names

RULES = rules_2021()


def contest_with(levels):
    given = RULES.contest.model_dump(exclude_unset=True, by_alias=True)
    given["rounds"] = [dict(r) for r in given["rounds"]]
    given["rounds"][0]["levels"] = levels
    return Contest.model_validate(given)


@pytest.mark.parametrize(
    ("written", "columns"),
    [
        ("nomination", {"level": "nomination"}),
        (["nomination"], {"level": "nomination"}),
        (["nomination", "language"], {"level:nomination": "nomination", "level:language": "language"}),
        ({"nomination": "drawn", "language": "fixed"},
         {"level:nomination": "nomination", "fixed:language": "language"}),
        ({"nomination": "fixed"}, {"fixed:nomination": "nomination"}),
        ("none", {}),
        ([], {}),
        (None, {"level": "nomination"}),
    ],
)  # fmt: skip
def test_levels_are_of_one_column_of_several_or_of_none(written, columns):
    contest = contest_with(written)
    assert level_names(contest, contest.rounds[0]) == columns


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("nominaton", "'nominaton' is not one of none, nomination.*nomination"),
        (["nomination", "langage"], "'langage' is not one of.*language"),
        ({"nomination": "shrunk"}, "'shrunk' is not one of drawn, fixed"),
        ({"nomination": "fixd"}, "'fixd' is not one of drawn, fixed.*fixed"),
        (["nomination", "nomination"], "'nomination' is named twice"),
        (["none", "nomination"], "none means that all have one level"),
        (7, r"name a column \(nomination\), several"),
        ([["nomination"]], r"name a column \(nomination\), several"),
        (["nomination", "region", "language", "legal_form"], "4 groupings are drawn together, and 3 can be"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(written, said):
    with pytest.raises(ValueError, match=said):
        contest_with(written)


def test_rules_say_which_groups_have_levels_and_which_are_taken_as_they_are():
    contest = contest_with({"nomination": "drawn", "language": "fixed"})
    told = " ".join(rule_sentences(contest.rounds[0], contest, "en"))
    assert "nomination, language of the submission" in told and "taken as they are: language" in told


BETWEEN = pd.DataFrame(
    [("nomination", "disability", "health", 0.125, 0.1, 0.2, 0.15, 3),
     ("nomination", "disability", "legal", -0.5, 0.2, -0.4, 0.25, 0),
     ("nomination", "health", "legal", -0.625, 0.25, -0.6, 0.3, 1),
     ("language", "kk", "ru", 0.25, 0.15, 0.05, 0.2, 5)],
    columns=["grouping", "level_a", "level_b", "difference", "se", "alike", "alike_se", "across"],
)  # fmt: skip
EACH = pd.DataFrame(
    [("nomination", "health", 6.1, 0.2, 20, 9), ("nomination", "legal", 6.75, 0.3, 15, 4),
     ("language", "kk", 6.5, 0.2, 30, 12), ("language", "ru", 6.25, 0.2, 50, 12)],
    columns=["grouping", "level", "mean", "se", "n_submissions", "n_jurors"],
)  # fmt: skip
FAR = pd.DataFrame(
    [("nomination", "drawn", 3, 0.4, 0.1, 1.2, "", "ok"),
     ("language", "drawn", 2, 0.2, 0.01, 0.9, "nomination", "nested")],
    columns=["grouping", "treated", "n_groups", "sd", "sd_low", "sd_high", "other", "status"],
)  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = build_run(tmp_path_factory.mktemp("levels") / "2021", RULES, n=80)
    for name, table in (("levels", BETWEEN), ("level_means", EACH), ("groupings", FAR)):
        table.to_csv(folder / "commission" / f"{name}.csv", index=False)
    first, *others = RULES.contest.rounds
    first = first.model_copy(
        update={
            "levels": (Level(column="nomination"), Level(column="language")),
            "select": first.select.model_copy(update={"quotas": ()}),
        }
    )
    contest = RULES.contest.model_copy(update={"rounds": (first, *others)})
    return read_results(folder, RULES.model_copy(update={"contest": contest}))


@pytest.mark.parametrize("lang", ["en", "ru", "kk"])
def test_each_grouping_has_a_table_and_its_spread_is_told(results, lang):
    say = speak(lang)
    report = write_report(results, lang, "internal")
    tables = {b.id: b for c in report.chapters for b in c.blocks if b.kind == "table"}
    assert len(tables["levels-commission-nomination"].rows) == 3
    (row,) = tables["levels-commission-language"].rows
    assert say.signed(0.05, 2) in str(row) and say.signed(0.25, 2) in str(row)
    assert len(tables["level-means-commission"].rows) == 4
    spread = tables["groupings-commission"]
    assert len(spread.rows) == 2 and say.number(0.2, 2) in str(spread.rows[1])


def test_letters_and_notes_name_the_groups_of_every_grouping(results):
    context, stage = Context(results, speak("en"), "internal"), results.rounds[0]
    assert comparison(stage, context).count(" ± ") == 4
    own = comparison_of({"nomination": "legal", "language": "ru"}, stage, context)
    assert own.count(" ± ") == 3 and "−0.25 ± 0.29" in own
    assert comparison_of({"nomination": "sport"}, stage, context) == ""


def test_seats_of_one_grouping_leave_the_other_in_one_list(results):
    stage = results.rounds[0]
    context = Context(results, speak("en"), "internal")

    def over(*columns):
        quotas = tuple(Quota(column=c, kind="proportional") for c in columns)
        rule = stage.rule.model_copy(
            update={"select": stage.rule.select.model_copy(update={"quotas": quotas})}
        )
        return seats_over_all(replace(stage, rule=rule), context)

    assert over() and over("nomination") and not over("nomination", "language")


def test_the_notebook_names_groupings():
    assert tell.groupings(FAR) == (
        "nomination: 0.40 points apart (0.10–1.20). language: 0.20 points apart (0.01–0.90); each group of another "
        "grouping lies in one of its own; only how far groups differ tells them apart (with nomination)."
    )
    told = "nomination: from health (6.10) to legal (6.75). language: from ru (6.25) to kk (6.50)."
    assert tell.level_means(EACH) == told
    assert tell.level_means(EACH[:2]) == "From health (6.10) to legal (6.75)."
    assert tell.groupings(FAR[:0]) == "All submissions have one level."
