"""Score files: every mark is used, recused, invalid or rejected with a reason; none is lost or guessed."""

from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import DataError
from fairlib.intake.sheets.jurors import read_conflicts, read_jurors
from fairlib.intake.sheets.read import read_scores
from fairlib.intake.sheets.usable import Roster
from fairlib.params import check_params

HEAD = ["Өтінім №", "Жобаның атауы", "маңыздылық / значимость", "жаңашылдық", "Түсініктеме"]


def contest(layout="sheets", files="*.csv", scale=None, weights=None):
    return check_params({
        "year": 2030,
        "contest": {
            "name": "Contest", "data": "x", "seed": 1,
            "submissions": {"file": "s.csv"},
            "criteria": [
                {"id": "significance", "name": {"kk": "маңыздылық", "ru": "значимость", "en": "significance"}},
                {"id": "novelty", "name": {"kk": "жаңашылдық", "ru": "новизна", "en": "novelty"}},
            ],
            "rounds": [{"id": "one", "name": "One", "scores": {"files": files, "layout": layout},
                        "scale": scale or {"min": 1, "max": 10, "step": 0.5}, "weights": weights,
                        "select": {"seats": 1}}],
        },
    }).contest  # fmt: skip


def make_roster(jurors=("E1", "E2"), conflicts=(), submissions=("A", "B", "C"), versions=None, owners=None):
    table = pd.DataFrame({"organisation_id": [f"J{j}" for j in jurors]}, index=pd.Index(jurors, name="juror"))
    subs = pd.DataFrame({"in_round": True, "organisation_id": owners or [f"O{s}" for s in submissions]},
                        index=pd.Index(submissions, name="submission"))  # fmt: skip
    pairs = pd.DataFrame(list(conflicts), columns=["juror", "submission"], dtype="str")
    return Roster(table, pairs, subs, versions or {})


def sheet(path, juror, rows, head=HEAD):
    lines = [["Байқау", "", "", "", ""], [f"Сарапшы / Эксперт: {juror}", "", "", "", ""], head, *rows]
    path.write_text("\n".join(";".join(map(str, r)) for r in lines) + "\n", encoding="utf-8")


def read(folder, roster=None, **kw):
    c = contest(**kw)
    return read_scores(c, c.rounds[0], folder, roster or make_roster())


def by_cell(result):
    return result.ratings.set_index(["submission", "juror", "criterion"])


def test_marks_as_people_write_them(tmp_path):
    rows = [
        ["A", "x", "8", "7,5", "Жақсы жоба"],
        ["B", "y", "б/о", "", ""],
        ["C", "z", "мүдделер қақтығысы", "11", ""],
    ]
    sheet(tmp_path / "e1.csv", "E1", rows)
    result = read(tmp_path)
    cells = by_cell(result)
    assert cells.loc[("A", "E1", "significance"), "score"] == 8
    assert cells.loc[("A", "E1", "novelty"), "score"] == 7.5
    assert cells["status"].to_dict() == {
        ("A", "E1", "significance"): "scored", ("A", "E1", "novelty"): "scored",
        ("B", "E1", "significance"): "abstained", ("B", "E1", "novelty"): "missing",
        ("C", "E1", "significance"): "recused", ("C", "E1", "novelty"): "invalid",
    }  # fmt: skip
    assert cells.loc[("A", "E1", "novelty"), "source"] == "e1.csv!e1!D4"
    assert cells["score"].isna().sum() == 4
    off = result.findings[result.findings["code"] == "off_scale"].iloc[0]
    assert (off["cell"], off["found"], off["severity"]) == ("D6", "11", "error")
    assert result.comments.iloc[0].to_dict() == {
        "submission": "A", "juror": "E1", "comment": "Жақсы жоба", "source": "e1.csv!e1!E4"}  # fmt: skip


