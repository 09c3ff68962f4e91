"""Copies, averages and empty forms among the sheets; rows that are none of marks; names that are nearly one.

People, titles and marks are made up.
"""

import random

import pytest
from meant_fixture import FORM, HEAD, J1, J2, J4, book, contest, given, read, rows_of, told, write

from fairlib.errors import DataError

MEANS = {i: ((a + c) / 2, (b + d) / 2) for (i, (a, b)), (c, d) in zip(J1.items(), J2.values(), strict=True)}
LISTED = {"jurors": "jurors.csv"}


def stops(tmp_path, files, *said):
    write(tmp_path, files)
    with pytest.raises(DataError) as stop:
        read(tmp_path)
    for text in said:
        assert text in str(stop.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["e1 (1)", "e1_final", "e1 - копия", "e1 - Copy (2)", "e1_v2", "e1 исправленный"]
)
@pytest.mark.parametrize("marks", [J1, J4])
def test_b04_a_copy_or_a_version_beside_the_file_of_a_juror(tmp_path, name, marks):
    files = {"e1": rows_of(J1), "e2": rows_of(J2), name: rows_of(marks)}
    stops(tmp_path, files, "e1.xlsx, sheet A", f"{name}.xlsx, sheet A", "by its name one is a copy")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["e_summary", "e average", "e-Средний балл", "e_Свод", "e_Орташа балл", "e_итоговая", "e_Total"]
)
def test_b03_a_sheet_of_averages_by_its_name(tmp_path, name):
    files = {"e1": rows_of(J1), "e2": rows_of(J2), name: rows_of(MEANS)}
    stops(tmp_path, files, f"{name}.xlsx, sheet A", "e1.xlsx, e2.xlsx", "is no juror's")


def test_d05_a_copy_and_averages_are_both_named(tmp_path):
    files = {"eJ1": rows_of(J1), "eJ2": rows_of(J2), "eJ2 (1)": rows_of(J2), "e_average": rows_of(MEANS)}
    stops(tmp_path, files, "eJ2.xlsx", "eJ2 (1).xlsx", "e_average.xlsx")


def test_without_the_copy_and_the_averages_the_two_jurors_are_read(tmp_path):
    write(tmp_path, {"eJ1": rows_of(J1), "eJ2": rows_of(J2)})
    result = read(tmp_path)
    assert len(given(result)) == 16 and told(result) == []


def large(n, seed=3):
    draw = random.Random(seed)
    form = {f"P{i}": f"Title {i} of {n}" for i in range(1, n + 1)}
    jurors = [{i: (draw.randint(1, 10), draw.randint(1, 10)) for i in form} for _ in range(3)]
    return form, jurors


def test_marks_alone_tell_a_copy_and_a_part_of_one(tmp_path):
    form, (one, two, _) = large(20)
    part = dict(list(one.items())[:18])
    for n, copy in enumerate((one, part)):
        folder = tmp_path / str(n)
        folder.mkdir()
        write(folder, {"e1": rows_of(one, form), "e2": rows_of(two, form), "e3": rows_of(copy, form)}, form)
        with pytest.raises(DataError, match=r"e1\.xlsx.* and e3\.xlsx.*all marks are the same"):
            read(folder)


@pytest.mark.parametrize("digits", [2, 0])
def test_marks_alone_tell_averages_also_rounded(tmp_path, digits):
    form, (one, two, three) = large(30)
    mean = {
        i: tuple(round(sum(m) / 3, digits) for m in zip(one[i], two[i], three[i], strict=True)) for i in form
    }
    if digits == 0:
        mean = {i: tuple(int(m) for m in pair) for i, pair in mean.items()}
    jurors = {"e1": one, "e2": two, "e3": three, "e4": mean}
    write(tmp_path, {name: rows_of(m, form) for name, m in jurors.items()}, form)
    with pytest.raises(DataError, match=r"e4\.xlsx.*every mark is the mean of the others'"):
        read(tmp_path)


