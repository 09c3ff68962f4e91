"""The tables of the document, as markdown, from the four tables of results."""

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.fair221.conditions import CONDITIONS, SIZES
from benchmarks.fair221.results import BOUNDS, LEAST, NEAR, SURE, ece
from benchmarks.fair221.rules import DEFAULT, RULES

OF_PEOPLE = (
    "missing",
    "missing weak",
    "harsh juror",
    "careless juror",
    "friend",
    "two colluders",
    "drift",
    "drift, one order",
)


AT_FAULT = ("mean", "median", "z", "least squares", DEFAULT)
Four = dict[str, pd.DataFrame]  # the tables of results by name
Row = dict[str, Any]


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table; nothing where it has no rows."""
    if not rows:
        return ""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


def points(value: float, digits: int = 1, *, sign: bool = False) -> str:
    """A share as points of a hundred; a dash where there is none."""
    if not np.isfinite(value):
        return "–"
    text = f"{100 * value:{'+' if sign else ''}.{digits}f}"
    return text.replace("-0.0", "0.0").replace("+0.0", "0.0") if float(text) == 0 else text.replace("-", "−")


def with_error(value: float, se: float, *, sign: bool = False, digits: int = 1) -> str:
    """Points ± their Monte-Carlo error."""
    if not np.isfinite(value):
        return "–"
    return f"{points(value, digits, sign=sign)} ± {points(se, digits)}"


def who_is_found(four: Four, size: str) -> str:
    """Per cent of the true best that each rule finds; in bold what the best rule leads by less than two errors.

    Of a rule that ranked fewer contests than the default: the default's less its lead in those contests.
    """
    rows, values, out = _rows(four, size), best_found(four["results"], size), []
    for name, of in values.iterrows():
        cells, best = [], np.nan_to_num(rows[name, of.idxmax()]["lead_se"]) if of.notna().any() else 0.0
        for rule, value in of.items():
            row = rows[name, rule]
            text = "refuses" if row["refused"] > 0.5 else points(value)
            off = max(np.nan_to_num(row["lead_se"]), best)
            close = value + SURE * off >= of.max()
            cells.append(f"**{text}**" if close else text)
        out.append([name, *cells, points(rows[name, DEFAULT]["found_se"])])
    return markdown(["", *values.columns, f"± of {DEFAULT}"], out)


def best_found(found: pd.DataFrame, size: str) -> pd.DataFrame:
    """Share of the true best that each rule finds, conditions × rules with enough contests; NaN where it refuses."""
    part = found[(found["size"] == size) & (found["contests"] >= LEAST[size])]
    wide = {v: part.pivot(index="condition", columns="rule", values=v) for v in ("found", "lead", "contests")}
    default = {v: wide[v].get(DEFAULT, pd.Series(np.nan, wide[v].index)) for v in ("found", "contests")}
    fewer = wide["contests"].lt(default["contests"], axis=0)
    table = wide["found"].mask(fewer, wide["lead"].rsub(default["found"], axis=0))
    there = set(found.loc[found["size"] == size, "condition"])
    return table.reindex(
        index=[c for c in CONDITIONS if c in there], columns=[r for r in RULES if r in table]
    )


def regret(four: Four, size: str) -> str:
    """What the choice of each quick rule costs: truth of the true best less that of those chosen, in deviations."""
    rows, rules = _rows(four, size), _with(four, size, "contests")
    rules = [r for r in rules if RULES[r].pace == "quick"]
    out = []
    for name in _conditions(four, size):
        cells = [f"{v:.3f}" if np.isfinite(v := rows[name, r]["regret"]) else "–" for r in rules]
        out.append([name, *cells])
    return markdown(["", *rules], out)


def what_holds(four: Four, size: str) -> str:
    """The default in each condition against what was promised; what does not hold is in bold."""
    rows, cells, out = _rows(four, size), _of(four["cells"], size), []
    for name in _conditions(four, size):
        here = {r["check"]: r for r in cells[cells["condition"] == name].to_dict("records")}
        mine = rows[name, DEFAULT]
        row = [name, points(mine["found"]), _said(here, "best", sign=True), *(_said(here, c) for c in BOUNDS)]
        row.append(_said(here, "chances", sign=True))
        out.append([*row, with_error(mine["twin_off"], mine["twin_off_se"], sign=True)])
    head = ["", "found, %", "lead over the best other rule", "covered, %", "covered among the best, %"]
    return markdown([*head, "tenth farthest off", "second commission: said − seen"], out)


def _said(here: dict[str, Row], check: str, *, sign: bool = False) -> str:
    if check not in here:
        return "–"
    row = here[check]
    text = with_error(row["value"], row["error"], sign=sign)
    if isinstance(row.get("beside"), str):
        text += f" ({row['beside']})"
    return {"yes": text, "no": f"**{text}**"}.get(row["holds"], f"{text} ?")


def cost_of_faults(four: Four, size: str) -> str:
    """How many honest favourites lose their place, and how often those who are pushed come in."""
    rows, out = _rows(four, size), []
    for name in OF_PEOPLE:
        cells = [_cost(rows[name, rule]) for rule in AT_FAULT]
        if set(cells) != {"–"}:
            out.append([name, *cells])
    return markdown(["", *AT_FAULT], out)


def _cost(row: Row) -> str:
    if not np.isfinite(row["harm"]):
        return "–"
    pushed = f"; {points(row['pushed'], 0)} % in" if np.isfinite(row["pushed"]) else ""
    return f"{row['harm']:.2f} ± {row['harm_se']:.2f}{pushed}"


def chances(four: Four, size: str) -> str:
    """Brier score and expected calibration error of every rule that states chances."""
    rows, stated = _rows(four, size), _with(four, size, "told_contests")
    told, out = dict(iter(_of(four["tenths"], size).groupby(["condition", "rule"]))), []
    for name in _conditions(four, size):
        there = [(rows[name, r]["brier"], told.get((name, r))) for r in stated]
        out.append([name, *("–" if t is None else f"{b:.4f}; {points(ece(t))}" for b, t in there)])
    return markdown(["", *stated], out) if stated else ""


def whom_it_names(four: Four, size: str) -> str:
    """Power and false alarms of the diagnosis of jurors."""
    out = []
    for r in _of(four["signals"], size).to_dict("records"):
        power = [with_error(r[n], r[f"{n}_se"], digits=0) for n in ("guilty", "pair", "drift")]
        by = r["by"] if isinstance(r["by"], str) else "–"
        out.append([r["condition"], str(r["contests"]), *power, with_error(r["false"], r["false_se"]), by])
    head = ["", "contests", "guilty named, %", "colluders named as a pair, %", "drift of the panel named, %"]
    return markdown([*head, "honest jurors with a false finding, %", "by"], out)


PROMISES = {
    "best": "no rule finds more",
    "cover": f"intervals cover {100 * BOUNDS['cover'][0]:.0f}–{100 * BOUNDS['cover'][1]:.0f} % of all",
    "cover_top": f"and at least {100 * BOUNDS['cover_top'][0]:.0f} % of the true best",
    "chances": f"chances within {100 * NEAR:.0f} points in each tenth",
}


def summary(four: Four) -> str:
    """In how many cells each promise holds, by size."""
    rows = []
    for check, text in PROMISES.items():
        row = [text]
        for size in SIZES:
            here = _of(four["cells"], size)
            held = here.loc[here["check"] == check, "holds"].value_counts()
            row.append(", ".join(f"{held[w]} {w}" for w in ("yes", "unsure", "no") if w in held) or "–")
        rows.append(row)
    return markdown(["the default, cells where", *SIZES], rows)


def broken(four: Four) -> str:
    """The cells in which a promise is broken."""
    rows = []
    for row in four["cells"].query("holds == 'no'").to_dict("records"):
        text = with_error(row["value"], row["error"], sign=row["check"] in ("best", "chances"))
        beside = f" ({row['beside']})" if isinstance(row["beside"], str) else ""
        rows.append([PROMISES[row["check"]], row["size"], row["condition"], text + beside])
    return markdown(["promise", "size", "condition", "measured"], rows) or "Nothing."


def what_is_drawn(_: Four) -> str:
    """The conditions in words."""
    return markdown(["condition", "what it is"], [[c.name, c.words] for c in CONDITIONS.values()])


def the_rules(_: Four) -> str:
    """The rules and where they are written down."""
    return markdown(
        ["rule", "what it is", "refuses where"],
        [[r.name, r.source, r.refusal or "–"] for r in RULES.values()],
    )


def how_many(four: Four) -> str:
    """Smallest and largest number of contests of a cell: choices, choices of slow rules, stated chances."""
    found, rows = four["results"], []
    for size in SIZES:
        part = _of(found[found["refused"] < 0.5], size)
        slow = part["rule"].map(lambda r: r in RULES and RULES[r].pace != "quick")
        told = part[part["told_contests"] > 0]
        kinds = (part.loc[~slow, "contests"], part.loc[slow, "contests"], told["told_contests"])
        rows.append([size, *(_range(k) for k in kinds)])
    return markdown(["contests of a cell", "quick rules", "slow rules", "chances and intervals"], rows)


def _range(values: pd.Series) -> str:
    if values.empty:
        return "–"
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _of(table: pd.DataFrame, size: str) -> pd.DataFrame:
    return table[table["size"] == size]


def _conditions(four: Four, size: str) -> list[str]:
    there = set(_of(four["results"], size)["condition"])
    return [c for c in CONDITIONS if c in there]


def _with(four: Four, size: str, count: str) -> list[str]:
    """Rules that have contests enough somewhere."""
    part = _of(four["results"], size)
    there = set(part.loc[part[count] >= LEAST[size], "rule"])
    return [r for r in RULES if r in there]


def _rows(four: Four, size: str) -> dict[tuple[str, str], Row]:
    """Rows of a size by condition and rule; all NaN where there is none."""
    out: dict[tuple[str, str], Row] = defaultdict(lambda: defaultdict(lambda: np.nan))
    for row in _of(four["results"], size).to_dict("records"):
        out[row["condition"], row["rule"]] = defaultdict(lambda: np.nan, row)
    return out
