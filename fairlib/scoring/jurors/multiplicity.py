"""Many tests at once: the share of false discoveries among what is called significant.

Benjamini & Hochberg (1995) over everything that was tested in a round, not signal by signal.
"""

import numpy as np


def adjust(p: np.ndarray, unlisted: int = 0) -> np.ndarray:
    """Benjamini–Hochberg adjusted p-values (tests,); NaN (not tested) stays NaN and does not count.

    `unlisted` tests with p = 1 were done and are not in the list: they count in the number of tests,
    which makes the result exactly that of the whole list. From Benjamini & Hochberg (1995, p. 294):

    >>> adjust(np.array([0.01, 0.02, 0.03, 0.5])).round(3).tolist()
    [0.04, 0.04, 0.04, 0.5]
    """
    p = np.asarray(p, dtype=float)
    known = ~np.isnan(p)
    out = np.full(len(p), np.nan)
    if known.any():
        order = np.argsort(p[known])
        ratio = p[known][order] * (len(order) + unlisted) / np.arange(1, len(order) + 1)
        least = np.minimum.accumulate(ratio[::-1])[::-1]  # no worse than that of any larger p
        out[np.flatnonzero(known)[order]] = np.minimum(least, 1.0)
    return out
