"""What is known of how nominations compare: said beside every number that hangs on it."""

from fairlib.report.blocks import Block, Cell, Column, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import group_name


def level_blocks(stage: RoundResults, context: Context) -> list[Block]:
    """The table of differences between nominations with its explanation; nothing where all have one level."""
    say, found = context.say, stage.levels
    if found.empty:
        return []
    rows = [
        (_pair(r, stage, context), Cell(say.signed(r.difference, 2), r.difference), common.number(say, r.se, 2),
         common.number(say, r.across))
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Compared"), "text", 2), Column(say("Difference, points"), "number"),
             Column(say("Standard error"), "number"), Column(say("Jurors who read both"), "number")]  # fmt: skip
    caption = say("How groups compare: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Difference of the mean estimates. Jurors who read in one group alone tell little about the others: the "
        "standard error says how little. Every interval and probability of this round has it in it."
    )
    blocks: list[Block] = [table(f"levels-{stage.id}", caption, heads, rows, note=note)]
    return [*blocks, *unlinked(stage, context)]


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
    say, found = context.say, stage.levels
    if found.empty:
        return []
    told = "; ".join(
        f"{_pair(r, stage, context)}: {say.signed(r.difference, 2)} ± {say.number(1.96 * r.se, 2)}"
        for r in found.itertuples()
    )
    text = say(
        "Places over all groups hang on how the groups compare. Difference with its 95 % interval: {list}.",
        list=told,
    )
    return [Text(text, "note")]


def _pair(row, stage: RoundResults, context: Context) -> str:
    column, named = context.contest.levels(stage.id) or "nomination", (row.level_a, row.level_b)
    return " – ".join(
        group_name(column, g, context.contest, context.say) if isinstance(g, str) else "–" for g in named
    )
