"""Were groups treated alike? Selection rates with intervals, small groups put together."""

import math
from statistics import NormalDist

import pandas as pd

from fairlib.report.blocks import Block, Chapter, Column, Heading, Picture, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.figures import plot_rates
from fairlib.report.results import RoundResults, flag
from fairlib.report.words.codes import group_name, word

SMALL = 5
GROUPS = ("nomination", "region", "settlement", "language", "monotown", "first_time")


def chapter(context: Context) -> Chapter:
    """The share selected by group: of the eligible in the first round, then of those who came to each round."""
    say, results = context.say, context.results
    lead = say(
        "The share of submissions that a round selected, by group, with 95 % Wilson intervals. Groups of fewer than "
        "five submissions are put together. A difference between groups is no proof of unfair treatment, and equal "
        "shares are none of fair treatment: groups send different projects."
    )
    blocks: list[Block] = []
    came = results.submissions[flag(results.submissions["eligible"]).fillna(False)]
    for place, stage in enumerate(results.rounds):
        chosen = common.chosen_in(results, place)
        blocks += _round(came, chosen, stage, place, context)
        came = came[came["submission"].isin(chosen)]
    compared = (Text(lead), *blocks) if blocks else ()
    return Chapter("fairness", say("Fairness: who was selected how often"), compared)


def _round(
    came: pd.DataFrame, chosen: set[str], stage: RoundResults, place: int, context: Context
) -> list[Block]:
    """A figure for every way of grouping that leaves at least two groups; nothing where there is none."""
    say, few = context.say, []
    blocks: list[Block] = []
    for column in GROUPS:
        labels = _labels(came[column], column, context)
        if labels[came[column].notna()].nunique() < 2:
            continue
        selected = came["submission"].isin(chosen)
        found = selection_rates(selected, labels, say("small groups together"))
        if len(found) > 1:
            id = f"rates-{column}" if place == 0 else f"rates-{stage.id}-{column}"
            blocks.append(_rates(found, float(selected.mean()), column, id, stage, context))
        else:
            few.append(word("column", column, say))
    if few:
        told = say(
            "Not compared, because all groups but one are smaller than five: {columns}.",
            columns=say.listed(few),
        )
        blocks.append(Text(told, "note"))
    return [Heading(context.stage_name(stage)), *blocks] if blocks else []


def selection_rates(selected: pd.Series, groups: pd.Series, rest: str, small: int = SMALL) -> pd.DataFrame:
    """Share selected by group with a 95 % Wilson interval (Wilson 1927), small groups merged as `rest`.

    Columns `group, n, selected, rate, low, high`; the merged group is the last. Groups under `small` are
    merged, and the next smallest with them until there are `small` in the merged group.

    >>> told = selection_rates(pd.Series([True, False] * 6), pd.Series([*"aaaaaabbbbbc"]), "others")
    >>> told[["group", "n", "selected"]].to_numpy().tolist()
    [['a', 6, 3], ['others', 6, 3]]
    """
    merged = groups.where(~groups.isin(_small(groups.value_counts(), small)), rest)
    rows = []
    for group, mine in selected.groupby(merged):
        k, n = int(mine.sum()), len(mine)
        rows.append((group, n, k, k / n, *wilson(k, n)))
    found = pd.DataFrame(rows, columns=["group", "n", "selected", "rate", "low", "high"])
    order = found.assign(last=found["group"] == rest).sort_values(
        ["last", "rate", "group"], ascending=[True, False, True]
    )
    return order.drop(columns="last").reset_index(drop=True)


def _small(sizes: pd.Series, small: int) -> list[str]:
    """The groups to merge: those under `small`, and the next smallest until together they reach it."""
    sizes = sizes.sort_index().sort_values(kind="stable")
    n = int((sizes < small).sum())
    while 0 < n < len(sizes) and sizes.iloc[:n].sum() < small:
        n += 1
    return list(sizes.index[:n])


def wilson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share of `k` in `n` > 0 (Wilson 1927).

    Newcombe (1998), table I, 81 of 263:

    >>> [round(x, 4) for x in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p, half = k / n, z * math.sqrt(k * (n - k) / n + z * z / 4) / n
    middle, whole = p + z * z / (2 * n), 1 + z * z / n
    return max((middle - half) / whole, 0.0), min((middle + half) / whole, 1.0)


def _labels(column: pd.Series, name: str, context: Context) -> pd.Series:
    """The group of each row in words; where nothing was said, that is a group too, so that all add up."""
    named = column.map(lambda v: group_name(name, str(v), context.contest, context.say), na_action="ignore")
    return named.astype(object).where(column.notna(), context.say("not known"))


def _rates(
    found: pd.DataFrame, overall: float, column: str, id: str, stage: RoundResults, context: Context
) -> Picture:
    say = context.say
    rows = [
        (r.group, common.number(say, r.n), common.number(say, r.selected), common.Cell(say.percent(r.rate), r.rate),
         f"{say.percent(r.low)}–{say.percent(r.high)}")
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Group"), "text", 2), Column(say("Took part"), "number"), Column(say("Selected"), "number"),
             Column(say("Share"), "number"), Column(say("95 % interval"), "number")]  # fmt: skip
    caption = say("Share selected by {column}: {round}", column=word("column", column, say),
                  round=stage.rule.name[say.lang])  # fmt: skip
    ends = found.sort_values("rate", kind="stable")
    low, high = (f"{r.group} ({say.percent(r.rate)})" for r in (ends.iloc[0], ends.iloc[-1]))
    alt = f"{caption}. " + say("All together: {rate}. Highest: {high}. Lowest: {low}.", rate=say.percent(overall),
                               high=high, low=low)  # fmt: skip
    return Picture(
        id, caption, alt, lambda ax: plot_rates(found, ax, say.lang, overall),
        table(f"{id}-data", caption, heads, rows), (7.2, 0.8 + 0.28 * len(found)),
    )  # fmt: skip
