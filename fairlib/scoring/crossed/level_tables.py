"""How high does each group stand, and how do groups compare? Levels of the severity model as tables.

With several groupings (nomination, language) each has its own rows. Where there are none, a table is None.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from fairlib.scoring.arrays import nullable
from fairlib.scoring.crossed import posterior
from fairlib.scoring.crossed.groupings import Levels
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.ratings import Pairs


def level_means(pairs: Pairs, fit: Fit, grid: list[posterior.Node]) -> pd.DataFrame | None:
    """A row for every group: `grouping, level, mean` (of its submissions' estimates), `se, n_submissions, n_jurors`.

    The error is that of the mean of the true scores of these very submissions.
    """
    parts = []
    for name, groups, code in _groupings(pairs, fit):
        mean = _means(fit, code)
        table = {
            "grouping": name,
            "level": groups,
            "mean": mean @ fit.merit,
            "se": posterior.contrast_errors(fit, grid, mean),
            "n_submissions": (mean > 0).sum(axis=1),
            "n_jurors": _reads(fit, code).sum(axis=1).astype(np.int64),
        }
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True) if parts else None


def level_contrasts(pairs: Pairs, fit: Fit, grid: list[posterior.Node]) -> pd.DataFrame | None:
    """A row for every two groups: `grouping, level_a, level_b, difference, se, alike, alike_se, across`.

    `difference` is that of the means of their submissions; `alike` what is expected of a submission of the first
    less one of the second whose other groups are the same, NA where no marks hold these the same. `across` is
    how many jurors read in both.
    """
    parts = []
    for k, (name, groups, code) in enumerate(_groupings(pairs, fit)):
        mean, reads = _means(fit, code), _reads(fit, code)
        a, b = np.triu_indices(len(groups), 1)
        apart = mean[a] - mean[b]
        alike, alike_se = _alike(fit, grid, k, a, b)
        table = {
            "grouping": name,
            "level_a": groups[a],
            "level_b": groups[b],
            "difference": apart @ fit.merit,
            "se": posterior.contrast_errors(fit, grid, apart),
            "alike": nullable(alike),
            "alike_se": nullable(alike_se),
            "across": (reads @ reads.T)[a, b].astype(np.int64),
        }
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True) if parts else None


def level_spreads(pairs: Pairs, fit: Fit, grid: list[posterior.Node]) -> pd.DataFrame | None:
    """A row for every grouping asked for: `grouping, treated, n_groups, sd, sd_low, sd_high, other, status`.

    `sd` is the median of what the standard deviation of its levels may be, in points, with the ends of its 95 %
    interval; a grouping that is `fixed` has none, nor has one that is not in the model. `other` is the grouping
    that the status (`groupings.kept`) is about.
    """
    rows, drawn = [], 0
    for grouping, what in pairs.levels_kept():
        spread: tuple[float, ...] = (np.nan,) * 3
        if what.has_levels and not grouping.fixed:
            spread = _spread(fit, grid, drawn)
            drawn += 1
        treated = "fixed" if grouping.fixed else "drawn"
        other = "" if what.other is None else pairs.groupings[what.other].name
        read = np.bincount(pairs.submission, minlength=len(pairs.submissions)) > 0
        n = len(np.unique(grouping.codes[read]))
        rows.append((grouping.name, treated, n, *spread, other, what.status))
    names = ["grouping", "treated", "n_groups", "sd", "sd_low", "sd_high", "other", "status"]
    table = pd.DataFrame(rows, columns=names)
    return table.astype(dict.fromkeys(names[3:6], "Float64")) if rows else None


def _groupings(pairs: Pairs, fit: Fit) -> Iterator[tuple[str, pd.Index, np.ndarray]]:
    """Name, groups and codes (I,) of each grouping in the model."""
    levels = fit.sums.incidence.levels
    for (grouping, groups), code in zip(pairs.level_names(), levels.codes, strict=False):
        yield grouping.name, groups, code


def _means(fit: Fit, code: np.ndarray) -> np.ndarray:
    """Weights (G, I) that make the mean of each group's submissions that were read."""
    member = (code == np.arange(code.max() + 1)[:, None]) & (fit.sums.incidence.readers > 0)
    return member / member.sum(axis=1, keepdims=True)


def _reads(fit: Fit, code: np.ndarray) -> np.ndarray:
    """1 where a juror read in a group, else 0: (G, J)."""
    p = fit.sums.incidence
    reads = np.zeros((int(code.max()) + 1, p.n_jurors))
    reads[code[p.owner], p.who] = 1
    return reads


def _alike(
    fit: Fit, grid: list[posterior.Node], k: int, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Levels of groups a less those of groups b (S,), other groupings held equal, with errors; NaN where unknown."""
    p = fit.sums.incidence
    levels: Levels = p.levels
    weight = levels.apart(k, a, b)
    known = ~np.isnan(weight).any(axis=1)
    error = np.full(len(a), np.nan)
    if known.any():
        none = np.zeros((int(known.sum()), p.n_submissions))
        error[known] = posterior.contrast_errors(fit, grid, none, weight[known])
    return weight @ fit.levels.value, error


def _spread(fit: Fit, grid: list[posterior.Node], k: int) -> tuple[float, ...]:
    """Median and 95 % interval of the standard deviation of the levels of the k-th grouping drawn together."""
    value = np.concatenate([np.sqrt(n.levels.ratios[:, k] * n.levels.s2) for n in grid])
    weight = np.concatenate([n.weight * n.levels.weight for n in grid])
    order = np.argsort(value)
    share = np.cumsum(weight[order])
    return tuple(np.interp([0.5, 0.025, 0.975], share / share[-1], value[order]).tolist())