def test_unknown_ids_are_rejected_and_counted(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""], ["Z", "x", 5, 5, ""]])
    sheet(tmp_path / "e9.csv", "E9", [["A", "x", 5, 5, ""]])
    result = read(tmp_path)
    assert result.received == 6 == len(result.ratings) + len(result.rejected)
    assert result.rejected["reason"].value_counts().to_dict() == {"unknown_submission": 2, "unknown_juror": 2}
    assert set(result.findings["code"]) >= {"unknown_submission", "unknown_juror", "no_marks"}


def test_a_misspelt_heading_is_taken_with_a_finding(tmp_path):
    sheet(
        tmp_path / "e1.csv",
        "E1",
        [["A", "x", 5, 6, ""]],
        ["Өтінім №", "Атауы", "маңыздылык", "жаңашылдық", ""],
    )
    result = read(tmp_path)
    assert by_cell(result).loc[("A", "E1", "significance"), "score"] == 5
    # a plain letter for a Kazakh one is the same heading; a wrong letter is only near
    sheet(
        tmp_path / "e1.csv",
        "E1",
        [["A", "x", 5, 6, ""]],
        ["Өтінім №", "Атауы", "маңыздылыққ", "жаңашылдық", ""],
    )
    assert "heading_near" in set(read(tmp_path).findings["code"])


def test_a_clean_sheet_has_nothing_to_tell(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [[s, "x", 5, 6, ""] for s in "ABC"])
    assert read(tmp_path).findings.empty


def test_row_numbers_are_not_ids(tmp_path):
    sheet(
        tmp_path / "e1.csv", "E1", [["1", "A", 5, 6, ""]], ["№", "Өтінім №", "маңыздылық", "жаңашылдық", ""]
    )
    assert set(read(tmp_path).ratings["submission"]) == {"A"}


def test_no_personal_number_leaves_a_scoresheet(tmp_path):
    iin = "990101199901"  # synthetic, with a right check digit
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", iin, 6, f"см. {iin}"], [iin, "x", 5, 5, ""]])
    sheet(tmp_path / "e2.csv", f"Сарапшы {iin}", [["Z", "x", f"ЖСН {iin}", 6, ""]])
    result = read(tmp_path)
    for table in (result.ratings, result.rejected, result.comments, result.findings):
        assert iin not in table.to_csv()
    assert len(result.rejected) == 4


def test_sheets_that_nobody_filled(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [])
    result = read(tmp_path)
    assert result.received == 0 and set(result.findings["code"]) == {"no_marks"}


def test_an_absent_criterion_is_said(tmp_path):
    sheet(
        tmp_path / "e1.csv",
        "E1",
        [["A", "x", 5, "", ""], ["B", "y", 6, "бар", ""]],
        ["Өтінім №", "Атауы", "маңыздылық", "басқа баған", ""],
    )
    result = read(tmp_path)
    assert "criterion_absent" in set(result.findings["code"])
    assert set(result.ratings["criterion"]) == {"significance"}


@pytest.mark.parametrize("total", ["Барлығы", "Итого"])
def test_a_column_of_totals_is_no_absent_criterion(tmp_path, total):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""]], ["Өтінім №", "Атауы", "маңыздылық", total, ""])
    assert "criterion_absent" in set(read(tmp_path).findings["code"])


def test_marks_under_an_unknown_heading_stop_the_run_where_a_criterion_is_absent(tmp_path):
    rows = [["A", "x", 5, 6, ""], ["B", "y", 7, "8,5", ""], ["C", "z", 7, "б/о", ""]]
    sheet(tmp_path / "e1.csv", "E1", rows, ["Өтінім №", "Атауы", "маңыздылық", "Бағандық", ""])
    with pytest.raises(
        DataError, match=r"e1\.csv, sheet e1: no column has the criterion novelty.*«Бағандық» \(D3\)"
    ):
        read(tmp_path)


