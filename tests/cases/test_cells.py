"""What a person sees in a cell is what it is: percent, errors, notes, hidden rows, far cells, torn rows.

Small files as offices send them, typed here or made by the libraries that write such files.
"""

import time
import zipfile

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from received import received

from fairlib.errors import DataError
from fairlib.intake.files.tables import read_tables
from fairlib.intake.sheets.read import read_scores
from fairlib.params import check_params
from fairlib.stage.handed_on import roster

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = ["ID", "Title", "Innovation", "Impact"]
ROWS = [["P1", "Moss", 8, 9], ["P2", "Rust", 6, 7], ["P3", "Snow", 9, 10]]


def xml_book(path, rows, *, root=f"<worksheet {MAIN}>", more="", styles="", links=(), parts=None):
    """An xlsx whose sheet is the XML given; `links` are relations of the sheet as (type, target)."""
    end = root.split()[0].replace("<", "</").rstrip(">") + ">"
    prefix = "x:" if root.startswith("<x:") else ""
    sheet = f"{root}{more}<{prefix}sheetData>{rows}</{prefix}sheetData>{end}"
    rels = "".join(f'<Relationship Id="r{n}" Type="{RELATIONS}/{t}" Target="{to}"/>' for n, (t, to) in links)
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships {package}><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships {package}><Relationship Id="rId1" '
        f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        "xl/worksheets/_rels/sheet1.xml.rels": f"<Relationships {package}>{rels}</Relationships>",
        "xl/styles.xml": styles or f"<styleSheet {MAIN}/>",
    } | (parts or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def words(*texts):
    return "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)


def styles(*codes):
    """A style sheet whose cell style n + 1 has the n-th number format."""
    formats = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(codes))
    used = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(codes)))
    return f'<styleSheet {MAIN}><numFmts>{formats}</numFmts><cellXfs><xf numFmtId="0"/>{used}</cellXfs></styleSheet>'


def notes(path, sheet=None):
    sheets = read_tables(path)
    return [(n.cell, n.code, n.found) for n in sheets[sheet or next(iter(sheets))].notes]


def cells(path):
    return next(iter(read_tables(path).values())).rows()


def score_book(path, rows, name="A", head=HEAD, **formats):
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        sheet = book.add_worksheet(name)
        how = book.add_format(formats) if formats else None
        sheet.write_row(0, 0, head)
        for n, row in enumerate(rows, 1):
            sheet.write_row(n, 0, row[:2])
            sheet.write_row(n, 2, row[2:], how)


def contest(folder, files="e*.*", scale=None, form="form.csv", layout="sheets"):
    """Marks and findings of a contest of three projects whose score files lie in the folder."""
    if not (folder / form).exists():
        (folder / form).write_text("ID,Title\nP1,Moss\nP2,Rust\nP3,Snow\n")
    rules = check_params({
        "year": 2024,
        "contest": {
            "name": "Contest", "data": "data", "seed": 1, "submissions": {"file": form},
            "criteria": [{"id": "innovation", "name": "Innovation"}, {"id": "impact", "name": "Impact"}],
            "rounds": [{"id": "jury", "name": "Jury", "scores": {"files": files, "layout": layout},
                        "scale": scale or {"min": 1, "max": 10}, "estimator": "raw", "select": {"seats": 2}}],
        },
    }).contest  # fmt: skip
    intake = received(rules, folder)
    here = intake.submissions["eligible"]
    known = roster(rules, rules.rounds[0], folder, intake.submissions, here, intake.versions)
    return intake, read_scores(rules, rules.rounds[0], folder, known)


def told(findings, *columns):
    return findings[list(columns or ("cell", "code", "found", "severity"))].values.tolist()


def mark(scores, submission, criterion, juror=None):
    table = scores.ratings.set_index(["submission", "criterion"])
    row = table[table["juror"] == (juror or table["juror"].iloc[0])].loc[(submission, criterion)]
    return None if row["score"] != row["score"] else row["score"], row["status"]


