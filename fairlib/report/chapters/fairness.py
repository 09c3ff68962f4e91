"""Were groups treated alike? Selection rates with intervals, small groups put together."""

import math
from statistics import NormalDist

import pandas as pd

from fairlib.report.blocks import Block, Chapter, Column, Picture, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.figures import plot_rates
from fairlib.report.reasons import column_name, group_name
from fairlib.report.tables import flag

SMALL = 5
GROUPS = ("nomination", "region", "settlement", "language", "monotown", "first_time")


def chapter(context: Context) -> Chapter:
    """The share selected of the eligible, by group, for the first round."""
    say, results = context.say, context.results
    blocks: list[Block] = [
        Text(
            say(
                "The share of eligible submissions that the first round selected, by group, with 95 % Wilson "
                "intervals. Groups of fewer than five submissions are put together. A difference between "
                "groups is no proof of unfair treatment, and equal shares are none of fair treatment: groups send "
                "different projects."
            )
        )
    ]
    eligible = results.submissions[flag(results.submissions["eligible"]).fillna(False)]
    chosen = common.chosen_in(results, 0)
    for column in GROUPS:
        labels = _labels(eligible[column], column, context)
        if labels.nunique() > 1:
            blocks.append(_rates(eligible["submission"].isin(chosen), labels, column, context))
    return Chapter("fairness", say("Fairness: who was selected how often"), tuple(blocks))


def selection_rates(selected: pd.Series, groups: pd.Series, rest: str, small: int = SMALL) -> pd.DataFrame:
    """Share selected by group with a 95 % Wilson interval (Wilson 1927), groups under `small` merged as `rest`.

    Columns `group, n, selected, rate, low, high`; the merged group is the last.
    """
    size = groups.map(groups.value_counts())
    merged = groups.where(size >= small, rest)
    rows = []
    for group, mine in selected.groupby(merged):
        k, n = int(mine.sum()), len(mine)
        rows.append((group, n, k, k / n, *wilson(k, n)))
    found = pd.DataFrame(rows, columns=["group", "n", "selected", "rate", "low", "high"])
    order = found.assign(last=found["group"] == rest).sort_values(
        ["last", "rate", "group"], ascending=[True, False, True]
    )
    return order.drop(columns="last").reset_index(drop=True)


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
    known = column.dropna().astype(str)
    return known.map(lambda v: group_name(name, v, context.contest, context.say))


def _rates(selected: pd.Series, labels: pd.Series, column: str, context: Context) -> Picture:
    say = context.say
    selected = selected.loc[labels.index]
    found = selection_rates(selected, labels, say("small groups together"))
    rows = [
        (r.group, common.number(say, r.n), common.number(say, r.selected), common.Cell(say.percent(r.rate), r.rate),
         f"{say.percent(r.low)}–{say.percent(r.high)}")
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Group"), "text", 2), Column(say("Eligible"), "number"), Column(say("Selected"), "number"),
             Column(say("Share"), "number"), Column(say("95 % interval"), "number")]  # fmt: skip
    caption = say("Share selected by: {column}", column=column_name(column, say))
    overall = float(selected.mean())
    alt = f"{caption}. " + say("All together: {rate}.", rate=say.percent(overall))
    return Picture(
        f"rates-{column}", caption, alt, lambda ax: plot_rates(found, ax, say.lang, overall),
        table(f"rates-{column}-data", caption, heads, rows), (7.2, 0.8 + 0.28 * len(found)),
    )  # fmt: skip
