"""How high nominations stand and what is known of how they compare: said beside every number that hangs on it."""

from collections.abc import Mapping

import pandas as pd

from fairlib.report.blocks import Block, Text
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.columns import listing
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import group_name, status_words, word
from fairlib.report.words.locale import Voice
from fairlib.scoring.result import Z95

WITH_LEVELS = ("ok", "nested", "confounded")  # statuses of groupings that have levels


def level_blocks(stage: RoundResults, context: Context) -> list[Block]:
    """The table of differences between nominations with its explanation; nothing where all have one level."""
    say, found = context.say, compared(stage, context)
    widths = {"results.groups": 2, "levels.difference": 1, "levels.se": 1, "levels.across": 1}
    note = say(
        "Difference of the mean estimates. Jurors who read in one group alone tell little about the others: the "
        "standard error says how little. Every interval and probability of this round has it in it."
    )
    caption, several = say("How groups compare: {round}", round=stage.rule.name[say.lang]), _several(found)
    if several:
        caption = say("How groups compare, other groups alike: {round}", round=stage.rule.name[say.lang])
        widths = {"results.groups": 2, "levels.difference": 1, "levels.se": 1, "levels.alike": 1}
        widths |= {"levels.alike_se": 1, "levels.across": 1}
    blocks: list[Block] = []
    for name, rows in found.groupby("grouping", sort=False):
        own = {"results.groups": [_pair(r, context) for r in rows.itertuples()]}
        about = f"{caption}, {word('column', str(name), say)}" if several else caption
        where = f"levels-{stage.id}" + (f"-{name}" if several else "")
        blocks.append(listing(where, about, rows, widths, context, own, note=note))
    return [*blocks, *unlinked(stage, context)] if blocks else []


def _several(table: pd.DataFrame) -> bool:
    """Whether groups of more than one grouping have levels."""
    return table["grouping"].nunique() > 1


def compared(stage: RoundResults, context: Context) -> pd.DataFrame:
    """The differences between groups, in the order of the rules, nominations as they were announced."""
    found = _named(stage.levels, stage, context)
    a, b = (_places(found["grouping"], found[c], context) for c in ("level_a", "level_b"))
    back = a > b
    turn = {c: found[c].mask(back, -found[c]) for c in ("difference", "alike") if c in found}
    found = found.assign(
        level_a=found["level_b"].where(back, found["level_a"]),
        level_b=found["level_a"].where(back, found["level_b"]),
        **turn,
    )
    order = found.assign(_g=_rows(found, stage, context), _a=a.where(~back, b), _b=b.where(~back, a))
    return found.loc[order.sort_values(["_g", "_a", "_b"]).index].reset_index(drop=True)


def _named(table: pd.DataFrame, stage: RoundResults, context: Context) -> pd.DataFrame:
    """With the name of the grouping, which runs of earlier versions do not tell: they had one."""
    levels = context.contest.levels(stage.id)
    known = table["grouping"].astype(object)
    return table.assign(grouping=known.where(known.notna(), levels[0].column if levels else "nomination"))


def _rows(table: pd.DataFrame, stage: RoundResults, context: Context) -> pd.Series:
    """Place of each row's grouping in the rules."""
    place = {x.column: k for k, x in enumerate(context.contest.levels(stage.id))}
    return table["grouping"].map(lambda g: place.get(g, len(place)))


def _places(groupings: pd.Series, groups: pd.Series, context: Context) -> pd.Series:
    """Sort keys of groups: nominations as announced, others by name."""
    place = {n.id: f"{k:04d}" for k, n in enumerate(context.contest.nominations)}
    keys = [
        place.get(g, str(g)) if of == "nomination" else str(g)
        for of, g in zip(groupings, groups.astype(object), strict=True)
    ]
    return pd.Series(keys, groups.index, dtype=object)


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
    told = [(_pair(r, context), r.difference, r.se) for r in found.itertuples()]
    return say(
        "Places over all groups hang on how the groups compare. Difference with its 95 % interval: {list}.",
        list=_listed(told, say),
    )


def comparison_of(groups: Mapping[str, str] | str, stage: RoundResults, context: Context) -> str:
    """What an applicant is told of how one group compares with each other one; nothing where all have one level.

    `groups` has the group of the project in each grouping, or is its group where there is one grouping.
    """
    say, found = context.say, compared(stage, context)
    own = found["grouping"].map(groups) if isinstance(groups, Mapping) else pd.Series(groups, found.index)
    first, second = found[found["level_a"] == own], found[found["level_b"] == own]
    told = [(r.level_b, r.grouping, r.difference, r.se) for r in first.itertuples()]
    told += [(r.level_a, r.grouping, -r.difference, r.se) for r in second.itertuples()]
    if not told:
        return ""
    named = [(level_name(other, of, context, whole=True), *numbers) for other, of, *numbers in told]
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
    found, shared = _named(stage.levels, stage, context), []
    for name, rows in found.groupby("grouping", sort=False):
        named = set(rows[["level_a", "level_b"]].to_numpy().ravel())
        own = [q for q in stage.rule.select.quotas if q.column == name]
        shared.append(
            any(q.kind == "proportional" or q.kind == "fixed" and named <= set(q.seats) for q in own)
        )
    return not all(shared)


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
        found = _named(stage.level_means, stage, context)
        order = found.assign(
            _g=_rows(found, stage, context), _a=_places(found["grouping"], found["level"], context)
        )
        found = found.loc[order.sort_values(["_g", "_a"]).index]
        if len(found):
            caption = say("Levels of groups: {round}", round=stage.rule.name[say.lang])
            named = zip(found["level"], found["grouping"], strict=True)
            own = {"level_means.level": [level_name(x, of, context) for x, of in named]}
            blocks.append(listing(f"level-means-{stage.id}", caption, found, widths, context, own, note=note))
    return blocks


def level_spreads(context: Context) -> list[Block]:
    """How far the groups of each grouping lie apart, where a round has several or one that the marks cannot tell."""
    say = context.say
    widths = {f"groupings.{c}": 1.0 for c in ("n_groups", "sd", "sd_low", "sd_high")}
    blocks: list[Block] = []
    for stage in context.results.rounds:
        found = stage.groupings
        if len(found) < 2 and (found["status"] == "ok").all():
            continue
        caption = say("How far groups lie apart: {round}", round=stage.rule.name[say.lang])
        own = {
            "groupings.grouping": [word("column", x, say) for x in found["grouping"]],
            "groupings.status": [_remark(r, say) for r in found.itertuples()],
        }
        wide = {"groupings.grouping": 2.0, **widths, "groupings.status": 3.0}
        blocks.append(listing(f"groupings-{stage.id}", caption, found, wide, context, own))
    return blocks


def _remark(row, say: Voice) -> str:
    """How a grouping is treated, and what becomes of it, with the other grouping by name."""
    told = [word("treated", row.treated, say)] if row.status in WITH_LEVELS else []
    if row.status != "ok":
        other = f" ({word('column', row.other, say)})" if isinstance(row.other, str) and row.other else ""
        told.append(status_words(row.status, say) + other)
    return "; ".join(told)


def level_name(group: object, column: str, context: Context, whole: bool = False) -> str:
    """A group with a level of its own; a nomination by its number, or by its whole name."""
    if not isinstance(group, str):
        return "–"
    if whole and column == "nomination":
        return common.nomination(group, context)
    return group_name(column, group, context.contest, context.say)


def _pair(row, context: Context) -> str:
    return context.say.dash.join(level_name(g, row.grouping, context) for g in (row.level_a, row.level_b))
