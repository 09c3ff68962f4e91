"""Puts the pieces together: means with Monte-Carlo errors over contests, and what holds in which cell.

`results.csv` has a row for each cell and rule, `tenths.csv` the stated chances in tenths, `signals.csv` the diagnosis
of jurors, `cells.csv` what was promised of the default, cell by cell, and whether it holds. The document is written
from these four files and nothing else.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.fair221.conditions import CONDITIONS, SIZES
from benchmarks.fair221.rules import DEFAULT, RULES
from benchmarks.fair221.work import ALONE, HERE, pieces

CELL = ["size", "condition"]
MEASURES = ("found", "regret", "overlap", "harm", "pushed", "refused", "brier", "cover", "cover_top")
LEAST = {"30x6": 20, "221x12": 20, "2000x120": 4}  # contests below which a rule is not compared
SURE = 2.0  # standard errors beyond which a difference is called one
BOUNDS = {"cover": (0.93, 0.97), "cover_top": (0.92, 1.0)}
NEAR = 0.04  # promised of stated chances, in each tenth
FILES = ("results", "tenths", "signals", "cells")


def write(cache: Path) -> None:
    """Sum up what is in the cache of today's contests, and write the four tables beside this file."""
    rows = read(cache)
    found = summed(rows)
    tenths = tenths_of(rows)
    tables = {"results": found, "tenths": tenths, "signals": signals_of(rows), "cells": cells(found, tenths)}
    for name, table in tables.items():
        table.to_csv(HERE / f"{name}.csv", index=False, float_format="%.5g", lineterminator="\n")


def load(name: str) -> pd.DataFrame:
    """One of the four tables as written."""
    return pd.read_csv(HERE / f"{name}.csv", keep_default_na=True)


def read(cache: Path) -> pd.DataFrame:
    """All rows of all pieces that are done, with the kind of `task`, in order of cells, rules and contests."""
    done = [(p, path) for p in pieces() + pieces(tasks=ALONE) if (path := p.path(cache)).exists()]
    if not done:
        raise SystemExit(f"No pieces in {cache}: run the command without --pages first.")
    parts = [pd.read_csv(path).assign(task=p.task.partition(" ")[0]) for p, path in done]
    rows = pd.concat(parts, ignore_index=True).drop_duplicates([*CELL, "task", "rule", "contest"])
    return _ordered(rows, "contest")


def _ordered(table: pd.DataFrame, *more: str) -> pd.DataFrame:
    """By size, condition and rule in the order in which they are listed."""
    places = {"size": list(SIZES), "condition": list(CONDITIONS), "rule": list(RULES)}
    keys = [*CELL, *(["rule"] if "rule" in table else []), *more]
    return table.sort_values(
        keys, key=lambda c: c.map({v: k for k, v in enumerate(places[c.name])}) if c.name in places else c,
        kind="stable",
    ).reset_index(drop=True)  # fmt: skip


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each cell and rule: `contests` it ranked, each measure with its Monte-Carlo error (`_se`).

    `lead` is what the default finds less what the rule finds, in the same contests; `twin` what the default says of a
    second commission, `twin_off` that less what was seen.
    """
    rows = rows[rows["task"] != "signals"].reindex(
        columns=[*CELL, "rule", "contest", "task", *MEASURES, "twin"]
    )
    rows["twin"] = rows["twin"].where(rows["task"] == "twin")
    default = rows[(rows["rule"] == DEFAULT) & (rows["task"] == "quick")]
    beside = default[[*CELL, "contest", "found", "overlap"]]
    rows = rows.merge(beside, "left", [*CELL, "contest"], suffixes=("", "_default"))
    rows["lead"] = rows["found_default"] - rows["found"]
    rows["twin_off"] = rows["twin"] - rows["overlap_default"]
    cells = rows.groupby([*CELL, "rule"], sort=False)
    measured = [*MEASURES, "lead", "twin", "twin_off"]
    out = pd.concat([cells[measured].mean(), cells[measured].sem().add_suffix("_se")], axis=1)
    out = out[[name for m in measured for name in (m, f"{m}_se")]]
    out.insert(0, "contests", cells["found"].count())
    out.insert(1, "told_contests", cells["brier"].count())
    return _ordered(out.reset_index())


def tenths_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each cell, rule and tenth of stated chance: `n` submissions, what was `said` and how many `belong`, as shares,
    and the error of the difference: over contests, and no less than that of independent submissions."""
    told, out = rows[rows.get("brier", pd.Series(np.nan, rows.index)).notna()], []
    for (size, condition, rule), part in told.groupby([*CELL, "rule"], sort=False):
        for t in range(10):
            n, said, belong = (part[f"{name}{t}"].to_numpy(float) for name in ("n", "said", "belong"))
            total = max(n.sum(), 1)
            off = (belong - said).sum() / total
            share = said.sum() / total
            left = np.sqrt(((belong - said - off * n) ** 2).sum()) / total
            chance = np.sqrt(share * (1 - share) / total)
            out.append(
                {
                    "size": size, "condition": condition, "rule": rule, "tenth": t, "n": int(n.sum()),
                    "said": share, "belong": belong.sum() / total, "se": max(left, chance),
                }
            )  # fmt: skip
    return _ordered(pd.DataFrame(out), "tenth")


