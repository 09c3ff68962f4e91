"""Score sheets as jurors return them: a workbook each, with the row habits and slips of its owner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pandas as pd

from fairlib.rules import Criterion
from samples.bank import table
from samples.books import Cell, Sheets, address, write_xlsx


@dataclass
class Row:
    """One row of a sheet: the id as typed, and what the marks mean (`score`, `status`) beside what is typed."""

    submission: str
    title: str
    typed: list[Cell]
    score: list[float | None]
    status: list[str]
    id_typed: str = ""
    comment: str | None = None
    day: str | None = None
    counted: bool = True

    def set(self, status: str, typed: Sequence[Cell]) -> None:
        """Type something into every criterion that stands for a status instead of marks."""
        self.typed = list(typed)
        self.score, self.status = [None] * len(self.typed), [status] * len(self.typed)


@dataclass
class Slip:
    """One thing planted in a sheet: at which cell, and what becomes of it."""

    cell: str
    submission: str
    field: str
    kind: str
    typed: Cell
    becomes: str


@dataclass
class ScoreSheet:
    """One juror's sheet before it is written."""

    juror: str
    file: str
    headings: list[str]
    rows: list[Row]
    criteria: tuple[str, ...]
    name: str = "Бағалар"
    above: int = 4  # rows above the first mark
    before: Sheets = field(default_factory=dict)
    average: bool = False
    dated: bool = False
    signature: str = ""
    slips: list[Slip] = field(default_factory=list)

    def note(self, n: int, column: str, kind: str, becomes: str) -> None:
        """Write down a slip in row n; `column` is `submission`, a criterion or `row` (its first mark)."""
        row = self.rows[n]
        at = 0 if column == "submission" else 2 + (0 if column == "row" else self.criteria.index(column))
        typed = row.id_typed if at == 0 else row.typed[at - 2]
        self.slips.append(Slip(address(self.above + n, at), row.submission, column, kind, typed, becomes))

    def one(self, n: int, criterion: str, kind: str, typed: Cell, status: str) -> None:
        """Type something else for one mark of row n."""
        c = self.criteria.index(criterion)
        self.rows[n].typed[c] = typed
        self.rows[n].score[c], self.rows[n].status[c] = None, status
        self.note(n, criterion, kind, status)

    def all(self, n: int, kind: str, typed: Sequence[Cell], status: str) -> None:
        """Type something else for all marks of row n."""
        self.rows[n].set(status, typed)
        self.rows[n].comment = None
        self.note(n, "row", kind, status)


def blank_sheets(
    ratings: pd.DataFrame, titles: dict[str, str], criteria: Sequence[Criterion]
) -> list[ScoreSheet]:
    """A tidy sheet for each juror of drawn ratings: rows in order of submissions, headings in both languages."""
    sheets = []
    for n, (juror, own) in enumerate(ratings.groupby("juror", observed=True), start=1):
        rows = []
        for submission, marks in own.groupby("submission", observed=True):
            score = [int(x) if x == int(x) else float(x) for x in marks["score"]]
            row = Row(
                str(submission), titles[str(submission)], list(score), list(score), ["scored"] * len(score)
            )
            row.id_typed = str(submission)
            rows.append(row)
        headings = [f"{c.name.kk} / {c.name.ru}" for c in criteria]
        sheets.append(
            ScoreSheet(str(juror), f"expert_{n:02d}.xlsx", headings, rows, tuple(c.id for c in criteria))
        )
    return sheets


def comment_rows(sheet: ScoreSheet, lang: str, share: float, rng: Random) -> None:
    """Give a share of the rows a remark that goes with the marks."""
    for row in sheet.rows:
        if rng.random() < share and all(s is not None for s in row.score):
            mean = sum(row.score) / len(row.score)
            tone = "good" if mean >= 7 else "fair" if mean >= 5 else "poor"
            rows = [c["text"] for c in table("comments") if (c["lang"], c["tone"]) == (lang, tone)]
            row.comment = rng.choice(rows)


def sheet_cells(sheet: ScoreSheet, preamble: Sequence[str]) -> list[list[Cell]]:
    """The cells of a sheet: lines of the preamble and an empty row if there are any, headings, marks."""
    head: list[Cell] = ["№ / Өтінім №", "Жобаның атауы / Название проекта", *sheet.headings]
    head += ["Орташа / Среднее"] if sheet.average else []
    head += ["Түсініктеме / Комментарий"] + (["Күні / Дата"] if sheet.dated else [])
    cells: list[list[Cell]] = [*([line] for line in preamble), *([[]] if preamble else []), head]
    for row in sheet.rows:
        numbers = [s for s in row.score if s is not None]
        mean = [round(sum(numbers) / len(numbers), 2) if numbers else None] if sheet.average else []
        cells.append(
            [row.id_typed, row.title, *row.typed, *mean, row.comment, *([row.day] if sheet.dated else [])]
        )
    return cells + ([[], [sheet.signature]] if sheet.signature else [])


def write_sheet(sheet: ScoreSheet, folder: Path, title: str) -> None:
    """Write one juror's workbook, with the contest and the juror named above the headings."""
    cells = sheet_cells(sheet, (title, f"Сарапшы / Эксперт: {sheet.juror}"))
    widths = (12, 48, *[14] * len(sheet.criteria), 40)
    write_xlsx(folder / sheet.file, {**sheet.before, sheet.name: cells}, widths=widths, author="synthetic")


def expected_marks(sheets: Sequence[ScoreSheet]) -> pd.DataFrame:
    """What the sheets mean: `juror, submission, criterion, score, status`, each pair once."""
    rows = [
        (sheet.juror, row.submission, criterion, score, status)
        for sheet in sheets
        for row in sheet.rows
        if row.counted
        for criterion, score, status in zip(sheet.criteria, row.score, row.status, strict=True)
    ]
    return pd.DataFrame(rows, columns=["juror", "submission", "criterion", "score", "status"])
