"""Do a juror's marks move while the juror works? Drift over the order of scoring and over days.

Time enters as a covariate of `contrasts`: a juror is compared with the other readers of the same
submissions, so that what came early being better is not taken for drift. What moves the whole panel
alike, on submissions that everyone saw at the same time, cannot be told from quality: `confounded`.
"""

import numpy as np
import pandas as pd

from fairlib.contract import MARK
from fairlib.scoring.arrays import sortable
from fairlib.scoring.jurors.contrasts import FEW, Family, table_of_tests
from fairlib.scoring.jurors.readings import Readings


def drift(readings: Readings, ratings: pd.DataFrame) -> list[Family]:
    """Families `order` and `day` for each juror and for the whole panel; those the table has columns for.

    `order` (else `day` and `slot`) ranks a juror's submissions from 0 (first) to 1 (last), ties by their
    mean; `day` counts a juror's own days the same way. Effects are points from the juror's first to the
    last, positive when the juror becomes more generous. Values that are all numbers are ordered as
    numbers, all dates (2021-04-15 or 15.04.2021) as dates, all else as text. Wanted: five submissions
    with a place and two places, or three submissions on each of two days; else `too_few`.
    """
    families = []
    for signal, place in (("order", _order(readings, ratings)), ("day", _day(readings, ratings))):
        if place is not None:
            families += _families(readings, signal, place)
    return families


def _order(readings: Readings, ratings: pd.DataFrame) -> np.ndarray | None:
    keys = ["order"] if "order" in ratings.columns else [c for c in ("day", "slot") if c in ratings.columns]
    if keys in ([], ["day"]):
        return None
    rank = np.zeros(len(readings.y))
    for key in keys:
        one = _per_pair(readings, ratings, key)
        rank = rank * (1 + np.nanmax(np.append(one, 0.0))) + one
    return _first_to_last(readings, pd.Series(rank).groupby(readings.juror).rank())


def _day(readings: Readings, ratings: pd.DataFrame) -> np.ndarray | None:
    if "day" not in ratings.columns:
        return None
    day = pd.Series(_per_pair(readings, ratings, "day"))
    return _first_to_last(readings, day.groupby(readings.juror).rank(method="dense"))


def _first_to_last(readings: Readings, rank: pd.Series) -> np.ndarray:
    """Ranks within jurors as 0 (first) to 1 (last); 0 for a juror with one place only."""
    own = rank.groupby(readings.juror)
    low, high = own.transform("min"), own.transform("max")
    return ((rank - low) / (high - low).where(high > low, 1.0)).to_numpy()


def _per_pair(readings: Readings, ratings: pd.DataFrame, column: str) -> np.ndarray:
    """First value of a column in each pair, as its place 0, 1, … among the values; NaN if none."""
    seen = ratings.loc[ratings[column].notna(), [*MARK[:2], column]]
    codes, _ = pd.factorize(sortable(seen[column]), sort=True)
    i, j = readings.submissions.get_indexer(seen["submission"]), readings.jurors.get_indexer(seen["juror"])
    key = i.astype(np.int64) * len(readings.jurors) + j
    pair = readings.submission * len(readings.jurors) + readings.juror
    at = np.minimum(np.searchsorted(pair, key), len(pair) - 1)
    hit = pair[at] == key
    first = np.full(len(pair), np.inf)
    np.minimum.at(first, at[hit], codes[hit].astype(float))
    return np.where(np.isinf(first), np.nan, first)


def _families(readings: Readings, signal: str, place: np.ndarray) -> list[Family]:
    known, j, n_j = ~np.isnan(place), readings.juror, len(readings.jurors)
    x = np.where(known, place, 0.0)
    n = np.bincount(j[known], minlength=n_j)
    middle = np.bincount(j, weights=x, minlength=n_j) / np.maximum(n, 1)
    x = np.where(known, x - middle[j], 0.0)
    cell, jurors = np.where(known, j, -1), np.arange(n_j)
    pooled = "tested" if (n >= FEW).any() else "too_few"
    return [
        Family(signal, cell, x, jurors, table_of_tests(n, _enough(readings, signal, place, n))),
        Family(signal, cell, x, jurors, table_of_tests([n.sum()], [pooled]), pooled=True),
    ]


def _enough(readings: Readings, signal: str, place: np.ndarray, n: np.ndarray) -> np.ndarray:
    table = pd.DataFrame({"juror": readings.juror, "place": place}).dropna()
    counts = table.groupby(["juror", "place"]).size()
    usable = counts[counts >= FEW] if signal == "day" else counts
    places = usable.groupby("juror").size().reindex(range(len(n)), fill_value=0).to_numpy()
    few = (places < 2) | ((signal == "order") & (n < 5))
    return np.where(readings.load == 0, "no_marks", np.where(few, "too_few", "tested"))