def signals_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each cell: `contests`, shares named (`guilty`, `pair`, `drift`) with errors, share of honest jurors with a
    false finding (`false`), innocent pairs named in a contest (`pairs`), and the commonest false signals."""
    signals, out = rows[rows["task"] == "signals"], []
    kinds = [c for c in signals.columns if c.startswith("false_")]
    for (size, condition), part in signals.groupby(CELL, sort=False):
        row = {"size": size, "condition": condition, "contests": len(part)}
        for name in ("guilty", "pair", "drift"):
            row |= {name: part[name].mean(), f"{name}_se": part[name].sem()}
        share = part["false"] / part["honest"]
        row |= {"false": share.mean(), "false_se": share.sem(), "pairs": part["pairs"].mean()}
        often = part[kinds].sum().sort_values(ascending=False, kind="stable")
        row["by"] = ", ".join(k.removeprefix("false_") for k in often[often > 0].index[:2])
        out.append(row)
    return _ordered(pd.DataFrame(out)) if out else pd.DataFrame(columns=[*CELL, "contests"])


def cells(found: pd.DataFrame, tenths: pd.DataFrame) -> pd.DataFrame:
    """What was promised of the default in each cell: `check, value, error, holds` (yes, no, unsure), `beside`.

    `best`: the lead over the rule that finds most; no rule may be ahead by more than two errors. `cover`, `cover_top`:
    inside the bounds. `chances`: the tenth farthest off; within 4 points. Beyond a bound by less than two errors is
    `unsure`.
    """
    out, by_cell = [], dict(iter(tenths[tenths["rule"] == DEFAULT].groupby(CELL)))
    for cell, part in found.groupby(CELL, sort=False):
        mine, others = (
            part[part["rule"] == DEFAULT],
            part[(part["rule"] != DEFAULT) & (part["contests"] >= LEAST[cell[0]])],
        )
        checks = [_best(others), *(_within(mine, name) for name in BOUNDS)]
        checks.append(_chances(by_cell.get(cell, tenths[:0])))
        out += [dict(zip(CELL, cell, strict=True)) | c for c in checks if c]
    return pd.DataFrame(out)


def _best(others: pd.DataFrame) -> dict | None:
    ahead = others[others["lead"] + SURE * others["lead_se"] < 0]
    if others.empty:
        return None
    row = (others if ahead.empty else ahead).nsmallest(1, "lead").iloc[0]
    holds = "yes" if ahead.empty else "no"
    return {
        "check": "best", "value": row["lead"], "error": row["lead_se"], "holds": holds, "beside": row["rule"]
    }  # fmt: skip


def _within(mine: pd.DataFrame, name: str) -> dict | None:
    if mine.empty or not np.isfinite(mine[f"{name}_se"].iloc[0]):
        return None
    value, se = mine[name].iloc[0], mine[f"{name}_se"].iloc[0]
    low, high = BOUNDS[name]
    return {"check": name, "value": value, "error": se, "holds": _verdict(max(low - value, value - high), se)}


def _chances(told: pd.DataFrame) -> dict | None:
    told = told[told["n"] > 0]
    if told.empty:
        return None
    off = told["belong"] - told["said"]
    sure = (off.abs() - SURE * told["se"]).fillna(-1)
    row = told.loc[sure.idxmax() if sure.max() > NEAR else off.abs().idxmax()]
    off = row["belong"] - row["said"]
    return {
        "check": "chances", "value": off, "error": row["se"], "holds": _verdict(abs(off) - NEAR, row["se"]),
        "beside": f"{row['tenth'] / 10:.1f}–{(row['tenth'] + 1) / 10:.1f}",
    }  # fmt: skip


def _verdict(beyond: float, se: float) -> str:
    """Whether a bound holds that a value lies `beyond` by so much (below 0: inside)."""
    return "yes" if beyond <= 0 else "no" if beyond > SURE * se else "unsure"


def ece(tenths: pd.DataFrame) -> float:
    """Expected calibration error: mean distance of said and seen over the tenths, weighted by how many."""
    return float((tenths["n"] * (tenths["belong"] - tenths["said"]).abs()).sum() / max(tenths["n"].sum(), 1))
