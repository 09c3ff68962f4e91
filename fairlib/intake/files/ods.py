"""What does the XML of an ods say besides values? Errors, formulas unsaved, formats, notes, what is hidden.

OpenDocument 1.3 part 3, chapter 9. An error is saved as an empty text or as 0, and only an attribute of the
programs that write such files says what it is.
"""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from fairlib.intake.files.behind import ERROR, MOST_CELLS, Cells, Extent, Seen

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT = f"{_ODF}table:1.0 ", f"{_ODF}office:1.0 ", f"{_ODF}text:1.0 "
_CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_HIDDEN = ("collapse", "filter")
_ZEROS_BEFORE = re.compile("0[0-9]+")


class OdsParts:
    """The content of an ods beside its decoder, which decodes all sheets at once.

    Raises BadZipFile or KeyError for a file that is no workbook, and DataError, naming the far cell, for a
    sheet too large to decode.
    """

    def __init__(self, path: Path) -> None:
        reader = _Reader()
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
        parser.CharacterDataHandler = reader.text
        with zipfile.ZipFile(path) as archive:
            if b"encryption-data" not in archive.read("META-INF/manifest.xml"):  # else the decoder says so
                with archive.open("content.xml") as content:
                    parser.ParseFile(content)
        for name, extent in reader.extents.items():
            extent.refuse_far(f"{path}, sheet {name}")
        self._seen = reader.sheets

    def before(self, name: str) -> Callable[[int], Seen]:
        """What to ask once the sheet is decoded."""
        return lambda whole: self._seen.get(name, Seen())


class _Reader:
    """Follows tables, rows and cells; rows and cells that are alike stand once, with how often."""

    def __init__(self) -> None:
        self.sheets: dict[str, Seen] = {}
        self.extents: dict[str, Extent] = {}
        self._seen, self._extent = Seen(), Extent()
        self._row = self._column = self._times_row = self._times = 0
        self._cell: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._into, self._paragraph = "cell", False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _CELLS:
            self._cell, self._said, self._into = attributes, {}, "cell"
            self._times = int(attributes.get(f"{_TABLE}number-columns-repeated", 1))
        elif tag == f"{_OFFICE}annotation":
            self._into = "note"
        elif tag == f"{_TEXT}p":
            self._said[self._into] = f"{self._said[self._into]}\n" if self._said.get(self._into) else ""
            self._paragraph = True
        elif tag == f"{_TABLE}table-row":
            self._column = 0
            self._times_row = int(attributes.get(f"{_TABLE}number-rows-repeated", 1))
            if attributes.get(f"{_TABLE}visibility") in _HIDDEN:
                self._seen.hidden_rows.append((self._row, self._row + self._times_row - 1))
        elif tag == f"{_TABLE}table-column":
            self._begin_column(attributes)
        elif tag == f"{_TABLE}table":
            self._begin_table(attributes.get(f"{_TABLE}name", ""))

    def text(self, text: str) -> None:
        if self._paragraph:
            self._said[self._into] += text

    def end(self, tag: str) -> None:
        if tag in _CELLS:
            self._end_cell(self._cell, self._said.get("cell", "").strip())
            self._column += self._times
        elif tag == f"{_TEXT}p":
            self._paragraph = False
        elif tag == f"{_OFFICE}annotation":
            self._into = "cell"
        elif tag == f"{_TABLE}table-row":
            self._row += self._times_row

    def _begin_table(self, name: str) -> None:
        self._seen = self.sheets[name] = Seen()
        self._extent = self.extents[name] = Extent()
        self._row = self._column = 0

    def _begin_column(self, attributes: dict[str, str]) -> None:
        """Columns are named before the first row; each stands after the one before it."""
        last = self._column + int(attributes.get(f"{_TABLE}number-columns-repeated", 1)) - 1
        if attributes.get(f"{_TABLE}visibility") in _HIDDEN:
            self._seen.hidden_columns.append((self._column, last))
        self._column = last + 1

    def _end_cell(self, given: dict[str, str], text: str) -> None:
        if note := self._said.get("note", "").strip():
            self._seen.notes.append((self._row, self._column, " ".join(note.split())))
        kind, value = given.get(f"{_OFFICE}value-type", ""), given.get(f"{_OFFICE}value", "")
        if given.get(f"{_CALCEXT}value-type") == "error":
            self._put(self._seen.errors, text or ERROR)
        elif kind == "percentage":
            self._put(self._seen.formats, "%")
        elif kind == "float" and len(text) > len(value) and _ZEROS_BEFORE.fullmatch(text):
            self._put(self._seen.formats, "0" * len(text))
        elif kind or text:
            self._put([], "")
        elif formula := given.get(f"{_TABLE}formula", ""):
            self._seen.unsaved.append((self._row, self._column, formula.partition("=")[2]))

    def _put(self, found: Cells, what: str) -> None:
        """Note a cell with something in it wherever it stands."""
        last_row, last_column = self._row + self._times_row - 1, self._column + self._times - 1
        self._extent.reach(last_row, last_column)
        if what and self._extent.rows * self._extent.columns <= MOST_CELLS:
            rows, columns = range(self._row, last_row + 1), range(self._column, last_column + 1)
            found += [(row, column, what) for row in rows for column in columns]
