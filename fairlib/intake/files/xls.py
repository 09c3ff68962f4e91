"""What do the records of an old .xls say besides values? Errors, formats, notes, what is hidden (MS-XLS).

One pass over the records of the workbook's stream; a workbook older than Excel 97 is left to its decoder.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from fairlib.intake.files.behind import Extent, Seen, number_format
from fairlib.intake.files.ole import read_stream

_BOF, _PROTECTED, _CONTINUE = 0x0809, 0x002F, 0x003C
_BOUNDSHEET, _FORMAT, _XF = 0x0085, 0x041E, 0x00E0
_ROW, _COLUMNS, _NOTE, _OBJECT, _TEXT = 0x0208, 0x007D, 0x001C, 0x005D, 0x01B6
_NUMBER, _RK, _SEVERAL_RK, _LABEL, _BOOL_OR_ERROR, _FORMULA = 0x0203, 0x027E, 0x00BD, 0x00FD, 0x0205, 0x0006
_VALUES = {_NUMBER, _RK, _LABEL, _BOOL_OR_ERROR, _FORMULA, 0x0204, 0x00D6}
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_Record = tuple[int, bytes]


class XlsParts:
    """The records of an xls beside its decoder, which decodes all sheets at once.

    Raises ValueError for a file that is none, and DataError, naming the far cell, for a sheet too large to
    decode.
    """

    def __init__(self, path: Path) -> None:
        stream = read_stream(path.read_bytes(), ("Workbook",))
        self._seen: dict[str, Seen] = {}
        try:
            whole = list(_records(stream, 0))
            if any(kind == _PROTECTED for kind, _ in whole):
                return  # the decoder says so
            formats = _formats(whole)
            for start, name in _sheets(whole):
                sheet = _Sheet(formats)
                for kind, body in _records(stream, start):
                    sheet.take(kind, body)
                sheet.extent.refuse_far(f"{path}, sheet {name}")
                self._seen[name] = sheet.told()
        except (struct.error, IndexError) as error:
            raise ValueError(f"a record breaks off: {error}") from None

    def before(self, name: str) -> Callable[[int], Seen]:
        """What to ask once the sheet is decoded."""
        return lambda whole: self._seen.get(name, Seen())


def _records(stream: bytes, at: int) -> Iterator[_Record]:
    """The records from a beginning up to its end; charts inside have beginnings and ends of their own."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == 0x000A)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _sheets(records: list[_Record]) -> list[tuple[int, str]]:
    """Where the records of each worksheet begin, and its name."""
    found = []
    for kind, body in records:
        if kind == _BOUNDSHEET and body[5] == 0:
            found.append((struct.unpack_from("<I", body)[0], _text(body[7:], body[6])))
    return found


def _formats(records: list[_Record]) -> list[str]:
    """For each cell style how it shows another number than the cell has."""
    codes = {
        struct.unpack_from("<H", body)[0]: _text(body[4:], struct.unpack_from("<H", body, 2)[0])
        for kind, body in records
        if kind == _FORMAT
    }
    used = [struct.unpack_from("<H", body, 2)[0] for kind, body in records if kind == _XF]
    return [number_format(codes.get(number, ""), number) for number in used]


def _text(body: bytes, length: int) -> str:
    """A text of so many letters after a byte that says whether they take one byte or two each."""
    return (
        body[1 : 1 + 2 * length].decode("utf-16-le")
        if body[0] & 1
        else body[1 : 1 + length].decode("latin-1")
    )


class _Sheet:
    """What the records of one sheet say, in their order."""

    def __init__(self, formats: list[str]) -> None:
        self.extent, self._seen, self._formats = Extent(), Seen(), formats
        self._object, self._missing = 0, 0
        self._texts: dict[int, str] = {}
        self._notes: list[tuple[int, int, int]] = []

    def take(self, kind: int, body: bytes) -> None:
        if kind in _VALUES:
            self._value(kind, body)
        elif kind == _SEVERAL_RK:
            row, first = struct.unpack_from("<HH", body)
            for n in range((len(body) - 6) // 6):
                self._number(row, first + n, struct.unpack_from("<H", body, 4 + 6 * n)[0])
        elif kind == _ROW:
            row, height, options = struct.unpack_from("<H4xH4xH", body)
            if options & 0x20 or height & 0x7FFF == 0:
                self._seen.hidden_rows.append((row, row))
        elif kind == _COLUMNS:
            first, last, width, options = struct.unpack_from("<HHH2xH", body)
            if options & 1 or width == 0:
                self._seen.hidden_columns.append((first, last))
        else:
            self._note(kind, body)

    def _value(self, kind: int, body: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", body)
        self.extent.reach(row, column)
        error = None
        if kind == _BOOL_OR_ERROR and body[7]:
            error = body[6]
        elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:  # no number but an error
            error = body[8]
        if error is not None:
            self._seen.errors.append((row, column, _ERRORS.get(error, f"#ERR{error}!")))
        elif kind in (_NUMBER, _RK, _FORMULA):
            self._number(row, column, style)

    def _number(self, row: int, column: int, style: int) -> None:
        self.extent.reach(row, column)
        if style < len(self._formats) and self._formats[style]:
            self._seen.formats.append((row, column, self._formats[style]))

    def _note(self, kind: int, body: bytes) -> None:
        """A note names an object; the object's text follows it, in records that go on where one is full."""
        if kind == _OBJECT and body[:2] == b"\x15\x00":
            self._object = struct.unpack_from("<H", body, 6)[0]
        elif kind == _TEXT:
            self._missing = struct.unpack_from("<H", body, 10)[0]
            self._texts[self._object] = ""
        elif kind == _CONTINUE and self._missing and body:
            text = _text(body, self._missing)
            self._texts[self._object] += text
            self._missing -= len(text)
        elif kind == _NOTE:
            self._notes.append(struct.unpack_from("<HH2xH", body))

    def told(self) -> Seen:
        for row, column, number in self._notes:
            self._seen.notes.append((row, column, " ".join(self._texts.get(number, "").split())))
        return self._seen
