"""Where do marks differ, and what would more jurors bring? Generalizability theory (Brennan 2001).

Crossed design: x_ijc = μ + i + j + c + ij + ic + jc + (ijc, e). Each pair's C marks split into their mean and
C − 1 orthonormal contrasts; means follow the two-way model with variances σ_i² + σ_ic²/C, σ_j² + σ_jc²/C,
σ_ij² + σ_e²/C, contrasts the same model with σ_ic², σ_jc², σ_e². Both are estimated by fitting constants
(Henderson 1953, method 3), which takes any pattern of readings and is the analysis of variance when complete.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fairlib.errors import ScoringError
from fairlib.scoring.arrays import dense
from fairlib.scoring.dust import DUST
from fairlib.scoring.ratings import Marks, scored
from fairlib.scoring.result import Statistic

PAIRS = ["submission:juror", "submission:criterion", "juror:criterion"]
SOURCES = ["submission", "juror", "criterion", *PAIRS, "residual"]


@dataclass(frozen=True)
class Generalizability:
    """Variance components of a round.

    `components`: index of sources, columns `estimate` (unbiased, may be negative), `variance` (cut at 0,
    squared points), `share` of their sum, `status`: "ok", `negative`, `confounded` with the source in
    brackets, `one_criterion`, `not_identified`, or `no_variation` where all marks are equal. `scope` is `within` where
    submissions are told apart inside groups only, else `all`. `design` is
    `crossed` or `nested` (each juror marks one criterion). `k` is the harmonic mean number of readers; `n`
    counts the marks used, `n_left_out` those of pairs that miss a criterion.
    """

    components: pd.DataFrame
    design: str
    n: int
    n_left_out: int
    n_submissions: int
    n_jurors: int
    n_criteria: int
    k: float
    status: str
    scope: str = "all"

    def variance(self, source: str) -> float:
        """A component cut at 0; one that is part of another, or unknown, counts as 0."""
        found = self.components.variance[source]
        return 0.0 if found is pd.NA else float(found)


def generalizability(ratings: pd.DataFrame, *, within: bool = False) -> Generalizability:
    """Variance of submissions, jurors, criteria and their interactions, for what the design identifies.

    Every pair of juror and submission should carry all criteria; marks of pairs that do not are left out and
    counted. With one criterion the interaction of juror and submission is part of the residual; with jurors
    who mark one criterion each, juror and juror:criterion are one (`juror:criterion`), as are
    submission:juror and the residual. Components without the readings to tell them apart are
    `not_identified`: jurors when nobody shares a submission, submissions when all have one reader.

    `within=True` is for a choice inside groups with levels of their own (`scoring.ratings`): the components of
    submissions are those about the levels of their groups. Else one mean stands for all, and the differences of groups
    are among those of submissions as far as jurors read across groups: panels that read one group alone hide them.

    Raises ScoringError when no pair carries all criteria in a design that is not nested.

    Source: Brennan (2001) Generalizability Theory, ch. 3–5; Henderson (1953) Biometrics 9:226–252; Searle,
    Casella & McCulloch (1992) Variance Components, ch. 5. Example: Shrout & Fleiss (1979), Table 2.

    >>> marks = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> wide = pd.DataFrame(marks, columns=list("abcd")).rename_axis("submission").reset_index()
    >>> long = wide.melt("submission", var_name="juror", value_name="score").assign(criterion="all")
    >>> generalizability(long).components.variance[["submission", "juror", "residual"]].round(3).to_list()
    [2.556, 5.244, 1.019]
    """
    marks = _used(scored(ratings))
    if not within:
        marks = replace(marks, groupings=())
    if flat := np.ptp(marks.score) <= DUST * np.abs(marks.score).max():
        marks = replace(marks, score=np.zeros(len(marks.score)))  # components do not depend on the level
    found = replace(_of(marks), scope="within" if marks.groupings else "all")
    if not flat:
        return found
    known = found.components["variance"].notna()
    status = found.components["status"].mask(known, "no_variation")
    return replace(found, components=found.components.assign(status=status), status="no_variation")


def _of(marks: Marks) -> Generalizability:
    c = len(marks.criteria)
    per_juror = np.bincount(np.unique(marks.juror * np.int64(c) + marks.criterion) // c)
    if c > 1 and per_juror.max() == 1:
        return _nested(marks)
    return _crossed(marks)


def _used(m: Marks) -> Marks:
    """The same marks with codes over the labels that occur."""
    submission, submissions = dense(m.submission, m.submissions)
    there = np.unique(m.submission)
    groupings = tuple(replace(g, codes=g.codes[there]) for g in m.groupings)
    juror, jurors = dense(m.juror, m.jurors)
    criterion, criteria = dense(m.criterion, m.criteria)
    return Marks(submission, juror, criterion, m.score, submissions, jurors, criteria, groupings=groupings)


def _levels(m: Marks) -> np.ndarray | None:
    """1 where a submission is in a group, else 0 (I, groups); None where groups have no levels."""
    if not m.groupings:
        return None
    return np.hstack([(g.codes[:, None] == np.unique(g.codes)).astype(float) for g in m.groupings])


def _crossed(m: Marks) -> Generalizability:
    c = len(m.criteria)
    order = np.lexsort((m.criterion, m.juror, m.submission))
    cell = (m.submission * np.int64(len(m.jurors)) + m.juror)[order]
    per_pair = np.unique(cell, return_counts=True)[1]
    full = np.repeat(per_pair, per_pair) == c
    if not full.any():
        raise ScoringError("No juror marked any submission on all criteria; choose one criterion first.")
    order = order[full]
    x = m.score[order].reshape(-1, c)
    sub, _ = dense(m.submission[order[::c]], m.submissions)
    jur, _ = dense(m.juror[order[::c]], m.jurors)
    levels = _levels(m)
    if levels is not None:
        levels = levels[np.unique(m.submission[order[::c]])]
    mean = fitting_constants(sub, jur, x.mean(axis=1, keepdims=True), levels)
    if c == 1:
        values = [mean[0], mean[1], None, None, None, None, mean[2]]
        status = {
            "criterion": "one_criterion",
            "submission:juror": "confounded (residual)",
            "submission:criterion": "one_criterion",
            "juror:criterion": "one_criterion",
        }
    else:
        values, status = _with_contrasts(sub, jur, x, mean, levels), {}
    base = _frame(values, status)
    readers = np.bincount(sub)
    return Generalizability(
        components=base,
        design="crossed",
        n=x.size,
        n_left_out=len(m.score) - x.size,
        n_submissions=len(readers),
        n_jurors=int(jur.max()) + 1,
        n_criteria=c,
        k=float(len(readers) / (1 / readers).sum()),
        status="ok" if x.size == len(m.score) else "partial",
    )


def _with_contrasts(
    sub: np.ndarray, jur: np.ndarray, x: np.ndarray, mean: tuple, levels: np.ndarray | None
) -> list[float | None]:
    """All seven components from the pair means' and the contrasts' (x is n_pairs × C)."""
    n, c = x.shape
    basis = np.linalg.qr(np.column_stack([np.ones(c), np.eye(c)[:, 1:]]))[0][:, 1:]
    contrasts = x @ basis
    ic, jc, e = fitting_constants(sub, jur, contrasts, levels)
    between = n * float(np.square(contrasts.mean(axis=0)).sum()) / (c - 1)
    criterion = None
    if None not in (ic, jc, e):
        load = [float(np.square(np.bincount(code)).sum()) / n for code in (sub, jur)]
        criterion = (between - load[0] * ic - load[1] * jc - e) / n
    first = [None if None in (a, b) else a - b / c for a, b in zip(mean, (ic, jc, e), strict=True)]
    return [first[0], first[1], criterion, first[2], ic, jc, e]


def fitting_constants(
    sub: np.ndarray, jur: np.ndarray, y: np.ndarray, levels: np.ndarray | None = None
) -> tuple[float | None, ...]:
    """Variances (submission, juror, residual) of a two-way table y (n, columns), by Henderson's method 3.

    With I submissions, J jurors in p connected groups: σ² = SSE/((n − I − J + p)·columns); the submissions'
    reduction over jurors has expectation (I − p)σ² + (n − J)σ_s², the jurors' likewise; with `levels` (I, groups) the
    submissions' is that over jurors and levels, whose P takes the place of J's. None where the divisor is 0.
    """
    n, width = y.shape
    i, j = int(sub.max()) + 1, int(jur.max()) + 1
    links = coo_array((np.ones(n), (sub, i + jur)), shape=(i + j, i + j))
    p = connected_components(links, directed=False)[0]
    within_sub, within_jur = _residuals(y, sub, i), _residuals(y, jur, j)
    sse = _two_way_sse(sub, jur, within_sub, i, j)
    free = n - i - j + p
    if free == 0:
        return None, None, None
    s2 = sse / (free * width)
    left, df, room = (within_jur**2).sum(), i - p, float(n - j)
    if levels is not None:
        left, df, room = _beyond_levels(sub, jur, y, levels, i + j - p)
    reduction = left - sse, (within_sub**2).sum() - sse
    counts = ((df, room), (j - p, n - i))
    parts = [
        (float(r) / width - df * s2) / room if room > 0 and df > 0 else None
        for r, (df, room) in zip(reduction, counts, strict=True)
    ]
    return *parts, s2


def _beyond_levels(
    sub: np.ndarray, jur: np.ndarray, y: np.ndarray, levels: np.ndarray, rank: int
) -> tuple[float, int, float]:
    """SSE after jurors and levels; degrees of freedom of submissions beyond; n − tr(ZᵀPZ), Z those of submissions."""
    i, j = int(sub.max()) + 1, int(jur.max()) + 1
    reads = coo_array((np.ones(len(sub)), (jur, sub)), shape=(j, i)).toarray()
    of_submission = np.vstack([reads, levels.T * reads.sum(axis=0)])  # XᵀZ
    x_to_levels = np.vstack([reads @ levels, (levels * reads.sum(axis=0)[:, None]).T @ levels])
    gram = np.hstack([np.vstack([np.diag(reads.sum(axis=1)), (reads @ levels).T]), x_to_levels])
    inverse = np.linalg.pinv(gram, hermitian=True, rcond=1e-10)
    sums = np.column_stack([np.bincount(jur, weights=c, minlength=j) for c in y.T])
    total = np.column_stack([np.bincount(sub, weights=c, minlength=i) for c in y.T])
    right = np.vstack([sums, levels.T @ total])
    sse = float((y**2).sum() - np.einsum("kc,km,mc->", right, inverse, right))
    known = int(np.linalg.matrix_rank(gram, hermitian=True, tol=1e-10 * np.abs(gram).max()))
    return sse, rank - known, len(sub) - float(np.einsum("ki,km,mi->", of_submission, inverse, of_submission))


def _residuals(y: np.ndarray, code: np.ndarray, size: int) -> np.ndarray:
    count = np.bincount(code, minlength=size)
    means = np.column_stack([np.bincount(code, weights=col, minlength=size) for col in y.T]) / count[:, None]
    return y - means[code]


def _two_way_sse(sub: np.ndarray, jur: np.ndarray, within: np.ndarray, i: int, j: int) -> float:
    """Residual sum of squares after submissions and jurors; the submissions are swept out of `within`."""
    z = coo_array((np.ones(len(sub)), (sub, jur)), shape=(i, j)).tocsr()
    readers = np.asarray(z.sum(axis=1)).ravel()
    gram = (z.T @ (z / readers[:, None])).toarray()
    laplacian = np.diag(np.bincount(jur, minlength=j)) - gram
    right = np.column_stack([np.bincount(jur, weights=col, minlength=j) for col in within.T])
    effect = np.linalg.lstsq(laplacian, right, rcond=1e-12)[0]
    fitted = effect[jur] - ((z @ effect) / readers[:, None])[sub]
    return float(np.square(within - fitted).sum())


def _nested(m: Marks) -> Generalizability:
    """Submissions × (jurors : criteria): a two-way table in each criterion, covariances between them."""
    c, i = len(m.criteria), len(m.submissions)
    parts = []
    means = np.full((i, c), np.nan)
    for h in range(c):
        own = m.criterion == h
        sub, subs = dense(m.submission[own], m.submissions)
        jur, jurs = dense(m.juror[own], m.jurors)
        y = m.score[own]
        levels = _levels(m)
        here = None if levels is None else levels[np.unique(m.submission[own])]
        parts.append(fitting_constants(sub, jur, y[:, None], here))
        who = np.bincount(m.submission[own], minlength=i) > 0
        means[who, h] = np.bincount(sub, weights=y) / np.bincount(sub)
    both, j, e = (_mean_or_none([part[k] for part in parts]) for k in range(3))
    cov = pd.DataFrame(means).cov(min_periods=2).to_numpy()[np.triu_indices(c, 1)]
    shared = _mean_or_none([None if np.isnan(v) else float(v) for v in cov])
    ic = None if both is None or shared is None else both - shared
    readers = np.bincount(m.submission * np.int64(c) + m.criterion)
    readers = readers[readers > 0]
    values = [shared, None, _nested_criterion(m, ic, j, e), None, ic, j, e]
    status = {"juror": "confounded (juror:criterion)", "submission:juror": "confounded (residual)"}
    return Generalizability(
        components=_frame(values, status),
        design="nested",
        n=len(m.score),
        n_left_out=0,
        n_submissions=i,
        n_jurors=len(m.jurors),
        n_criteria=c,
        k=float(len(readers) / (1 / readers).sum()),
        status="ok",
    )


def _mean_or_none(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _nested_criterion(m: Marks, ic: float | None, j: float | None, e: float | None) -> float | None:
    """Variance of the criteria's means less what submissions, jurors and noise put into it."""
    if ic is None or j is None or e is None:
        return None
    n = np.bincount(m.criterion)
    means = np.bincount(m.criterion, weights=m.score) / n
    noise = 0.0
    for code, variance in ((m.submission, ic), (m.juror, j)):
        cell = code * np.int64(len(n)) + m.criterion
        cells = np.bincount(cell, minlength=(int(code.max()) + 1) * len(n))
        noise += variance * float((np.square(cells.reshape(-1, len(n))).sum(axis=0) / n**2).mean())
    return float(means.var(ddof=1)) - noise - e * float((1 / n).mean())


