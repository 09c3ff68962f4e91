"""What does the XML of an xlsx say besides values? Errors, formulas unsaved, formats, notes, what is hidden.

Parsing every cell in Python would cost as much as all the rest of reading, and most sheets have nothing of
the kind: a sheet is parsed only if it has the bytes without which there can be nothing to find. A sheet in
another dress than programs give it (comments, entities, UTF-16, spaces around =) is always parsed.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from fairlib.intake.files.addresses import column_index, place
from fairlib.intake.files.behind import MOST_CELLS, Cells, Extent, Seen, number_format
from fairlib.intake.files.sheetxml import parse_sheet

_ERROR_OR_FORMULA = (b't="e"', b"f>")  # shared formulas have a first one with a text
_CELL = (b"<c ", b"<c>", b":c ", b":c>")
_HIDDEN = (b"hidden", b' ht="0"', b' width="0"')
_WIDE_OR_LONG = re.compile(rb'r="(?:[A-Za-z]{2,3}[0-9]|[A-Za-z]?[0-9]{6})')
_LETTERS = re.compile(rb'r="([A-Za-z]{1,3})[0-9]')
_LONG = re.compile(rb'r="[A-Za-z]{0,3}([0-9]{5,})"')
_SHORT_ROWS = 9_999  # the most that no address of five digits is beyond
_FEW_ROWS, _FEW_COLUMNS = 99_999, 26  # what has no wide and no long address


class XlsxParts:
    """The XML of a workbook beside its decoder.

    Raises BadZipFile, ParseError or KeyError for a file that is no workbook.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive = zipfile.ZipFile(path)
        self._members = {name.lower(): name for name in self._archive.namelist()}
        book = self._linked(self._links(""), "officeDocument") or "xl/workbook.xml"
        links = self._links(book)
        self._sheets = {
            sheet.get("name"): links[_relation(sheet)][1]
            for sheet in self._root(book).iter()
            if _local(sheet.tag) == "sheet"
        }
        self._formats = self._number_formats(self._linked(links, "styles"))

    def before(self, name: str) -> Callable[[int], Seen]:
        """What to ask once the sheet is decoded, told how many cells it has if none is empty, else 0.

        Refuses a sheet too large to decode. Errors and formulas without a value are decoded as empty, or not
        at all at the edge. Raises DataError, naming the far cell.
        """
        xml = self._read(self._sheets[name])
        odd = _is_odd(xml)
        extent = _bound(xml, odd)
        if extent is None or extent.rows * extent.columns > MOST_CELLS:
            extent = parse_sheet(xml, {})[1]
            extent.refuse_far(f"{self._path}, sheet {name}")
        lossy = odd or any(map(xml.__contains__, _ERROR_OR_FORMULA))
        dressed = odd or any(map(xml.__contains__, _HIDDEN)) or self._is_formatted(xml)
        kept = xml if lossy or dressed else b""

        def seen(whole: int) -> Seen:
            to_parse = dressed or (lossy and sum(map(kept.count, _CELL)) > whole)
            told = parse_sheet(kept, self._formats)[0] if to_parse else Seen()
            told.notes = list(self._notes(name))
            return told

        return seen

    def _read(self, member: str) -> bytes:
        return self._archive.read(self._members[member.lower()])

    def _root(self, member: str) -> ElementTree.Element:
        return ElementTree.fromstring(self._read(member))

    def _links(self, member: str) -> dict[str, tuple[str, str]]:
        """The relationships of a part: id → the last word of its type, and the part it leads to."""
        folder, name = posixpath.split(member)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels.lower() not in self._members:
            return {}
        return {
            link.get("Id", ""): (
                link.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, link.get("Target", ""))).lstrip("/"),
            )
            for link in self._root(rels)
            if link.get("TargetMode") != "External"
        }

    def _linked(self, links: dict[str, tuple[str, str]], kind: str) -> str:
        """The part that one of the relationships leads to; "" if there is none."""
        parts = (part for how, part in links.values() if how == kind and part.lower() in self._members)
        return next(parts, "")

    def _number_formats(self, part: str) -> dict[str, str]:
        """Number of a cell style → how it shows another number than the cell has."""
        if not part:
            return {}
        styles = self._root(part)
        parts = {_local(part.tag): part for part in styles}
        codes = {int(f.get("numFmtId", 0)): f.get("formatCode", "") for f in parts.get("numFmts", ())}
        used = [int(style.get("numFmtId", 0)) for style in parts.get("cellXfs", ())]
        shown = {str(n): number_format(codes.get(number, ""), number) for n, number in enumerate(used)}
        return {n: how for n, how in shown.items() if how}

    def _is_formatted(self, xml: bytes) -> bool:
        """Whether a cell may have one of the styles that show another number."""
        if not self._formats:
            return False
        return re.search(rf's=["\'](?:{"|".join(self._formats)})["\']'.encode(), xml) is not None

    def _notes(self, name: str) -> Iterator[tuple[int, int, str]]:
        """Notes at cells; of a conversation each remark, which older programs see in another wording."""
        links = list(self._links(self._sheets[name]).values())
        for kind in ("threadedComment", "comments"):
            told = [note for how, part in links if how == kind for note in self._notes_of(part)]
            if told:
                yield from told
                return

    def _notes_of(self, part: str) -> Cells:
        if part.lower() not in self._members:
            return []
        found = []
        for note in self._root(part).iter():
            if _local(note.tag) in ("comment", "threadedComment") and (at := place(note.get("ref", ""))):
                text = "".join(t.text or "" for t in note.iter() if _local(t.tag) in ("t", "text"))
                found.append((*at, " ".join(text.split())))
        return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _relation(sheet: ElementTree.Element) -> str:
    """The id of the part a sheet is in: the one attribute of another namespace (transitional or strict)."""
    return next((value for key, value in sheet.items() if key.endswith("}id")), "")


def _is_odd(xml: bytes) -> bool:
    """Whether a sheet is not as programs write it: every attribute as name="value", and nothing else."""
    if (
        b"\0" in xml or (b"!" in xml and b"<!" in xml) or (b"&" in xml and b"&#" in xml)
    ):  # one byte is found fastest
        return True
    plain = xml.count(b'="')
    return plain != xml.count(b"=") or b' ="' in xml


def _bound(xml: bytes, odd: bool) -> Extent | None:
    """A rectangle that surely holds all cells, found without parsing; None where only a parser can tell."""
    if odd:
        return None
    if not _WIDE_OR_LONG.search(xml):
        return Extent(_FEW_ROWS, _FEW_COLUMNS)
    columns = max((column_index(letters.decode()) for letters in set(_LETTERS.findall(xml))), default=0)
    return Extent(max(map(int, _LONG.findall(xml)), default=_SHORT_ROWS), columns + 1)