# percent (B01, D04)


@pytest.mark.parametrize("code", ["0%", "0.00%", "[Red]0%;-0%", "0 %"])
def test_a_percent_cell_is_read_as_it_looks(tmp_path, code):
    score_book(tmp_path / "a.xlsx", [["P1", "Moss", 0.85, 0.07], ["P2", "Rust", 1, "б/о"]], num_format=code)
    assert cells(tmp_path / "a.xlsx")[1:] == [("P1", "Moss", "85%", "7%"), ("P2", "Rust", "100%", "б/о")]


def test_a_percent_sign_that_is_only_written_beside_the_number_changes_nothing(tmp_path):
    score_book(tmp_path / "a.xlsx", [["P1", "Moss", 85, 7]], num_format='0" %"')
    assert cells(tmp_path / "a.xlsx")[1] == ("P1", "Moss", "85", "7")


def test_percent_cells_of_one_juror_are_marks_of_a_scale_to_100(tmp_path):
    score_book(tmp_path / "e1.xlsx", [["P1", "Moss", 0.85, 0.9], ["P2", "Rust", 0.6, 0.7], ["P3", "Snow", 0.95, 1]],
               num_format="0%")  # fmt: skip
    score_book(tmp_path / "e2.xlsx", [["P1", "Moss", 80, 95], ["P2", "Rust", 65, 60], ["P3", "Snow", 90, 95]])
    _, scores = contest(tmp_path, scale={"min": 0, "max": 100})
    assert mark(scores, "P1", "innovation", "e1") == (85, "scored") and mark(scores, "P3", "impact") == (
        100,
        "scored",
    )
    assert told(scores.findings, "file", "cell", "code", "done", "severity") == [
        ["e1.xlsx", "C2", "percent", "read as 85 (the first of 3 in this column)", "info"],
        ["e1.xlsx", "D2", "percent", "read as 90 (the first of 3 in this column)", "info"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scale", "read"),
    [
        ((0, 100), (85, "scored")),
        ((1, 100), (85, "scored")),
        ((0, 1), (0.85, "scored")),
        ((1, 10), (None, "invalid")),
    ],
)
def test_percent_is_brought_to_the_scale_only_where_that_is_sure(tmp_path, scale, read):
    (tmp_path / "e1.csv").write_text("ID;Innovation;Impact\nP1;85 %;85%\n")
    _, scores = contest(tmp_path, scale=dict(zip(("min", "max"), scale, strict=True)))
    assert mark(scores, "P1", "innovation") == read
    if read[1] == "invalid":
        assert ["B2", "percent_of_what", "85 %", "error"] in told(scores.findings)


def test_percent_that_lost_its_sign_is_asked_about(tmp_path):
    (tmp_path / "e1.csv").write_text("ID;Innovation;Impact\nP1;0.85;1\nP2;0.6;0\nP3;0.9;1\n")
    _, scores = contest(tmp_path, scale={"min": 0, "max": 100})
    assert told(scores.findings) == [["B2", "fractions", "0.85", "error"]], (
        "ones and noughts alone may be marks"
    )


def test_zeros_that_a_number_format_puts_before_an_id_are_seen(tmp_path):
    xml_book(
        tmp_path / "a.xlsx",
        f'<row>{words("ID")}</row><row><c s="1"><v>12</v></c></row>',
        styles=styles("00000"),
    )
    assert cells(tmp_path / "a.xlsx") == [("ID",), ("00012",)]


# errors and formulas (B10, E16, F1, workbooks)

ERROR_CELLS = {
    "first attribute": ('<c r="B2" t="e"><v>#DIV/0!</v></c>', "#DIV/0!"),
    "other order": ('<c s="0" r="B2" t="e"><v>#REF!</v></c>', "#REF!"),
    "other quotes": ("<c r='B2' t='e'><v>#N/A</v></c>", "#N/A"),
    "spaces": ('<c r = "B2"\n t = "e" ><v>#NUM!</v></c>', "#NUM!"),
    "no address": ('<c t="e"><v>#NULL!</v></c>', "#NULL!"),
    "no value": ('<c r="B2" t="e"/>', "#ERROR!"),
    "formula, no value": ('<c r="B2" t="e"><f>1/0</f></c>', "#ERROR!"),
    "formula": ('<c r="B2" t="e"><f>A1&lt;0</f><v>#VALUE!</v></c>', "#VALUE!"),
}


@pytest.mark.parametrize("cell", ERROR_CELLS)
def test_an_error_cell_is_told_in_any_xml_that_the_format_allows(tmp_path, cell):
    xml, shown = ERROR_CELLS[cell]
    rows = (
        f'<row>{words("ID", "Merit", "Budget")}</row><row r="2">{words("A")}{xml}<c r="C2"><v>9</v></c></row>'
    )
    xml_book(tmp_path / "a.xlsx", rows)
    assert cells(tmp_path / "a.xlsx")[1] == ("A", shown, "9"), "and the neighbour's 9 stays where it is"
    assert notes(tmp_path / "a.xlsx") == [("B2", "error_cell", shown)]


@pytest.mark.parametrize(
    "root",
    [f"<x:worksheet {MAIN.replace('xmlns', 'xmlns:x')}>",
     '<worksheet xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main">'],
)  # fmt: skip
def test_an_error_cell_is_told_under_any_name_of_the_namespace(tmp_path, root):
    rows = '<row r="1"><c r="A1"><v>7</v></c></row><row r="2"><c r="A2" t="e"><v>#REF!</v></c></row>'
    if root.startswith("<x:"):
        rows = (
            rows.replace("</", "</x:").replace("<row", "<x:row").replace("<c", "<x:c").replace("<v", "<x:v")
        )
    xml_book(tmp_path / "a.xlsx", rows, root=root)
    assert notes(tmp_path / "a.xlsx") == [("A2", "error_cell", "#REF!")]


@pytest.mark.parametrize("attributes", ['r="B2"', 's="0" r="B2"', ""])
def test_an_unsaved_formula_is_told_in_any_order_of_attributes(tmp_path, attributes):
    row = f'<row r="2">{words("A")}<c {attributes}><f>1+1</f></c></row>'
    xml_book(tmp_path / "a.xlsx", f"<row>{words('ID', 'Merit')}</row>{row}")
    assert notes(tmp_path / "a.xlsx") == [("B2", "formula_without_value", "=1+1")]


@pytest.mark.slow
def test_many_error_cells_are_read_in_linear_time(tmp_path):
    taken = {}
    for n in (4_000, 40_000):
        rows = "".join(f'<row r="{r}"><c r="A{r}" t="e"/></row>' for r in range(2, n + 2))
        xml_book(tmp_path / "a.xlsx", f"<row>{words('ID')}</row>{rows}")
        begun = time.perf_counter()
        assert len(notes(tmp_path / "a.xlsx")) == n
        taken[n] = time.perf_counter() - begun
    assert taken[40_000] < 40 * taken[4_000], "ten times the cells, about ten times the time"


def test_an_error_in_an_old_workbook_is_no_missing_mark(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("A")
    for n, row in enumerate([HEAD, *ROWS]):
        for at, value in enumerate(row):
            sheet.write(n, at, value)
    for at, error in ((2, "#DIV/0!"), (3, "#NUM!")):
        sheet.row(4).set_cell_error(at, error)
    sheet.write(4, 0, "P4")
    book.save(str(tmp_path / "e1.xls"))
    (tmp_path / "form.csv").write_text("ID,Title\nP1,Moss\nP2,Rust\nP3,Snow\nP4,Fern\n")
    _, scores = contest(tmp_path)
    assert mark(scores, "P4", "innovation") == (None, "invalid")
    errors = scores.findings[scores.findings["code"] == "error_cell"]
    assert told(errors) == [["C5", "error_cell", "#DIV/0!", "error"], ["D5", "error_cell", "#NUM!", "error"]]


# notes (B19)


def test_a_note_at_a_mark_is_told_with_its_text(tmp_path):
    book = openpyxl.Workbook()
    for row in [HEAD, *ROWS]:
        book.active.append(row)
    book.active["C3"].comment = Comment("Conflict of interest,\ndo not count", "E1")
    book.save(tmp_path / "e1.xlsx")
    _, scores = contest(tmp_path)
    assert told(scores.findings) == [["C3", "cell_note", "Conflict of interest, do not count", "warning"]]


def test_a_conversation_at_a_cell_is_told_as_it_was_written(tmp_path):
    threaded = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    parts = {
        "xl/comments1.xml": f'<comments {MAIN}><commentList><comment ref="A1"><text><t>[Threaded comment] Your version'
        " of the program …</t></text></comment></commentList></comments>",
        "xl/threadedComments/t1.xml": f'<ThreadedComments xmlns="{threaded}"><threadedComment ref="A1"><text>a twin?'
        '</text></threadedComment><threadedComment ref="A1"><text>yes</text></threadedComment></ThreadedComments>',
    }
    links = [(1, ("comments", "../comments1.xml")), (2, ("threadedComment", "../threadedComments/t1.xml"))]
    xml_book(tmp_path / "a.xlsx", f"<row>{words('ID')}</row>", links=links, parts=parts)
    assert notes(tmp_path / "a.xlsx") == [("A1", "cell_note", "a twin?"), ("A1", "cell_note", "yes")]


# what is hidden (B08, D10)


def test_hidden_rows_are_not_read_as_hidden_sheets_are_not_and_a_person_is_told(tmp_path):
    for name, rows in (("form.xlsx", [row[:2] for row in ROWS]), ("e1.xlsx", ROWS)):
        book = openpyxl.Workbook()
        for row in [HEAD[: len(rows[0])], *rows]:
            book.active.append(row)
        book.active.row_dimensions[3].hidden = True
        book.save(tmp_path / name)
    intake, scores = contest(tmp_path, form="form.xlsx")
    assert list(intake.submissions.index) == ["P1", "P3"] and len(scores.ratings) == 4
    assert told(intake.findings) == told(scores.findings) == [["A3", "rows_hidden", "3", "error"]]


def test_hidden_columns_and_rows_are_told_by_their_names_and_leave_every_address_as_it_is(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        for row in range(9):
            sheet.write_row(row, 0, [f"{row}{at}" for at in range(5)])
        sheet.set_column(1, 2, None, None, {"hidden": True})
        sheet.set_column(5, 16383, None, None, {"hidden": True})
        for row in (2, 3, 6, 20):
            sheet.set_row(row, None, None, {"hidden": True})
    assert notes(tmp_path / "a.xlsx") == [("A3", "rows_hidden", "3–4, 7"), ("B1", "columns_hidden", "B–C")]
    assert cells(tmp_path / "a.xlsx")[4] == ("40", "", "", "43", "44")


@pytest.mark.parametrize("attribute", ['hidden="1"', 'hidden="true"', 'ht="0" customHeight="1"'])
def test_a_row_is_hidden_however_that_is_written(tmp_path, attribute):
    rows = f'<row r="1">{words("ID")}</row><row {attribute} r="2"><c><v>1</v></c></row>'
    xml_book(tmp_path / "a.xlsx", rows)
    assert notes(tmp_path / "a.xlsx") == [("A2", "rows_hidden", "2")]


def test_a_workbook_in_which_all_rows_are_hidden_says_so(tmp_path):
    xml_book(tmp_path / "a.xlsx", f'<row hidden="1">{words("ID")}</row>')
    with pytest.raises(DataError, match="all that is in it is hidden"):
        read_tables(tmp_path / "a.xlsx")


# far cells (workbooks)


def test_a_far_cell_is_refused_by_name_before_it_is_decoded(tmp_path):
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    xml_book(tmp_path / "a.xlsx", f"<row>{words('ID')}</row>{far}", more='<dimension ref="A1:C3"/>')
    with pytest.raises(DataError, match=r"a\.xlsx, sheet S: something stands in cell XFD1048576") as refused:
        read_tables(tmp_path / "a.xlsx")
    assert "Delete the rows and columns" in str(refused.value)


@pytest.mark.parametrize("cell", ["<c r='XFD1048576'><v>1</v></c>", '<c r = "XFD1048576" t="e"/>'])
def test_a_far_cell_is_seen_in_any_xml(tmp_path, cell):
    xml_book(tmp_path / "a.xlsx", f"<row>{words('ID')}</row><row>{cell}</row>")
    with pytest.raises(DataError, match="XFD1048576"):
        read_tables(tmp_path / "a.xlsx")


def test_a_column_that_is_only_formatted_to_the_end_is_no_far_cell(tmp_path):
    rows = f'<row>{words("ID", "7")}</row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    xml_book(tmp_path / "a.xlsx", rows)
    assert cells(tmp_path / "a.xlsx") == [("ID", "7")]


@pytest.mark.slow
def test_wide_and_long_tables_are_no_far_cells(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(range(800)))
        sheet.write_column(0, 0, list(range(11_000)))
    read = cells(tmp_path / "a.xlsx")
    assert len(read) == 11_000 and read[0][-1] == "799"


# rows with more cells than headings (B13, D03; E09 stays right)


@pytest.mark.parametrize("layout", ["sheets", "long"])
def test_a_decimal_comma_that_tears_a_row_apart_stops(tmp_path, layout):
    rows = {
        "sheets": "ID,Title,Innovation,Impact\nP1,Moss,8,5,9\nP2,Rust,6,7\nP3,Snow,9,5,7,5\n",
        "long": "ID,Juror,Criterion,Score\nP1,E1,impact,8\nP1,E1,innovation,8,5\n",
    }
    (tmp_path / "e1.csv").write_text(rows[layout])
    with pytest.raises(DataError, match=r"e1\.csv, row \d: more cells than the 4 headings of row 1") as stop:
        contest(tmp_path, layout=layout)
    assert "quotation marks" in str(stop.value)


def test_a_comma_in_a_title_tears_a_form_apart_too(tmp_path):
    (tmp_path / "form.csv").write_text("ID,Title,Organisation\nP1,Moss, and rust,Fund\n")
    score_book(tmp_path / "e1.xlsx", ROWS)
    with pytest.raises(DataError, match=r"form\.csv, row 2: more cells than the 3 headings"):
        contest(tmp_path)


def test_separators_at_the_end_of_a_row_are_no_cells(tmp_path):
    (tmp_path / "e1.csv").write_text(
        "ID;Title;Innovation;Impact\nP1;Moss;8,5;9;\nP2;Rust;6;7;\nP3;Snow;9;10;\n"
    )
    _, scores = contest(tmp_path)
    assert mark(scores, "P1", "innovation") == (8.5, "scored") and len(scores.ratings) == 6


def test_a_column_without_a_heading_in_a_workbook_is_told(tmp_path):
    score_book(tmp_path / "e1.xlsx", [[*ROWS[0], "ask again"], [*ROWS[1], ""], [*ROWS[2], "good"]])
    _, scores = contest(tmp_path)
    assert told(scores.findings) == [
        ["E2", "column_without_heading", "ask again (2 cells in this column)", "warning"]
    ]


# what is ordinary stays as it is


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.lists(
        st.lists(st.integers(0, 10) | st.sampled_from(["", "Мүк", "8,5", "<&>"]), min_size=3, max_size=3)
    )
)
def test_ordinary_cells_are_what_was_written_and_nothing_is_told(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate([["x", "y", "z"], *rows]):
            sheet.write_row(n, 0, row)
    read = next(iter(read_tables(path).values()))
    written = [tuple(map(str, row)) for row in rows]
    while written and not any(written[-1]):
        written.pop()
    assert read.rows(1) == written and read.notes == ()