def _frame(values: list[float | None], status: dict[str, str]) -> pd.DataFrame:
    dust = 1e-12 * max((abs(v) for v in values if v is not None), default=0.0)
    values = [v if v is None or abs(v) > dust else 0.0 for v in values]
    cut = [None if v is None else max(v, 0.0) for v in values]
    total = sum(v for v in cut if v is not None)
    share = [None if v is None or total == 0 else v / total for v in cut]
    words = ["not_identified" if v is None else "negative" if v < 0 else "ok" for v in values]
    words = [status.get(s, w) for s, w in zip(SOURCES, words, strict=True)]
    out = pd.DataFrame({"estimate": values, "variance": cut, "share": share}, index=SOURCES, dtype="Float64")
    return out.assign(status=words)


def decision_study(
    g: Generalizability, n_jurors: Iterable[int] = range(1, 13), criteria: str = "fixed"
) -> pd.DataFrame:
    """Reliability of a mean over all criteria against the number of jurors who read each submission.

    Index `n_jurors` (in a nested design: per criterion); columns `relative_error`, `absolute_error`
    (variances in squared points), `generalizability` (ranking when the same jurors read everything),
    `dependability` (when every submission has jurors of its own). A round with overlapping panels lies
    between. Criteria are `fixed`, the ones in the rules, or `random`, a sample from many that might have
    been. `status` is "ok", or says why there are no numbers: `not_identified` where the design does not tell
    submissions from error (second readings would), `no_variation` where all marks are equal.

    Raises ScoringError for numbers of jurors below one and for other `criteria`.
    Source: Brennan (2001), ch. 4–5.
    """
    n = np.array(list(n_jurors), dtype=float)
    if len(n) == 0 or (n < 1).any():
        raise ScoringError("A decision study needs numbers of jurors of one or more.")
    index, status = pd.Index(n.astype(int), name="n_jurors"), _says_nothing(g, criteria) or "ok"
    if status != "ok":
        names = ["relative_error", "absolute_error", "generalizability", "dependability"]
        return pd.DataFrame(pd.NA, index, names, dtype="Float64").assign(status=status)
    signal, constant, relative, juror, shift = _error_parts(g, criteria)
    delta = constant + relative / n
    total = delta + shift + juror / n
    tiny = np.finfo(float).tiny
    return pd.DataFrame(
        {
            "relative_error": delta,
            "absolute_error": total,
            "generalizability": signal / np.maximum(signal + delta, tiny),
            "dependability": signal / np.maximum(signal + total, tiny),
            "status": status,
        },
        index=index,
    )


