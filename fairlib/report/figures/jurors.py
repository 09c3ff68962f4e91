"""How do jurors mark? Severity with its error, marks of each juror, and who agrees with whom."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap

from fairlib.report.figures.base import (
    ACCENT,
    GOLD,
    INK,
    LINE,
    MIST,
    SOFT,
    count_axis,
    ink_on,
    nothing,
    rows,
    sheet,
    strokes,
    unless_empty,
)
from fairlib.report.words.locale import Voice, speak
from fairlib.rules import Language
from fairlib.scoring.result import Z95

QUARTILES = (0, 0.25, 0.5, 0.75, 1)
READABLE = 30  # jurors whose numbers and names can be read beside each other


def plot_severity(jurors: pd.DataFrame, ax: Axes | None = None, lang: Language = "en") -> Axes:
    """Severity of each juror with a 95 % interval, harshest on top; columns `juror, severity, se`.

    A mark is filled if its interval does not contain zero.
    """
    say, ax = speak(lang), sheet(ax, (7.2, 0.9 + 0.26 * len(jurors)))
    table = jurors.dropna(subset=["severity"]).sort_values(["severity", "juror"])
    if table.empty:
        return nothing(ax)
    places = np.arange(len(table))
    error = Z95 * table["se"].to_numpy(dtype=float)
    clear = np.abs(table["severity"].to_numpy()) > error  # without an error nothing is clear
    ax.axvline(0, color=SOFT, linewidth=0.9)
    low, high = table["severity"] - error, table["severity"] + error
    strokes(ax, (low, places), (high, places), color=ACCENT, linewidth=1.6)
    for shape, mask, fill in (("o", ~clear, "#ffffff"), ("D", clear, ACCENT)):
        x, y = table["severity"].to_numpy()[mask], places[mask]
        ax.plot(x, y, shape, color=ACCENT, markerfacecolor=fill, markersize=5.5, linestyle="none")
    rows(ax, table["juror"])
    ax.grid(axis="x")
    milder, label, stricter = say("milder"), say("severity, points"), say("stricter")
    ax.set_xlabel(f"← {milder}  ·  {label}  ·  {stricter} →")
    count_axis(ax.xaxis, say, 1)
    return ax


def plot_marks(ratings: pd.DataFrame, ax: Axes | None = None, lang: Language = "en") -> Axes:
    """The marks of each juror as boxes, by median; columns `juror, score`. Not for the public."""
    say, ax = speak(lang), sheet(ax, (7.2, 0.9 + 0.3 * ratings["juror"].nunique()))
    marks = ratings.dropna(subset=["score"]).groupby("juror")["score"].apply(np.asarray)
    if marks.empty:
        return nothing(ax)
    marks = marks.iloc[np.argsort([np.median(m) for m in marks], kind="stable")]
    places = np.arange(len(marks))
    least, lower, middle, upper, most = np.array([np.quantile(m, QUARTILES) for m in marks]).T
    for end, box in ((least, lower), (most, upper)):
        strokes(ax, (end, places), (box, places), color=SOFT, linewidth=1)
        strokes(ax, (end, places - 0.14), (end, places + 0.14), color=SOFT, linewidth=1)
    ax.barh(places, upper - lower, 0.55, lower, facecolor=MIST, edgecolor=ACCENT, linewidth=1)
    strokes(ax, (middle, places - 0.275), (middle, places + 0.275), color=INK, linewidth=2)
    rows(ax, marks.index)
    ax.set_ylim(-0.5, len(marks) - 0.5)
    ax.grid(axis="x")
    ax.set_xlabel(say("marks"))
    count_axis(ax.xaxis, say)
    return ax


@unless_empty
def plot_agreement(matrix: pd.DataFrame, ax: Axes | None = None, lang: Language = "en") -> Axes:
    """Rank correlation of every two jurors; square matrix with jurors as index and columns.

    A cell without a number has too few submissions that both read. Of more than 30 jurors the colours alone are drawn.
    """
    say, jurors = speak(lang), len(matrix)
    ax = sheet(ax, (6.4, 1.2 + 0.34 * min(jurors, READABLE)))
    values = np.where(np.tri(jurors, k=-1, dtype=bool), matrix.to_numpy(float), np.nan)
    colours = _two_sided()
    ax.imshow(values, vmin=-1, vmax=1, cmap=colours, aspect="auto")
    if jurors <= READABLE:
        _write_cells(ax, values, colours, say)
    # the first juror needs no row and the last no column: each pair is shown once
    step = -(-jurors // READABLE)
    ax.set_xticks(
        range(0, jurors - 1, step),
        matrix.columns.astype(str)[:-1:step],
        rotation=0 if jurors <= 16 else 45 if jurors <= READABLE else 90,
    )
    ax.set_yticks(range(1, jurors, step), matrix.index.astype(str)[1::step])
    ax.set(xlim=(-0.5, max(jurors - 1.5, 0.5)), ylim=(max(jurors - 0.5, 1.5), 0.5))
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def _write_cells(ax: Axes, values: np.ndarray, colours: Colormap, say: Voice) -> None:
    """The number of each cell below the diagonal, or a dot where there is none."""
    small = 7 if len(values) <= 14 else 5
    for i, j in np.argwhere(~np.isnan(values)):
        ink, words = ink_on(colours((values[i, j] + 1) / 2)[:3]), say.number(values[i, j], 2)
        ax.text(j, i, words, ha="center", va="center", fontsize=small, color=ink, in_layout=False)
    for i, j in np.argwhere(np.isnan(values) & np.tri(len(values), k=-1, dtype=bool)):
        ax.text(j, i, "·", ha="center", va="center", color=SOFT)


def _two_sided() -> Colormap:
    return LinearSegmentedColormap.from_list("house", [GOLD, LINE, ACCENT])
