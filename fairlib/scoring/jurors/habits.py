"""What is particular in the way a juror uses the scale: one function a question, one row a juror.

Each juror is compared with the other readers of the same submissions, never with the panel at large, so
that who drew which submissions plays no part. `value` is the juror's number, `panel` the others', and
`effect` says in points of the contest's scale what the habit does. Terms follow Myford & Wolfe (2003,
2004) and Engelhard (1994).
"""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from fairlib.scoring.arrays import divide
from fairlib.scoring.jurors.against_others import (
    ENOUGH,
    by_juror,
    compared_on,
    exchange,
    few,
    findings,
    informed,
    mean_by_juror,
    others,
    row_mean,
    same,
    shared,
    two_sided,
    verdicts,
)
from fairlib.scoring.jurors.readings import Readings


def spread(readings: Readings) -> pd.DataFrame:
    """Standard deviation of a juror's marks against the other readers' on the same submissions.

    `value` is the ratio of the two, `effect` their difference in points (positive: wider). Severity is
    taken out of the others' marks. p from the linearised logarithm of the ratio, submissions as units
    (infinitesimal jackknife, Efron 1982), Student's t with m − 1 degrees of freedom. A juror who gives
    the same mark to everything has status `no_spread`, ratio 0 and no p.
    """
    own, other, square, q = _variances(readings)
    ratio = divide(np.sqrt(own), np.sqrt(other))
    influence = divide(square, own[readings.juror]) - divide(q, other[readings.juror])
    m = compared_on(readings)
    se = np.sqrt(by_juror(readings, influence**2, shared(readings))) / np.maximum(m, 1) / 2
    p = two_sided(divide(np.log(np.where(ratio > 0, ratio, 1.0)), se), m - 1)
    status = verdicts(
        readings, (own == 0, "no_spread"), (other == 0, "panel_without_spread"), few(m), same(se)
    )
    return findings(
        readings,
        "spread",
        value=ratio,
        panel=np.sqrt(other),
        effect=np.sqrt(own) - np.sqrt(other),
        p=p,
        n=m,
        status=status,
    )


def discrimination(readings: Readings) -> pd.DataFrame:
    """Slope of a juror's marks on the others' consensus, the consensus' own error allowed for.

    The mean of few readers is itself uncertain, so a juror like all others has slope λ, the attenuation
    λ = 1 − σ²·mean(1/(n_i − 1))/var(consensus), not 1 (Fuller 1987, §1.1). `value` = slope/λ, `panel` =
    λ, `effect` = (value − 1) × the true standard deviation of the juror's submissions: points by which
    the juror moves more than the others for a submission one standard deviation better. p tests slope =
    λ with submissions as units, t with m − 2 degrees of freedom.
    """
    use = shared(readings)
    c = others(readings, readings.y - readings.generosity[readings.juror])
    away_y = readings.y - mean_by_juror(readings, readings.y, use)[readings.juror]
    away_c = c - mean_by_juror(readings, c, use)[readings.juror]
    noise = np.divide(
        readings.variance, readings.readers[readings.submission] - 1, out=np.zeros(len(c)), where=use
    )
    m, sxx = compared_on(readings), by_juror(readings, away_c**2, use)
    excess = divide(by_juror(readings, away_y * away_c - away_c**2 + noise, use), sxx)
    attenuation = 1 - divide(by_juror(readings, noise, use), sxx)
    score = away_y * away_c - away_c**2 + noise - excess[readings.juror] * away_c**2
    se = divide(np.sqrt(by_juror(readings, score**2, use)), sxx)
    true_sd = np.sqrt(np.maximum(divide(sxx, m) * attenuation, 0))
    value = 1 + divide(excess, attenuation)
    blind = np.isnan(attenuation) | (attenuation < 0.1)
    status = verdicts(
        readings, few(m), (sxx == 0, "panel_without_spread"), (blind, "consensus_is_noise"), same(se)
    )
    bad = status != "tested"
    return findings(
        readings,
        "discrimination",
        value=np.where(bad, np.nan, value),
        panel=attenuation,
        effect=np.where(bad, np.nan, (value - 1) * true_sd),
        p=two_sided(divide(excess, se), m - 2),
        n=m,
        status=status,
    )


def noise(readings: Readings) -> pd.DataFrame:
    """How far a juror's marks are from what severity and quality explain, against the other readers.

    `value`, `panel`: root mean square of what is left, in points; `effect` their difference. p under
    exchange of the readers of a submission. Two readers of a submission are always equally far from
    their mean: such submissions tell nothing, and a panel of pairs has status `cannot_tell`.
    """
    return _exchanged(readings, "noise", readings.left**2, np.sqrt)


