"""One contest told both ways: as files with high marks best, and as its mirror image with low marks best.

A mark m of the one is min + max - m of the other. Everything that is said of the two must then be the same, but for
marks, which are mirrored, and differences of marks, which change their sign. People and projects are invented.
"""

import copy
import random
import re
from dataclasses import dataclass, field
from functools import cached_property, partialmethod
from pathlib import Path

import numpy as np
import pandas as pd
from in_process import cells

from fairlib.params import RulesFile, check_params
from fairlib.report.letters.letter import Letter, write_letters
from fairlib.report.public.privacy import for_public
from fairlib.report.results import Results, read_results
from fairlib.stage import Stage
from samples.ahead import finalists
from samples.people import bin_number

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
JURORS = ("Aigul", "Botagoz", "Daniyar", "Erlan", "Gauhar", "Marat")
NOUNS = (
    "Well",
    "Orchard",
    "Choir",
    "Bridge",
    "Library",
    "Kiln",
    "Theatre",
    "Garden",
    "Mill",
    "Archive",
    "Clinic",
    "Loom",
)
PLACES = ("of the steppe", "by the river")


def rules(
    best: str, low: float, high: float, step: float | None = 1, then: dict | None = None, **told
) -> dict:
    """The value of `contest`: `told` are keys of its round, `then` of a second; marks as where high is best."""
    scale = {"min": low, "max": high, "step": step, "best": best}
    rounds = [_stage("jury", "scores.csv", scale, told)]
    if then:
        rounds.append(_stage("final", "finals.csv", scale, then))
    return {
        "name": "Contest", "data": "data", "seed": 7, "language": "en",
        "submissions": {"file": "forms.csv", "organisation_id": "bin"},
        "nominations": [{"id": "art", "name": "Art"}, {"id": "craft", "name": "Craft"}],
        "criteria": [{"id": "worth", "name": "Worth", "weight": 2}, {"id": "reach", "name": "Reach"}],
        "rounds": rounds,
    }  # fmt: skip


def _stage(id: str, file: str, scale: dict, told: dict) -> dict:
    """The value of a round."""
    stage = {"id": id, "name": id.title(), "scores": {"files": file, "layout": "long"}, "jurors": "jurors.csv",
             "scale": scale, **copy.deepcopy(told)}  # fmt: skip
    if scale["best"] == "low":
        total = scale["min"] + scale["max"]
        for t in stage["select"].get("thresholds", ()):
            t["no_worse_than"] = total - t["no_worse_than"]
        if "unless_all_worse_than" in stage.get("divergence", {}):
            stage["divergence"]["unless_all_worse_than"] = (
                total - stage["divergence"]["unless_all_worse_than"]
            )
    return stage


