"""How fast are selection and its certainty? Prints a markdown table; docs/lab/selection-speed.md has its last run.

    python benchmarks/selection.py [what ...]

Each line is measured in a process of its own, so that the memory is its own. Times are processor seconds, so that what
else runs on the machine does not count.
"""

import resource
import subprocess
import sys
import time

import _home  # noqa: F401
import numpy as np

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Quota, Scale, Selection
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.firm import moves
from fairlib.selection.firm.certainty import certainty
from fairlib.selection.firm.line import compare_at_line
from fairlib.selection.firm.readings import readings
from fairlib.selection.firm.stability import stability
from fairlib.selection.firm.twin import twin
from fairlib.selection.lottery.blocks import apart
from fairlib.selection.lottery.chances import best_chances, work
from fairlib.selection.lottery.intervals import line_up
from fairlib.selection.rule.compiled import Problem, compile_rule
from samples.drawn import draw_contest

SCALE = Scale(min=1, max=10, step=1)
NOMINATION = Quota(column="nomination", kind="proportional", floor=5)
REGION = Quota(column="region", kind="max", seats={f"R{k:02}": 4 for k in range(1, 18)})
VILLAGE = Quota(column="village", kind="min", seats={"true": 15})


def contest(n: int = 221, criteria: int = 5, jurors: int = 12):
    """A drawn contest, its estimates and candidates with what every rule here looks at."""
    drawn = draw_contest(n, jurors, criteria, design="bridged", scale=SCALE, seed=1)
    found, rng = estimate(drawn.ratings), np.random.default_rng(2)
    table = drawn.submissions.join(found.submissions).assign(eligible=True, village=rng.random(n) < 0.3)
    return drawn, found, table.assign(requested=rng.integers(10, 31, n) * 100_000)


def rule(draws: int = 1000, **more) -> Selection:
    more.setdefault("seats", 50)
    return Selection(ties=("draw",), certainty={"draws": draws}, **more)


def through(problem: Problem, merits: np.ndarray) -> float:
    """Seconds to pass draws through a rule."""
    start = time.process_time()
    chosen = admit_many(problem, merits)
    assert chosen.any(axis=1).all()
    return time.process_time() - start


def _passes(n: int, target: str, **more) -> tuple[str, str]:
    _, found, table = contest()
    problem = compile_rule(table, rule(**more), seed=1)
    took = through(problem, found.draws(n, 1).to_numpy())
    return f"{took:.2f} s, {n / took:,.0f} draws/s", target


def nested() -> tuple[str, str]:
    """10,000 draws, 221 submissions, quotas by nomination"""
    return _passes(10_000, "under 1 s", quotas=(NOMINATION,))


def overlapping_in_order() -> tuple[str, str]:
    """overlapping quotas (nomination, region, village), in order"""
    return _passes(300, "at least 20 draws/s", quotas=(NOMINATION, REGION, VILLAGE))


def overlapping_best_total() -> tuple[str, str]:
    """overlapping quotas (nomination, region, village), best total"""
    return _passes(600, "at least 100 draws/s", quotas=(NOMINATION, REGION, VILLAGE), objective="best_total")


def budget_in_order() -> tuple[str, str]:
    """1,000 draws under a budget, in order, the first that does not fit is skipped"""
    return _passes(1000, "–", budget=Budget(total=60_000_000, policy="skip"))


def large() -> tuple[str, str]:
    """100,000 submissions, 1,000 draws: certainty and twin commission"""
    _, found, table = contest(100_000, 1, 400)
    problem = compile_rule(table, rule(1000, seats=20_000, quotas=(NOMINATION,)), seed=1)
    start = time.process_time()
    got = certainty(found, problem, seed=1)
    assert got.table["p_selected"].sum() > 0
    return f"{time.process_time() - start:.0f} s", "within 2 GiB"


