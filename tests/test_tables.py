"""Any file people send is read as text at true addresses, or refused in a sentence that helps."""

import datetime as dt
import zipfile

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from fairlib.errors import DataError
from fairlib.intake.files.delimited import decode, guess_separator
from fairlib.intake.files.tables import _text, _texts, cell, column_letters, read_tables

KAZAKH = "Әлеуметтік идеялар, Қазақстан, Ұлытау, Түркістан, Өскемен, Шаһар, Ғабит, Жаңаөзен"
RUSSIAN = "Ярмарка социальных идей и проектов; объём"


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "көрме.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Өтінімдер")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        span = book.add_format({"num_format": "[h]:mm:ss"})
        sheet.write_row(2, 1, [1, 8.5, 991240999901, True, 0.1 + 0.2, -3.0])
        sheet.write_string(3, 1, "051240999906")
        sheet.write_datetime(3, 2, dt.datetime(2021, 4, 14), day)
        sheet.write_datetime(3, 3, dt.datetime(2021, 4, 14, 12, 30, 15), day)
        sheet.write_number(3, 4, 1.25, span)
        sheet.write_formula(4, 3, "=1/0", None, "#DIV/0!")
        sheet.write(6, 6, " «Қ\u00a0» ")
        book.add_worksheet("бос")
        hidden = book.add_worksheet("жасырын")
        hidden.write(0, 0, "x")
        hidden.hide()
    return path


def test_cells_are_text_at_their_own_address(workbook):
    sheets = read_tables(workbook)
    sheet = sheets["Өтінімдер"]
    assert list(sheets) == ["Өтінімдер", "жасырын"], "a sheet without any cell is left out"
    assert sheets["жасырын"].hidden and not sheet.hidden
    rows = [list(row) for row in sheet.rows()]
    assert rows[2] == ["", "1", "8.5", "991240999901", "TRUE", "0.3", "-3"]
    assert rows[3][1:5] == [
        "051240999906",
        "2021-04-14",
        "2021-04-14 12:30:15",
        "30:00:00",
    ]
    assert rows[6][6] == " «Қ\u00a0» "
    assert not any(rows[0]) and not any(sheet.columns[0]), "blank rows and columns keep their place"


NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 7.0, 8.5, 0.1 + 0.2, 1e15, 1e16, -3.0]) | st.floats()
OTHERS = st.sampled_from([True, False, 1, 10**16, dt.date(2021, 4, 14), dt.timedelta(hours=30)])


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(NUMBERS | st.text(max_size=3)) | st.lists(NUMBERS | OTHERS | st.text(max_size=3)))
def test_a_column_read_at_once_is_each_cell_read_alone(column):
    assert list(_texts(column)) == [c if isinstance(c, str) else _text(c) for c in column]


def test_an_error_cell_is_not_an_empty_one(workbook):
    sheet = read_tables(workbook)["Өтінімдер"]
    assert sheet.columns[3][4] == "#DIV/0!"
    assert [(n.cell, n.code, n.found) for n in sheet.notes] == [("D5", "error_cell", "#DIV/0!")]


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 2), (3, 0), (3, 2)])
def test_an_error_cell_is_seen_at_every_edge_of_a_full_sheet(tmp_path, row, column):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name in ("full", "spoilt"):
            sheet = book.add_worksheet(name)
            for n in range(4):
                sheet.write_row(n, 0, [1, "x", 2])
        sheet.write_formula(row, column, "=1/0", None, "#DIV/0!")
    sheets = read_tables(tmp_path / "a.xlsx")
    assert sheets["spoilt"].columns[column][row] == "#DIV/0!" and not sheets["full"].notes
    assert [(n.cell, n.found) for n in sheets["spoilt"].notes] == [(cell(row, column), "#DIV/0!")]


