"""An attacker on the public tables: which single marks have one possible value only?

The attacker knows who read what, the rules, who stands behind which code, the estimator with its variances,
that marks are whole steps of the scale, and everything that `for_public` lets through, read from the tables
of a run directory that the library has written. Found is a mark for which no other value fits.

1. Worlds with the same sums: another table of marks in which every submission, every juror and every
   criterion within each decision has the same sum gives the same means, estimates, severities, ranks and
   profiles, published or not. Linear programs look for worlds in which marks differ from the true ones.
2. Marks that are the same in all of those are asked one by one, with a mixed integer program that holds
   only what is published, each number as an interval of its rounding.

Estimates that are no function of sums (z-scores, medians, trimmed means) are attacked by trying all marks
of a submission, with means and spreads of all jurors known.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, vstack
from simulated_contests import SUMS, Case
from stage_fixture import given

from fairlib.errors import FairlibError
from fairlib.report.public.privacy import for_public, juror_codes
from fairlib.report.results import RoundResults, read_results
from fairlib.rules import Scale
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.stage import Stage

HALF, ROUGH = 0.0051, 0.051  # of the last digit published, and a little for the estimator's own tolerance
FOUND, SAFE, UNKNOWN = "found", "safe", "unknown"


@dataclass(frozen=True)
class Attacked:
    """What came of an attack: a verdict for every scored mark, and how many submissions and jurors are withheld."""

    verdicts: pd.Series
    submissions: int
    withheld_submissions: int
    jurors: int
    withheld_jurors: int


def publish(case: Case, folder: Path) -> tuple[RoundResults, RoundResults, Estimates]:
    """Score and select by the library, write the run's tables, and read them as insiders and as the public do.

    Raises FairlibError where the marks support no estimate.
    """
    contest = case.rules.contest
    r = contest.rounds[0]
    stage = Stage(contest, r)
    found = stage.estimate(given(case.ratings))
    ids = sorted(case.ratings["submission"].unique())
    about = pd.DataFrame(
        {"organisation_id": ids, "title": ids, "eligible": True, "consent": True, "nomination": "", "requested": 1e6},
        index=pd.Index(ids, name="submission"),
    )  # fmt: skip
    choice = stage.choose(given(case.ratings, about, found.table))
    tables = {
        "intake/submissions": about,
        "r/estimates": found.table,
        "r/jurors": found.jurors,
        "r/decisions": choice.decisions,
    }
    for name, frame in tables.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.reset_index().to_csv(path, index=False, float_format="%.10g")
    case.ratings.to_csv(folder / "r" / "ratings.csv", index=False)
    results = read_results(folder, case.rules)
    return results.rounds[0], for_public(results).rounds[0], found.estimates


def attack(case: Case, folder: Path) -> Attacked | None:
    """Attack a simulated contest; None where its marks support no estimate, so that nothing is published."""
    try:
        inside, public, found = publish(case, folder)
    except FairlibError:
        return None
    world = _World.of(case)
    if case.rules.contest.rounds[0].estimator in SUMS:
        verdicts = _attack_sums(world, inside, public, found)
    else:
        verdicts = _attack_each(world, public, found.method)
    shown = public.estimates.set_index("submission")["estimate"].notna()
    severe = public.jurors["severity"].notna()
    return Attacked(
        pd.Series(verdicts, index=pd.MultiIndex.from_frame(world.marks[["submission", "juror", "criterion"]])),
        len(shown), int((~shown).sum()), len(severe), int((~severe).sum()),
    )  # fmt: skip


@dataclass(frozen=True)
class _World:
    """Scored marks in steps from the lowest, `x` (n,), with codes of submissions, jurors and criteria."""

    marks: pd.DataFrame
    x: np.ndarray
    top: int
    scale: Scale
    weights: np.ndarray
    submissions: pd.Index
    jurors: pd.Index
    i: np.ndarray
    j: np.ndarray
    c: np.ndarray

    @classmethod
    def of(cls, case: Case) -> "_World":
        r = case.rules.contest.rounds[0]
        marks = case.ratings[case.ratings["status"] == "scored"].reset_index(drop=True)
        weights = case.rules.contest.weights(r.id)
        (i, submissions), (j, jurors), (c, criteria) = (
            pd.factorize(marks[k], sort=True) for k in ("submission", "juror", "criterion")
        )
        steps = np.round((marks["score"].to_numpy(float) - r.scale.min) / r.scale.step)
        top = round((r.scale.max - r.scale.min) / r.scale.step)
        w = np.array([weights[k] for k in criteria], dtype=float)
        return cls(marks, steps, top, r.scale, w, submissions, jurors, i, j, c)

    def sums(self, codes: np.ndarray, n: int, weights: np.ndarray) -> csr_array:
        """Rows that sum marks (with weights) by a code."""
        return coo_array((weights, (codes, np.arange(len(self.x)))), shape=(n, len(self.x))).tocsr()


def _attack_sums(world: _World, inside: RoundResults, public: RoundResults, found: Estimates) -> np.ndarray:
    verdicts = np.full(len(world.x), UNKNOWN, dtype=object)
    safe = np.zeros(len(world.x), dtype=bool)
    if found.method != "raw":
        safe = _same_sums_each(world)
    if not safe.all():
        safe |= _same_sums(world, inside, found, safe)
    verdicts[safe] = SAFE
    told = _published(world, inside, public, found)
    for k in np.flatnonzero(verdicts == UNKNOWN):
        if verdicts[k] == UNKNOWN:
            verdicts[k], other = _only_value(world, told, int(k))
            verdicts[(verdicts == UNKNOWN) & other] = SAFE
    return verdicts


def _same_sums_each(world: _World, tries: int = 6) -> np.ndarray:
    """Marks (n,) that differ in some world with the same sums of submissions and jurors on every criterion.

    The rows are those of a transport problem: corners of the linear program are whole numbers.
    """
    n_c = len(world.weights)
    ones = np.ones(len(world.x))
    rows = vstack([
        world.sums(world.i * n_c + world.c, len(world.submissions) * n_c, ones),
        world.sums(world.j * n_c + world.c, len(world.jurors) * n_c, ones),
    ])  # fmt: skip
    differs = np.zeros(len(world.x), dtype=bool)
    rng = np.random.default_rng(0)
    for _ in range(tries):
        aim = rng.normal(size=len(world.x)) * np.where(differs, 0.01, 1)
        answer = linprog(aim, A_eq=rows, b_eq=rows @ world.x, bounds=(0, world.top), method="highs-ds").x
        whole = np.round(answer)
        assert np.abs(answer - whole).max() < 1e-6 and np.abs(rows @ (whole - world.x)).max() < 1e-6
        differs |= whole != world.x
    return differs


def _same_sums(
    world: _World, inside: RoundResults, found: Estimates, known: np.ndarray, tries: int = 4
) -> np.ndarray:
    """Marks (n,) that differ in some world with the same sums of submissions, jurors, and criteria by decision.

    Marks already `known` to differ are not looked for.
    """
    w = world.weights[world.c]
    chosen = (
        inside.decisions.set_index("submission")["decision"]
        .reindex(world.submissions)
        .eq("selected")
        .to_numpy()
    )
    groups = world.c * 2 + chosen[world.i]
    theirs = world.sums(world.j, len(world.jurors), w)
    if found.method == "raw":  # its severities weigh a mark by the number of its submission's readers
        theirs = _linear(world, found)[1]
    rows = vstack([
        world.sums(world.i, len(world.submissions), w), theirs,
        world.sums(groups, 2 * len(world.weights), np.ones(len(w))),
    ])  # fmt: skip
    same = LinearConstraint(rows, rows @ world.x, rows @ world.x)
    differs = known.copy()
    rng = np.random.default_rng(0)
    for _ in range(tries):
        aim = rng.normal(size=len(world.x)) * np.where(differs, 0, 1)
        answer, _ = _solve(aim, same, 0, world.top, 1.0)
        if answer is not None:
            differs |= answer != world.x
    return differs


def _published(
    world: _World, inside: RoundResults, public: RoundResults, found: Estimates
) -> LinearConstraint:
    """What the public tables say of marks counted in steps, each number as the interval of its rounding."""
    estimate, severity = _linear(world, found)
    seen = public.estimates.set_index("submission").reindex(world.submissions)
    codes = juror_codes(inside)
    heard = public.jurors.set_index("juror")["severity"].reindex([codes[j] for j in world.jurors])
    mean = _pairs_to(world, world.i, len(world.submissions))
    half = ROUGH if seen["raw_mean"].isna().all() else HALF
    least, (low, high) = world.scale.min, _between(world, seen, public, inside)
    parts = [
        _told(world, mean, seen["raw_mean"], seen["raw_mean"], HALF, least),
        _told(world, estimate, seen["estimate"], seen["estimate"], half, least),
        _told(world, severity, heard, heard, HALF, 0.0),
        _told(world, estimate, low, high, half, least),
        _in_order(world, estimate, public),
    ]
    if found.method == "rasch":  # its estimates and severities are functions of sums of marks: taken as exact
        plain = world.sums(world.i, len(world.submissions), np.ones(len(world.x)))
        theirs = world.sums(world.j, len(world.jurors), np.ones(len(world.x)))
        exact = [plain[np.flatnonzero(seen["estimate"].notna())], theirs[np.flatnonzero(heard.notna())]]
        parts = [parts[0], *((rows, rows @ world.x, rows @ world.x) for rows in exact)]
    rows, low, high = zip(*parts, strict=True)
    return LinearConstraint(csr_array(vstack(rows)), np.concatenate(low), np.concatenate(high))


def _told(world: _World, rows: csr_array, low: pd.Series, high: pd.Series, half: float, constant: float):
    """Rows whose value is published, in steps; a value at the place where ends are coded is one-sided."""
    low, high = low.to_numpy(float), high.to_numpy(float)
    at = np.flatnonzero(~np.isnan(low))
    low, high = low[at] - half, high[at] + half
    if constant:
        margin = 0.05 * (world.scale.max - world.scale.min) + half
        low = np.where(low < world.scale.min + margin, -np.inf, low)
        high = np.where(high > world.scale.max - margin, np.inf, high)
    return rows[at], (low - constant) / world.scale.step, (high - constant) / world.scale.step


def _in_order(world: _World, estimate: csr_array, public: RoundResults):
    """Rows that keep estimates in the order of the ranks that are published."""
    table = public.decisions.dropna(subset=["rank"]).sort_values("rank")
    at = world.submissions.get_indexer(table["submission"])
    fall = estimate[at[:-1]] - estimate[at[1:]]
    if world.scale.best == "low":
        fall = -fall
    return fall, np.full(fall.shape[0], -1e-4), np.full(fall.shape[0], np.inf)


def _between(world: _World, seen: pd.DataFrame, public: RoundResults, inside: RoundResults):
    """Bounds of estimates that are withheld: by what ranks are left over, and by who was selected."""
    table = public.decisions.set_index("submission").reindex(world.submissions)
    sign = 1.0 if world.scale.best == "high" else -1.0
    value, rank = sign * seen["estimate"], table["rank"]
    chosen = table["decision"] == "selected"
    left = set(range(1, len(rank) + 1)) - set(rank.dropna())
    low, high = pd.Series(np.nan, index=rank.index), pd.Series(np.nan, index=rank.index)
    there = inside.estimates.set_index("submission")["estimate"].reindex(world.submissions).notna()
    for name in value.index[value.isna() & there]:
        first, last = (
            (rank[name],) * 2
            if pd.notna(rank[name])
            else (min(left, default=1), max(left, default=len(rank)))
        )
        below = value[(rank > last) | (chosen[name] & ~chosen)].max()
        above = value[(rank < first) | (~chosen[name] & chosen)].min()
        low[name], high[name] = (-1e6 if pd.isna(below) else below), (1e6 if pd.isna(above) else above)
    if sign < 0:
        low, high = -high, -low
    return low, high


def _pair_matrix(world: _World) -> tuple[np.ndarray, np.ndarray, csr_array]:
    """Codes of submission and juror of each pair, and the matrix (pairs, n) from marks to composites."""
    pairs, at = np.unique(np.stack([world.i, world.j]), axis=1, return_inverse=True)
    weight = world.weights[world.c]
    share = weight / np.bincount(at.ravel(), weights=weight)[at.ravel()]
    matrix = coo_array((share, (at.ravel(), np.arange(len(weight)))), shape=(pairs.shape[1], len(weight)))
    return pairs[0], pairs[1], matrix.tocsr()


def _pairs_to(world: _World, codes: np.ndarray, n: int) -> csr_array:
    """Means (n, marks) of composites of each submission."""
    i, _, composites = _pair_matrix(world)
    z = coo_array((1 / np.bincount(i, minlength=n)[i], (i, np.arange(len(i)))), shape=(n, len(i))).tocsr()
    return (z @ composites).tocsr()


def _linear(world: _World, found: Estimates) -> tuple[csr_array, csr_array]:
    """Estimates and severities as rows over marks, checked against those that the library computed."""
    i, j, composites = _pair_matrix(world)
    n_i, n_j = len(world.submissions), len(world.jurors)
    z_i, z_j = np.eye(n_i)[i], np.eye(n_j)[j]
    if found.method == "severity":
        a, b = _blup(z_i, z_j, found.components)
    elif found.method == "additive":
        effects = np.linalg.pinv(np.hstack([z_i, z_j]))
        level = effects[n_i:].mean(axis=0)
        a, b = effects[:n_i] + level, -(effects[n_i:] - level)
    else:
        a, b = _means_and_gaps(z_i, z_j)
    y = world.scale.min + world.scale.step * (composites @ world.x)
    if found.method != "rasch":
        _check(a @ y, found.submissions["estimate"].reindex(world.submissions), world.scale)
        sign = 1 if world.scale.best == "high" else -1
        b = sign * b
        theirs = found.jurors["severity"].reindex(world.jurors).astype(float).to_numpy()
        assert np.nanmax(np.abs(b @ y - theirs), initial=0) < 1e-3
    return csr_array(a @ composites), csr_array(b @ composites)


def _check(mine: np.ndarray, theirs: pd.Series, scale: Scale) -> None:
    theirs = scale.orient(theirs.astype(float).to_numpy())
    assert np.nanmax(np.abs(mine - theirs), initial=0) < 1e-3


def _blup(z_i: np.ndarray, z_j: np.ndarray, parts) -> tuple[np.ndarray, np.ndarray]:
    """Best linear unbiased predictions as matrices, at the variances found (Robinson 1991)."""
    v = (
        parts["submission"] * z_i @ z_i.T
        + parts["juror"] * z_j @ z_j.T
        + parts["residual"] * np.eye(len(z_i))
    )
    inverse = np.linalg.pinv(v)
    mu = inverse.sum(axis=0) / inverse.sum()
    left = inverse @ (np.eye(len(z_i)) - mu)
    return mu + parts["submission"] * z_i.T @ left, -parts["juror"] * z_j.T @ left


def _means_and_gaps(z_i: np.ndarray, z_j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of submissions, and of each juror the mean of (other readers' mean − own mark)."""
    n = z_i.sum(axis=0)
    mine = z_i @ n
    others = (z_i @ z_i.T - np.eye(len(mine))) / np.maximum(mine - 1, 1)[:, None]
    use = (mine > 1)[:, None] * z_j
    gaps = use.T @ (others - np.eye(len(mine)))
    return (z_i / n).T, gaps / np.maximum(use.sum(axis=0), 1)[:, None]


