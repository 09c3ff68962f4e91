"""Which cells of an xlsx hold something that a reader of values gives as empty? Errors, and formulas unsaved.

A cell that looks empty would turn a spoilt mark into a missing one. Both are looked for in the XML of the sheet.
"""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

_SHEET_TAG = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR = re.compile(rb'<c r="([A-Z]+)([0-9]+)"[^>]*\bt="e"[^>]*>.*?<v>([^<]*)</v>', re.S)
_UNSAVED = re.compile(  # a text (t="str") may well be saved as ""
    rb'<c r="([A-Z]+)([0-9]+)"(?![^>]*\bt="str")[^>]*>\s*<f(?:[^>]*/>|[^>]*>([^<]*)</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_Cells = list[tuple[int, int, str]]


def lost_cells(path: Path, sheets: set[str]) -> dict[str, tuple[_Cells, _Cells]]:
    """Of each of the sheets that has any: cells with an error such as #DIV/0!, and formulas without a value.

    A cell is its row and column, counted from 0, and what stands in it. A program that writes workbooks without
    computing them leaves formulas with no value; a spreadsheet program puts it in when it saves the file.
    Raises BadZipFile, ParseError or KeyError for a file that is no workbook.
    """
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name, member in _sheet_members(archive).items():
            xml = archive.read(member) if name in sheets else b""
            errors = _cells(_ERROR, xml) if b't="e"' in xml else []
            formulas = _cells(_UNSAVED, xml) if b"</f>" in xml else []  # shared ones have a first with a text
            if errors or formulas:
                found[name] = errors, formulas
    return found


def _cells(pattern: re.Pattern[bytes], xml: bytes) -> _Cells:
    return [
        (int(row) - 1, _column_index(letters), unescape(shown.decode()))
        for letters, row, shown in pattern.findall(xml)
    ]


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _sheet_members(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → its XML inside the archive (ECMA-376: workbook.xml and its relationships)."""
    if "xl/workbook.xml" not in archive.namelist():
        return {}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target").lstrip("/").removeprefix("xl/") for link in links}
    members = {s.get("name"): "xl/" + targets[s.get(_RELATION_ID)] for s in book.iter(_SHEET_TAG)}
    return {name: member for name, member in members.items() if "worksheets/" in member}