def test_jurors_names_stand_in_no_comment(tmp_path):
    roster = make_roster()
    roster.jurors["name"] = ["Ахметова Сауле", "Ким О."]
    sheet(
        tmp_path / "e1.csv",
        "E1",
        [["A", "x", 5, 5, "Ахметовой С. жоба ұнады. Сауле"], ["B", "y", 5, 5, "Жақсы"]],
    )
    comments = read(tmp_path, roster).comments.set_index("submission")["comment"]
    assert comments.to_dict() == {"A": "▮▮▮ С. жоба ұнады. ▮▮▮", "B": "Жақсы"}


def test_two_sheets_of_one_juror_stop_the_run(tmp_path):
    sheet(tmp_path / "a.csv", "E1", [["A", "x", 5, 5, ""]])
    sheet(tmp_path / "b.csv", "E1", [["B", "x", 5, 5, ""]])
    with pytest.raises(
        DataError, match=r"a\.csv, sheet a and b\.csv, sheet b: both are the marks of juror E1"
    ):
        read(tmp_path)


def test_two_different_marks_stop_the_run_with_both_cells(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""], ["A", "x", 5, 6, ""]])
    with pytest.raises(DataError, match=r"e1\.csv!e1!D4 \(5\) and e1\.csv!e1!D5 \(6\): juror E1 .* novelty"):
        read(tmp_path)


def test_the_same_mark_twice_counts_once(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""], ["A", "x", 5, 5, ""]])
    result = read(tmp_path)
    assert len(result.ratings) == 2
    assert list(result.rejected["reason"]) == ["repeated", "repeated"]


def test_declared_conflict_recuses_also_a_typed_mark(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""], ["B", "x", 6, 6, ""]])
    result = read(tmp_path, make_roster(conflicts=[("E1", "A")]))
    assert set(by_cell(result).loc["A", "status"]) == {"recused"}
    assert by_cell(result).loc["A", "score"].isna().all()
    assert "marked_despite_conflict" in set(result.findings["code"])


def test_own_organisation_is_flagged_and_not_excluded(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""]])
    result = read(tmp_path, make_roster(owners=["JE1", "OB", "OC"]))
    assert set(by_cell(result).loc["A", "status"]) == {"scored"}
    assert result.findings.set_index("code").loc["own_organisation", "severity"] == "error"


def test_marks_of_an_earlier_version_count_for_the_kept_one(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A0", "x", 5, 5, ""]])
    result = read(tmp_path, make_roster(versions={"A0": "A"}))
    assert set(result.ratings["submission"]) == {"A"}
    assert "earlier_version" in set(result.findings["code"])


def test_marks_for_one_who_is_not_in_the_round(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""], ["B", "x", 5, 5, ""]])
    roster = make_roster()
    roster = replace(roster, submissions=roster.submissions.assign(in_round=[True, False, True]))
    result = read(tmp_path, roster)
    assert set(result.rejected["reason"]) == {"not_in_round"}
    told = result.findings.iloc[0]  # C has no mark: both are one finding, which a person must look at
    assert len(result.findings) == 1 and (told["code"], told["severity"]) == ("not_in_round", "error")
    assert told["done"] == "2 mark(s) left out; this juror did not mark: C; nobody marked: C"


def test_a_mark_for_one_who_is_not_in_the_round_where_everybody_is_marked_is_a_warning(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, 5, ""], ["B", "x", 5, 5, ""]])
    sheet(tmp_path / "e2.csv", "E2", [["A", "x", 5, 5, ""], ["C", "x", 5, 5, ""]])
    roster = make_roster()
    roster = replace(roster, submissions=roster.submissions.assign(in_round=[True, False, True]))
    told = read(tmp_path, roster).findings
    assert told[["code", "severity", "done"]].to_numpy().tolist() == [
        ["not_in_round", "warning", "2 mark(s) left out; this juror did not mark: C"]
    ]