def test_a_formula_whose_value_was_not_saved_is_no_empty_cell(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["id", "a", "b"], ["A", 1, "=B2+1"], ["B", 2, '=B3&"<x>"'], ["C", None, 3], ["D", "=B2", 4]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    read = read_tables(tmp_path / "a.xlsx")["Sheet"]
    assert read.columns[2] == ["b", "", "", "3", "4"]
    assert [(n.cell, n.code, n.found) for n in read.notes] == [
        ("C2", "formula_without_value", "=B2+1 (2 cells in this column)"),
        ("B5", "formula_without_value", "=B2"),
    ]


def test_a_formula_that_was_saved_has_nothing_to_tell(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "", "c"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, '=IF(A1="","x","")', None, "said")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as whole, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as other:
        for name in whole.namelist():  # an empty text, as a spreadsheet program saves it
            other.writestr(name, whole.read(name).replace(b"<v>said</v>", b"<v></v>"))
    read = read_tables(tmp_path / "b.xlsx")["Sheet1"]
    assert read.notes == () and read.rows(1) == [("2", "", "")]


def test_xls(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    sheet.write(1, 1, 51240999906)
    sheet.write(1, 2, dt.datetime(2021, 4, 14), xlwt.easyxf(num_format_str="dd.mm.yyyy"))
    sheet.write(2, 0, "Ұлытау")
    book.save(str(tmp_path / "a.xls"))
    rows = read_tables(tmp_path / "a.xls")["s"].rows()
    assert rows == [("", "", ""), ("", "51240999906", "2021-04-14"), ("Ұлытау", "", "")]


def test_ods(tmp_path):
    document = OpenDocumentSpreadsheet()
    table = Table(name="s")
    for values in (["а", "ә"], [1.0, 8.5]):
        row = TableRow()
        for value in values:
            kind = (
                {"valuetype": "string"} if isinstance(value, str) else {"valuetype": "float", "value": value}
            )
            entry = TableCell(**kind)
            entry.addElement(P(text=str(value)))
            row.addElement(entry)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(tmp_path / "a.ods")
    assert read_tables(tmp_path / "a.ods")["s"].rows() == [("а", "ә"), ("1", "8.5")]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "kz1048"])
def test_csv_in_every_encoding_and_separator(tmp_path, encoding, separator):
    rows = [["№", "атауы"], ["007", f'«{KAZAKH}» "Қор"'], ["", ""], ["9", "екі\nжол"]]
    text = pd.DataFrame(rows).to_csv(header=False, index=False, sep=separator)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    sheet = read_tables(tmp_path / "a.csv")["a"]
    assert sheet.rows() == [tuple(row) for row in rows]
    assert sheet.notes == ()


def test_russian_in_cp1251_is_certain_and_kazakh_on_one_letter_is_not():
    assert decode(RUSSIAN.encode("cp1251"), "x") == (RUSSIAN, [])
    text, notes = decode("город Қаратау".encode("kz1048"), "x")
    assert text == "город Қаратау" and notes[0][0] == "encoding_uncertain"


@settings(max_examples=50)
@given(st.lists(st.sampled_from(KAZAKH.split(", ")), min_size=2))
def test_kazakh_bytes_read_back(words):
    text = "; ".join(words)
    assert decode(text.encode("kz1048"), "x")[0] == text


def test_separator_is_not_the_decimal_comma():
    assert guess_separator("балл;пікір\n8,5;жақсы, әрі\n9,0;иә, дұрыс\n") == ";"
    assert guess_separator("бір баған\nбір, екі, үш сөз\nтағы\n") == ","


def test_separator_hint_is_not_a_row(tmp_path):
    (tmp_path / "a.csv").write_text("sep=;\na;b\n1;2\n", encoding="utf-8")
    assert read_tables(tmp_path / "a.csv")["a"].rows() == [("a", "b"), ("1", "2")]


def test_ragged_and_loosely_quoted_csv(tmp_path):
    (tmp_path / "a.csv").write_text('a;b;c\n"Қамқор" қоры;2\n', encoding="utf-8")
    sheet = read_tables(tmp_path / "a.csv")["a"]
    assert sheet.rows(1) == [("Қамқор қоры", "2", "")]
    assert sheet.notes[0].code == "stray_quotes"


def test_addresses():
    assert [cell(0, 0), cell(6, 1), cell(9, 27)] == ["A1", "B7", "AB10"]
    assert column_letters(16383) == "XFD"


