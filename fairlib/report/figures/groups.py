"""How do groups fare? Selection rates with intervals, criterion profiles, and where the money goes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fairlib.report.figures.base import (
    ACCENT,
    GOLD,
    LINE,
    MIST,
    QUIET,
    SOFT,
    count_axis,
    decision_names,
    legend,
    nothing,
    rows,
    sheet,
    strokes,
    unless_empty,
)
from fairlib.report.words.locale import speak
from fairlib.rules import Language


@unless_empty
def plot_rates(
    rates: pd.DataFrame, ax: Axes | None = None, lang: Language = "en", overall: float | None = None
) -> Axes:
    """Selection rates of groups with their intervals, and the rate of all as a line.

    Columns `group, rate, low, high, n`.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 0.8 + 0.3 * len(rates)))
    places = np.arange(len(rates))
    if overall is not None:
        ax.axvline(overall, color=GOLD, linewidth=1.2, linestyle="--")
        told = f"{say('all')}: {say.percent(overall)}"
        ax.annotate(
            told,
            (overall, 1),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            color=QUIET,
        )
    strokes(ax, (rates["low"], places), (rates["high"], places), color=ACCENT, linewidth=1.6)
    ax.plot(rates["rate"], places, "o", color=ACCENT, markersize=5.5, clip_on=False, zorder=3)
    labels = [f"{g} ({say.number(n)})" for g, n in zip(rates["group"], rates["n"], strict=True)]
    rows(ax, labels)
    ax.set(
        ylim=(len(rates) - 0.5, -0.5),
        xlim=(-0.02 * (top := min(1.0, max(rates["high"].max() * 1.08, 0.1))), top),
    )
    ax.grid(axis="x")
    ax.set_xlabel(say("share selected"))
    ax.xaxis.set_major_formatter(lambda value, _: say.percent(value))
    return ax


@unless_empty
def plot_profiles(profiles: pd.DataFrame, ax: Axes | None = None, lang: Language = "en") -> Axes:
    """Mean estimate by criterion of the selected and of the others.

    Index: names of criteria; columns `selected, not_selected` in points.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 0.9 + 0.36 * len(profiles)))
    places, names = np.arange(len(profiles)), decision_names(lang)
    ends = (profiles["not_selected"], places), (profiles["selected"], places)
    strokes(ax, *ends, color=LINE, linewidth=4)
    for column, shape, colour, fill in (
        ("not_selected", "s", SOFT, "#ffffff"),
        ("selected", "o", ACCENT, ACCENT),
    ):
        ax.plot(
            profiles[column],
            places,
            shape,
            color=colour,
            markerfacecolor=fill,
            markersize=7,
            label=names[column],
        )
    rows(ax, profiles.index)
    ax.set(ylim=(len(profiles) - 0.5, -0.5))
    ax.grid(axis="x")
    ax.set_xlabel(say("mean estimate, points"))
    count_axis(ax.xaxis, say, 1)
    legend(ax)
    return ax


@unless_empty
def plot_budget(
    grants: pd.DataFrame, ax: Axes | None = None, lang: Language = "en", total: float | None = None
) -> Axes:
    """Grants one after another, in the order of ranks, up to the budget.

    Columns `label, grant` (₸), one row a winner; `total` is the budget in ₸.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 0.9 + 0.26 * len(grants)))
    table = grants.dropna(subset=["grant"])
    if table.empty:
        return nothing(ax)
    start = table["grant"].cumsum() - table["grant"]
    places = np.arange(len(table))
    ax.barh(places, table["grant"] / 1e6, left=start / 1e6, height=0.7, color=ACCENT)
    between, reached = places[1:] - 0.5, start.iloc[1:] / 1e6
    strokes(ax, (0 * reached, between), (reached, between), color=MIST, linewidth=0.6)
    if total:
        ax.axvline(total / 1e6, color=GOLD, linewidth=1.4, linestyle="--")
    rows(ax, table["label"])
    ax.set(ylim=(len(table) - 0.5, -0.5), xlim=(0, max(total or 0, table["grant"].sum()) / 1e6 * 1.03))
    ax.set_xlabel(say("grants so far, million ₸"))
    count_axis(ax.xaxis, say)
    return ax
