"""Which cells did they send? Any spreadsheet or csv as text, each cell at its own address.

A cell is what a person sees in it, as a string; an empty cell is "". Nothing is parsed and nothing
is dropped here, so that a finding can name the very cell it came from; what is hidden is not seen and blank
(`seen`). One thing a file cannot give back: the digits a spreadsheet had already rounded away (numbers are
shown with the 15 significant digits that a spreadsheet keeps).
"""

import datetime as dt
import gc
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from fairlib.errors import DataError
from fairlib.intake.files.addresses import cell as cell
from fairlib.intake.files.addresses import column_letters as column_letters
from fairlib.intake.files.behind import Columns, Note, as_seen
from fairlib.intake.files.delimited import read_delimited
from fairlib.intake.files.ods import OdsParts
from fairlib.intake.files.xls import XlsParts
from fairlib.intake.files.xlsx import XlsxParts

DELIMITED = (".csv", ".tsv")
_Parts = XlsxParts | XlsParts | OdsParts
WORKBOOKS: dict[str, type[_Parts]] = {
    ".xlsx": XlsxParts,
    ".xlsm": XlsxParts,
    ".xls": XlsParts,
    ".ods": OdsParts,
}
_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1")
_HTML = re.compile(
    rb"^(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|table|meta)\b", re.I | re.S
)
_OTHER_KINDS = {
    "a PDF document": re.compile(rb"\s*%PDF-"),
    "a text document (rtf)": re.compile(rb"\s*\{\\rtf"),
    "JSON": re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*("[^"]*"\s*:|\})|\[\s*[\[{\]"])'),
    "XML": re.compile(rb"(\xef\xbb\xbf)?\s*<\?xml\b", re.I),
}
_DAMAGED = (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, ExpatError, KeyError, ValueError)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its columns from A on, each its texts from row 1 on, all of one length, empty cells ""."""

    name: str
    file: str
    columns: Columns
    hidden: bool = False
    notes: tuple[Note, ...] = ()

    def rows(self, first: int = 0, last: int | None = None) -> list[tuple[str, ...]]:
        """The rows from `first` up to, and without, `last`, counted from 0."""
        return list(zip(*(column[first:last] for column in self.columns), strict=True))


def read_tables(path: str | Path) -> dict[str, Sheet]:
    """Every sheet of a file that has any cell in it, by name, in the order of the file.

    A csv has one sheet, named after the file as a spreadsheet program would. Blank rows and columns
    keep their places, so `cell(row, column)` is the address a person sees.

    Raises DataError, naming the file and the remedy, if it is missing, empty, protected, damaged, of
    another kind than its name says, or in no known encoding.
    """
    path = Path(path)
    head = _head(path)
    suffix = path.suffix.lower()
    if suffix in DELIMITED:
        _refuse_disguise(path, head, "csv")
        rows, notes = read_delimited(path)
        sheets = [Sheet(path.stem, path.name, _columns(rows), notes=tuple(Note("", *n) for n in notes))]
    elif suffix in WORKBOOKS:
        _refuse_disguise(path, head, "workbook")
        sheets = list(_workbook_sheets(path))
    else:
        raise DataError(
            f"{path}: files of the kind {suffix or 'without an ending'!r} are not read here; "
            f"save it as .xlsx, .xls, .ods or .csv."
        )
    kept = {s.name: s for s in sheets if any(map(any, s.columns))}
    if not kept and (hidden := [n.found for s in sheets for n in s.notes if n.code.endswith("_hidden")]):
        raise DataError(f"{path}: all that is in it is hidden ({'; '.join(hidden)}); unhide what counts.")
    if not kept:
        raise DataError(f"{path}: there is nothing in this file; ask the sender for the filled one.")
    return kept


@contextmanager
def collecting_later() -> Iterator[None]:
    """Put off the search for cyclic garbage, which finds none among rows and cells that are all kept.

    Looking through everything alive again and again would cost a tenth of the time of reading.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; check the name and the folder.") from None
    except OSError as error:
        raise DataError(
            f"{path}: cannot be opened ({error.strerror}); close it elsewhere or mend its rights."
        ) from None
    if not head:
        raise DataError(f"{path}: the file is empty (0 bytes); ask the sender to send it again.")
    return head