def test_jurors_of_a_list_count_and_a_person_is_asked(tmp_path):
    form, (one, two, _) = large(20)
    (tmp_path / "jurors.csv").write_text("juror\ne1\ne2\ne3\n", encoding="utf-8")
    write(tmp_path, {"e1": rows_of(one, form), "e2": rows_of(two, form), "e3": rows_of(one, form)}, form)
    result = read(tmp_path, **LISTED)
    assert len(given(result)) == 60
    assert told(result, "found") == [["marks_copied", "error", "e1.xlsx!A: e1 = e3.xlsx!A: e3"]]


@pytest.mark.parametrize("names", [("e1", "e2", "e3"), ("e_1", "e_2", "e_3"), ("e (1)", "e (2)", "e (3)")])
def test_honest_jurors_who_agree_raise_no_alarm(tmp_path, names):
    few = {"P1": (9, 9), "P2": (8, 9), "P3": (6, 6)}
    write(tmp_path, {name: rows_of(few) for name in names})
    assert [row for row in told(read(tmp_path)) if row[1] == "error"] == []


def test_a_unanimous_jury_is_a_result(tmp_path):
    form, (one, *_) = large(20)
    write(tmp_path, {f"e{n}": rows_of(one, form) for n in (1, 2, 3)}, form)
    result = read(tmp_path)
    assert len(given(result)) == 60
    assert {code for code, _ in told(result)} == {"marks_copied"}


def test_constant_marks_are_no_copy(tmp_path):
    form, _ = large(40)
    flat = dict.fromkeys(form, (10, 10))
    write(tmp_path, {"e1": rows_of(flat, form), "e2": rows_of(flat, form)}, form)
    assert told(read(tmp_path)) == []


@pytest.mark.slow
def test_jurors_of_one_mind_are_no_copies_of_each_other():
    """Marks with little noise: of 200 contests of eight jurors none is stopped."""
    import numpy as np
    import pandas as pd

    from fairlib.intake.sheets.copies import SURE, _copies, _means, _numbers
    from fairlib.rules import Scale

    rng = np.random.default_rng(5)
    for _ in range(200):
        merit = rng.normal(6, 1.5, 12)
        marks = np.clip(np.round(merit[:, None] + rng.normal(0, 0.3, (12, 8))), 1, 10)
        i, j = np.indices(marks.shape)
        raw = pd.DataFrame({"juror": j.ravel().astype(str), "submission": i.ravel(), "criterion": "c"})
        raw["typed"] = pd.Categorical(marks.ravel().astype(int).astype(str))
        numbers = _numbers(raw, Scale(min=1, max=10))
        assert not [c for *_, c in _copies(numbers) if c < SURE]
        assert not [c for c in _means(numbers, set()).values() if c < SURE]


