"""Old .xls and .ods say what .xlsx says: percent, errors, notes, hidden rows and columns, far cells."""

import struct
import zipfile

import pytest
import xlwt
from xlwt.CompoundDoc import XlsDoc

from fairlib.errors import DataError
from fairlib.intake.files.ole import read_stream
from fairlib.intake.files.tables import read_tables

ODF = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = {
    "office": f"{ODF}:office:1.0", "table": f"{ODF}:table:1.0", "text": f"{ODF}:text:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}  # fmt: skip
TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def ods(path, rows, columns="<table:table-column/>"):
    spaces = " ".join(f'xmlns:{short}="{long}"' for short, long in SPACES.items())
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", TYPE)
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='s'>"
            f"{columns}{rows}</table:table></office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{manifest}"><m:file-entry m:full-path="/" m:media-type="{TYPE}"/></m:manifest>',
        )
    return path


def row(*cells, more=""):
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def said(text, attributes='office:value-type="string"', inside=""):
    return f"<table:table-cell {attributes}>{inside}<text:p>{text}</text:p></table:table-cell>"


def number(value, shown=None, kind="float"):
    return said(shown or value, f'office:value-type="{kind}" office:value="{value}"')


def read(path):
    sheet = next(iter(read_tables(path).values()))
    return sheet.rows(), [(n.cell, n.code, n.found) for n in sheet.notes]


def test_ods_percent_and_zeros_before_a_number_are_read_as_they_look(tmp_path):
    path = ods(
        tmp_path / "a.ods", row(number("0.85", "85%", "percentage"), number("12", "00012"), number("7.5"))
    )
    assert read(path) == ([("85%", "00012", "7.5")], [])


def test_an_ods_error_is_told_though_it_is_saved_as_an_empty_text_or_as_a_nought(tmp_path):
    empty = (
        'table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"'
    )
    nought = 'table:formula="of:=1/0" office:value-type="float" office:value="0" calcext:value-type="error"'
    path = ods(tmp_path / "a.ods", row(said("#DIV/0!", empty), said("Err:502", nought), number("7")))
    assert read(path) == (
        [("#DIV/0!", "Err:502", "7")], [("A1", "error_cell", "#DIV/0!"), ("B1", "error_cell", "Err:502")],
    )  # fmt: skip


def test_an_ods_formula_without_a_value_is_told(tmp_path):
    path = ods(
        tmp_path / "a.ods", row(said("x"), '<table:table-cell table:formula="of:=[.A1]+1"/>', number("7"))
    )
    assert read(path) == ([("x", "", "7")], [("B1", "formula_without_value", "=[.A1]+1")])


def test_an_ods_note_is_told_and_is_no_part_of_the_cell(tmp_path):
    note = (
        "<office:annotation><dc:creator>E1</dc:creator><dc:date>2024-01-01</dc:date>"
        "<text:p>do not</text:p><text:p>count</text:p></office:annotation>"
    )
    path = ods(tmp_path / "a.ods", row(said("Merit"), said("8", inside=note)))
    assert read(path) == ([("Merit", "8")], [("B1", "cell_note", "do not count")])


@pytest.mark.parametrize("how", ["collapse", "filter"])
def test_hidden_rows_and_columns_of_an_ods_are_not_read_and_told(tmp_path, how):
    columns = '<table:table-column/><table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>'
    hidden = row(number("3"), more=f'table:visibility="{how}" table:number-rows-repeated="2"')
    path = ods(tmp_path / "a.ods", row(number("1"), number("2")) + hidden + row(number("4")), columns)
    assert read(path) == (
        [("1", ""), ("", ""), ("", ""), ("4", "")],
        [("A2", "rows_hidden", "2–3"), ("B1", "columns_hidden", "B")],
    )


def test_a_far_cell_of_an_ods_is_refused_and_blank_rows_to_the_end_are_not(tmp_path):
    blank = row(
        '<table:table-cell table:number-columns-repeated="16383"/>',
        more='table:number-rows-repeated="1048574"',
    )
    assert read(ods(tmp_path / "a.ods", row(number("1")) + blank))[0] == [("1",)]
    far = row('<table:table-cell table:number-columns-repeated="16383"/>', number("1"))
    with pytest.raises(DataError, match="something stands in cell XFD1048576"):
        read_tables(ods(tmp_path / "b.ods", row(number("1")) + blank + far))


@pytest.fixture
def old(tmp_path):
    """An .xls with a percent, a padded number, a hidden row and column, and an error."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Бағалар", cell_overwrite_ok=True)
    for n in range(4):
        for at in range(4):
            sheet.write(n, at, n * 10 + at)
    sheet.write(0, 0, 0.85, xlwt.easyxf(num_format_str="0.00%"))
    sheet.write(0, 1, 12, xlwt.easyxf(num_format_str="00000"))
    sheet.row(3).set_cell_error(3, "#REF!")
    sheet.row(2).hidden = True
    sheet.col(2).hidden = True
    return book, tmp_path / "a.xls"


def test_xls_percent_errors_and_what_is_hidden(old):
    book, path = old
    book.save(str(path))
    assert read(path) == (
        [("85%", "00012", "", "3"), ("10", "11", "", "13"), ("", "", "", ""), ("30", "31", "", "#REF!")],
        [("A3", "rows_hidden", "3"), ("C1", "columns_hidden", "C"), ("D4", "error_cell", "#REF!")],
    )


def record(kind, body):
    return struct.pack("<HH", kind, len(body)) + body


@pytest.mark.parametrize("text", ["Do not count", "Ескертпе"])
def test_an_xls_note_is_told(old, text):
    """The records of a note are put in by hand, as no library here writes them (MS-XLS 2.4.179, 2.4.181, 2.4.329)."""
    book, path = old
    wide, letters = (0, text.encode("latin-1")) if text.isascii() else (1, text.encode("utf-16-le"))
    half = len(letters) // 2
    note = (
        record(0x5D, struct.pack("<HHHHH", 0x15, 0x12, 0x19, 7, 0) + bytes(12))
        + record(0x1B6, struct.pack("<HH6xHH4x", 0x212, 0, len(text), 16))
        + record(0x3C, bytes([wide]) + letters[:half]) + record(0x3C, bytes([wide]) + letters[half:])
        + record(0x3C, bytes(16)) + record(0x1C, struct.pack("<HHHHHBB", 1, 1, 0, 7, 1, 0, 69))
    )  # fmt: skip
    data = book.get_biff_data()
    XlsDoc().save(str(path), data[:-4] + note + data[-4:])
    assert ("B2", "cell_note", text) in read(path)[1]


def test_a_far_cell_of_an_xls_is_refused(tmp_path):
    book = xlwt.Workbook()
    book.add_sheet("s").write(65535, 255, 1)
    book.save(str(tmp_path / "a.xls"))
    with pytest.raises(DataError, match=r"a\.xls, sheet s: something stands in cell IV65536"):
        read_tables(tmp_path / "a.xls")


@pytest.mark.parametrize("size", [100, 20_000, 9_000_000])
def test_a_stream_of_any_size_is_found_in_its_sectors(tmp_path, size):
    data = bytes(range(256)) * (size // 256 + 1)
    XlsDoc().save(str(tmp_path / "a.xls"), data[:size])
    stream = read_stream((tmp_path / "a.xls").read_bytes(), ("workbook",))
    assert stream[:size] == data[:size]


@pytest.mark.parametrize("cut", [600, 1024, 3000])
def test_half_an_xls_is_a_damaged_one(old, cut):
    book, path = old
    book.save(str(path))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match="damaged"):
        read_tables(path)
