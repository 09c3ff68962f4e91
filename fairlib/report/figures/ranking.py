"""Who is where, and how surely? The ranking with intervals, the probability strip, and the slopes."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fairlib.report.figures.base import (
    ACCENT,
    DECISION_COLOUR,
    DECISION_SHAPE,
    GOLD,
    LINE,
    RED,
    SOFT,
    Stroke,
    count_axis,
    decision_names,
    legend,
    nothing,
    rank_axis,
    sheet,
    strokes,
    unless_empty,
)
from fairlib.report.words.locale import speak
from fairlib.rules import Language


@unless_empty
def plot_ranking(
    table: pd.DataFrame,
    ax: Axes | None = None,
    lang: Language = "en",
    best: Literal["high", "low"] = "high",
    seats: int | None = None,
) -> Axes:
    """Estimates with intervals by rank, the best on top, marked by decision, and the line after `seats`.

    Columns `rank, estimate, decision` and, where computed, `low, high`; `best` is the end of the scale that
    is; as many seats as selected if not given.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 3.8))
    table = table.dropna(subset=["rank", "estimate"]).sort_values("rank")
    if table.empty:
        return nothing(ax)
    _by_decision(ax, table, "estimate", lang, intervals=True)
    _line(ax, table, seats)
    ax.set(xlabel=say("rank"), ylabel=say("estimate, points"))
    ax.grid(axis="y")
    rank_axis(ax.xaxis, say, _last(table["rank"]))
    count_axis(ax.yaxis, say, 1)
    if best == "low":
        ax.yaxis.set_inverted(True)
    legend(ax, columns=4)
    return ax


@unless_empty
def plot_probabilities(
    table: pd.DataFrame,
    ax: Axes | None = None,
    lang: Language = "en",
    clear_in: float = 0.9,
    clear_out: float = 0.1,
    seats: int | None = None,
) -> Axes:
    """Probability of being selected in the order of ranks, with the open band between two thresholds.

    Columns `rank, p_selected, decision`.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 3.0))
    table = table.dropna(subset=["rank", "p_selected"]).sort_values("rank")
    if table.empty:
        return nothing(ax)
    ax.axhspan(clear_out, clear_in, color="#f4e6cc", zorder=0)
    for height in (clear_out, clear_in):
        ax.axhline(height, color=GOLD, linewidth=0.8, linestyle="--")
    _by_decision(ax, table, "p_selected", lang)
    _line(ax, table, seats)
    ax.set(xlabel=say("rank"), ylabel=say("probability of selection"), ylim=(-0.03, 1.03))
    ax.yaxis.set_major_formatter(lambda value, _: say.percent(value))
    rank_axis(ax.xaxis, say, _last(table["rank"]))
    legend(ax, columns=4)
    return ax


def plot_slopes(
    table: pd.DataFrame, ax: Axes | None = None, lang: Language = "en", seats: int | None = None
) -> Axes:
    """From the rank by raw mean to the rank by adjusted estimate, one line a submission.

    Columns `rank_raw, rank, decision`. Lines that cross the rank of `seats` (as many as selected if not
    given) are drawn bold: down in red and dashed, up in the accent colour.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 4.6))
    table = table.dropna(subset=["rank", "rank_raw"])
    if table.empty:
        return nothing(ax)
    seats = max(_seats(table, seats), 1)
    up = (table["rank_raw"] > seats) & (table["rank"] <= seats)
    down = (table["rank_raw"] <= seats) & (table["rank"] > seats)
    styles: tuple[tuple[pd.Series, Stroke], ...] = (
        (~up & ~down, {"color": LINE, "linewidth": 0.7}),
        (up, {"color": ACCENT, "linewidth": 1.8}),
        (down, {"color": RED, "linewidth": 1.8, "linestyle": "--"}),
    )
    for mask, style in styles:
        part = table[mask]
        strokes(ax, (0 * part["rank"], part["rank_raw"]), (0 * part["rank"] + 1, part["rank"]), **style)
    ax.axhline(seats + 0.5, color=GOLD, linewidth=1)
    ax.set_xticks([0, 1], [say("by raw mean"), say("adjusted")])
    ax.set(ylim=(len(table) + 1, 0), xlim=(-0.05, 1.05), ylabel=say("rank"))
    rank_axis(ax.yaxis, say, len(table))
    handles = [ax.plot([], [], color=ACCENT)[0], ax.plot([], [], color=RED, linestyle="--")[0]]
    first = say.number(seats)
    legend(ax, handles, [say("into the first {n}", n=first), say("out of the first {n}", n=first)])
    return ax


def _by_decision(ax: Axes, table: pd.DataFrame, column: str, lang: Language, intervals: bool = False) -> None:
    names = decision_names(lang)
    size = float(np.clip(500 / max(len(table), 1), 3, 6))
    for decision, part in table.groupby("decision", sort=False):
        colour, shape = DECISION_COLOUR[decision], DECISION_SHAPE[decision]
        fill = colour if decision == "selected" else "#ffffff"  # also in grey the selected stand out
        if intervals and "low" in part:
            ends = (part["rank"], part["low"]), (part["rank"], part["high"])
            strokes(ax, *ends, color=colour, linewidth=0.8, alpha=0.55)
        ax.plot(
            part["rank"],
            part[column],
            shape,
            color=colour,
            markerfacecolor=fill,
            markersize=size,
            linestyle="none",
            label=names[decision],
            markeredgewidth=0.8,
        )


def _last(ranks: pd.Series) -> int:
    return int(ranks.max()) if len(ranks) else 1


def _seats(table: pd.DataFrame, seats: int | None) -> int:
    return int((table["decision"] == "selected").sum()) if seats is None else seats


def _line(ax: Axes, table: pd.DataFrame, seats: int | None) -> None:
    """The line after the last place that the seats reach; with quotas some are chosen beyond it."""
    seats = _seats(table, seats)
    if 0 < seats < len(table):
        ax.axvline(seats + 0.5, color=SOFT, linewidth=1, linestyle="-.")
