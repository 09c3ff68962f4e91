"""The joint Rasch fit against two-way least squares (scipy lsqr) and against RaschPy, side by side.

Prints a markdown table of medians and of their ratios; every fit of a size runs in turn within one process.
`docs/lab/performance.md` holds its last run. All marks are drawn, none is real.

    OMP_NUM_THREADS=1 python benchmarks/rasch.py [--repeat 3] [--large] [--marginal]

`rasch` is timed from the ratings table to the finished tables; lsqr from coded arrays, tolerance 1e-10; RaschPy
from its own wide table, by its fastest estimator (`pair-cpat`), up to 10^5 marks. Wall and processor seconds are
both given: on a machine that others use the wall clock measures them too.
"""

import argparse
import resource
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from raschpy import MFRM
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsqr

from fairlib.scoring.rasch.measures import rasch

SIZES = {10**4: 50, 10**5: 200, 10**6: 1000}  # marks: jurors
LARGE = {10**7: 3000}
DESIGNS = {"5 criteria × 4 jurors": (5, 4), "1 criterion × 5 jurors": (1, 5)}
STEPS = np.linspace(-2, 2, 9)
PEER_LIMIT = 10**5
NAMES = ("ours", "lsqr", "peer")
Seconds = tuple[float, float]  # wall, processor


def drawn(marks: int, jurors: int, criteria: int, readers: int, seed: int = 2021) -> pd.DataFrame:
    """A ratings table on 1–10 from the rating-scale model; readers are drawn anew for each submission."""
    rng = np.random.default_rng(seed)
    n_sub = marks // (criteria * readers)
    submission = np.repeat(np.arange(n_sub), readers * criteria)
    criterion = np.tile(np.arange(criteria), n_sub * readers)
    # one reader from each of `readers` equal stretches of the jury: distinct without a search
    stretch = jurors // readers
    reader = rng.integers(stretch, size=(n_sub, readers)) + stretch * np.arange(readers)
    juror = np.repeat(reader.ravel(), criteria)
    location = rng.normal(size=n_sub)[submission] - rng.normal(0, 0.5, jurors)[juror]
    location -= np.linspace(-0.4, 0.4, criteria)[criterion] if criteria > 1 else 0
    score = np.empty(len(location))
    total = np.concatenate([[0], np.cumsum(STEPS)])[:, None]
    for lo in range(0, len(score), 1 << 18):
        part = slice(lo, lo + (1 << 18))
        p = np.exp(np.arange(10.0)[:, None] * location[part] - total)
        score[part] = 1 + (rng.random(p.shape[1]) * p.sum(axis=0) > np.cumsum(p, axis=0)).sum(axis=0)
    return pd.DataFrame({"submission": submission, "juror": juror, "criterion": criterion, "score": score})


def timed(work: Callable) -> tuple[Seconds, object]:
    """Wall and processor seconds of a call, and what it gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = work()
    return (time.perf_counter() - wall, time.process_time() - cpu), out


def two_way(ratings: pd.DataFrame, tolerance: float = 1e-10) -> tuple[Seconds, np.ndarray]:
    """Juror effects by lsqr on submission and juror columns, and seconds."""
    n, n_sub = len(ratings), int(ratings.submission.max()) + 1
    columns = np.column_stack([ratings.submission, n_sub + ratings.juror]).ravel()
    shape = (n, n_sub + int(ratings.juror.max()) + 1)
    x = csr_array((np.ones(2 * n), columns, np.arange(0, 2 * n + 1, 2)), shape=shape)
    y = ratings.score.to_numpy() - ratings.score.mean()
    return timed(lambda: lsqr(x, y, atol=tolerance, btol=tolerance)[0][n_sub:])


def peer(ratings: pd.DataFrame) -> tuple[Seconds, pd.Series]:
    """Severities by RaschPy's pairwise estimator, and seconds."""
    keys = {"index": ["juror", "submission"], "columns": "criterion", "values": "score"}
    wide = ratings.assign(score=ratings.score - 1).pivot(**keys)

    def calibrated() -> pd.Series:
        model = MFRM(wide, validate=False)
        model.calibrate(estimation="pair-cpat")
        return model.raters_global

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return timed(calibrated)


def ours(ratings: pd.DataFrame, method: str) -> tuple[Seconds, pd.Series]:
    """Severities by fairlib, and seconds."""
    return timed(lambda: rasch(ratings, method=method).jurors.measure)


def row(marks: int, jurors: int, design: str, method: str, repeat: int) -> str:
    """One line of the table."""
    ratings = drawn(marks, jurors, *DESIGNS[design])
    with_peer = marks <= PEER_LIMIT and DESIGNS[design][0] > 1
    seconds: dict[str, list[Seconds]] = {name: [] for name in NAMES}
    for _ in range(repeat):
        t, effects = two_way(ratings)
        seconds["lsqr"].append(t)
        t, severity = ours(ratings, method)
        seconds["ours"].append(t)
        if with_peer:
            t, other = peer(ratings)
            seconds["peer"].append(t)
    mid = {name: [statistics.median(t) for t in zip(*ts, strict=True)] for name, ts in seconds.items() if ts}
    seen = severity.index.to_numpy()
    agree = [f"{-np.corrcoef(severity, effects[seen])[0, 1]:.4f}"]
    if with_peer:
        agree.append(f"{np.corrcoef(severity, other.loc[severity.index])[0, 1]:.4f}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    cells = [f"{marks:,}", f"{jurors:,}", design]
    cells += [" / ".join(f"{t:.3f}" for t in mid[name]) if name in mid else "–" for name in NAMES]
    for name in NAMES[1:]:
        ratio = [a / b for a, b in zip(mid["ours"], mid[name], strict=True)] if name in mid else []
        cells.append(" / ".join(f"{r:.2g}" for r in ratio) or "–")
    return f"| {' | '.join([*cells, ', '.join(agree), f'{memory:.2f}'])} |"


def table(sizes: dict[int, int], method: str, repeat: int) -> None:
    """Measure and print every size and design."""
    print(
        "Seconds and ratios are wall / processor; r are correlations of severities with lsqr's, RaschPy's.\n"
    )
    print(
        "| marks | jurors | design | rasch | lsqr | RaschPy | rasch:lsqr | rasch:RaschPy | r | GiB so far |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for marks, jurors in sizes.items():
        for design in DESIGNS:
            print(row(marks, jurors, design, method, repeat), flush=True)


def main() -> None:
    """Read the call and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="10^7 marks only")
    parser.add_argument(
        "--marginal", action="store_true", help="the marginal method instead of the joint one"
    )
    call = parser.parse_args()
    table(LARGE if call.large else SIZES, "marginal" if call.marginal else "joint", call.repeat)


if __name__ == "__main__":
    main()
