"""Which submissions do their readers disagree about so much that another should read them?

The rule is of the params file: another reader where composite marks of one submission are further apart
than a share of the scale, except where every one of them is below a line (no further reading would
bring it over).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fairlib.rules import Divergence, Scale
from fairlib.scoring.ratings import composite

_HAIR = 1e-9


def divergent(
    ratings: pd.DataFrame, rule: Divergence, scale: Scale, weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Each submission's lowest and highest composite mark and whether it wants another reader.

    Index submission; `low`, `high`, `low_juror`, `high_juror`, `gap` and `limit` in points, `n_jurors`,
    `another_reader`, `status`: `another_reader`, `agree`, `all_below`, `one_reader` or `no_reader` (with
    fewer than two readers there is nothing to compare). Marks are oriented: higher is better; the line
    is on the contest's own scale and is turned here. "More than" is strict, "below" too.
    The rule is the contest's own: see `rules.Divergence`. Raises ScoringError as `composite` does.
    """
    pairs = composite(ratings, weights)
    order = np.lexsort((pairs.juror, pairs.y, pairs.submission))
    i, j, y = pairs.submission[order], pairs.juror[order], pairs.y[order]
    n = np.bincount(i, minlength=len(pairs.submissions))
    last = np.cumsum(n) - 1
    first, read = last - n + 1, n > 0
    table = pd.DataFrame(index=pd.Index(pairs.submissions, name="submission"))
    for name, at in (("low", first), ("high", last)):
        table[name] = np.where(read, y[np.where(read, at, 0)], np.nan)
    for name, at in (("low_juror", first), ("high_juror", last)):
        table[name] = pd.Series(pairs.jurors[j[np.where(read, at, 0)]], index=table.index).where(read)
    table["gap"] = table["high"] - table["low"]
    table["limit"] = rule.share * (scale.max - scale.min)
    table["n_jurors"] = n
    table["status"] = _status(table, rule, scale)
    table["another_reader"] = table["status"] == "another_reader"
    return table


def _status(table: pd.DataFrame, rule: Divergence, scale: Scale) -> np.ndarray:
    below = np.zeros(len(table), dtype=bool)
    if rule.unless_all_worse_than is not None:
        below = (table["high"] < scale.orient(rule.unless_all_worse_than) - _HAIR).to_numpy()
    agree = (table["gap"] <= table["limit"] + _HAIR).to_numpy()
    n = table["n_jurors"].to_numpy()
    return np.select(
        [n == 0, n == 1, agree, below], ["no_reader", "one_reader", "agree", "all_below"], "another_reader"
    )
