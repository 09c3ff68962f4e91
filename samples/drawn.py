"""What would a contest with a known truth look like? Draws only: no files, no contest year, no texts.

A mark is drawn from

    x_ijc = centre + δ_c + s_j (θ_i + e_ij) − β_j − d_j t_ij + h·[same region] + (1 − H_j)(π_ic + ε_ijc)

with θ the true quality of submission i, β the severity, s the spread and H the halo of juror j, d the
drift over the juror's own reading order t (0 at the first reading, 1 at the last), e the error of one
reading (shared by its criteria), π the submission's own profile over criteria, ε the error of one mark;
then it is put on the contest's scale. All effects are in points of that scale; higher is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from fairlib.rules import Scale

Design = Literal["crossed", "random", "bridged", "weakly_bridged"]
ACROSS = {"bridged": 1 / 7, "weakly_bridged": 1 / 50}


@dataclass(frozen=True)
class Effects:
    """Sizes of the effects, standard deviations in points unless said otherwise.

    With the defaults the mean of four readers has a reliability of about 0.73:
    quality² / (quality² + (severity² + reading² + mark²/5) / 4), a little less after rounding.
    """

    centre: float = 6.0
    quality: float = 1.0
    severity: float = 0.6
    reading: float = 1.0
    profile: float = 0.5
    mark: float = 0.7
    criterion: float = 0.3
    spread: float = 0.1  # of the logarithm of s
    halo: float = 0.2  # mean of H, which is uniform on 0 … 2·halo
    home: float = 0.0  # points for a submission of the juror's own region

    def scaled(self, factor: float, centre: float) -> "Effects":
        """The same contest on another scale: every effect in points times `factor`."""
        points = ("quality", "severity", "reading", "profile", "mark", "criterion", "home")
        kept = {"centre": centre, "spread": self.spread, "halo": self.halo}
        return Effects(**{name: getattr(self, name) * factor for name in points}, **kept)


@dataclass(frozen=True)
class DrawnContest:
    """A contest with its truth.

    submissions: index submission; `quality, nomination, region, organisation`.
    jurors: index juror; `severity, spread, halo, drift, nomination, region, organisation`.
    criteria: index criterion; `difficulty` (the mean of its marks less the mean of all).
    conflicts: `juror, submission`, every pair with the same organisation.
    ratings: `submission, juror, criterion, score, status, order`; `recused` where there is a conflict.
    """

    submissions: pd.DataFrame
    jurors: pd.DataFrame
    criteria: pd.DataFrame
    conflicts: pd.DataFrame
    ratings: pd.DataFrame


def draw_contest(
    submissions: int | pd.DataFrame = 221,
    jurors: int | pd.DataFrame = 12,
    criteria: int | Sequence[str] = 5,
    *,
    design: Design = "bridged",
    readers: int = 4,
    effects: Effects = Effects(),
    scale: Scale | None = None,
    seed: int | np.random.SeedSequence,
) -> DrawnContest:
    """Draw a contest with a known truth.

    Numbers are drawn from scratch; tables (as in `DrawnContest`) are used as they are, so that a second
    round can be drawn for the survivors of the first. Without a `scale` marks are neither rounded nor cut.

    Raises ValueError where a submission would need more readers than there are jurors.

    >>> contest = draw_contest(30, 6, 2, design="random", readers=3, seed=1)
    >>> contest.ratings.groupby("submission", observed=True).juror.nunique().unique().tolist()
    [3]
    """
    rng = np.random.default_rng(seed)
    names = [f"C{c + 1}" for c in range(criteria)] if isinstance(criteria, int) else list(criteria)
    if isinstance(submissions, int):
        submissions = draw_submissions(submissions, effects=effects, rng=rng)
    if isinstance(jurors, int):
        jurors = draw_jurors(jurors, submissions, readers=readers, effects=effects, rng=rng)
    difficulty = rng.normal(0, effects.criterion, len(names))
    table = pd.DataFrame(
        {"difficulty": difficulty - difficulty.mean()}, index=pd.Index(names, name="criterion")
    )
    pairs = assign(submissions, jurors, design=design, readers=readers, rng=rng)
    ratings = draw_marks(submissions, jurors, table, pairs, effects=effects, scale=scale, rng=rng)
    return DrawnContest(submissions, jurors, table, conflicts(submissions, jurors), ratings)


def draw_submissions(
    n: int,
    nominations: Sequence[str] = ("A", "B", "C"),
    regions: int = 17,
    *,
    effects: Effects = Effects(),
    rng: np.random.Generator,
) -> pd.DataFrame:
    """True quality, nomination, region, organisation of n submissions; one organisation in twelve sends two."""
    codes = np.sort(rng.integers(0, len(nominations), n)) if n >= len(nominations) else np.arange(n)
    return pd.DataFrame(
        {
            "quality": rng.normal(0, effects.quality, n),
            "nomination": np.asarray(nominations)[codes],
            "region": _labels("R", regions)[rng.integers(0, regions, n)],
            "organisation": _labels("O", n)[
                np.where(rng.random(n) < 1 / 12, rng.permutation(n), np.arange(n))
            ],
        },
        index=pd.Index(_labels("S", n), name="submission"),
    )


def draw_jurors(
    n: int,
    submissions: pd.DataFrame,
    *,
    readers: int = 4,
    conflicts: float = 0.25,
    effects: Effects = Effects(),
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Severity, spread, halo, home nomination, region and organisation of n jurors.

    Panels are proportional to the nominations, none smaller than `readers` where that is possible. A
    juror belongs to an applying organisation with probability `conflicts`.
    """
    groups, counts = np.unique(submissions["nomination"].to_numpy(), return_counts=True)
    home = np.repeat(groups, _panels(n, counts, readers))
    own = submissions["organisation"].to_numpy()[rng.integers(0, len(submissions), n)]
    return pd.DataFrame(
        {
            "severity": rng.normal(0, effects.severity, n),
            "spread": np.exp(rng.normal(0, effects.spread, n)),
            "halo": rng.uniform(0, 2 * effects.halo, n),
            "drift": 0.0,
            "nomination": home,
            "region": submissions["region"].to_numpy()[rng.integers(0, len(submissions), n)],
            "organisation": np.where(rng.random(n) < conflicts, own, _labels("X", n)),
        },
        index=pd.Index(_labels("J", n), name="juror"),
    )


