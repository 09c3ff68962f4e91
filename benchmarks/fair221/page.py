"""Writes docs/fair221.md: the template `page.md` with its numbers and tables from the results, and nothing else.

In the template `{measure / condition / rule}` is a number of the middle size (per cent; `harm` as it is),
`{named what / condition}` per cent of contests in which the diagnosis names them, `{table NAME}` one of `tables`,
`{tables NAME}` one for each size, `{right N}` what the right interval covers among the best where N read.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.fair221 import figures, measures, results, tables
from benchmarks.fair221.conditions import CONDITIONS, SIZES
from benchmarks.fair221.results import HERE
from benchmarks.fair221.rules import RULES

DOCS = Path(__file__).parents[2] / "docs"
SIZE = "221x12"
PLAIN = ("harm",)  # a number of submissions, not a share


def write(docs: Path = DOCS) -> None:
    """Write `fair221.md` and the figures beside it."""
    four = {name: results.load(name) for name in results.FILES}
    figures.draw(four["results"], four["tenths"], docs / "fair221")
    template = (HERE / "page.md").read_text(encoding="utf-8")
    (docs / "fair221.md").write_text(filled(template, four), encoding="utf-8")


def filled(template: str, four: dict[str, pd.DataFrame]) -> str:
    """The template with everything in braces put in."""
    return re.sub(r"\{([a-z_]+ [^{}\n]+)\}", lambda found: _one(found[1], four), template)


def _one(words: str, four: dict[str, pd.DataFrame]) -> str:
    kind, _, rest = words.partition(" ")
    if kind == "table":
        return getattr(tables, rest)(four)
    if kind == "tables":
        made = {size: getattr(tables, rest)(four, size) for size in SIZES}
        return "\n\n".join(f"**{size}**\n\n{text}" for size, text in made.items() if text)
    if kind == "right":
        return f"{100 * measures.covered_among_best(int(rest)):.1f}"
    if kind == "named":
        what, condition = rest.split(" / ")
        return _number(four["signals"], what, condition=condition)
    measure, condition, rule = words.split(" / ")
    return _number(four["results"], measure, condition=condition, rule=rule)


def _number(table: pd.DataFrame, measure: str, **where: str) -> str:
    """One number, – where it was not measured. Raises KeyError for a condition or rule that there is not."""
    known = {"condition": CONDITIONS, "rule": RULES}
    for name, value in where.items():
        if value not in known[name]:
            raise KeyError(f"The template asks for {name} {value!r}, which there is not.")
    here = table[(table[["size", *where]] == [SIZE, *where.values()]).all(axis=1)]
    value = here[measure].iloc[0] if len(here) else np.nan
    if not np.isfinite(value):
        return "–"
    return f"{value:.1f}" if measure in PLAIN else f"{100 * value:.0f}"
