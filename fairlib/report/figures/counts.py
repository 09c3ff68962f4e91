"""How many, and where? The funnel of a contest, counts of a group, and the tile map of regions."""

from datetime import date

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from fairlib.intake.places.names import region_table
from fairlib.report.figures.base import (
    ACCENT,
    INK,
    LINE,
    MIST,
    QUIET,
    SOFT,
    ink_on,
    rows,
    sheet,
    unless_empty,
)
from fairlib.report.words.locale import speak
from fairlib.rules import Language

DARKEST = "#0b6479"


@unless_empty
def plot_funnel(steps: pd.Series, ax: Axes | None = None, lang: Language = "en") -> Axes:
    """Steps of the contest as centred bars, each with its count and its share of the first.

    `steps` maps a step's name to a count, in order.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 0.6 + 0.5 * len(steps)))
    first = max(float(steps.iloc[0]), 1.0)
    for place, (label, n) in enumerate(steps.items()):
        ax.barh(place, n / first, left=0.5 - n / first / 2, height=0.68, color=ACCENT, alpha=1 - 0.09 * place)
        ax.text(-0.02, place, label, ha="right", va="center")
        ax.text(1.02, place, say.number(n), ha="left", va="center", weight="bold")
        ax.text(1.13, place, say.percent(n / first), ha="left", va="center", color=QUIET)
    ax.set(xlim=(-0.62, 1.26), ylim=(len(steps) - 0.5, -0.5))
    ax.set_axis_off()
    return ax


@unless_empty
def plot_counts(counts: pd.Series, ax: Axes | None = None, lang: Language = "en") -> Axes:
    """Counts of groups as horizontal bars with the number at the end; `counts` maps a name to a count."""
    say, ax = speak(lang), sheet(ax, (7.2, 0.5 + 0.34 * len(counts)))
    places = range(len(counts))
    ax.barh(places, counts.to_numpy(), height=0.66, color=ACCENT)
    for place, n in zip(places, counts, strict=True):
        ax.annotate(say.number(n), (n, place), (4, 0), textcoords="offset points", va="center", weight="bold")
    rows(ax, counts.index)
    ax.set(ylim=(len(counts) - 0.5, -0.5), xlim=(0, max(counts.max(), 1) * 1.12))
    ax.spines["bottom"].set_visible(False)
    ax.set_xticks([])
    return ax


def plot_tile_map(
    counts: pd.Series, ax: Axes | None = None, lang: Language = "en", day: date | None = None
) -> Axes:
    """Submissions by region on a tile map: one tile a region, darker with more.

    `counts` maps a region's code to a number; `day` picks the regions that there were.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 4.2))
    top = max(float(counts.max()) if len(counts) else 0.0, 1.0)
    grid = region_table(day or date.max)
    for code, tile in grid.iterrows():
        n = int(counts.get(code, 0))
        colour = _blend(n / top) if n else "none"
        box = FancyBboxPatch(
            (tile["column"] + 0.05, tile["row"] + 0.05),
            0.9,
            0.9,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=colour,
            edgecolor=LINE if n else SOFT,
            linewidth=0.8,
            linestyle="-" if n else ":",
        )
        ax.add_patch(box)
        x, y, ink = tile["column"] + 0.5, tile["row"], ink_on(colour) if n else INK
        name = _in_two_lines(tile[f"short_{lang}"])
        ax.text(
            x,
            y + 0.32,
            name,
            ha="center",
            va="center",
            fontsize=7,
            color=ink,
            linespacing=1.05,
            in_layout=False,
        )
        ax.text(x, y + 0.7, say.number(n), ha="center", va="center", fontsize=12, weight="bold", color=ink)
    ax.set(
        xlim=(grid["column"].min(), grid["column"].max() + 1),
        ylim=(grid["row"].max() + 1.02, grid["row"].min() - 0.02),
    )
    ax.set_axis_off()
    return ax


def _in_two_lines(name: str, longest: int = 12) -> str:
    if len(name) <= longest:
        return name
    return name.replace("-", "-\n", 1) if "-" in name else name.replace(" ", "\n", 1)


def _blend(share: float) -> str:
    # DARKEST is beside ACCENT and not it: a page that turns dark lightens ACCENT, and a tile must not follow
    low, high = (_rgb(c) for c in (MIST, DARKEST))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(low, high, strict=True))


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