def test_long_layout_with_criteria_named_in_any_language(tmp_path):
    lines = ["juror,submission,criterion,score,day,slot", "E1,A,значимость,7,1,2", "E1,A,novelty,8,1,2",
             "E2,A,маңыздылық,б/о,2,1", "E2,A,beauty,8,2,1"]  # fmt: skip
    (tmp_path / "scores.csv").write_text("\n".join(lines), encoding="utf-8")
    result = read(tmp_path, layout="long")
    assert result.received == 4
    assert list(result.rejected["reason"]) == ["unknown_criterion"]
    assert by_cell(result).loc[("A", "E1", "significance"), ["score", "day", "slot"]].tolist() == [
        7,
        "1",
        "2",
    ]


def test_a_round_may_mark_some_of_the_criteria(tmp_path):
    sheet(tmp_path / "e1.csv", "E1", [["A", "x", 5, "", ""]], ["Өтінім №", "Атауы", "маңыздылық", "", ""])
    sheet(tmp_path / "e2.csv", "E2", [["A", "x", 5, 6, ""]])
    result = read(tmp_path, weights={"significance": 1})
    assert set(result.ratings["criterion"]) == {"significance"}
    assert list(result.rejected["reason"]) == ["unknown_criterion"]
    assert "criterion_absent" not in set(result.findings["code"])


def test_a_long_table_of_one_criterion_needs_no_column_for_it(tmp_path):
    (tmp_path / "scores.csv").write_text("juror;submission;score\nE1;A;7\n")
    result = read(tmp_path, layout="long", weights={"novelty": 1})
    assert result.ratings[["criterion", "score"]].values.tolist() == [["novelty", 7.0]]


def test_a_mark_of_nobody_is_rejected(tmp_path):
    lines = ["juror;submission;criterion;score", ";A;novelty;7", "E1;A;novelty;8"]
    (tmp_path / "scores.csv").write_text("\n".join(lines), encoding="utf-8")
    result = read(tmp_path, replace(make_roster(), jurors=None), layout="long")
    assert result.rejected[["juror", "reason"]].values.tolist() == [["", "unknown_juror"]]
    assert result.ratings["juror"].tolist() == ["E1"]


def test_no_score_files_and_no_headings(tmp_path):
    with pytest.raises(DataError, match="no score file of the round one"):
        read(tmp_path)
    (tmp_path / "x.csv").write_text("a;b\n1;2\n")
    with pytest.raises(DataError, match="check the headings"):
        read(tmp_path)


def test_jurors_and_conflicts_tables(tmp_path):
    (tmp_path / "j.csv").write_text("juror;name;bin\nE2;Б;1\nE1;А;2\n", encoding="utf-8")
    assert list(read_jurors(tmp_path / "j.csv", []).index) == ["E1", "E2"]
    (tmp_path / "j2.csv").write_text("juror;name\nE2;Б\nE2;А\n", encoding="utf-8")
    with pytest.raises(DataError, match="juror E2 stands in it twice"):
        read_jurors(tmp_path / "j2.csv", [])
    (tmp_path / "c.csv").write_text("juror;submission\nE2;A\n", encoding="utf-8")
    assert read_conflicts(tmp_path / "c.csv", []).values.tolist() == [["E2", "A"]]


def book(path, sheets, hide=()):
    """A workbook of sheets by name, each of rows."""
    with xlsxwriter.Workbook(path) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
            if name in hide:
                page.hide()


MARKED = [["Өтінім №", "маңыздылық", "жаңашылдық"], ["A", 5, 6], ["B", 7, 8]]


def told(result, *columns):
    findings = result.findings[result.findings["code"] != "no_marks"]
    return findings[["code", "severity", *columns]].values.tolist()


