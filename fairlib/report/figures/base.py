"""The sheet that every figure is drawn on: style, colours, shapes, and deterministic SVG."""

import io
import re
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypedDict, Unpack

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import offset_copy
from matplotlib.typing import ColorType
from numpy.typing import ArrayLike

from fairlib.report.blocks import Report
from fairlib.report.words.codes import word
from fairlib.report.words.locale import Voice, speak
from fairlib.rules import Language

STYLE = Path(__file__).parents[1] / "style.mplstyle"
INK, SOFT, LINE, PAPER = "#1b2733", "#8a95a1", "#d5dbe1", "#ffffff"
ACCENT, GOLD, RED, MIST = "#0b6478", "#a86a08", "#a8322a", "#cfe3e7"
QUIET = "#4a5663"  # for words beside the main ones: SOFT is too light to be read
PAD, GAP = 3.6, 3.5  # points: around a drawing, and between the name of a row and the axes
# Near white and near black, and never replaced when a page turns dark: for words on a filled tile.
ON_DARK, ON_LIGHT = "#fffffe", "#010101"
DECISION_COLOUR = {"selected": ACCENT, "reserve": GOLD, "not_selected": SOFT, "not_eligible": LINE}
DECISION_SHAPE = {"selected": "o", "reserve": "D", "not_selected": "s", "not_eligible": "x"}


def sheet(ax: Axes | None, size: tuple[float, float] = (7.2, 3.6)) -> Axes:
    """The axes to draw on: those given, or new ones in the house style."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    with mpl.rc_context(_house()):
        return plt.figure(figsize=size).subplots()


def rows(ax: Axes, labels: Iterable[object]) -> None:
    """Name the rows 0, 1, … at the left: plain texts, as a tick is five artists of which four are not seen."""
    ax.set_yticks([])
    beside = offset_copy(ax.get_yaxis_transform(), ax.get_figure(root=True), x=-GAP, units="points")
    for place, label in enumerate(labels):
        ax.text(0, place, str(label), transform=beside, ha="right", va="center_baseline", fontsize=8.5,
                color=QUIET, parse_math=False)  # fmt: skip


class Stroke(TypedDict, total=False):
    """How a stroke is drawn."""

    color: str
    linewidth: float
    linestyle: str
    alpha: float


def strokes(
    ax: Axes,
    start: tuple[ArrayLike, ArrayLike],
    end: tuple[ArrayLike, ArrayLike],
    **style: Unpack[Stroke],
) -> None:
    """Straight strokes between points, `start` and `end` each their x and y (n,), in one path."""
    x, y = (
        np.column_stack([*np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float), np.nan)]).ravel()
        for a, b in zip(start, end, strict=True)
    )
    ax.plot(x, y, solid_capstyle="butt", zorder=1, **style)


def decision_names(lang: Language) -> dict[str, str]:
    """The four decisions in words."""
    return {decision: word("decision", decision, speak(lang)) for decision in DECISION_COLOUR}


def legend(ax: Axes, *given, columns: int = 2) -> None:
    """A legend above the axes in the house style, also on axes that were made outside it."""
    ax.legend(*given, ncols=columns, loc="lower center", bbox_to_anchor=(0.5, 1.0), handletextpad=0.3,
              frameon=False, fontsize=8.5)  # fmt: skip


def count_axis(axis, say: Voice, decimals: int = 0) -> None:
    """Round ticks with the separators of the language; a tick gets more decimals than asked if it needs them."""
    axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    axis.set_major_formatter(lambda value, _: say.number(value, _decimals(value, decimals)))


def _decimals(value: float, least: int) -> int:
    return next((n for n in range(least, 4) if abs(value - round(value, n)) < 1e-9), 4)


def rank_axis(axis, say: Voice, ranks: int) -> None:
    """Ticks from rank 1 to the last of `ranks`: there is no rank 0."""
    round_ones = MaxNLocator(8, steps=[1, 2, 2.5, 5, 10], integer=True).tick_values(0, max(ranks, 1))
    axis.set_ticks([1] + [at for at in round_ones if 1 < at <= ranks])
    axis.set_major_formatter(lambda value, _: say.number(value))


def nothing(ax: Axes) -> Axes:
    """An empty sheet, where there is nothing to draw."""
    ax.set_axis_off()
    return ax


def unless_empty(plot: Callable[..., Axes]) -> Callable[..., Axes]:
    """Draw a figure of a table that has rows; of one without, an empty sheet."""

    @wraps(plot)
    def drawn(table: pd.DataFrame | pd.Series, ax: Axes | None = None, *args, **kwargs) -> Axes:
        return plot(table, ax, *args, **kwargs) if len(table) else nothing(sheet(ax, (7.2, 0.9)))

    return drawn


def ink_on(fill: ColorType) -> str:
    """The colour of words on a filled tile: of two, the one with more contrast (WCAG 2.2, 2023)."""
    light = _luminance(fill) + 0.05
    return ON_DARK if 1.05 / light > light / (_luminance(ON_LIGHT) + 0.05) else ON_LIGHT


@lru_cache
def _luminance(colour: ColorType) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def to_svg(draw: Callable[[Axes], object], size: tuple[float, float], name: str) -> str:
    """Draw on a fresh sheet and return SVG that is the same bytes every time.

    `name` prefixes the ids, so that several figures can stand in one page.
    """
    width, height = 72 * size[0], 72 * size[1]
    with mpl.rc_context(_house()):
        figure = Figure(figsize=size, dpi=72)
        figure.set_layout_engine("none")
        ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        draw(ax)
        stream = io.StringIO()
        # A pen of our own: savefig and tight_layout each take a new one, which measures every text again.
        pen = RendererSVG(width, height, stream, image_dpi=72, metadata={"Date": None, "Creator": None})
        _fit(ax, pen, width, height)
        figure.draw(pen)
        pen.finalize()
    return _tidy(stream.getvalue(), name)


def draw(report: Report, drawn: dict[tuple, str]) -> dict[str, str]:
    """Drawings by id; one whose numbers are the same for both audiences is drawn once, and kept in `drawn`."""
    found = {}
    for picture in report.pictures():
        key = (picture.id, picture.alt, picture.data)
        if key not in drawn:
            drawn[key] = to_svg(picture.draw, picture.size, picture.id)
        found[picture.id] = drawn[key]
    return found


def _fit(ax: Axes, pen: RendererSVG, width: float, height: float) -> None:
    """Let the axes have all the sheet but for what is written around them, where that leaves them room."""
    for side in ax.spines.values():
        side.set_in_layout(False)  # they end where the axes do, and asking each takes the ticks anew
    inner, outer = ax.get_window_extent(pen), ax.get_tightbbox(pen, for_layout_only=True)
    if outer is None:
        return  # nothing is drawn at all
    left, below = inner.x0 - outer.x0 + PAD, inner.y0 - outer.y0 + PAD
    right, above = outer.x1 - inner.x1 + PAD, outer.y1 - inner.y1 + PAD
    if left + right < width and below + above < height:
        ax.set_position(
            (left / width, below / height, 1 - (left + right) / width, 1 - (below + above) / height)
        )


@lru_cache
def _house() -> mpl.RcParams:
    return mpl.rc_params_from_file(STYLE, use_default_template=False)


def _tidy(svg: str, name: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(url\(#|xlink:href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"<g>\s*</g>\s*", "", svg)
    return re.sub(r"(\d+\.\d{2})\d+", r"\1", svg)
