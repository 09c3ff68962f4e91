"""The work in pieces: each is a cell, a task and some contests, and leaves one file. What has its file is not redone.

A piece is the same whatever ran before it and on how many processors: contests are seeded by cell and number, rules
that draw by the contest. Tasks: `quick`, all rules that need no model of chances; `told NAME`, one rule with what it
says of its own certainty; `twin`, what the default says of a second commission; `signals`, the diagnosis of jurors.
"""

import hashlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.fair221 import measures
from benchmarks.fair221.conditions import CONDITIONS, SIZES, Condition, Size
from benchmarks.fair221.contests import Contest, Pair, draw
from benchmarks.fair221.rules import DEFAULT, RULES, Refused, Rule
from benchmarks.fair221.signals import named
from fairlib.rules import Selection
from fairlib.selection.firm.twin import twin
from fairlib.selection.rule.compiled import compile_rule

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
TWINS = 200
CONTESTS = {  # of a cell, by kind of task
    "30x6": {"quick": 1000, "told": 150, "slow": 60, "slowest": 20, "twin": 60, "signals": 80},
    "221x12": {"quick": 1000, "told": 150, "slow": 40, "slowest": 20, "twin": 60, "signals": 80},
    "2000x120": {"quick": 20, "told": 12},
}
CHUNK = {"quick": 20, "told": 10, "slow": 5, "slowest": 5, "twin": 10, "signals": 10}
FEW = 4  # contests in a piece of the largest size
TOLD = tuple(rule.name for rule in RULES.values() if rule.tell)
ALONE = tuple(f"quick {rule.name}" for rule in RULES.values() if rule.pace == "quick")
WATCHED = ("crossed, unequal", "random, equal", "random, unequal", "home 15%, unequal")


@dataclass(frozen=True)
class Piece:
    """Contests first … stop − 1 of a cell under one task."""

    condition: str
    size: str
    task: str
    first: int
    stop: int

    def path(self, folder: Path) -> Path:
        """Where its file lies."""
        cell = "".join(c if c.isalnum() else "-" for c in self.condition)
        return (
            folder
            / stamp()
            / self.size
            / cell
            / f"{self.task.replace(' ', '-')}-{self.first:05d}-{self.stop}.csv"
        )


@cache
def stamp() -> str:
    """What is drawn, as eight digits: other contests lie in another folder."""
    marks = [draw(c, SIZES["30x6"], 0).contest.marks for c in CONDITIONS.values()]
    marks += [draw(CONDITIONS["home 15%, unequal"], size, 0).contest.marks for size in SIZES.values()]
    return hashlib.sha256(b"".join(m.tobytes() for m in marks)).hexdigest()[:8]


def kind_of(task: str) -> str:
    """`quick`, `told`, `slow`, `slowest` or `signals`."""
    kind, _, name = task.partition(" ")
    return RULES[name].pace if name and RULES[name].pace != "quick" else kind


def tasks_of(condition: Condition) -> Iterator[str]:
    """The tasks of a condition: jurors are watched where something goes wrong, and in a few contests without."""
    yield "quick"
    yield from (f"told {name}" for name in TOLD)
    yield "twin"
    if condition.apart and (condition.design == "random" or condition.name in WATCHED):
        yield "signals"


def pieces(
    conditions=tuple(CONDITIONS), sizes=tuple(SIZES), tasks: tuple[str, ...] = (), most: int | None = None
) -> list[Piece]:
    """All pieces of these cells, first contests first; `most` contests of a cell at the most.

    `tasks` may name `quick RULE` too: what one quick rule chooses, added after the others were done.
    """
    out = []
    for name in conditions:
        for size in sizes:
            usual = list(tasks_of(CONDITIONS[name]))
            for task in usual if not tasks else (t for t in tasks if t in (*usual, *ALONE)):
                kind = kind_of(task)
                total, step = CONTESTS[size].get(kind, 0), CHUNK[kind] if size != "2000x120" else FEW
                for first in range(0, min(total, most or total), step):
                    out.append(Piece(name, size, task, first, min(first + step, total)))
    return sorted(out, key=lambda p: (p.first / CONTESTS[p.size][kind_of(p.task)], list(SIZES).index(p.size)))


