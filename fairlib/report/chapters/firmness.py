"""How firm is the choice of a round? What the rules cost, what it hangs on, and what would firm it up."""

from contextlib import suppress
from datetime import datetime

import pandas as pd

from fairlib.report.blocks import Block, Cell, Chapter, Column, Heading, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.levels import levels_in_short
from fairlib.report.chapters.otherwise import costs, named, other_rules
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, status_words, word
from fairlib.report.words.locale import Voice

KINDS = ("juror", "criterion", "missing", "estimator")


def chapter(stage: RoundResults, context: Context) -> Chapter:
    """Rules and whom they displaced, stability, estimators beside each other, ways at the line, days."""
    blocks = [
        *levels_in_short(stage, context),
        *costs(stage, context),
        *_stability(stage, context),
        *other_rules(stage, context),
    ]
    blocks += [
        *_estimators(stage, context),
        *_ways(stage, context),
        *_readings(stage, context),
        *_days(stage, context),
    ]
    title = context.say("How firm the choice is: {round}", round=stage.rule.name[context.say.lang])
    return Chapter(f"firmness-{stage.id}", title, tuple(blocks))


def _stability(stage: RoundResults, context: Context) -> list[Block]:
    say, found = context.say, stage.stability
    answered = found.dropna(subset=["n_changes"])
    if answered.empty:
        return []
    parts = [(k, answered.loc[answered["kind"] == k, "n_changes"]) for k in KINDS]
    rows = [
        (word("left_out", k, say), common.number(say, len(n)), common.number(say, (n == 0).sum()),
         common.number(say, n.median()), common.number(say, n.max()))
        for k, n in parts if len(n)
    ]  # fmt: skip
    told = say(
        "Every line asks the same rule again after one change. Selected: {n}; places that change at most: {most}.",
        n=say.number(stage.n_by_rule),
        most="; ".join(
            f"{word('left_out', k, say)}{say.dash}{say.number(n.max())}" for k, n in parts if len(n)
        ),
    )
    heads = [Column(say("What was changed"), "text", 3), Column(say("Tries"), "number"),
             Column(say("Same choice"), "number"), Column(say("Places changed, median"), "number"),
             Column(say("Places changed, most"), "number")]  # fmt: skip
    caption = say("After one change at a time: {round}", round=stage.rule.name[say.lang])
    return [
        Heading(say("What the choice hangs on")),
        Text(told),
        table(f"stability-{stage.id}", caption, heads, rows),
        _each_change(stage, context),
    ]


def _each_change(stage: RoundResults, context: Context) -> Table:
    """Every try with the places that it changed; for those who decide also who comes and who goes."""
    say = context.say
    heads = [Column(say("What was changed"), "text", 2), Column(say("About"), "text", 1.6),
             Column(say("Places changed"), "number")]  # fmt: skip
    heads += [Column(say("Comes"), "text", 3), Column(say("Goes"), "text", 3)] if context.internal else []

    rows = []
    for r in stage.stability.itertuples():
        places = common.number(say, r.n_changes)
        if pd.isna(r.n_changes):
            places = Cell(status_words(r.status, say))
        row = [word("left_out", r.kind, say), _changed(r.kind, common.text(r.what), context), places]
        rows.append([*row, named(r.comes, context), named(r.goes, context)] if context.internal else row)
    caption = say("Every change tried: {round}", round=stage.rule.name[say.lang])
    return table(f"changes-{stage.id}", caption, heads, rows, folded=True)


def _changed(kind: str, what: str, context: Context) -> str:
    say = context.say
    if kind == "criterion":
        return criterion_name(what, context.contest, say)
    if kind == "estimator":
        return word("estimator", what, say)
    return word("missing", what, say) if kind == "missing" else what


