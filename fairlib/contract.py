"""What stands in the tables of a run? Every column told once, in contract.csv: kind, heading, meaning, who may see it.

From it follow the reader of a run, what the public may see, the sheets of the workbook with their key, and the lists of
columns in docs/tables.md. A column has a heading where a page or the workbook shows it.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

MARK = ["submission", "juror", "criterion"]  # what names a mark, and what there may be of it
STATUSES = ["scored", "recused", "abstained", "missing", "invalid"]

# Everybody; everybody, but where a single mark would follow from it; those who decide; nobody: it stays in the run
# directory, and no page, letter or workbook is written from it.
Audience = Literal["public", "guarded", "internal", "nobody"]


@dataclass(frozen=True)
class Kind:
    """What values are: their unit, whether they are numbers, and the digits that people read (None: all)."""

    unit: str = ""
    number: bool = True
    digits: int | None = 2


SCALE, PLACE, SHARE = "points of the contest's scale", "place, 1 is best", "share of 1"
KINDS = {
    "id": Kind(number=False),
    "text": Kind(number=False),
    "code": Kind(number=False),
    "list": Kind(number=False),
    "date": Kind(number=False),
    "flag": Kind(number=False),
    "count": Kind("how many", digits=0),
    "expected": Kind("how many, on average"),
    "gain": Kind("how many, on average", digits=3),
    "rank": Kind(PLACE, digits=0),
    "mean_rank": Kind(PLACE, digits=1),
    "points": Kind(SCALE),
    "signed": Kind(SCALE),  # above or below zero
    "number": Kind(),
    "chance": Kind(SHARE),
    "share": Kind(SHARE),
    "rate": Kind(SHARE, digits=3),
    "p": Kind(SHARE, digits=3),
    "money": Kind("tenge", digits=None),
    "months": Kind("months", digits=0),
}


@dataclass(frozen=True)
class Column:
    """A column, or a key of a table of keys; one whose name ends with `*` stands for one column a criterion."""

    name: str
    kind: str
    audience: Audience
    heading: str
    meaning: str

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return KINDS[self.kind].number


@dataclass(frozen=True)
class Table:
    """A table of a run: its folder, what a row is, and its columns in the order of the file.

    One of `keys` has the columns `key, value`; `statistics` are told to the public only where readings are many.
    """

    name: str
    folder: str
    about: str
    columns: tuple[Column, ...]
    keys: bool
    statistics: bool

    def names(self, *audiences: Audience) -> list[str]:
        """Names of the columns of these audiences, of all if none is named; those of single criteria left out."""
        wanted = audiences or get_args(Audience)
        return [c.name for c in self.columns if c.audience in wanted and not c.name.endswith("*")]

    def in_file(self, names: Iterable[str]) -> dict[str, Column]:
        """Its columns by their names in a file with these: each that stands alone, and one for each criterion."""
        alone = {c.name: c for c in self.columns if not c.name.endswith("*")}
        each = [c for c in self.columns if c.name not in alone]
        return alone | {n: c for n in names if n not in alone for c in each if fnmatchcase(n, c.name)}


def _read() -> dict[str, dict[str, Table]]:
    """The tables by folder and name; a column without a kind is told where its name stands first."""
    with Path(__file__).with_name("contract.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    first = {row["column"]: row for row in reversed(rows)}
    found: dict[str, dict[str, Table]] = {"intake": {}, "ROUND": {}, "report": {}}
    for file, (head, *parts) in groupby(rows, key=itemgetter("file")):
        folder, name = file.split("/")
        columns = tuple(_column(row, row if row["kind"] else first[row["column"]]) for row in parts)
        is_ = head["kind"].split()
        found[folder][name] = Table(
            name, folder, head["meaning"], columns, keys="keys" in is_, statistics="statistics" in is_
        )
    return found


def _column(row: dict[str, Any], told: dict[str, Any]) -> Column:
    return Column(row["column"], told["kind"], row["audience"], told["heading"], told["meaning"])


INTAKE, ROUND, REPORT = _read().values()


def nothing(name: str, index: str | None = None) -> pd.DataFrame:
    """A table of a round without rows, where a question has no answer; columns of single criteria left out."""
    table = pd.DataFrame(columns=ROUND[name].names())
    return table.set_index(index) if index else table


def column(name: str) -> Column:
    """A column by its table and name.

    Raises KeyError where there is none.

    >>> column("decisions.grant").heading
    'Grant'
    """
    table, _, name = name.partition(".")
    known = {**INTAKE, **ROUND, **REPORT}[table].columns
    return {c.name: c for c in known}[name]