def run(todo: list[Piece], folder: Path = CACHE, workers: int | None = None) -> int:
    """Do the pieces that have no file yet; how many that were."""
    todo = [p for p in todo if not p.path(folder).exists()]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        for k, job in enumerate(as_completed([pool.submit(do, p, folder) for p in todo]), start=1):
            job.result()
            if k % 20 == 0 or k == len(todo):
                sys.stderr.write(f"\r{k} of {len(todo)}")
    sys.stderr.write("\n" if todo else "")
    return len(todo)


def do(piece: Piece, folder: Path) -> None:
    """Work one piece out and leave its file, whole or not at all."""
    path, size = piece.path(folder), SIZES[piece.size]
    pairs = [draw(CONDITIONS[piece.condition], size, n) for n in range(piece.first, piece.stop)]
    kind, _, name = piece.task.partition(" ")
    if kind == "quick":
        rules = [RULES[name]] if name else [r for r in RULES.values() if r.pace == "quick"]
        rows = quick(pairs, size, rules)
    elif kind == "twin":
        rows = [{"contest": n, "rule": DEFAULT} | twin_overlap(p.contest) for n, p in enumerate(pairs)]
    elif kind == "signals":
        rows = [{"contest": n} | named(p.contest) for n, p in enumerate(pairs)]
    else:
        rule = RULES[name]
        rows = [{"contest": n, "rule": rule.name} | told(rule, p, size) for n, p in enumerate(pairs)]
    table = pd.DataFrame(rows)
    table.insert(0, "condition", piece.condition)
    table.insert(1, "size", piece.size)
    table["contest"] += piece.first
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    table.to_csv(fresh, index=False, float_format="%.10g")
    fresh.replace(path)


def quick(pairs: list[Pair], size: Size, rules: list[Rule]) -> list[dict]:
    """What rules choose: a row for each contest and rule."""
    rows = []
    spoiled = pairs[0].clean is not None
    for rule in rules:
        first, second = (rule.score([getattr(p, c) for p in pairs]) for c in ("contest", "second"))
        clean = rule.score([p.clean for p in pairs if p.clean]) if spoiled else [None] * len(pairs)
        for n, (pair, *scores) in enumerate(zip(pairs, first, second, clean, strict=True)):
            rows.append({"contest": n, "rule": rule.name} | judged(pair, size.seats, *scores))
    return rows


def judged(pair: Pair, k: int, score: np.ndarray, second: np.ndarray, clean: np.ndarray | None) -> dict:
    """The measures of one choice; only `refused` where there is none."""
    if measures.refused(score):
        return {"refused": 1.0}
    contest, choice = pair.contest, measures.chosen(score, k)
    out = {
        "refused": 0.0,
        "found": measures.found(choice, contest.truth, k),
        "regret": measures.regret(choice, contest.truth, k),
    }
    if not measures.refused(second):
        out["overlap"] = measures.overlap(choice, measures.chosen(second, k), k)
    if clean is not None and not measures.refused(clean):
        out["harm"] = measures.harm(choice, measures.chosen(clean, k), contest.pushed)
        out["pushed"] = measures.pushed_in(choice, contest.pushed)
    return out


def told(rule: Rule, pair: Pair, size: Size) -> dict:
    """What one rule says of its certainty; of a slow rule also what it chooses."""
    try:
        said = rule.tell(pair.contest)
    except Refused:
        return {"refused": 1.0}
    out = {"refused": 0.0}
    if rule.pace != "quick":
        alone = rule.pace == "slowest"
        second = np.full_like(said.score, np.nan) if alone else rule.score([pair.second])[0]
        clean = None if alone or pair.clean is None else rule.score([pair.clean])[0]
        out = judged(pair, size.seats, said.score, second, clean)
    p = measures.chances(said, size.seats)
    if p is not None:
        out |= measures.calibration(p, pair.contest.truth, size.seats)
    out |= measures.coverage(said, pair.contest)
    return out


def twin_overlap(contest: Contest) -> dict[str, float]:
    """The share of places that fairlib says a second commission would give alike, under the default."""
    try:
        said, k = RULES[DEFAULT].tell(contest), contest.seats
    except Refused:
        return {}
    table = said.estimates.submissions.assign(eligible=True)
    problem = compile_rule(table, Selection(seats=k, ties=("draw",)), seed=1)
    overlap = twin(said.estimates, problem, seed=contest.seed, n=TWINS).overlap
    return {} if overlap is None else {"twin": overlap / k}
