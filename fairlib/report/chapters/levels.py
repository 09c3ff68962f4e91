"""How high nominations stand and what is known of how they compare: said beside every number that hangs on it."""

from collections.abc import Callable

import pandas as pd

from fairlib.report.blocks import Block, Text
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.columns import listing
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import group_name
from fairlib.report.words.locale import Voice
from fairlib.scoring.result import Z95


def level_blocks(stage: RoundResults, context: Context) -> list[Block]:
    """The table of differences between nominations with its explanation; nothing where all have one level."""
    say, found = context.say, compared(stage, context)
    if found.empty:
        return []
    widths = {"results.groups": 2, "levels.difference": 1, "levels.se": 1, "levels.across": 1}
    pairs = [_pair(r, stage, context) for r in found.itertuples()]
    caption = say("How groups compare: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Difference of the mean estimates. Jurors who read in one group alone tell little about the others: the "
        "standard error says how little. Every interval and probability of this round has it in it."
    )
    blocks: list[Block] = [
        listing(f"levels-{stage.id}", caption, found, widths, context, {"results.groups": pairs}, note=note)
    ]
    return [*blocks, *unlinked(stage, context)]


def compared(stage: RoundResults, context: Context) -> pd.DataFrame:
    """The differences between groups, nominations in the order in which they were announced."""
    found, order = stage.levels, _order(stage, context)
    back = order(found["level_a"]) > order(found["level_b"])
    found = found.assign(
        level_a=found["level_b"].where(back, found["level_a"]),
        level_b=found["level_a"].where(back, found["level_b"]),
        difference=found["difference"].mask(back, -found["difference"]),
    )
    return found.sort_values(["level_a", "level_b"], key=order, ignore_index=True)


def _order(stage: RoundResults, context: Context) -> Callable[[pd.Series], pd.Series]:
    """Sort keys of groups: nominations as announced, others by name."""
    place = {n.id: f"{k:04d}" for k, n in enumerate(context.contest.nominations)}
    if context.contest.levels(stage.id) != "nomination":
        place = {}
    return lambda groups: groups.astype(object).map(lambda g: place.get(g, str(g)))


def unlinked(stage: RoundResults, context: Context) -> list[Block]:
    """The assumption under a comparison of groups that no juror links."""
    if str(stage.design.get("verdict", "")) != "disconnected" or stage.levels.empty:
        return []
    return [
        Text(
            context.say(
                "The rules of this contest compare these groups all the same, on the assumption that their jurors are "
                "equally strict on the whole. The errors have the difference of jurors in them."
            ),
            "note",
        )
    ]


def levels_in_short(stage: RoundResults, context: Context) -> list[Block]:
    """One line for pages whose numbers hang on the comparison; nothing where all have one level."""
    told = comparison(stage, context)
    return [Text(told, "note")] if told else []


def comparison(stage: RoundResults, context: Context) -> str:
    """What is known of how groups compare; nothing where all have one level."""
    say, found = context.say, compared(stage, context)
    if found.empty:
        return ""
    told = [(_pair(r, stage, context), r.difference, r.se) for r in found.itertuples()]
    return say(
        "Places over all groups hang on how the groups compare. Difference with its 95 % interval: {list}.",
        list=_listed(told, say),
    )


def comparison_of(group: str, stage: RoundResults, context: Context) -> str:
    """What an applicant is told of how one group compares with each other one; nothing where all have one level."""
    say, found = context.say, compared(stage, context)
    told = [(r.level_b, r.difference, r.se) for r in found[found["level_a"] == group].itertuples()]
    told += [(r.level_a, -r.difference, r.se) for r in found[found["level_b"] == group].itertuples()]
    if not told:
        return ""
    named = [(level_name(other, stage, context, whole=True), *numbers) for other, *numbers in told]
    return say(
        "Places over all groups hang on how the groups compare. The mean estimate of the group of this project less "
        "that of each other one, with its 95 % interval: {list}.",
        list=_listed(named, say),
    )


def _listed(told: list[tuple[str, float, float]], say: Voice) -> str:
    """Differences by name with half the width of their intervals."""
    return "; ".join(f"{name}: {say.signed(d, 2)} ± {say.number(Z95 * se, 2)}" for name, d, se in told)


def seats_over_all(stage: RoundResults, context: Context) -> bool:
    """Whether groups with levels of their own meet in one list: no quota gives each of them its seats."""
    column, named = (
        context.contest.levels(stage.id),
        set(stage.levels[["level_a", "level_b"]].to_numpy().ravel()),
    )
    own = [q for q in stage.rule.select.quotas if q.column == column]
    shared = any(q.kind == "proportional" or q.kind == "fixed" and named <= set(q.seats) for q in own)
    return bool(named) and not shared


def level_means(context: Context) -> list[Block]:
    """How high each group stands, a table for each round in which groups have levels of their own."""
    say = context.say
    blocks: list[Block] = []
    widths = {
        "level_means.level": 2,
        "level_means.n_submissions": 1,
        "level_means.mean": 1,
        "level_means.se": 1,
    }
    note = say(
        "The mean estimate of the submissions of a group, with the error of the mean of their true scores."
    )
    for stage in context.results.rounds:
        found = stage.level_means.sort_values("level", key=_order(stage, context))
        if len(found):
            caption = say("Levels of groups: {round}", round=stage.rule.name[say.lang])
            own = {"level_means.level": [level_name(x, stage, context) for x in found["level"]]}
            blocks.append(listing(f"level-means-{stage.id}", caption, found, widths, context, own, note=note))
    return blocks


def level_name(group: object, stage: RoundResults, context: Context, whole: bool = False) -> str:
    """A group with a level of its own; a nomination by its number, or by its whole name."""
    column = context.contest.levels(stage.id) or "nomination"
    if not isinstance(group, str):
        return "–"
    if whole and column == "nomination":
        return common.nomination(group, context)
    return group_name(column, group, context.contest, context.say)


def _pair(row, stage: RoundResults, context: Context) -> str:
    return context.say.dash.join(level_name(g, stage, context) for g in (row.level_a, row.level_b))