def _only_value(world: _World, told: LinearConstraint, k: int) -> tuple[str, np.ndarray]:
    """Whether mark k has one value only, and marks (n,) that differ in the worlds found on the way.

    A world close to the true one proves that it has not; without one the whole range is searched.
    """
    differs = np.zeros(len(world.x), dtype=bool)
    exhausted = True
    for reach, change in product((2, world.top), (-1, 1)):
        low, high = np.maximum(world.x - reach, 0), np.minimum(world.x + reach, world.top)
        if change < 0:
            high[k] = world.x[k] - 1
        else:
            low[k] = world.x[k] + 1
        if low[k] > high[k]:
            continue
        answer, done = _solve(np.zeros(len(world.x)), told, low, high)
        if answer is not None:
            return SAFE, answer != world.x
        exhausted &= done or reach < world.top
    return (FOUND if exhausted else UNKNOWN), differs


def _solve(aim: np.ndarray, told: LinearConstraint, low, high, seconds: float = 200.0):
    """A world that makes the aim least, or None; and whether the search was exhausted."""
    found = milp(
        aim,
        constraints=told,
        bounds=Bounds(low, high),
        integrality=np.ones(len(aim)),
        options={"time_limit": seconds},
    )
    answer = None if found.x is None else np.round(found.x)
    return answer, found.status in (0, 2)