def notebook() -> tuple[str, str]:
    """what notebook 03 runs for 198 submissions: certainty with 2,000 draws, twin, stability, readings, line"""
    drawn, found, table = contest(198)
    problem = compile_rule(table, rule(2000, quotas=(NOMINATION,)), seed=1)
    parts, start = {}, time.process_time()
    sure = certainty(found, problem, seed=1)
    parts["certainty with twin"] = time.process_time() - start
    for name, run in {
        "twin alone": lambda: twin(found, problem, seed=1),
        "stability": lambda: stability(drawn.ratings, problem, scale=SCALE, seed=1),
        "readings": lambda: readings(found, problem, seed=1, conflicts=drawn.conflicts),
        "line": lambda: compare_at_line(found, problem, sure, seed=1),
    }.items():
        begun = time.process_time()
        run()
        parts[name] = time.process_time() - begun
    total = sum(parts.values()) - parts["twin alone"]
    return f"{total:.2f} s ({', '.join(f'{k} {v:.2f}' for k, v in parts.items())})", "about 2 s"


def _lottery(n: int, **more) -> str:
    """The row of the lottery among the ways at the line, and the lottery itself, for 4 readers and seats for 23 %."""
    drawn = draw_contest(n, max(12, n // 20), 1, design="random", readers=4, scale=SCALE, seed=1)
    found = estimate(drawn.ratings)
    seats = round(0.23 * n)
    table = drawn.submissions.join(found.submissions).assign(eligible=True)
    problem = compile_rule(table, rule(400, seats=seats, **more), seed=1)
    sure, line = certainty(found, problem, seed=1), line_up(problem, found)
    parts = apart(line)[1]
    took, status, usual = {}, {}, moves.COMPARED
    for name, compared in (("with", usual), ("without", -1)):
        moves.COMPARED, start = compared, time.process_time()
        status[name] = compare_at_line(found, problem, sure, seed=1).loc["maximin", "status"]
        took[name] = time.process_time() - start
    moves.COMPARED = usual
    start = time.process_time()
    try:
        best_chances(line)
        alone = f"{time.process_time() - start:.2f} s"
    except SelectionError:
        alone = "refused by name"
    return (
        f"open {sum(len(b.at) for b in parts):,}, kinds {work(parts):,}; the ways {took['with']:.2f} s, without the "
        f"row {took['without']:.2f} s ({status['with']}); the lottery itself {alone}"
    )


def lotteries() -> tuple[str, str]:
    """lottery among the ways at the line: 221, 600, 2,000 and 8,000 submissions"""
    told = []
    for n in (221, 600, 2000, 8000):
        floors = Quota(column="nomination", kind="min", seats=dict.fromkeys("ABC", round(0.03 * n)))
        ways = {"three quotas": (NOMINATION,), "one list": (), "three minima": (floors,)}
        for name, quotas in ways.items() if n < 8000 else [("three quotas", (NOMINATION,))]:
            told.append(f"{n:,}, {name}: {_lottery(n, quotas=quotas)}")
    return "<br>".join(told), "row under 0.5 s for 221, under 5 s for 2,000"


MEASURED = (nested, overlapping_in_order, overlapping_best_total, budget_in_order, notebook, lotteries, large)


def main(names: list[str]) -> None:
    sys.stdout.write("| what | measured | target | peak memory |\n|---|---|---|---|\n")
    for one in MEASURED:
        if not names or one.__name__ in names:
            call = [sys.executable, __file__, "--one", one.__name__]
            sys.stdout.write(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
            sys.stdout.flush()


def one(name: str) -> None:
    """Measure one line and say what memory the process took."""
    measured = next(m for m in MEASURED if m.__name__ == name)
    said, target = measured()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sys.stdout.write(f"| {measured.__doc__} | {said} | {target} | {peak:.2f} GiB |\n")


if __name__ == "__main__":
    one(sys.argv[2]) if sys.argv[1:2] == ["--one"] else main(sys.argv[1:])