def marks(low: float, high: float, step: float, seed: int = 3, readers: int = 4) -> pd.DataFrame:
    """Marks of six jurors who differ in severity for 24 projects; whole steps, some missing, some equal."""
    rng = np.random.default_rng(seed)
    merit, harsh = rng.normal(0, 1, 24), np.linspace(-0.6, 0.6, len(JURORS))
    rows = []
    for i in range(24):
        for j in rng.permutation(len(JURORS))[:readers]:
            for c in ("Worth", "Reach"):
                x = (low + high) / 2 + (high - low) / 5 * (merit[i] - harsh[j] + rng.normal(0, 0.6))
                mark = low + step * np.rint((np.clip(x, low, high) - low) / step)
                rows.append((JURORS[j], f"P{i + 1:02d}", c, mark, f"day {1 + i % 2}", 1 + i // 2))
    table = pd.DataFrame(rows, columns=["juror", "submission", "criterion", "score", "day", "slot"])
    same = table["submission"].isin(
        ["P05", "P06"]
    )  # a tie: two projects with the same marks of the same jurors
    twin = table[table["submission"] == "P05"].assign(submission="P06", day="day 2", slot=3)
    table = pd.concat([table[~same], table[table["submission"] == "P05"], twin], ignore_index=True)
    return table.drop(index=table.index[[5, 40]])  # two marks that were not given


def as_given(given: pd.DataFrame, best: str, total: float) -> pd.DataFrame:
    """Marks as the files have them; `total` is min + max."""
    score = total - given["score"] if best == "low" else given["score"]
    return given.assign(score=score.astype(int))


def write(folder: Path, given: pd.DataFrame) -> None:
    """The files of a contest: forms of eight societies, jurors, marks with comments."""
    data = folder / "data"
    data.mkdir(parents=True)
    owner, taken = random.Random(8), set()
    numbers = [bin_number(owner, taken) for _ in range(8)]
    forms = pd.DataFrame(
        [(f"P{i + 1:02d}", f"{NOUNS[i % 12]} {PLACES[i // 12]}", f"Society {'ABCDEFGH'[i % 8]}", numbers[i % 8],
          ("art", "craft")[i % 2], 1_000_000 + 50_000 * i, f"2030-03-{1 + i:02d} 10:00", "yes") for i in range(24)],
        columns=["submission", "title", "organisation", "BIN", "nomination", "requested", "sent_at", "consent"],
    )  # fmt: skip
    forms.to_csv(data / "forms.csv", index=False)
    pd.DataFrame({"juror": JURORS, "region": "Almaty"}).to_csv(data / "jurors.csv", index=False)
    _write_marks(data / "scores.csv", given)


def write_final(folder: Path, given: pd.DataFrame, contest: dict) -> None:
    """The marks of the second round: those of `given` for whom the first selects."""
    chosen = finalists(check_params({"year": 2030, "contest": contest}), folder / "data")
    _write_marks(folder / "data" / "finals.csv", given[given["submission"].isin(chosen)])


def _write_marks(path: Path, given: pd.DataFrame) -> None:
    said = given.groupby(["juror", "submission"]).cumcount().eq(0)
    given.assign(comment=np.where(said, "A clear plan by able people.", "")).to_csv(path, index=False)


@dataclass
class Told:
    """A run: its directory, its rules, and what the notebooks showed."""

    dir: Path
    rules: RulesFile
    shown: list[tuple[str, object]] = field(default_factory=list)

    @cached_property
    def internal(self) -> Results:
        """What those who decide may see."""
        return read_results(self.dir, self.rules)

    @cached_property
    def public(self) -> Results:
        """What everybody may see."""
        return for_public(self.internal)

    @cached_property
    def letters(self) -> list[Letter]:
        """The letters, in the order of submissions."""
        return write_letters(self.internal)


def run(folder: Path, contest: dict, monkeypatch) -> Told:
    """Execute the notebooks' own cells here, which is what the chain does in kernels of its own."""
    monkeypatch.setattr(Stage, "compare_estimators", partialmethod(Stage.compare_estimators, n_sim=20))
    contest = contest | {"data": str(folder / "data")}
    told = Told(folder / "run", check_params({"year": 2030, "contest": contest}))
    steps = [
        ("01_intake", None),
        *((n, r["id"]) for r in contest["rounds"] for n in ("02_scoring", "03_selection")),
    ]
    for name, stage in steps:
        given = {"year": 2030, "contest": contest, "round": stage, "run_dir": str(told.dir)}
        shown = cells(NOTEBOOKS / f"{name}.ipynb", given)
        told.shown += [(f"{name}: {source[:60]}", value) for source, values in shown for value in values]
    return told


MARKS = {
    "ratings": ["score"], "estimates": ["estimate", "raw_mean", "raw_median", "low", "high", "by_worth", "by_reach"],
    "jurors": ["mean", "digit"], "another_reader": ["low", "high"], "decisions": ["estimate"], "ties": ["estimate"],
    "at_the_line": ["expected_quality"], "discuss": ["estimate", "for_mark", "against_mark"],
    "other_rules": ["mean_estimate"], "other_ranks": ["estimate_before", "estimate_after"],
    "level_means": ["mean"],
}  # fmt: skip
GAPS = {
    "estimates": ["moved_by_readers", "moved_by_shrinkage"], "discuss": ["for_points", "against_points"],
    "days": ["points", "low", "high"], "levels": ["difference", "alike"],
}  # fmt: skip
ENDS = {"estimates": [("low", "high")], "days": [("low", "high")],
        "another_reader": [("low", "high"), ("low_juror", "high_juror")]}  # fmt: skip


def mirror_table(name: str, table: pd.DataFrame, total: float) -> pd.DataFrame:
    """What a table of a run must be in the run of the mirror image; `total` is min + max."""
    columns = list(table.columns)
    table = table.copy()
    for c in MARKS.get(name, ()):
        table[c] = total - pd.to_numeric(table[c])
    for c in GAPS.get(name, ()):
        table[c] = -pd.to_numeric(table[c])
    swap = {old: new for a, b in ENDS.get(name, ()) for old, new in ((a, b), (b, a))}
    table = table.rename(columns=swap)[columns]
    if name == "juror_findings":
        digits = table["signal"] == "digits"
        table["about"] = table["about"].where(~digits, total - pd.to_numeric(table["about"].where(digits)))
    if name == "rule_costs":
        table["about"] = [re.sub(r"^(estimate|worth|reach) (\S+)$", lambda m: f"{m[1]} {total - float(m[2]):g}", x)
                          for x in table["about"]]  # fmt: skip
    if name == "decisions":
        table["reason"] = [mirror_reason(r, total) for r in table["reason"]]
    return table


def mirror_reason(code: str, total: float) -> str:
    """A reason code with its marks mirrored, and with them the sign between them."""

    def one(part: str) -> str:
        if not re.search(r"(?:^|: |, )(?:rank|quota|threshold|tie:(?:worth|reach|median))", part):
            return part
        part = re.sub(r"missing<([\d.]+)", lambda m: f"missing>{total - float(m[1]):.10g}", part)
        return re.sub(r"(\d[\d.]*)([<=>])(\d[\d.]*)", turn, part)

    def turn(m: re.Match) -> str:
        sign = {"<": ">", ">": "<", "=": "="}[m[2]]
        return f"{round(total - float(m[1]), 9):.10g}{sign}{round(total - float(m[3]), 9):.10g}"

    return "; ".join(one(p) for p in code.split("; "))


def same_tables(expected: pd.DataFrame, found: pd.DataFrame, where: str) -> None:
    """Numbers to nine digits and texts to the letter."""
    assert list(expected.columns) == list(found.columns), where
    assert len(expected) == len(found), where
    for c in expected.columns:
        if expected[c].equals(found[c]):
            continue
        a, b = (pd.to_numeric(t[c], errors="coerce").astype(float) for t in (expected, found))
        both = a.notna() & b.notna()
        np.testing.assert_allclose(
            b[both],
            a[both],
            rtol=1e-7,
            atol=1e-9 * max(1.0, np.abs(a).max()) if len(a) else 0,
            err_msg=f"{where}: {c}",
        )
        for x, y in zip(expected.loc[~both, c], found.loc[~both, c], strict=True):
            assert (pd.isna(x) and pd.isna(y)) or str(x) == str(y), f"{where}: {c}: {x!r} became {y!r}"


def compare_tables(high: Told, low: Told, total: float) -> set[str]:
    """Every table of the run directory; returns the names of those that have rows."""
    files = sorted(p.relative_to(high.dir) for p in high.dir.rglob("*.csv"))
    assert files == sorted(p.relative_to(low.dir) for p in low.dir.rglob("*.csv"))
    rows = set()
    for file in files:
        a, b = (
            pd.read_csv(t.dir / file, dtype=str, keep_default_na=False, na_values=[""]) for t in (high, low)
        )
        same_tables(mirror_table(file.stem, a, total), b, str(file))
        rows |= {file.stem} if len(a) else set()
    return rows


def compare_notebooks(high: Told, low: Told, total: float) -> None:
    """Every table that a notebook shows: by the name of its columns a number is the same, mirrored, or turned."""
    assert [k for k, _ in high.shown] == [k for k, _ in low.shown]
    turn = {c for part in MARKS.values() for c in part} - {"low", "high", "digit"}
    for (where, a), (_, b) in zip(high.shown, low.shown, strict=True):
        if not isinstance(a, pd.DataFrame) or {"low", "moved_by_readers", "variance"} & set(a):
            continue
        a, b = (t.reset_index().astype(object).rename(columns=str) for t in (a, b))
        for c in turn & set(a):
            a[c] = total - pd.to_numeric(a[c])
        if "level_a" in a:  # how the groups compare
            for c in ("difference", "alike"):
                a[c] = -pd.to_numeric(a[c])
        if {"key", "before"} <= set(a):
            rows = a["key"] == "mean_estimate"
            for c in ("before", "after"):
                a[c] = a[c].where(~rows, total - pd.to_numeric(a[c]))
        if "reason" in a:
            a, b = a.drop(columns="reason"), b.drop(columns="reason")
        if "about" in a and "rule" in a:
            a = mirror_table("rule_costs", a, total)
        if "signal" not in a:
            same_tables(a, b, where)
