"""Equal stays equal: what only rounding tells apart is made one before anything compares it."""

import numpy as np

DUST = 1e-9  # of the largest number there is: far above rounding, far below what any mark can differ by


def joined(values: np.ndarray) -> np.ndarray:
    """The numbers (n,), those nearer to each other than `DUST` of the largest as one; missing stays missing.

    Whole numbers are returned as they came. Neither the order of the numbers nor their unit changes who is
    joined.

    >>> joined(np.array([0.1 + 0.2, 0.3, 0.31])).tolist()
    [0.3, 0.3, 0.31]
    """
    values = np.asarray(values, dtype=float)
    known = np.flatnonzero(~np.isnan(values))
    x = values[known]
    if len(x) < 2 or (x == np.rint(x)).all():
        return values
    order = np.argsort(x, kind="stable")
    line = x[order]
    first = np.concatenate([[True], np.diff(line) > DUST * np.abs(line[[0, -1]]).max()])
    out = values.copy()
    out[known[order]] = line[first][np.cumsum(first) - 1]
    return out
