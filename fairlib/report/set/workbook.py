"""What does the office work with? One workbook of tables to filter, formatted, in one language.

Numbers are numbers with a format. Text is written as text whatever it looks like: a title that begins
with `=` is no formula here, nor does it become one when somebody edits the cell.
"""

from datetime import datetime
from io import BytesIO

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from fairlib.report.blocks import Audience
from fairlib.report.chapters.common import Context, text
from fairlib.report.figures.base import DECISION_COLOUR, decision_names
from fairlib.report.results import Results
from fairlib.report.set.sheets import TEXT, Column, Sheet, sheets
from fairlib.report.words.locale import speak
from fairlib.rules import Language

LONGEST_CELL, LONGEST_NAME = 32000, 31
WIDE, MANY = 30, 8  # letters from which a column wraps its text; columns from which the first stay in view
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_workbook(results: Results, lang: Language, audience: Audience) -> bytes:
    """The workbook of an audience in one language; the same bytes for the same results."""
    context = Context(results, speak(lang), audience)
    stream = BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties(
        {
            "title": f"{results.contest.name[lang]} {results.rules.year}",
            "created": datetime(results.rules.year, 1, 1),
        }
    )
    written = Sheets(book, lang)
    for sheet in sheets(context):
        written.add(sheet)
    book.close()
    return stream.getvalue()


class Sheets:
    """Writes sheets into a workbook, with formats made once."""

    def __init__(self, book: xlsxwriter.Workbook, lang: Language):
        self._book = book
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}
        names = decision_names(lang)
        self._colours = {names[code]: DECISION_COLOUR[code] for code in ("selected", "reserve")}

    def add(self, sheet: Sheet) -> None:
        """A sheet with frozen headings, a filter on every column, and a page that prints whole."""
        taken = {w.get_name().casefold() for w in self._book.worksheets()}
        page = self._book.add_worksheet(_sheet_name(sheet.name, taken))
        for k, column in enumerate(sheet.columns):
            page.set_column(k, k, column.width)
            for i, value in enumerate(column.values, 1):
                self._cell(page, i, k, value, column)
        head = self._format(bold=True, text_wrap=True, valign="top", bottom=2)
        if sheet.n_rows:
            page.add_table(
                0,
                0,
                sheet.n_rows,
                len(sheet.columns) - 1,
                {
                    "style": "Table Style Light 1",
                    "name": f"Sheet_{len(taken) + 1}",
                    "columns": [
                        {"header": label, "header_format": head} for label in _different(sheet.columns)
                    ],
                },
            )
        else:
            page.write_row(0, 0, [c.label for c in sheet.columns], head)
        page.freeze_panes(1, 0 if len(sheet.columns) < MANY else 1 + (sheet.columns[0].form != TEXT))
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.set_footer("&L&A&R&P / &N")

    def _cell(self, page: Worksheet, i: int, k: int, value: str | float | None, column: Column) -> None:
        if value is None or pd.isna(value) or value == "":
            page.write_blank(i, k, None, self._format(num_format=column.form, valign="top"))
        elif isinstance(value, str):
            page.write_string(i, k, text(value)[:LONGEST_CELL], self._text(value, column))
        elif column.form == TEXT:
            page.write_number(i, k, float(value), self._format(num_format="0", valign="top", align="left"))
        else:
            page.write_number(i, k, float(value), self._format(num_format=column.form, valign="top"))

    def _text(self, value: str, column: Column) -> Format:
        """The format of a text; one that begins like a formula keeps the mark that makes it a text."""
        wanted: dict[str, object] = {"num_format": TEXT, "valign": "top"}
        if column.width >= WIDE:
            wanted["text_wrap"] = True
        if value.startswith(STARTS_A_FORMULA):
            wanted["quote_prefix"] = True
        if value in self._colours:
            wanted |= {"font_color": self._colours[value], "bold": True}
        return self._format(**wanted)

    def _format(self, **wanted: object) -> Format:
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(wanted)
        return self._formats[key]


def _different(columns: tuple[Column, ...]) -> list[str]:
    """Headings as a table needs them, each of them once."""
    labels: list[str] = []
    for column in columns:
        again = sum(label.casefold() == column.label.casefold() for label in labels)
        labels.append(f"{column.label} {again + 1}" if again else column.label)
    return labels


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that a workbook admits: at most 31 signs, none of []:*?/\\, not taken."""
    plain = "".join(" " if sign in "[]:*?/\\" else sign for sign in name).replace("  ", " ").strip(" '")
    whole = plain[: LONGEST_NAME + 1].rpartition(" ")[0]
    short, n = plain if len(plain) <= LONGEST_NAME else whole or plain[:LONGEST_NAME], 2
    while short.casefold() in taken:
        short, n = f"{plain[: LONGEST_NAME - 3].strip()} {n}", n + 1
    return short