def _estimators(stage: RoundResults, context: Context) -> list[Block]:
    """How other estimators would serve this design; the declared one is marked, never chosen here."""
    say, found = context.say, stage.compared.dropna(subset=["method"])
    if found.empty:
        return []
    rows = [
        (word("estimator", r.method, say), common.number(say, r.rmse, 2),
         Cell(say.percent(r.hit_rate, 1), None if pd.isna(r.hit_rate) else r.hit_rate),
         common.number(say, r.lost, 2), say("declared beforehand") if r.method == stage.rule.estimator else "")
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Way of estimating"), "text", 2.4),
             Column(say("Error in foretelling a hidden score, points"), "number", 1.3),
             Column(say("Of the truly best found"), "number"),
             Column(say("Quality lost a place, points"), "number"),
             Column(say("Remark"), "text", 1.3)]  # fmt: skip
    caption = say("Ways of estimating beside each other: {round}", round=stage.rule.name[say.lang])
    note = say(
        "First: marks are hidden and foretold from the rest. Then: contests with this design and these variances are "
        "simulated, of which the truly best are known. Shown beside the rule, never instead of it."
    )
    return [
        Heading(say("Would another way of estimating serve better?")),
        table(f"compared-{stage.id}", caption, heads, rows, note=note),
    ]


def _ways(stage: RoundResults, context: Context) -> list[Block]:
    """Four ways of treating the open band, for this contest."""
    say, found = context.say, stage.at_the_line.dropna(subset=["policy"])
    if found.empty:
        return []
    n = stage.n_by_rule
    rows = [
        (word("way", r.policy, say), common.number(say, r.people), common.number(say, r.rightly_chosen, 1),
         common.number(say, n - r.overlap, 1), say("declared beforehand") if r.policy == stage.rule.select.line else "")
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Way"), "text", 3), Column(say("Submissions treated"), "number"),
             Column(say("Rightly selected, expected"), "number"), Column(say("Places changed, expected"), "number"),
             Column(say("Remark"), "text", 1.3)]  # fmt: skip
    caption = say("Ways of treating the open band: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Discussion is shown at its best: as if it found the truth about everybody in the open band. The rule chose "
        "its way before any score was read."
    )
    return [
        Heading(say("Other ways at the line")),
        table(f"ways-{stage.id}", caption, heads, rows, note=note),
    ]


def _readings(stage: RoundResults, context: Context) -> list[Block]:
    """Where one more reading is worth most; names a juror, so for those who decide only."""
    say, found = context.say, stage.next_readings.dropna(subset=["submission"])
    if found.empty:
        return []
    titles = context.results.by_id["title"]
    rows = [
        (r.submission, common.text(titles.get(r.submission)), r.juror, common.chance(say, r.p_selected),
         common.number(say, r.se, 2), common.number(say, r.se_after, 2), common.number(say, r.gain, 3))
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Submission")), Column(say("Project"), "name", 3), Column(say("Juror")),
             Column(say("Probability"), "number"), Column(say("Standard error"), "number"),
             Column(say("Standard error after"), "number"),
             Column(say("Rightly selected, more"), "number")]  # fmt: skip
    caption = say("The readings that would help most: {round}", round=stage.rule.name[say.lang])
    return [table(f"readings-{stage.id}", caption, heads, rows)]


def _days(stage: RoundResults, context: Context) -> list[Block]:
    say, found = context.say, stage.days.dropna(subset=["points"])
    if found.empty:
        return []
    rows = [
        (_when(r.kind, common.text(r.what), say), Cell(say.signed(r.points, 2), r.points),
         common.interval(say, r.low, r.high, 2), common.p_value(say, r.p), common.number(say, r.detectable, 2))
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Compared"), "text", 3), Column(say("Effect, points"), "number"),
             Column(say("95 % interval"), "number", 1.3), Column("p", "number"),
             Column(say("Smallest effect that would be found"), "number", 1.3)]  # fmt: skip
    caption = say("Days and slots: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Reported, not corrected: what looks like an effect of the day may be the better projects of that day. The "
        "smallest effect is the one that would be found four times out of five."
    )
    silent = [
        f"{word('period', r.kind, say)}: {status_words(r.status, say)}"
        for r in stage.days[stage.days["points"].isna()].itertuples()
    ]
    return [
        Heading(say("Did the day or the hour matter?")),
        table(f"days-{stage.id}", caption, heads, rows, note=" ".join([note, *(f"{s}." for s in silent)])),
    ]


def _when(kind: str, what: str, say: Voice) -> str:
    if kind == "slot":
        return say("slots of a day: the last beside the first")
    late, _, early = what.partition(" - ")
    return say("{late} (against {early})", late=_day(late, say), early=_day(early, say))


def _day(told: str, say: Voice) -> str:
    """A date in words, or the number that the marks give a day."""
    for form in ("%d.%m.%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return say.date(datetime.strptime(told, form).date())
    return say("day {n}", n=told)
