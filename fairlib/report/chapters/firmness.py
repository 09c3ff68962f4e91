"""How firm is the choice of a round? What the rules cost, what it hangs on, and what would firm it up."""

from contextlib import suppress
from datetime import datetime

import pandas as pd

from fairlib.report.blocks import Block, Cell, Chapter, Column, Heading, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.levels import levels_in_short
from fairlib.report.chapters.otherwise import costs, other_rules, places, sides
from fairlib.report.columns import Own, listing
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, status_words, word
from fairlib.report.words.conclusions import (
    KINDS,
    fit_words,
    kind_words,
    stability_words,
    ways_words,
    weighted_words,
)
from fairlib.report.words.estimators import estimator_name
from fairlib.report.words.locale import Voice


def chapter(stage: RoundResults, context: Context) -> Chapter:
    """Rules and whom they displaced, stability, estimators beside each other, ways at the line, days."""
    blocks = [
        *levels_in_short(stage, context),
        *_fit(stage, context),
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


def _fit(stage: RoundResults, context: Context) -> list[Block]:
    """Whether the marks are as the model has them, in a sentence and what is behind it."""
    say, found = context.say, stage.fit.dropna(subset=["check"])
    if found.empty:
        return []
    own: Own = {
        "fit.check": [word("fit", x, say) for x in found["check"]],
        "fit.status": [status_words(x, say) for x in found["status"]],
    }
    widths = {"fit.check": 3, "fit.p": 1, "fit.p_adjusted": 1, "fit.move": 1.3, "fit.status": 1.6}
    caption = say("The model and the marks: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Marks are drawn again and again from the model of this round. p: how often they are as far from it as those "
        "that were given. Found is what stays below 0.05 after adjusting for all that was looked for."
    )
    return [
        Heading(say("Does the model fit the marks?")),
        Text(fit_words(found, len(stage.other_chances) > 0, say)),
        listing(f"fit-{stage.id}", caption, found, widths, context, own, note=note, folded=True),
    ]


def _stability(stage: RoundResults, context: Context) -> list[Block]:
    say, found = context.say, stage.stability
    answered = found.dropna(subset=["n_changes"])
    if answered.empty:
        return []
    parts = [(k, answered.loc[answered["kind"] == k, "n_changes"]) for k in KINDS]
    rows = [
        (kind_words(k, say), common.number(say, len(n)), common.number(say, (n == 0).sum()),
         common.number(say, n.median()), common.number(say, n.max()))
        for k, n in parts if len(n)
    ]  # fmt: skip
    told = stability_words(stage.n_by_rule, answered, say)
    weighted = weighted_words(found, say) if context.internal else ""
    heads = [Column(say("What was changed"), "text", 3), Column(say("Tries"), "number"),
             Column(say("Same choice"), "number"), Column(say("Places changed, median"), "number"),
             Column(say("Places changed, most"), "number")]  # fmt: skip
    caption = say("After one change at a time: {round}", round=stage.rule.name[say.lang])
    return [
        Heading(say("What the choice hangs on")),
        Text(told),
        *([Text(weighted)] if weighted else []),
        table(f"stability-{stage.id}", caption, heads, rows),
        _each_change(stage, context),
    ]


def _each_change(stage: RoundResults, context: Context) -> Table:
    """Every try with the places that it changed; for those who decide also who comes and who goes."""
    say = context.say
    found = stage.stability
    widths = {"stability.kind": 2, "stability.what": 1.6, "stability.n_changes": 1}
    widths |= {"stability.comes": 3, "stability.goes": 3} if context.internal else {}
    own: Own = {
        "stability.kind": [kind_words(k, say) for k in found["kind"]],
        "stability.what": [changed_words(r.kind, common.text(r.what), context) for r in found.itertuples()],
        "stability.n_changes": [places(r.n_changes, r.status, context) for r in found.itertuples()],
        **sides("stability", found, context),
    }
    caption = say("Every change tried: {round}", round=stage.rule.name[say.lang])
    return listing(f"changes-{stage.id}", caption, found, widths, context, own, folded=True)


def changed_words(kind: str, what: str, context: Context) -> str:
    """Which juror, criterion, way of filling gaps or estimator the change was about."""
    say = context.say
    if kind == "criterion":
        return criterion_name(what, context.contest, say)
    if kind == "estimator":
        return estimator_name(what, say)
    return word("missing", what, say) if kind == "missing" else what


def _estimators(stage: RoundResults, context: Context) -> list[Block]:
    """How other estimators would serve this design; the declared one is marked, never chosen here."""
    say, found = context.say, stage.compared.dropna(subset=["method"])
    if found.empty:
        return []
    widths = {"compared.method": 2.4, "compared.rmse": 1.3, "compared.hit_rate": 1, "compared.lost": 1}
    widths |= {"results.declared": 1.3}
    own: Own = {
        "compared.method": [estimator_name(x, say) for x in found["method"]],
        "compared.hit_rate": [Cell(say.percent(x, 1), None if pd.isna(x) else x) for x in found["hit_rate"]],
        "results.declared": declared(found["method"], stage.rule.estimator, say),
    }
    caption = say("Ways of estimating beside each other: {round}", round=stage.rule.name[say.lang])
    note = say(
        "First: marks are hidden and foretold from the rest. Then: contests with this design and these variances are "
        "simulated, of which the truly best are known. Shown beside the rule, never instead of it."
    )
    return [
        Heading(say("Would another way of estimating serve better?")),
        listing(f"compared-{stage.id}", caption, found, widths, context, own, note=note),
    ]


def _ways(stage: RoundResults, context: Context) -> list[Block]:
    """The ways of treating the line, for this contest."""
    say, ways = context.say, stage.at_the_line
    found = ways.dropna(subset=["policy", "rightly_chosen"])
    if found.empty:
        return []
    own: Own = {
        "at_the_line.policy": [word("way", x, say) for x in found["policy"]],
        "at_the_line.rightly_chosen": [common.number(say, x, 1) for x in found["rightly_chosen"]],
        "results.changed": [common.number(say, stage.n_by_rule - x, 1) for x in found["overlap"]],
        "results.declared": declared(found["policy"], stage.rule.select.line, say),
    }
    for name in ("redraw", "one_mark", "sure"):
        own[f"at_the_line.{name}"] = [common.number(say, x, 1) for x in found[name]]
    widths: dict[str, float] = {
        "at_the_line.policy": 3,
        "at_the_line.people": 1,
        "at_the_line.rightly_chosen": 1,
        "at_the_line.sure": 1,
        "results.changed": 1,
        "at_the_line.redraw": 1,
        "at_the_line.one_mark": 1,
        "at_the_line.unequal": 1,
        "results.declared": 1.3,
    }
    caption = say("Ways of treating the open band: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Discussion is shown at its best: as if it found the truth about everybody in the open band. The rule chose "
        "its way before any score was read."
    )
    untold = ways[ways["status"].isin(["too_many_open", "score_not_moved"])]
    for row in untold.itertuples():
        note += " " + say(
            "{way}: {why}.", way=word("way", row.policy, say), why=word("status", row.status, say)
        )
    return [
        Heading(say("Other ways at the line")),
        Text(ways_words(found.set_index("policy"), say)),
        listing(f"ways-{stage.id}", caption, found, widths, context, own, note=note),
    ]


def declared(values: pd.Series, chosen: str, say: Voice) -> list[str]:
    """A remark at the way that the rules had declared."""
    return [say("declared beforehand") if x == chosen else "" for x in values]


def _readings(stage: RoundResults, context: Context) -> list[Block]:
    """Where one more reading is worth most; names a juror, so for those who decide only."""
    say, found = context.say, stage.next_readings.dropna(subset=["submission"])
    if found.empty:
        return []
    titles = context.results.by_id["title"]
    found = found.assign(title=found["submission"].map(titles))
    names = [f"next_readings.{c}" for c in ("juror", "p_selected", "se", "se_after", "gain")]
    widths = {"next_readings.submission": 1, "submissions.title": 3, **dict.fromkeys(names, 1)}
    caption = say("The readings that would help most: {round}", round=stage.rule.name[say.lang])
    return [listing(f"readings-{stage.id}", caption, found, widths, context)]


def _days(stage: RoundResults, context: Context) -> list[Block]:
    say, found = context.say, stage.days.dropna(subset=["points"])
    if found.empty:
        return []
    own: Own = {
        "days.what": [_when(r.kind, common.text(r.what), say) for r in found.itertuples()],
        "results.interval": [common.interval(say, r.low, r.high, 2) for r in found.itertuples()],
    }
    widths = {"days.what": 3, "days.points": 1, "results.interval": 1.3, "days.p": 1, "days.detectable": 1.3}
    caption = say("Days and slots: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Reported, not corrected: what looks like an effect of the day may be the better projects of that day. The "
        "smallest effect is the one that would be found four times out of five."
    )
    silent = [
        f"{word('period', r.kind, say)}: {status_words(r.status, say)}"
        for r in stage.days[stage.days["points"].isna()].itertuples()
    ]
    note = " ".join([note, *(f"{s}." for s in silent)])
    return [
        Heading(say("Did the day or the hour matter?")),
        listing(f"days-{stage.id}", caption, found, widths, context, own, note=note),
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
