"""Which text did they save? A csv of unknown encoding and separator, as rows of text.

UTF-8 and UTF-16 prove themselves (a byte sequence of another encoding almost never decodes), so they
come first. Encodings of one byte a letter decode nearly anything: which of them it is, `eightbit` says by
the letters that come out.
"""

import codecs
import csv
import io
import re
from collections import Counter
from pathlib import Path

from fairlib.errors import DataError
from fairlib.intake.cells.repair import decode_twice
from fairlib.intake.files.eightbit import read_eight_bit
from fairlib.intake.findings import Evidence

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_JUNK = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SEPARATORS = ";,\t|"
_HINT = re.compile(r"\A(\"?)sep=(.)\1(?:\r\n|\r|\n)", re.I)
_HIGH = re.compile(rb"[\x80-\xff]")
_BROKEN = 0.1  # share of letters that do not decode, up to which a text is UTF-8 all the same


def read_delimited(path: Path) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """Rows of a csv, and what there is to say about its reading as (code, text).

    A record that spans lines is one row, as a spreadsheet program counts it.
    Raises DataError if the file is binary, in no known encoding, or a quotation mark is never closed.
    """
    csv.field_size_limit(2**31 - 1)
    text, notes = decode(path.read_bytes(), str(path))
    hint = _HINT.match(text)
    separator = hint[2] if hint else guess_separator(text)
    rows, more = _rows(text[hint.end() :] if hint else text, separator, path)
    return rows, notes + more


def decode(data: bytes, name: str) -> tuple[str, list[tuple[str, str]]]:
    """The text of some bytes, and (code, text) where the choice of encoding is not certain.

    >>> decode("Қазақстан".encode("kz1048"), "x.csv")[0]
    'Қазақстан'
    """
    encoding = _proven_encoding(data)
    if encoding is None and not _JUNK.search(data):
        _refuse_broken(data, name)
        return read_eight_bit(data, name)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is None:
            raise _binary(name) from None
        raise _breaks_off(name, encoding, error) from None
    if "\0" in text:
        raise _binary(name)
    mended = decode_twice(text)
    return mended, [("mojibake", "UTF-8 → cp1251 → UTF-8")] if mended != text else []


def _binary(name: str) -> DataError:
    return DataError(
        f"{name}: this is not text but a binary file, or a text with binary signs in it; save the table as "
        ".xlsx or CSV UTF-8."
    )


def _breaks_off(name: str, encoding: str, error: UnicodeDecodeError) -> DataError:
    return DataError(
        f"{name}: the file is {encoding} but breaks off at byte {error.start}; save it again as CSV UTF-8."
    )


def _refuse_broken(data: bytes, name: str) -> None:
    """Raise DataError for UTF-8 cut or spoilt in places: in no other encoding is it what was written."""
    whole = data.decode("utf-8", "ignore")
    kept = len(_HIGH.findall(whole.encode()))
    if len(_HIGH.findall(data)) - kept < _BROKEN * kept:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _breaks_off(name, "utf-8", error) from None


def _proven_encoding(data: bytes) -> str | None:
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return encoding
    sample = data[:2000]
    if len(data) % 2 == 0 and b"\0" in sample:
        for encoding, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
            # in tables nearly every character is ASCII or Cyrillic: high bytes 00 and 04
            if sum(b in (0, 4) for b in high) > 0.9 * len(high):
                return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def guess_separator(text: str) -> str:
    """The separator that cuts the first records into the same number of cells most often.

    >>> guess_separator("a;b\\n1,5;2\\n")
    ';'
    """
    scores: dict[str, tuple[bool, int, int]] = {}
    for separator in _SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        sample = [row for _, row in zip(range(50), reader, strict=False)]
        widths = Counter(len(row) for row in sample if row)
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(1, 0))
        scores[separator] = (width > 1, times, width)
    return max(scores, key=scores.__getitem__)


def _rows(text: str, separator: str, path: Path) -> tuple[list[list[str]], list[tuple[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return list(reader), []
    except csv.Error as error:
        line = reader.line_num
        if "unexpected end" in str(error):
            raise DataError(
                f"{path}: a quotation mark is opened and never closed; mend it and save again."
            ) from None
    loose = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return list(loose), [("stray_quotes", str(Evidence("stray_quotes", line=line)))]
