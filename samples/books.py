"""Workbooks and tables with the same bytes every time: no clock, no compression, no machine in them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

Cell = str | int | float | datetime | None
Sheets = dict[str, list[list[Cell]]]
CREATED = datetime(2021, 4, 14, 12, 0)
EPOCH = (1980, 1, 1, 0, 0, 0)


def write_xlsx(path: Path, sheets: Sheets, *, widths: Sequence[float] = (), author: str) -> None:
    """Write sheets of cells; text stays text, also where it begins with `=`; dates carry a date format.

    Members are stored, not deflated, so that the bytes do not hang on the version of zlib.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": "synthetic sample", "author": author, "created": CREATED})
    moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
    whole = book.add_format({"num_format": "0"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                _write(sheet, r, c, value, moment, whole)
    book.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_stored(buffer))


def write_csv(
    path: Path, rows: Iterable[Sequence], *, delimiter: str = ";", encoding: str = "utf-8", end: str = "\r\n"
) -> None:
    """Write rows as delimited text; characters outside the encoding are an error."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end)
    writer.writerows(["" if v is None else v for v in row] for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue().encode(encoding))


def address(row: int, column: int) -> str:
    """`A1` address of a cell counted from 0."""
    return xl_rowcol_to_cell(row, column)


def _write(sheet, r: int, c: int, value: Cell, moment, whole) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(r, c, value, moment)
    elif isinstance(value, str):
        sheet.write_string(r, c, value)
    elif isinstance(value, int):
        sheet.write_number(r, c, value, whole)
    else:
        sheet.write_number(r, c, value)


def _stored(buffer: io.BytesIO) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(buffer) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as plain:
        for name in packed.namelist():
            member = zipfile.ZipInfo(name, EPOCH)
            member.create_system = 0
            plain.writestr(member, packed.read(name))
    return out.getvalue()
