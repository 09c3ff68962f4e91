"""How much is 85 % on this scale? Marks given in percent, and marks that have lost their percent sign."""

import pandas as pd

from fairlib.rules import Scale

_FEW = 3  # marks of a column from which a habit can be told


def on_scale(read: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """Marks read (`value`, `status`, `code`), with those of code `percent` brought to the scale.

    85 % is 85 where the scale ends at 100 and 0.85 where it goes from 0 to 1. On any other scale nobody can
    say: 8.5 of 10 or 8.65, as far as 85 % of the way from 1 to 10? There it is invalid, with the code
    `percent_of_what`.

    >>> read = pd.DataFrame({"value": [85.0, 7.0], "status": ["scored"] * 2, "code": ["percent", ""]})
    >>> [on_scale(read, Scale(min=0, max=top))["value"].tolist() for top in (100, 1)]
    [[85.0, 7.0], [0.85, 7.0]]
    """
    percent = read["code"] == "percent"
    if scale.max == 100:
        return read
    if (scale.min, scale.max) == (0, 1):
        return read.assign(value=read["value"].where(~percent, (read["value"] / 100).round(12)))
    return read.assign(
        value=read["value"].mask(percent),
        status=read["status"].mask(percent, "invalid"),
        code=read["code"].mask(percent, "percent_of_what"),
    )


def fractions(raw: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """The first mark of each `column` whose marks are all from 0 to 1, some in between, on a scale up to 100.

    So look percent cells that a program saved without their sign: 0.85 is then read as less than one point.
    """
    if scale.max < 100:
        return raw.iloc[:0]
    scored = raw[raw["score"].notna()]
    by_column = scored["score"].groupby(scored["column"], observed=True)
    doubtful = (by_column.transform("max") <= 1) & (by_column.transform("size") >= _FEW)
    broken = (scored["score"] % 1 != 0).groupby(scored["column"], observed=True).transform("any")
    return scored[doubtful & broken].drop_duplicates("column")
