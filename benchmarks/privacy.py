"""An attack on the public tables of simulated contests: how many single marks does it recover?

    OMP_NUM_THREADS=1 python benchmarks/privacy.py [contests] [first seed]

Contests, attacker and what is counted: docs/privacy.md.
"""

import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from attack import attack  # noqa: E402
from simulated_contests import draw_case  # noqa: E402


def one(seed: int) -> Counter:
    """What the attack on one contest found, as counts."""
    case, begun = draw_case(seed), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        done = attack(case, Path(folder))
    counts = Counter({"contests": 1, "seconds": time.process_time() - begun})
    if done is None:
        return counts + Counter({"nothing to publish": 1})
    counts.update(Counter(done.verdicts))
    counts.update({f"contests, {habit}": 1 for habit in case.habits})
    counts.update({"submissions": done.submissions, "jurors": done.jurors})
    counts.update(
        {"submissions withheld": done.withheld_submissions, "jurors withheld": done.withheld_jurors}
    )
    if done.verdicts.eq("found").any() or done.verdicts.eq("unknown").any():
        print(seed, case.habits, dict(Counter(done.verdicts)), flush=True)
    return counts


def main() -> None:
    """Attack so many contests on two processes and print the sums."""
    many, first = [int(x) for x in sys.argv[1:]] + [1000, 0][len(sys.argv) - 1 :]
    total: Counter = Counter()
    with ProcessPoolExecutor(2) as pool:
        for counts in pool.map(one, range(first, first + many), chunksize=10):
            total.update(counts)
    for name, n in sorted(total.items()):
        print(f"{name}: {n:.0f}")


if __name__ == "__main__":
    main()
