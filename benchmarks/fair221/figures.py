"""The three figures of the document."""

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from benchmarks.fair221.conditions import CONDITIONS, SIZES
from benchmarks.fair221.results import BOUNDS, NEAR
from benchmarks.fair221.rules import DEFAULT
from benchmarks.fair221.tables import best_found

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

INK, PALE, BLUE, ORANGE = "#3c4650", "#d5dbe1", "#0b6478", "#c2571a"
MIDDLE = "221x12"
GROUPS = {
    "nominations equal": lambda c: c.apart == 0,
    "nominations unequal": lambda c: c.apart > 0 and not c.fault and c.effects == type(c.effects)(),
    "marks misbehave": lambda c: c.apart > 0 and not c.fault and c.effects != type(c.effects)(),
    "people misbehave, marks missing": lambda c: bool(c.fault),
}


def draw(found: pd.DataFrame, tenths: pd.DataFrame, folder: Path) -> None:
    """Write `found.png`, `chances.png` and `coverage.png` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"found": behind(found), "chances": reliability(tenths), "coverage": coverage(found)}
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None})
        plt.close(figure)


def behind(found: pd.DataFrame) -> plt.Figure:
    """Points of the true best that each rule finds less than the best rule of the cell, middle size."""
    table = best_found(found, MIDDLE)
    refused = found.pivot_table(index="condition", columns="rule", values="refused").reindex_like(table) > 0.5
    lost = 100 * (table.max(axis=1).to_numpy()[:, None] - table.to_numpy())
    figure, ax = plt.subplots(figsize=(10.5, 8.5))
    colours = plt.get_cmap("YlOrBr").copy()
    colours.set_bad("#eceff2")
    ax.imshow(np.minimum(lost, 25), cmap=colours, vmin=0, vmax=25, aspect="auto")
    for (i, j), v in np.ndenumerate(lost):
        text = "refuses" if refused.iat[i, j] else "–" if np.isnan(v) else f"{v:.0f}"
        ax.text(j, i, text, ha="center", va="center", fontsize=6 if np.isnan(v) else 8,
                color="white" if v > 15 else INK)  # fmt: skip
    ax.set_xticks(range(table.shape[1]), table.columns, rotation=40, ha="right", fontsize=8)
    ax.set_yticks(range(table.shape[0]), table.index, fontsize=8)
    ax.set_title(
        "Points of the true TOP-50 that a rule misses and the best rule of the line finds", fontsize=10
    )
    figure.tight_layout()
    return figure


def reliability(tenths: pd.DataFrame) -> plt.Figure:
    """Stated chance against the share that belongs, of the default, in four groups of conditions, middle size."""
    figure, axes = plt.subplots(1, len(GROUPS), figsize=(13, 3.9), sharey=True)
    mine = tenths[(tenths["size"] == MIDDLE) & (tenths["rule"] == DEFAULT) & (tenths["n"] > 0)]
    for ax, (title, belongs) in zip(axes, GROUPS.items(), strict=True):
        line = np.array([0, 1])
        ax.fill_between(line, line - NEAR, line + NEAR, color=PALE, linewidth=0)
        for k, name in enumerate(c.name for c in CONDITIONS.values() if belongs(c)):
            part = mine[mine["condition"] == name]
            ax.plot(part["said"], part["belong"], marker="o", markersize=2.5, linewidth=0.9,
                    color=plt.get_cmap("tab10")(k), label=name)  # fmt: skip
        ax.set(title=title, xlabel="stated chance", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        ax.title.set_fontsize(9)
        ax.legend(fontsize=5.5, frameon=False, loc="upper left")
    axes[0].set_ylabel("share that belongs")
    figure.tight_layout()
    return figure


def coverage(found: pd.DataFrame) -> plt.Figure:
    """Coverage of 95 % intervals of the default, of all and of the true best, by size."""
    figure, axes = plt.subplots(1, len(SIZES), figsize=(12, 6.2), sharey=True)
    names = list(CONDITIONS)
    for ax, size in zip(axes, SIZES, strict=True):
        part = (
            found[(found["size"] == size) & (found["rule"] == DEFAULT)].set_index("condition").reindex(names)
        )
        ax.axvspan(*BOUNDS["cover"], color=PALE, linewidth=0)
        ax.axvline(BOUNDS["cover_top"][0], color=ORANGE, linewidth=0.8, linestyle=":")
        for k, (name, colour, words) in enumerate(
            (("cover", BLUE, "all"), ("cover_top", ORANGE, "the true best"))
        ):
            at = np.arange(len(names)) + 0.2 * (k - 0.5)
            ax.errorbar(part[name], at, xerr=1.96 * part[f"{name}_se"], fmt="o", markersize=3, linewidth=0.9,
                        color=colour, label=words)  # fmt: skip
        ax.set(title=size, xlabel="share of truths inside", xlim=(0.6, 1.0))
        ax.grid(axis="x", color=PALE, linewidth=0.5)
    axes[0].set_yticks(range(len(names)), names, fontsize=7)
    axes[0].invert_yaxis()
    axes[0].legend(fontsize=7, frameon=False, loc="lower left")
    figure.tight_layout()
    return figure
