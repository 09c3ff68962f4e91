"""Before and after: who comes over the line and who goes when a rule is changed."""

import pandas as pd
from matplotlib.axes import Axes

from fairlib.report.figures.base import (
    ACCENT,
    GOLD,
    LINE,
    RED,
    Stroke,
    legend,
    nothing,
    rank_axis,
    sheet,
    strokes,
)
from fairlib.report.words.locale import speak
from fairlib.rules import Language


def plot_what_if(table: pd.DataFrame, ax: Axes | None = None, lang: Language = "en") -> Axes:
    """Ranks before and after a change of the rule, one line a submission.

    Columns `rank_before, rank_after, decision_before, decision_after, change` of a `Comparison`. Who comes is
    drawn bold in the accent colour, who goes bold, red and dashed, with their ids at the side where the list
    is short. The last rank selected on each side is marked.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 4.6))
    known = table.dropna(subset=["rank_before", "rank_after"])
    if known.empty:
        return nothing(ax)
    styles: dict[str, Stroke] = {
        "": {"color": LINE, "linewidth": 0.7},
        "comes": {"color": ACCENT, "linewidth": 1.8},
        "goes": {"color": RED, "linewidth": 1.8, "linestyle": "--"},
    }
    for change, style in styles.items():
        part = known[known["change"] == change]
        ranks = part["rank_before"].astype(float), part["rank_after"].astype(float)
        strokes(ax, (0 * ranks[0], ranks[0]), (0 * ranks[1] + 1, ranks[1]), **style)
    _lines(ax, known)
    _names(ax, known[known["change"] != ""])
    ax.set_xticks([0, 1], [say("before"), say("after")])
    ax.set(ylim=(len(table) + 1, 0), xlim=(-0.15, 1.15), ylabel=say("rank"))
    rank_axis(ax.yaxis, say, len(table))
    handles = [ax.plot([], [], **styles[c])[0] for c in ("comes", "goes")]
    legend(ax, handles, [say("comes"), say("goes")])
    return ax


def _lines(ax: Axes, known: pd.DataFrame) -> None:
    """A short stroke under the last selected rank of each side."""
    for at, side in ((0, "before"), (1, "after")):
        chosen = known.loc[known[f"decision_{side}"] == "selected", f"rank_{side}"]
        if len(chosen) > 0:
            ax.plot([at - 0.08, at + 0.08], [float(chosen.max()) + 0.5] * 2, color=GOLD, linewidth=2)


def _names(ax: Axes, moved: pd.DataFrame) -> None:
    """Ids beside the lines of those who come or go, if there are few."""
    if len(moved) > 12:
        return
    for name, row in moved.iterrows():
        for at, side, align in ((-0.02, "before", "right"), (1.02, "after", "left")):
            ax.text(at, float(row[f"rank_{side}"]), str(name), ha=align, va="center", fontsize=6)