def test_a_form_to_fill_in_is_told_and_is_no_juror(tmp_path):
    empty = dict.fromkeys(FORM, ("", ""))
    write(tmp_path, {"e1": rows_of(J1), "e_template": rows_of(empty)})
    result = read(tmp_path)
    assert set(result.ratings["juror"]) == {"e1"} and result.received == 16
    assert told(result, "file", "found") == [["sheet_empty", "warning", "e_template.xlsx", "e_template"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [
        ("Подпись эксперта: ________", "", "", ""), ("Қолы", "", "________", ""), ("", "", "", "Иванов И. И."),
        ("Председатель", "", "Иванов И. И.", ""), ("Signature", "", "A. Dale", "12.03.2021"), ("Дата", "", "", ""),
        ("Номинация «Экология»", "", "", ""), ("* 0 = not marked", "", "", ""),
    ],
)  # fmt: skip
def test_rows_that_are_none_of_marks_are_no_error(tmp_path, row):
    rows = rows_of(J1)
    write(tmp_path, {"e1": [*rows[:4], row, [], *rows[4:]]})
    result = read(tmp_path)
    assert given(result) == {("e1", i): m for i, m in J1.items()} and result.rejected.empty
    assert told(result, "done") == [["row_without_marks", "info", "left out"]]


def test_a_title_without_an_id_and_marks_names_a_block(tmp_path):
    write(tmp_path, {"e1": [*rows_of(J1)[:4], ("", "Block two", "", ""), *rows_of(J1)[4:]]})
    result = read(tmp_path)
    assert given(result) == {("e1", i): m for i, m in J1.items()} and result.rejected.empty


def test_headings_that_come_again_over_each_block(tmp_path):
    rows = rows_of(J1)
    write(tmp_path, {"e1": [*rows[:4], ("Block two",), HEAD, *rows[4:], HEAD]})
    result = read(tmp_path)
    assert given(result) == {("e1", i): m for i, m in J1.items()} and result.rejected.empty
    assert sorted(row[0] for row in told(result)) == ["heading_again", "heading_again", "row_without_marks"]


def test_a_block_with_other_columns_stops_the_run(tmp_path):
    rows = rows_of(J1)
    write(tmp_path, {"e1": [*rows[:4], ("ID", "Title", "Impact", "Innovation"), *rows[4:]]})
    with pytest.raises(
        DataError, match=r"e1\.xlsx, sheet A: the headings come again in row 6, .*D6, above in C1"
    ):
        read(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("row", [("P9", "Heath", 5, 6), ("Подпись", "", 5, 6), ("P9", "Heath", "good", "")])
def test_what_could_be_marks_stays_an_error(tmp_path, row):
    write(tmp_path, {"e1": [*rows_of(J1), row]})
    assert ["unknown_submission", "error"] in told(read(tmp_path))


LONG = ["juror,submission,criterion,score"]


def names(tmp_path, rows):
    write(tmp_path, {})
    lines = [f"{j},{s},{c},{m}" for j, s, m in rows for c in ("innovation", "impact")]
    (tmp_path / "e.csv").write_text("\n".join([*LONG, *lines]) + "\n", encoding="utf-8")
    return [row[2] for row in told(read(tmp_path, "long"), "found") if row[0] == "juror_nearly"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Aigul", "Aigül", True), ("Aigul", "aigul", True), ("Анна Иванова", "Иванова Анна", True),
        ("Иванова А. С.", "Иванова Анна Сергеевна", True), ("Асель", "Асeль", True), ("Асель", "Әсел", True),
        ("Juror 1", "Juror 2", False), ("E1", "E11", False), ("Juror A", "Juror B", False), ("Serik", "Berik", False),
        ("Dana", "Marat", False), ("Иванов Анна", "Иванов Олег", False),
    ],
)  # fmt: skip
def test_names_that_are_nearly_one_without_a_list(tmp_path, one, other, same):
    first, second = sorted([one, other])
    assert names(tmp_path, [(one, "P1", 5), (other, "P2", 6)]) == [f"{first} = {second}"] * same


def test_who_marked_the_same_submission_under_two_names_is_two_people(tmp_path):
    assert names(tmp_path, [("Асель", "P1", 5), ("Әсел", "P1", 6)]) == []
    assert names(tmp_path, [("Aigul", "P1", 5), ("Aigül", "P1", 6)]) == ["Aigul = Aigül"]


def test_averages_in_a_long_table(tmp_path):
    write(tmp_path, {})
    rows = [f"{j},{i},innovation,{m}" for j, m in (("A", 4), ("B", 8), ("Average", 6)) for i in FORM]
    (tmp_path / "e.csv").write_text("\n".join([*LONG, *rows]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="juror Average"):
        read(tmp_path, "long")
    assert contest("long").rounds[0].scores.layout == "long"


def test_a_summary_that_is_all_there_is_are_the_marks(tmp_path):
    book(tmp_path / "e_consensus.xlsx", {"A": [HEAD, *rows_of(J1)]})
    write(tmp_path, {})
    assert len(given(read(tmp_path))) == 8
