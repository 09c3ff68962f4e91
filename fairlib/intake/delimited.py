"""Which text did they save? A csv of unknown encoding and separator, as rows of text.

UTF-8 and UTF-16 prove themselves (a byte sequence of another encoding almost never decodes), so they
come first. CP1251 and KZ-1048 share every byte and differ in the letters of 16 of them: there the
text is read in each, and the reading with more letters of Kazakh and Russian wins. A reading that
rests on few letters is said to be uncertain.
"""

import codecs
import contextlib
import csv
import io
import re
from collections import Counter
from pathlib import Path

from fairlib.errors import DataError

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_EIGHT_BIT = ("cp1251", "kz1048", "ptcp154")
_SMALL = "абвгғдеёжзийклмнңоөпрстуұүфхһцчшщъыіьэюяәқ"
_AT_HOME = frozenset(_SMALL + _SMALL.upper())
_SIGN_INSIDE = re.compile(r"(?<=\w)[¤¦±µ‰‡†](?=\w)")
_CASE_INSIDE = re.compile("[а-яёәғқңөұүһі][А-ЯЁӘҒҚҢӨҰҮҺІ]")
_JUNK = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SEPARATORS = ";,\t"
_HINT = re.compile(r"\Asep=(.)\r?\n", re.I)
_ENOUGH = 3  # letters of difference between two readings
_TOLERATED = 0.2  # share of strange letters beyond which no reading is believed


def read_delimited(path: Path) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """Rows of a csv, and what there is to say about its reading as (code, text).

    A record that spans lines is one row, as a spreadsheet program counts it.
    Raises DataError if the file is binary, in no known encoding, or a quotation mark is never closed.
    """
    csv.field_size_limit(2**31 - 1)
    text, notes = decode(path.read_bytes(), str(path))
    hint = _HINT.match(text)
    separator = hint[1] if hint else guess_separator(text)
    rows, more = _rows(text[hint.end() :] if hint else text, separator, path)
    return rows, notes + more


def decode(data: bytes, name: str) -> tuple[str, list[tuple[str, str]]]:
    """The text of some bytes, and (code, text) where the choice of encoding is not certain.

    >>> decode("Қазақстан".encode("kz1048"), "x.csv")[0]
    'Қазақстан'
    """
    encoding = _proven_encoding(data)
    if encoding:
        try:
            return data.decode(encoding), []
        except UnicodeDecodeError as error:
            raise DataError(
                f"{name}: the file says it is {encoding} but breaks off at byte {error.start}; "
                f"save it again as CSV UTF-8."
            ) from None
    if _JUNK.search(data):
        raise DataError(f"{name}: this is not text but a binary file; save the table as .xlsx or CSV UTF-8.")
    return _decode_eight_bit(data, name)


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
    return None if b"\0" in sample else "utf-8"


def _decode_eight_bit(data: bytes, name: str) -> tuple[str, list[tuple[str, str]]]:
    readings = {}
    for encoding in _EIGHT_BIT:
        with contextlib.suppress(UnicodeDecodeError):
            readings[encoding] = data.decode(encoding)
    strange = {encoding: _strangeness(text) for encoding, text in readings.items()}
    best = min(strange, key=strange.get, default=None)
    if best is None or strange[best] > _TOLERATED * _letters(readings[best]):
        raise DataError(f"{name}: the encoding of this file is not known; save it as CSV UTF-8 or .xlsx.")
    text = readings[best]
    rivals = [count for encoding, count in strange.items() if readings[encoding] != text]
    if rivals and min(rivals) - strange[best] < _ENOUGH:
        return text, [("encoding_uncertain", f"read as {best}, on the evidence of few letters")]
    return text, []


def _letters(text: str) -> int:
    return sum(n for c, n in Counter(text).items() if c.isalpha())


def _strangeness(text: str) -> int:
    """How many letters are of neither Kazakh nor Russian, signs or capitals inside a word."""
    alien = sum(n for c, n in Counter(text).items() if "\u0400" <= c <= "\u052f" and c not in _AT_HOME)
    return alien + len(_SIGN_INSIDE.findall(text)) + len(_CASE_INSIDE.findall(text))


def guess_separator(text: str) -> str:
    """The separator that cuts the first records into the same number of cells most often.

    >>> guess_separator("a;b\\n1,5;2\\n")
    ';'
    """
    scores = {}
    for separator in _SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        sample = [row for _, row in zip(range(50), reader, strict=False)]
        widths = Counter(len(row) for row in sample if row)
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(1, 0))
        scores[separator] = (width > 1, times, width)
    return max(_SEPARATORS, key=scores.get)


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
    return list(loose), [("stray_quotes", f"quotation marks inside a cell, first at line {line}")]
