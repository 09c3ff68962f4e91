"""How does a table look in a notebook? Digits by column, numbers to the right, texts whole, a dash for what is missing.

The words of every cell are made once; plain text and pandas' Styler then set the same words.
"""

from dataclasses import dataclass
from numbers import Integral, Real
from zlib import crc32

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from pandas.io.formats.style import Styler

MISSING = "–"
# Digits that people read. Elsewhere: none for whole numbers, two for others.
DIGITS = {
    **dict.fromkeys(("p", "p_adjusted", "p_selected", "p_twin", "acceptability", "hit_rate", "hit_se"), 3),
    **dict.fromkeys(("gain", "se_before", "se_after", "share", "rmse", "rmse_se"), 3),
    **dict.fromkeys(("expected_rank", "overlap", "rightly_chosen"), 1),
}


@dataclass(frozen=True, eq=False)
class Dressed:
    """A table as people read it: `text` has the words of each cell, `numbers` the columns that stand to the right."""

    text: pd.DataFrame
    numbers: tuple[str, ...]

    def __repr__(self) -> str:
        """Plain text: no column left out and no text cut."""
        if self.text.empty:
            return "no rows"
        columns = [
            (c, *self.text[c]) if c in self.numbers else _left((c, *self.text[c])) for c in self.text.columns
        ]
        wide = [max(map(len, column)) for column in columns]
        lines = zip(*([t.rjust(w) for t in c] for c, w in zip(columns, wide, strict=True)), strict=True)
        return "\n".join("  ".join(line).rstrip() for line in lines)

    def _repr_html_(self) -> str:
        """A page's table, the same bytes every time; what people wrote is text there and never markup."""
        if self.text.empty:
            return "<p>no rows</p>"
        right = [
            {"selector": f".col{k}", "props": "text-align:right;white-space:nowrap"}
            for k, column in enumerate(self.text)
            if column in self.numbers
        ]
        style = (
            Styler(self.text, cell_ids=False)
            .format(escape="html")
            .format_index(escape="html", axis=1)
            .hide(axis="index")
        )
        style.set_table_styles([{"selector": "th,td", "props": "text-align:left;vertical-align:top"}, *right])
        return style.set_uuid(f"{crc32(repr(self).encode()):08x}").to_html()


def _left(words: tuple[str, ...]) -> tuple[str, ...]:
    width = max(map(len, words))
    return tuple(w.ljust(width) for w in words)


def dress(table: pd.DataFrame | pd.Series) -> Dressed:
    """Dress a table of a run, or one like it: what stands in its index comes first."""
    frame = table.rename(table.name or "value").to_frame() if isinstance(table, pd.Series) else table
    frame = (
        frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index().rename(columns={"index": ""})
    )
    frame = frame.set_axis([str(c) for c in frame.columns], axis=1)
    each = "key" in frame  # every row is of another kind
    text = {c: [cell(x, _digits(frame[c], c), each) for x in frame[c].astype(object)] for c in frame}
    numbers = tuple(c for c in frame if _is_number(frame[c]))
    return Dressed(pd.DataFrame(text, dtype=object), numbers)


def _is_number(column: pd.Series) -> bool:
    if is_bool_dtype(column):
        return False
    return is_numeric_dtype(column) or all(isinstance(x, Real) for x in column.dropna())


def _digits(column: pd.Series, name: str) -> int:
    known = column.dropna()
    whole = is_numeric_dtype(column) and not is_bool_dtype(column) and bool((known % 1 == 0).all())
    return 0 if whole else DIGITS.get(name, 2)


def cell(value: object, digits: int = 2, whole: bool = False) -> str:
    """The words of one value; `whole` numbers without digits, whatever is asked for others.

    >>> cell(0.00004, 3), cell(-1.666), cell(12), cell(None), cell("21-0163")
    ('<0.001', '−1.67', '12', '–', '21-0163')
    """
    if value is None or value is pd.NA or value != value or value == "":
        return MISSING
    if isinstance(value, bool) or not isinstance(value, Real):
        return str(value)
    number = int(value) if isinstance(value, Integral) else float(value)
    if isinstance(number, int) or (whole and number.is_integer()):
        return f"{int(number):,}".replace("-", "−")
    least = 10.0**-digits
    if digits == 3 and 0 < number < least / 2:
        return f"<{least}"
    return f"{round(number, digits) + 0.0:,.{digits}f}".replace("-", "−")
