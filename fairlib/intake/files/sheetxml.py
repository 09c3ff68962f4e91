"""What stands in the XML of one sheet of an xlsx (ECMA-376 part 1, 18.3)? One pass of a real parser."""

from itertools import product
from xml.parsers import expat

from fairlib.intake.files.addresses import place
from fairlib.intake.files.behind import ERROR, Extent, Seen

_SPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # as "Strict Open XML" is saved
)
_NAMES = {f"{space} {name}": name for space, name in product(_SPACES, ("row", "c", "v", "f", "is", "col"))}
_TRUE = ("1", "true")


def parse_sheet(xml: bytes, formats: dict[str, str]) -> tuple[Seen, Extent]:
    """What there is besides values, and how far cells reach that have any; `formats` by number of style.

    Raises ExpatError for what is no XML.
    """
    reader = _Reader(formats)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.Parse(xml, True)
    return reader.seen, reader.extent


class _Reader:
    """Follows rows and cells; one without an address stands after the one before it."""

    def __init__(self, formats: dict[str, str]) -> None:
        self.seen, self.extent, self._formats = Seen(), Extent(), formats
        self._row, self._column = -1, -1
        self._kind, self._style = "", "0"
        self._parts: dict[str, str] = {}
        self._open = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _NAMES.get(tag)
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "f", "is"):
            self._open = name
            self._parts.setdefault(name, "")
        elif name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            if _is_hidden(attributes, "ht"):
                self.seen.hidden_rows.append((self._row, self._row))
        elif name == "col" and _is_hidden(attributes, "width"):
            self.seen.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))

    def text(self, text: str) -> None:
        if self._open:
            self._parts[self._open] += text

    def end(self, tag: str) -> None:
        name = _NAMES.get(tag)
        if name == "c":
            self._end_cell()
        elif name in ("v", "f", "is"):
            self._open = ""

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        at = place(attributes.get("r", ""))
        self._row, self._column = at or (self._row, self._column + 1)
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        self._parts = {}

    def _end_cell(self) -> None:
        row, column, parts = self._row, self._column, self._parts
        value = parts.get("v", "") or parts.get("is", "")
        if self._kind == "e":
            self.seen.errors.append((row, column, value.strip() or ERROR))
        elif "f" in parts and self._kind != "str" and not value.strip():  # a text may well be saved as ""
            self.seen.unsaved.append((row, column, parts["f"]))
        if value or self._kind == "e":
            self.extent.reach(row, column)
            if self._kind == "n" and (how := self._formats.get(self._style)):
                self.seen.formats.append((row, column, how))


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    """Hidden or filtered out, or drawn so small that nothing is seen of it."""
    return attributes.get("hidden") in _TRUE or attributes.get(size, "") in ("0", "0.0")