def _numbered_sheets(path, count):
    with xlsxwriter.Workbook(path) as book:
        for n in range(count):
            sheet = book.add_worksheet(f"E{n:02}")
            sheet.write_row(0, 0, ["№", "балл"])
            sheet.write_row(1, 0, [f"A-{n}", n])


@pytest.mark.parametrize("cores", [1, 2, 3, 16, None])
def test_sheets_come_in_their_order_however_many_cores_read_them(tmp_path, monkeypatch, cores):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    _numbered_sheets(tmp_path / "book.xlsx", 7)
    sheets = read_tables(tmp_path / "book.xlsx")
    assert [s.columns for s in sheets.values()] == [(["№", f"A-{n}"], ["балл", str(n)]) for n in range(7)]
    assert list(sheets) == [f"E{n:02}" for n in range(7)]


@pytest.mark.parametrize("spoilt", [1, 2, 5])
def test_any_damaged_sheet_makes_a_damaged_workbook(tmp_path, monkeypatch, spoilt):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    whole, half = tmp_path / "whole.xlsx", tmp_path / "half.xlsx"
    _numbered_sheets(whole, 5)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(half, "w") as target:
        for name in source.namelist():
            xml = source.read(name)
            target.writestr(name, xml[:-60] if name.endswith(f"/sheet{spoilt}.xml") else xml)
    with pytest.raises(DataError, match=r"half\.xlsx: the workbook is damaged"):
        read_tables(half)


def _empty_workbook(path):
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()


def _half_workbook(path):
    whole = path.with_name("whole.xlsx")
    with xlsxwriter.Workbook(whole) as book:
        book.add_worksheet().write(0, 0, "x" * 5000)
    path.write_bytes(whole.read_bytes()[:3000])


def _zip_of_something_else(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.txt", "x")


OLE = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 504
BAD = {
    "missing.xlsx": (None, "there is no such file"),
    "zero.csv": (b"", "0 bytes"),
    "blank.csv": (b";;\r\n;;\r\n", "nothing in this file"),
    "empty.xlsx": (_empty_workbook, "nothing in this file"),
    "protected.xlsx": (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "renamed.xlsx": (OLE, "rename it to .xls"),
    "half.xlsx": (_half_workbook, "damaged"),
    "archive.xlsx": (_zip_of_something_else, "damaged"),
    "damaged.xls": (OLE, "damaged"),
    "page.csv": (b"\xef\xbb\xbf \r\n<!DOCTYPE html><table><tr><td>1</td></tr></table>", "web page"),
    "page.xls": (b"<html><table></table></html>", "web page"),
    "text.xls": (b"a;b\n1;2\n", "rename it to .csv"),
    "book.csv": (b"PK\x03\x04....", "rename it to .xlsx"),
    "new.xls": (b"PK\x03\x04....", "rename it to .xlsx"),
    "pdf.csv": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "this is a PDF document under the name .csv"),
    "pdf.xlsx": (b"%PDF-1.4\n1 0 obj", "this is a PDF document under the name .xlsx"),
    "api.csv": (
        b'\xef\xbb\xbf{\n  "items": [{"id": "A", "title": "x"}]\n}',
        "this is JSON under the name .csv",
    ),
    "list.csv": (b'[{"id": "A"}, {"id": "B"}]', "this is JSON under the name .csv"),
    "letter.csv": (b"{\\rtf1\\ansi ", "this is a text document"),
    "feed.xls": (b'<?xml version="1.0"?><Workbook/>', "this is XML under the name .xls"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
    "broken.csv": (b"\xef\xbb\xbfa;\xd3", "breaks off"),
    "unknown.csv": (
        "Жәрмеңке өтінімдері".encode("cp1251", "ignore").translate(
            bytes([*range(128), *range(255, 127, -1)])
        ),
        "encoding",
    ),
    "quote.csv": ('a;b\n"Қор;2\n1;2\n'.encode(), "never closed"),
    "table.pdf": (b"%PDF-1.7", "save it as .xlsx"),
    "noname": (b"a;b", "save it as .xlsx"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path, name):
    content, message = BAD[name]
    path = tmp_path / name
    if callable(content):
        content(path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_tables(path)
    assert name in str(caught.value)
