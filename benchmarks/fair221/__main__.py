"""python benchmarks/fair221 [--conditions …] [--sizes …] [--tasks …] [--contests N] [--workers N] [--pages]

Draws, ranks, measures, and writes results and docs/fair221.md. Stopped, it goes on where it was; see `work`.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.fair221 import page, results, work  # noqa: E402
from benchmarks.fair221.conditions import CONDITIONS, SIZES  # noqa: E402


def main(arguments: list[str] | None = None) -> None:
    """Parse, run, sum up, write."""
    parser = argparse.ArgumentParser(
        prog="fair221", description="Contests with a known truth, for every rule."
    )
    parser.add_argument(
        "--conditions", nargs="+", choices=CONDITIONS, default=tuple(CONDITIONS), metavar="NAME"
    )
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=tuple(SIZES))
    parser.add_argument("--tasks", nargs="+", default=(), help="quick, 'told NAME', signals")
    parser.add_argument("--contests", type=int, help="of a cell, at the most")
    parser.add_argument("--workers", type=int, help="processes; as many as processors unless said")
    parser.add_argument("--cache", type=Path, default=work.CACHE)
    parser.add_argument("--pages", action="store_true", help="only write the document from results.csv")
    a = parser.parse_args(arguments)
    if not a.pages:
        work.run(work.pieces(a.conditions, a.sizes, tuple(a.tasks), a.contests), a.cache, a.workers)
        results.write(a.cache)
    page.write()


if __name__ == "__main__":
    main()