def assign(
    submissions: pd.DataFrame,
    jurors: pd.DataFrame,
    *,
    design: Design,
    readers: int = 4,
    rng: np.random.Generator,
) -> np.ndarray:
    """Who reads what: an int64 array of shape (pairs, 2) of positions (submission, juror), no pair twice.

    `crossed`: everybody reads everything. `random`: `readers` jurors a submission, loads balanced.
    `bridged`: readers from the panel of the submission's nomination, but one assignment in seven across.
    `weakly_bridged`: one in fifty, always to the next nomination's panel, at least one a nomination: the
    graph hangs together by a thread.

    Raises ValueError where a submission would need more readers than there are.
    """
    n, m = len(submissions), len(jurors)
    if design == "crossed":
        return np.stack([np.repeat(np.arange(n), m), np.tile(np.arange(m), n)], axis=1)
    if readers > m:
        raise ValueError(f"{readers} readers a submission were asked of {m} jurors.")
    if design == "random":
        return np.stack(
            [np.repeat(np.arange(n), readers), _blocks(np.arange(m), n, readers, rng).ravel()], axis=1
        )
    return _panel_pairs(submissions, jurors, design, readers, rng)


def draw_marks(
    submissions: pd.DataFrame,
    jurors: pd.DataFrame,
    criteria: pd.DataFrame,
    pairs: np.ndarray,
    *,
    effects: Effects = Effects(),
    scale: Scale | None = None,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The marks of given pairs (see `assign`), one row per pair × criterion, columns as in `DrawnContest`."""
    i, j = pairs[:, 0], pairs[:, 1]
    turn = _reading_order(j, len(jurors), rng)
    load = np.bincount(j, minlength=len(jurors))
    j_of = {name: jurors[name].to_numpy()[j] for name in ("severity", "spread", "halo", "drift")}
    level = j_of["spread"] * (submissions["quality"].to_numpy()[i] + rng.normal(0, effects.reading, len(i)))
    level -= j_of["severity"] + j_of["drift"] * (turn - 1) / np.maximum(load[j] - 1, 1)
    if effects.home:
        level += effects.home * (submissions["region"].to_numpy()[i] == jurors["region"].to_numpy()[j])
    profile = rng.normal(0, effects.profile, (len(submissions), len(criteria)))
    own = profile[i] + rng.normal(0, effects.mark, (len(i), len(criteria)))
    x = (
        effects.centre
        + criteria["difficulty"].to_numpy()
        + level[:, None]
        + (1 - j_of["halo"][:, None]) * own
    )
    recused = submissions["organisation"].to_numpy()[i] == jurors["organisation"].to_numpy()[j]
    return _long(
        submissions, jurors, criteria, i, j, np.where(recused[:, None], np.nan, on_scale(x, scale)), turn
    )


def on_scale(x: np.ndarray, scale: Scale | None) -> np.ndarray:
    """Put drawn values on a scale: to the nearest step, cut at the ends; `best: low` is turned round."""
    if scale is None:
        return x
    if scale.step:
        x = scale.min + np.round((x - scale.min) / scale.step) * scale.step
    return scale.orient(np.clip(x, scale.min, scale.max))


def conflicts(submissions: pd.DataFrame, jurors: pd.DataFrame) -> pd.DataFrame:
    """Every pair `juror, submission` of the same organisation, in order of jurors."""
    theirs, own = jurors["organisation"].to_numpy(), submissions["organisation"].to_numpy()
    some = np.flatnonzero(pd.Series(own).isin(set(theirs)))
    j, i = np.nonzero(theirs[:, None] == own[some])
    return pd.DataFrame({"juror": jurors.index[j], "submission": submissions.index[some[i]]})


def _panel_pairs(
    submissions: pd.DataFrame, jurors: pd.DataFrame, design: Design, readers: int, rng: np.random.Generator
) -> np.ndarray:
    groups, code = np.unique(submissions["nomination"].to_numpy(), return_inverse=True)
    home = jurors["nomination"].to_numpy()
    panels = [np.flatnonzero(home == g) for g in groups]
    pools = [np.flatnonzero(home != g) for g in groups]
    if design == "weakly_bridged" and len(groups) > 1:
        pools = [*panels[1:], panels[0]]
    across = _slots_across(
        code, readers, [len(p) for p in panels], [len(p) for p in pools], ACROSS[design], rng
    )
    parts = []
    for g, (panel, pool) in enumerate(zip(panels, pools, strict=True)):
        members = np.flatnonzero(code == g)
        guests = across[members]
        own = _blocks(panel, len(members), min(readers, len(panel)), rng)
        others = _blocks(pool, len(members), int(guests.max(initial=0)), rng)
        for block, used in ((own, readers - guests), (others, guests)):
            here = np.arange(block.shape[1]) < used[:, None]
            parts.append(np.stack([np.repeat(members, used), block[here]], axis=1))
    pairs = np.concatenate(parts)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _slots_across(
    code: np.ndarray,
    readers: int,
    panels: list[int],
    pools: list[int],
    share: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """How many of each submission's readers come from elsewhere; `code` is its nomination.

    The share is met exactly, unless small panels need more or pools have less; each nomination has one.
    """
    least = np.maximum(readers - np.array(panels), 0)[code]
    most = np.minimum(readers, pools)[code]
    if (least > most).any():
        short = code[np.argmax(least > most)]
        raise ValueError(
            f"{readers} readers a submission were asked of {panels[short] + pools[short]} jurors."
        )
    free = rng.permutation(np.repeat(np.arange(len(code)), most - least))
    first = np.unique(code[free], return_index=True)[1]
    free = np.concatenate([free[first], np.delete(free, first)])
    wanted = max(round(share * len(code) * readers), len(first)) - int(least.sum())
    return least + np.bincount(free[: max(wanted, 0)], minlength=len(code))


def _blocks(pool: np.ndarray, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """n rows of k different members of `pool`: slices of shuffles of the whole pool, so loads stay even."""
    if k == 0 or n == 0:
        return np.empty((n, 0), dtype=np.int64)
    per_shuffle = len(pool) // k
    shuffles = rng.permuted(np.tile(pool, (-(-n // per_shuffle), 1)), axis=1)
    return shuffles[:, : per_shuffle * k].reshape(-1, k)[:n]


def _panels(n: int, counts: np.ndarray, readers: int) -> np.ndarray:
    floor = min(readers, n // len(counts))
    exact = (n - floor * len(counts)) * counts / counts.sum()
    seats = floor + np.floor(exact).astype(int)
    seats[np.argsort(-(exact % 1), kind="stable")[: n - seats.sum()]] += 1
    return seats


def _reading_order(j: np.ndarray, m: int, rng: np.random.Generator) -> np.ndarray:
    """A random order in which each juror reads: 1 … load, for each pair."""
    shuffled = rng.permutation(len(j))
    by_juror = shuffled[np.argsort(j[shuffled], kind="stable")]
    first = np.concatenate([[0], np.cumsum(np.bincount(j, minlength=m))[:-1]])
    turn = np.empty(len(j), dtype=np.int64)
    turn[by_juror] = np.arange(len(j)) - first[j[by_juror]] + 1
    return turn


def _long(submissions, jurors, criteria, i, j, x, turn) -> pd.DataFrame:
    n_c = len(criteria)
    score = x.ravel()
    return pd.DataFrame(
        {
            "submission": pd.Categorical.from_codes(np.repeat(i, n_c), submissions.index),
            "juror": pd.Categorical.from_codes(np.repeat(j, n_c), jurors.index),
            "criterion": pd.Categorical.from_codes(np.tile(np.arange(n_c), len(i)), criteria.index),
            "score": score,
            "status": pd.Categorical.from_codes(np.isnan(score).astype(np.int8), ["scored", "recused"]),
            "order": np.repeat(turn, n_c),
        }
    )


def _labels(letter: str, n: int) -> np.ndarray:
    width = len(str(n))
    return np.array([f"{letter}{k + 1:0{width}d}" for k in range(n)], dtype=object)