def named_roster():
    roster = make_roster()
    return replace(roster, jurors=roster.jurors.assign(name=["Иванова Анна Сергеевна", "Омаров Ерлан"]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Иванова", "Иванова А.С.", "анна иванова"])
def test_a_sheet_named_after_a_juror_is_hers(tmp_path, name):
    book(tmp_path / "e1.xlsx", {name: MARKED})
    result = read(tmp_path, named_roster(), files="*.xlsx")
    assert result.rejected.empty and set(result.ratings["juror"]) == {"E1"}
    assert told(result, "found", "done") == [["juror_by_name", "warning", name, "taken as E1"]]


def test_a_sheet_of_one_juror_in_the_file_of_another_wants_a_person(tmp_path):
    book(tmp_path / "E2.xlsx", {"Иванова": MARKED})
    result = read(tmp_path, named_roster(), files="*.xlsx")
    assert set(result.ratings["juror"]) == {"E2"}, "an id goes before a name"
    assert told(result, "found", "done") == [["juror_doubtful", "error", "Иванова; E2", "taken as E2"]]


@pytest.mark.slow
def test_ids_and_names_by_which_a_sheet_is_known(tmp_path):
    book(tmp_path / "e2.xlsx", {"Лист1": MARKED})
    assert told(read(tmp_path, named_roster(), files="*.xlsx"), "juror") == []
    book(tmp_path / "e2.xlsx", {"Лист1": [["Эксперт: Омаров Е."], *MARKED]})
    assert set(read(tmp_path, named_roster(), files="*.xlsx").ratings["juror"]) == {"E2"}
    book(tmp_path / "e2.xlsx", {"Лист1": [["Эксперт: Ахметова"], *MARKED], "E1": MARKED})
    assert set(read(tmp_path, named_roster(), files="*.xlsx").rejected["reason"]) == {"unknown_juror"}


def test_jurors_named_in_a_long_table(tmp_path):
    lines = [
        "juror,submission,criterion,score",
        "Иванова,A,novelty,7",
        "Иванова,B,novelty,8",
        "e2,A,novelty,9",
    ]
    (tmp_path / "scores.csv").write_text("\n".join(lines), encoding="utf-8")
    result = read(tmp_path, named_roster(), layout="long")
    assert set(result.ratings["juror"]) == {"E1", "E2"} and result.rejected.empty
    assert told(result, "found", "juror") == [["juror_by_name", "warning", "Иванова", "E1"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", [["Итого", 12, 14], ["Барлығы:", 12, 14], ["", "Total", 14], ["Всего: 2", "", ""]]
)
def test_a_row_of_totals_is_told_once_and_left_out(tmp_path, row):
    book(tmp_path / "E1.xlsx", {"E1": [*MARKED, [], row, ["C", 9, 9]]})
    result = read(tmp_path, files="*.xlsx")
    assert len(result.ratings) == result.received == 6 and result.rejected.empty
    assert told(result, "cell", "done") == [["totals_row", "info", "A5", "left out"]]


def test_totals_below_a_long_table(tmp_path):
    (tmp_path / "s.csv").write_text(
        "juror;submission;criterion;score\nE1;A;novelty;7\nБарлығы;;;7\n", "utf-8"
    )
    result = read(tmp_path, layout="long")
    assert result.received == 1 and told(result, "cell") == [["totals_row", "info", "A3"]]


def test_a_hidden_sheet_of_marks_is_told_and_not_read(tmp_path):
    book(tmp_path / "E1.xlsx", {"қорытынды": MARKED, "ескі": [*MARKED, ["C", 1, 1]]}, hide=["ескі"])
    result = read(tmp_path, files="*.xlsx")
    assert result.received == 4
    assert told(result, "sheet", "found") == [["sheet_hidden", "warning", "ескі", "4 row(s)"]]


def test_a_hidden_list_of_jurors_is_told(tmp_path):
    lists = {
        "бос": [],
        "2020": [["juror", "name"], ["E9", "x"]],
        "2021": [["Код", "ФИО эксперта"], ["E1", "Иванова"]],
    }
    book(tmp_path / "j.xlsx", lists, hide=["2020"])
    found = []
    assert read_jurors(tmp_path / "j.xlsx", found)["name"].to_dict() == {"E1": "Иванова"}
    assert [(f["code"], f["sheet"]) for f in found] == [("sheet_hidden", "2020")]
    sheet(tmp_path / "e1.csv", "E1", [[s, "x", 5, 6, ""] for s in "ABC"])
    assert told(read(tmp_path, replace(make_roster(), findings=tuple(found)), files="e1.csv"), "sheet") == [
        ["sheet_hidden", "warning", "2020"]
    ]


def test_criteria_under_one_heading(tmp_path):
    rows = [
        ["Өтінім №", "Жоба", "Оценки", "", "Пікір"],
        ["", "", "маңыздылық", "жаңашылдық", ""],
        ["A", "x", 5, 6, "!"],
    ]
    book(tmp_path / "E1.xlsx", {"E1": rows})
    result = read(tmp_path, files="*.xlsx")
    assert by_cell(result).loc[("A", "E1", "novelty"), ["score", "source"]].tolist() == [6, "E1.xlsx!E1!D3"]
    assert result.comments["comment"].tolist() == ["!"]
    assert told(result, "cell", "juror") == [["heading_two_rows", "info", "A1", "E1"]]


def test_a_second_column_of_a_criterion_is_a_warning_where_it_says_the_same(tmp_path):
    head = ["№", "id", "novelty", "significance", "новизна / жаңашылдық"]
    book(tmp_path / "E1.xlsx", {"E1": [head, [1, "A", 5, 6, "5,0"], [2, "B", 7, 6, 7]]})
    result = read(tmp_path, files="*.xlsx")
    assert by_cell(result).loc[("A", "E1", "novelty"), "score"] == 5
    assert told(result, "cell") == [["heading_repeated", "warning", "E1"]]


@pytest.mark.parametrize("second", [8, "", "б/о"])
def test_a_second_column_of_a_criterion_with_other_marks_stops_the_run(tmp_path, second):
    head = ["№", "id", "novelty", "significance", "новизна / жаңашылдық"]
    book(tmp_path / "E1.xlsx", {"E1": [head, [1, "A", 5, 6, 5], [2, "B", 7, 6, second]]})
    with pytest.raises(
        DataError, match=r"«novelty» \(C1\) and «новизна / жаңашылдық» \(E1\).* differ in row 3"
    ):
        read(tmp_path, files="*.xlsx")


def test_a_formula_without_its_value_is_a_missing_mark_that_is_told(tmp_path):
    made = openpyxl.Workbook()
    for row in (MARKED[0], ["A", "=4+1", 6], ["B", "=B2+2", 8]):
        made.active.append(row)
    made.save(tmp_path / "E1.xlsx")
    result = read(tmp_path, files="*.xlsx")
    assert by_cell(result).loc[("A", "E1", "significance"), "status"] == "missing"
    assert told(result, "cell", "found") == [
        ["formula_without_value", "warning", "B2", "=4+1 (2 cells in this column)"]
    ]


def test_a_long_table_without_headings_says_what_to_do(tmp_path):
    (tmp_path / "s.csv").write_text("E1;A;novelty;7\n", "utf-8")
    with pytest.raises(
        DataError, match="no heading row with submission, juror, score, criterion; give the columns"
    ):
        read(tmp_path, layout="long")


@pytest.mark.slow
@settings(max_examples=20)
@given(st.permutations(["A", "B", "C"]), st.permutations(["E1", "E2"]))
def test_order_of_rows_and_files_changes_nothing(tmp_path_factory, rows, jurors):
    marks = {
        ("E1", "A"): 5,
        ("E1", "B"): 6,
        ("E1", "C"): "б/о",
        ("E2", "A"): 7,
        ("E2", "B"): "",
        ("E2", "C"): 99,
    }

    def result(order, names):
        folder = tmp_path_factory.mktemp("s")
        for k, j in enumerate(names):
            sheet(folder / f"f{k}.csv", j, [[s, "x", marks[j, s], 5, ""] for s in order])
        return by_cell(read(folder))[["score", "status"]]

    pd.testing.assert_frame_equal(result(rows, jurors), result(["A", "B", "C"], ["E1", "E2"]))