def central(readings: Readings) -> pd.DataFrame:
    """Marks nearer to the middle of the scale than the other readers' of the same submissions.

    Measured with each juror's severity taken out, so that a harsh juror of a generous panel is not
    called central. `value`, `panel`: share of the marks within the middle third of the scale; `effect`:
    points by which the juror's marks are nearer to the middle (negative: further out). p under exchange.
    """
    low, high = readings.scale
    level = readings.marks - readings.generosity[readings.juror][:, None]
    distance = np.abs(level - (low + high) / 2)
    nearer = exchange(readings, -row_mean(distance))
    share = exchange(readings, row_mean(np.where(np.isnan(distance), np.nan, distance <= (high - low) / 6)))
    status = verdicts(readings, *informed(nearer))
    return findings(
        readings,
        "central",
        value=share.own,
        panel=share.other,
        effect=nearer.own - nearer.other,
        p=two_sided(nearer.z),
        n=nearer.n,
        status=status,
    )


def digits(readings: Readings) -> pd.DataFrame:
    """Preference for a mark: given more often than its two neighbours suggest, against the other readers.

    For each mark v between the ends of the scale, heaping is the share of v minus the mean share of the
    marks next to it; the juror's is compared with the other readers' on the same submissions, and the
    mark with the largest excess is reported, its p multiplied by the number of marks looked at
    (Bonferroni). On scales with fractions the question is the preference for whole marks. `about` is the
    mark, `value` and `panel` the two shares, `effect` the excess times the distance between marks: the
    points by which a mark is moved on average. p one-sided under exchange.
    """
    values = np.unique(readings.marks[~np.isnan(readings.marks)])
    looks = _looks(readings, values)
    if not looks:
        return _too_coarse(readings)
    compared = [exchange(readings, heap) for _, heap, _ in looks]
    excess = np.array([c.own - c.other for c in compared])
    best = np.argmax(np.round(np.nan_to_num(excess, nan=-np.inf), 12), axis=0)  # rounding breaks no tie
    pick = np.arange(len(best))
    z = np.array([c.z for c in compared])[best, pick]
    shares = [exchange(readings, share) for _, _, share in looks]
    steps = np.diff(values).min()
    informative = np.array([c.informative for c in compared])[best, pick]
    status = verdicts(readings, (informative == 0, "cannot_tell"), (informative < ENOUGH, "too_few"))
    return findings(
        readings,
        "digits",
        about=np.array([name for name, _, _ in looks], dtype=object)[best],
        value=np.array([s.own for s in shares])[best, pick],
        panel=np.array([s.other for s in shares])[best, pick],
        effect=excess[best, pick] * steps,
        p=np.minimum(ndtr(-z) * len(looks), 1.0),
        n=compared[0].n,
        status=status,
    )


def _looks(readings: Readings, values: np.ndarray) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(name, heaping, share) of each mark that can be preferred, the last two per pair (n,)."""
    if (values % 1 != 0).any():
        whole = row_mean(np.where(np.isnan(readings.marks), np.nan, readings.marks % 1 == 0))
        return [("whole", whole, whole)]
    share = {v: row_mean(np.where(np.isnan(readings.marks), np.nan, readings.marks == v)) for v in values}
    return [
        (f"{v:g}", share[v] - (share[low] + share[high]) / 2, share[v])
        for low, v, high in zip(values[:-2], values[1:-1], values[2:], strict=True)
        if len(values) <= 30
    ]


def _too_coarse(readings: Readings) -> pd.DataFrame:
    nothing = np.full(len(readings.jurors), np.nan)
    status = verdicts(readings, (readings.load > 1, "scale_has_no_inner_marks"))
    return findings(
        readings,
        "digits",
        value=nothing,
        panel=nothing,
        effect=nothing,
        p=nothing,
        n=compared_on(readings),
        status=status,
    )


def _variances(readings: Readings):
    """Per juror variance of own marks and of the others' on the same submissions, and their pair terms."""
    use, j = shared(readings), readings.juror
    away = readings.y - mean_by_juror(readings, readings.y, use)[j]
    away = np.where(np.abs(away) < 1e-12 * max(np.abs(readings.y).max(), 1.0), 0.0, away)
    own = np.nan_to_num(mean_by_juror(readings, away**2, use))
    level = readings.y - readings.generosity[j]
    first, second = others(readings, level), others(readings, level**2)
    centre = mean_by_juror(readings, first, use)[j]
    q = np.where(use, np.maximum(second - 2 * centre * first + centre**2, 0), 0.0)
    other = np.nan_to_num(mean_by_juror(readings, q, use))
    other[other < 1e-20 * max(float(np.abs(level).max()) ** 2, 1.0)] = 0.0
    return own, other, away**2, q


def _exchanged(readings: Readings, signal: str, v: np.ndarray, show) -> pd.DataFrame:
    compared = exchange(readings, v)
    own, other = show(compared.own), show(compared.other)
    return findings(
        readings,
        signal,
        value=own,
        panel=other,
        effect=own - other,
        p=two_sided(compared.z),
        n=compared.n,
        status=verdicts(readings, *informed(compared)),
    )
