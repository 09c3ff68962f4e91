"""The one door at which a contest where low is best is turned round.

Inside the library higher is better, in marks and in estimates. Marks are turned as a round's questions are
asked and tables as they are answered, so that whatever a person reads is on the contest's own scale. The rule
itself is never rewritten: selection reads its thresholds by the scale (`compile_rule`) and tells by it.
"""

from collections.abc import Iterable

import pandas as pd

from fairlib.rules import Round


def oriented(r: Round, ratings: pd.DataFrame) -> pd.DataFrame:
    """Ratings with higher marks better, whatever the scale of the round says."""
    return ratings.assign(score=r.scale.orient(ratings["score"]))


def turned(
    r: Round,
    table: pd.DataFrame,
    marks: Iterable[str] = (),
    gaps: Iterable[str] = (),
    ends: Iterable[tuple[str, str]] = (),
) -> pd.DataFrame:
    """A table turned round: from higher-is-better to the contest's own scale, or back.

    `marks` are columns of marks and means, `gaps` of differences between them; each of `ends` are the columns
    of a lower and an upper end, which change places. Columns that the table has not are passed over.
    """
    if r.scale.best == "high":
        return table
    new = {c: r.scale.orient(table[c]) for c in marks if c in table}
    new |= {c: r.scale.gain(table[c]) for c in gaps if c in table}
    places = {old: other for low, high in ends for old, other in ((low, high), (high, low))}
    return table.assign(**new).rename(columns=places)[list(table.columns)]


def turned_estimates(r: Round, table: pd.DataFrame) -> pd.DataFrame:
    """A table of estimates turned round, or back: its marks, what moved them, and the ends of intervals."""
    marks = ("estimate", "raw_mean", "raw_median", "low", "high", *(c for c in table if c.startswith("by_")))
    return turned(r, table, marks, ("moved_by_readers", "moved_by_shrinkage"), [("low", "high")])
