"""The tables of the document, as markdown, from the four tables of results."""

import numpy as np
import pandas as pd

from benchmarks.fair221.conditions import CONDITIONS, SIZES
from benchmarks.fair221.results import BOUNDS, CELL, NEAR, SURE, ece
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
    """Per cent of the true best that each rule finds; in bold what no rule beats by more than its error."""
    part = _of(four["results"], size)
    rules = [r for r in RULES if (part["rule"] == r).any()]
    rows = []
    for name in _conditions(part):
        cell = part[part["condition"] == name].set_index("rule")
        top = cell["found"].max()
        cells = []
        for rule in rules:
            if rule not in cell.index or not np.isfinite(cell.loc[rule, "found"]):
                cells.append("refuses" if rule in cell.index and cell.loc[rule, "refused"] > 0.5 else "–")
                continue
            value, se = cell.loc[rule, ["found", "found_se"]]
            text = points(value)
            cells.append(f"**{text}**" if value + SURE * se >= top else text)
        error = cell.loc[DEFAULT, "found_se"] if DEFAULT in cell.index else np.nan
        rows.append([name, *cells, points(error)])
    return markdown(["", *rules, "± of severity"], rows)


def what_holds(four: Four, size: str) -> str:
    """The default in each condition against what was promised; what does not hold is in bold."""
    found, cells, rows = four["results"], four["cells"], []
    for name in _conditions(_of(found, size)):
        here = cells[(cells["size"] == size) & (cells["condition"] == name)].set_index("check")
        mine = _row(found, size, name)
        row = [name, points(mine["found"]) if mine is not None else "–"]
        row.append(_said(here, "best", sign=True, beside="rule"))
        row += [_said(here, check) for check in BOUNDS]
        row.append(_said(here, "chances", sign=True, beside="tenth"))
        rows.append([*row, _twin(mine)])
    head = ["", "found, %", "lead over the best other rule", "covered, %", "covered among the best, %"]
    return markdown([*head, "tenth farthest off", "second commission: said − seen"], rows)


def _said(here: pd.DataFrame, check: str, *, sign: bool = False, beside: str = "") -> str:
    if check not in here.index:
        return "–"
    row = here.loc[check]
    text = with_error(row["value"], row["error"], sign=sign)
    if beside:
        text += f" ({row['beside']})"
    return {"yes": text, "no": f"**{text}**"}.get(row["holds"], f"{text} ?")


def _twin(mine: pd.Series | None) -> str:
    if mine is None or "twin_off" not in mine or not np.isfinite(mine["twin_off"]):
        return "–"
    return with_error(mine["twin_off"], mine["twin_off_se"], sign=True)


def cost_of_faults(four: Four, size: str) -> str:
    """How many honest favourites lose their place, and how often those who are pushed come in."""
    found, rows = four["results"], []
    for name in OF_PEOPLE:
        cells = []
        for rule in AT_FAULT:
            row = _row(found, size, name, rule)
            if row is None or not np.isfinite(row["harm"]):
                cells.append("–")
                continue
            pushed = f"; {points(row['pushed'], 0)} % in" if np.isfinite(row["pushed"]) else ""
            cells.append(f"{row['harm']:.2f} ± {row['harm_se']:.2f}{pushed}")
        if any(c != "–" for c in cells):
            rows.append([name, *cells])
    return markdown(["", *AT_FAULT], rows)


def chances(four: Four, size: str) -> str:
    """Brier score and expected calibration error of every rule that states chances."""
    found, tenths = four["results"], four["tenths"]
    stated = [r for r in RULES if ((found["rule"] == r) & (found["told_contests"] > 0)).any()]
    rows = []
    for name in _conditions(_of(found, size)):
        cells = []
        for rule in stated:
            row = _row(found, size, name, rule)
            told = tenths[(tenths[[*CELL, "rule"]] == [size, name, rule]).all(axis=1)]
            if row is None or not np.isfinite(row["brier"]):
                cells.append("–")
            else:
                cells.append(f"{row['brier']:.4f}; {points(ece(told))}")
        rows.append([name, *cells])
    return markdown(["", *stated], rows)


def whom_it_names(four: Four, size: str) -> str:
    """Power and false alarms of the diagnosis of jurors."""
    rows = []
    for _, r in _of(four["signals"], size).iterrows():
        power = [with_error(r[n], r[f"{n}_se"], digits=0) for n in ("guilty", "pair", "drift")]
        by = r["by"] if isinstance(r["by"], str) else "–"
        rows.append(
            [r["condition"], str(int(r["contests"])), *power, with_error(r["false"], r["false_se"]), by]
        )
    head = ["", "contests", "guilty named, %", "colluders named as a pair, %", "drift of the panel named, %"]
    return markdown([*head, "honest jurors with a false finding, %", "by"], rows)


def summary(four: Four) -> str:
    """In how many cells each promise holds, by size."""
    cells = four["cells"]
    words = {
        "best": "no rule finds more (beyond error)",
        "cover": f"intervals cover {BOUNDS['cover'][0]:.0%}–{BOUNDS['cover'][1]:.0%} of all".replace(
            "%–", "–"
        ),
        "cover_top": f"and at least {BOUNDS['cover_top'][0]:.0%} of the true best",
        "chances": f"chances within {100 * NEAR:.0f} points in each tenth",
    }
    rows = []
    for check, text in words.items():
        row = [text]
        for size in SIZES:
            held = cells.loc[(cells["size"] == size) & (cells["check"] == check), "holds"].value_counts()
            row.append(", ".join(f"{held[w]} {w}" for w in ("yes", "unsure", "no") if w in held) or "–")
        rows.append(row)
    return markdown(["the default, cells where", *SIZES], rows)


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
        slow = part["rule"].map(lambda r: r in RULES and RULES[r].slow)
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


def _conditions(part: pd.DataFrame) -> list[str]:
    there = set(part["condition"])
    return [c for c in CONDITIONS if c in there]


def _row(found: pd.DataFrame, size: str, condition: str, rule: str = DEFAULT) -> pd.Series | None:
    part = found[(found["size"] == size) & (found["condition"] == condition) & (found["rule"] == rule)]
    return None if part.empty else part.iloc[0]