def _attack_each(world: _World, public: RoundResults, method: str) -> np.ndarray:
    """Estimates that are no function of sums: marks of a submission tried, means and spreads of jurors known.

    Of more than four readers the others' marks are known to the attacker.
    """
    verdicts = np.full(len(world.x), SAFE, dtype=object)
    seen = public.estimates.set_index("submission").reindex(world.submissions)
    assert seen["raw_mean"].isna().all() and public.jurors["severity"].isna().all()
    z = _standard(world) if method == "zscore" else None
    margin = 0.05 * (world.scale.max - world.scale.min) + ROUGH
    for s in np.flatnonzero(seen["estimate"].notna()):
        at, told = np.flatnonzero(world.i == s), float(seen["estimate"].iloc[s])
        tried = np.array(list(product(range(world.top + 1), repeat=min(len(at), 4))), dtype=float)
        marks = np.hstack([tried, np.tile(world.x[at[4:]], (len(tried), 1))])
        value = _of_all(world.scale.min + world.scale.step * marks, world.j[at], method, z)
        low = -np.inf if told < world.scale.min + margin else told - ROUGH
        high = np.inf if told > world.scale.max - margin else told + ROUGH
        fits = tried[(value >= low) & (value <= high)]
        assert len(fits)
        for k in range(tried.shape[1]):
            if len(np.unique(fits[:, k])) <= 1 and (z is None or z[2][world.j[at[k]]]):
                verdicts[at[k]] = FOUND
    return verdicts


def _standard(world: _World):
    """What z-scores are made with: mean and spread of each juror, who is used, the mean and spread of all."""
    y = world.scale.min + world.scale.step * world.x
    by = pd.Series(y).groupby(world.j)
    n, mean, sd = by.size().to_numpy(), by.mean().to_numpy(), by.std().to_numpy()
    used = np.nan_to_num(sd) > 1e-9
    seen = n > 1
    spread = np.sqrt(((n[seen] - 1) @ sd[seen] ** 2) / (n[seen] - 1).sum())
    return mean, sd, used, y.mean(), spread


def _of_all(y: np.ndarray, who: np.ndarray, method: str, z) -> np.ndarray:
    """The estimate of every row of marks (worlds, readers)."""
    if method == "median":
        return np.median(y, axis=1)
    if method == "trimmed":
        g = max(1, int(0.2 * y.shape[1])) if y.shape[1] >= 3 else 0
        return np.sort(y, axis=1)[:, g : y.shape[1] - g].mean(axis=1)
    mean, sd, used, level, spread = z
    keep = used[who]
    return level + spread * ((y[:, keep] - mean[who[keep]]) / sd[who[keep]]).mean(axis=1)