def _refuse_disguise(path: Path, head: bytes, expected: str) -> None:
    """Raise if the first bytes show another kind of file than the name promises."""
    if _HTML.match(head):
        raise DataError(
            f"{path}: this is a web page (html) under the name {path.suffix}; open it in a spreadsheet "
            f"program and save it as .xlsx."
        )
    if kind := next((kind for kind, begins in _OTHER_KINDS.items() if begins.match(head)), None):
        raise DataError(
            f"{path}: this is {kind} under the name {path.suffix}, not a table; ask the sender for the "
            f"spreadsheet, or export the table as .xlsx or CSV UTF-8."
        )
    is_zip, is_ole = head.startswith(_ZIP), head.startswith(_OLE)
    if expected == "csv":
        if is_zip or is_ole:
            raise DataError(
                f"{path}: this is a workbook under the name .csv; rename it to {_true_name(is_zip)}."
            )
        return
    if path.suffix.lower() != ".xls" and is_ole:
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise _protected(path)
        raise DataError(
            f"{path}: this is an old .xls workbook, or a damaged one; rename it to .xls and try again."
        )
    if path.suffix.lower() == ".xls" and is_zip:
        raise DataError(f"{path}: this is a newer workbook under the name .xls; rename it to .xlsx.")
    if not is_zip and not is_ole and b"\0" not in head:
        raise DataError(f"{path}: this is plain text under the name {path.suffix}; rename it to .csv.")


def _true_name(is_zip: bool) -> str:
    return ".xlsx (or .ods)" if is_zip else ".xls"


def _protected(path: Path) -> DataError:
    return DataError(
        f"{path}: the workbook is protected by a password; save it without one and send it again."
    )


def _workbook_sheets(path: Path) -> Iterator[Sheet]:
    try:
        parts = WORKBOOKS[path.suffix.lower()](path)  # first of all: it refuses what no decoder could hold
        with CalamineWorkbook.from_path(path) as book:
            wanted = [m for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
            decoded = list(zip(wanted, _decoded(path, book, parts, [m.name for m in wanted]), strict=True))
    except PasswordError:
        raise _protected(path) from None
    except _DAMAGED as error:
        raise DataError(
            f"{path}: the workbook is damaged and cannot be read ({error}); open it in a spreadsheet "
            f"program, let it repair the file, and save it as a new .xlsx."
        ) from None
    for meta, (columns, notes) in decoded:
        hidden = meta.visible != SheetVisibleEnum.Visible
        yield Sheet(meta.name, path.name, columns, hidden=hidden, notes=tuple(notes))


def _decoded(
    path: Path, book: CalamineWorkbook, parts: _Parts, names: list[str]
) -> list[tuple[Columns, list[Note]]]:
    """The columns of these sheets and what to tell of them, on all cores: the decoder releases the GIL.

    A workbook cannot be shared by threads, so each opens its own; other kinds than xlsx are decoded whole as
    they open.
    """
    hands = min(len(names), os.cpu_count() or 1) if isinstance(parts, XlsxParts) else 1
    if hands <= 1:
        return _sheets_of(book, parts, names)
    sheets: list[tuple[Columns, list[Note]]] = [((), [])] * len(names)
    with ThreadPoolExecutor(hands) as pool:
        others = [pool.submit(_opened_again, path, parts, names[n::hands]) for n in range(1, hands)]
        sheets[::hands] = _sheets_of(book, parts, names[::hands])
        for n, other in enumerate(others, 1):
            sheets[n::hands] = other.result()
    return sheets


def _opened_again(path: Path, parts: _Parts, names: list[str]) -> list[tuple[Columns, list[Note]]]:
    with CalamineWorkbook.from_path(path) as book:
        return _sheets_of(book, parts, names)


def _sheets_of(book: CalamineWorkbook, parts: _Parts, names: list[str]) -> list[tuple[Columns, list[Note]]]:
    sheets = []
    for name in names:
        seen = parts.before(name)
        columns = _columns(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
        whole = sum(map(len, columns)) if all(map(all, columns)) else 0
        sheets.append(as_seen(columns, seen(whole)))
    return sheets


def _columns(rows: list[list]) -> Columns:
    """Rows of cells, short ones filled up, as columns of text."""
    return tuple(map(_texts, zip_longest(*rows, fillvalue="")))


def _texts(column: Sequence) -> list[str]:
    """Every cell as text. In the usual column, of texts and floats, each different cell is read once.

    Not so with other kinds: True equals 1.0 and is another text.
    """
    kinds = set(map(type, column))
    if kinds == {str}:
        return list(column)
    if kinds <= {str, float}:
        return list(map(_Shown().__getitem__, column))
    return [c if c.__class__ is str else _text(c) for c in column]


class _Shown(dict[str | float, str]):
    """Text or number → what a person sees, made when it is first asked for."""

    def __missing__(self, value: str | float) -> str:
        self[value] = text = value if isinstance(value, str) else _number(value)
        return text


def _text(value: object) -> str:
    """A cell that is not text, as a person sees it; dates and times in ISO."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