def _says_nothing(g: Generalizability, criteria: str) -> str | None:
    """Why there can be no decision study of these marks, if there is a reason."""
    if criteria not in ("fixed", "random"):
        raise ScoringError(f"Criteria are fixed or random, not {criteria!r}.")
    if g.components.variance[["submission", "residual"]].isna().any():
        return "not_identified"
    return "no_variation" if g.status == "no_variation" else None


def _error_parts(g: Generalizability, criteria: str) -> tuple[float, float, float, float, float]:
    """Signal; relative error that jurors do not lessen and that they do; absolute: by jurors, constant."""
    v, c = g.variance, g.n_criteria
    relative = v("submission:juror") + v("residual") / c
    juror = v("juror") + v("juror:criterion") / c
    if criteria == "fixed":
        return v("submission") + v("submission:criterion") / c, 0.0, relative, juror, 0.0
    return v("submission"), v("submission:criterion") / c, relative, juror, v("criterion") / c


def jurors_needed(
    g: Generalizability, target: float = 0.8, criteria: str = "fixed", panels: str = "own"
) -> Statistic:
    """Fewest jurors per submission for a reliability of `target`; status `not_reached` when none suffices.

    `panels="own"`: every submission has jurors of its own (dependability); `"same"`: the same jurors read
    everything (generalizability). Solves signal/(signal + constant + error/n) ≥ target for n. Where nothing
    can be said there is no value and the status is that of `decision_study`.

    Source: Brennan (2001), ch. 4–5. Raises ScoringError for a target beyond 0 and 1 and for unknown words.
    """
    if not 0 < target < 1 or panels not in ("own", "same"):
        raise ScoringError("The target lies between 0 and 1, and panels are own or same.")
    base = Statistic(
        f"jurors for reliability {target:g}",
        None,
        n=g.n,
        n_submissions=g.n_submissions,
        n_jurors=g.n_jurors,
        method=f"decision study, {criteria} criteria, {panels} panels",
    )
    if why := _says_nothing(g, criteria):
        return replace(base, status=why)
    signal, constant, relative, juror, shift = _error_parts(g, criteria)
    constant += shift if panels == "own" else 0.0
    error = relative + (juror if panels == "own" else 0.0)
    room = signal * (1 - target) / target - constant
    if room <= 0:
        return replace(base, status="not_reached")
    return replace(base, value=float(max(1, np.ceil(error / room - 1e-9))))
