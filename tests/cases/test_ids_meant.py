"""Ids as people type them: each is matched where exactly one form fits, and told; else both are shown.

People, titles and marks are made up.
"""

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from meant_fixture import FORM, HEAD, J1, J2, J4, book, given, read, rows_of, told, write

from fairlib.errors import DataError
from fairlib.intake.matching import WAYS, fits, squeeze

THREE = {"P1": (8, 9), "P2": (6, 7), "P3": (9, 10)}


def as_typed(tmp_path, ids, form=FORM, titles=FORM):
    write(tmp_path, {"e1": rows_of(THREE, titles, dict(zip(THREE, ids, strict=True)))}, form)
    return read(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ids", "code"),
    [
        (["Р1", "Р2", "Р3"], "look_alike"),  # Cyrillic letters
        (["p1", "p2", "p3"], "id_signs"),
        (["№ P1", "#P2", "P3."], "id_signs"),
        (["Заявка № P1", "(P2)", "'P3"], "id_signs"),
        (["P01", "P002", "P-3"], "id_zeros"),
        (["PО1", "P-O2", "РO3"], "letter_for_digit"),  # a letter O, of either script, for a zero
        (["P1 - Moss", "P2 — Rust", "P3: snow"], "id_with_title"),
        (["Moss (P1)", "P2 Rust", "P3. «Snow»"], "id_with_title"),
        (["Moss", "«rust»", " SNOW "], "id_by_title"),
    ],
)
def test_an_id_is_known_through_what_gets_lost_of_it(tmp_path, ids, code):
    if ids[0].startswith("Заявка"):
        ids = ["Заявка № 1", "(2)", "'3"]
        form = {str(n): t for n, t in enumerate(FORM.values(), 1)}
        write(tmp_path, {"e1": [(i, "", *m) for i, m in zip(ids, THREE.values(), strict=True)]}, form)
        result = read(tmp_path)
        assert given(result) == {("e1", i[1]): m for i, m in THREE.items()}
    else:
        result = as_typed(tmp_path, ids, titles={})
        assert given(result) == {("e1", i): m for i, m in THREE.items()}
    assert result.rejected.empty
    typed, first = ids[0].strip(), "1" if ids[0].startswith("Заявка") else "P1"
    done = f"taken as {first} (the first of 3 in this column)"
    assert told(result, "cell", "found", "done") == [[code, "info", "A2", typed, done]]


def test_d08_one_juror_of_three_types_cyrillic_letters(tmp_path):
    cyrillic = {i: i.replace("P", "Р") for i in FORM}
    write(tmp_path, {"eJ1": rows_of(J1, ids=cyrillic), "eJ2": rows_of(J2), "eJ4": rows_of(J4)})
    result = read(tmp_path)
    assert given(result) == {
        (j, i): m for j, of in (("eJ1", J1), ("eJ2", J2), ("eJ4", J4)) for i, m in of.items()
    }
    assert told(result, "file", "submission") == [["look_alike", "info", "eJ1.xlsx", "P1"]]


def test_b05_leading_zeros_that_a_spreadsheet_dropped(tmp_path):
    form = {"001": "Moss", "002": "Rust", "003": "Snow"}
    write(tmp_path, {"e1": [(1, "Moss", 8, 9), (2, "Rust", 6, 7), (3, "Snow", 9, 10)]}, form)
    result = read(tmp_path)
    assert given(result) == {("e1", f"00{i[1]}"): m for i, m in THREE.items()}
    assert [row[0] for row in told(result)] == ["id_zeros"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "form", "perhaps"),
    [
        ("01", {"1": "Moss", "001": "Rust"}, "001 / 1"),
        ("p1", {"P1": "Moss", "Р1": "Rust"}, None),  # the capital decides before the alphabet does
        ("P1 - Rust", {"P1": "Moss", "P2": "Rust"}, "P1 / P2"),
        ("P1 - Lichen", {"P1": "Moss", "P2": "Rust"}, "P1"),
        ("Moss", {"P1": "Moss", "P2": "moss"}, "P1 / P2"),
        ("P9", {"P1": "Moss", "P2": "Rust"}, ""),
        ("11", {"I": "Moss", "II": "Rust"}, ""),  # Roman numbers are no ones
    ],
)
def test_where_several_fit_none_is_taken_and_all_are_shown(tmp_path, typed, form, perhaps):
    write(tmp_path, {"e1": [(typed, "", 8, 9), ("Z", "", 5, 5)]}, form | {"Z": "Zinc"})
    result = read(tmp_path)
    if perhaps is None:
        assert given(result) == {("e1", "P1"): (8, 9), ("e1", "Z"): (5, 5)}
        return
    assert given(result) == {("e1", "Z"): (5, 5)} and set(result.rejected["reason"]) == {"unknown_submission"}
    done = "2 mark(s) left out" + (f"; perhaps {perhaps}" if perhaps else "")
    assert told(result, "done") == [["unknown_submission", "error", done]]


def test_b06_and_b07_ids_that_a_spreadsheet_rounded_are_refused_and_the_titles_name_them(tmp_path):
    form = {"20210000000000123": "Moss", "20210000000000145": "Rust", "20210000000000188": "Snow"}
    rounded = [(20210000000000100, "Moss", 8, 9), (20210000000000100, "Rust", 8, 9)]
    write(tmp_path, {"e1": [*rounded, ("Z", "", 5, 5)]}, form | {"Z": "Zinc"})
    result = read(tmp_path)
    assert given(result) == {("e1", "Z"): (5, 5)}
    assert [row[2].partition("perhaps ")[2] for row in told(result, "done")] == list(form)[:2]


def test_e19_a_column_that_counts_rows_is_no_column_of_ids(tmp_path):
    form = {str(n): title for n, title in enumerate(FORM.values(), 1)}
    turned = [(n, title, 5, n) for n, title in enumerate(reversed(form.values()), 1)]
    write(tmp_path, {"eJ2": {"J2": [("№", "Project", "Innovation", "Impact"), *turned]}}, form)
    said = r"eJ2\.xlsx, sheet J2: in 8 of 8 rows .* first at A2: 1 is «Moss» in the form, and «Salt» is 8\."
    with pytest.raises(DataError, match=said):
        read(tmp_path)


def test_where_the_count_of_rows_can_be_no_id_the_titles_decide(tmp_path):
    turned = [(n, FORM[i], *J1[i]) for n, i in enumerate(reversed(FORM), 1)]
    write(tmp_path, {"e1": [*turned, ("Подпись", "", "", "")]})
    result = read(tmp_path)
    assert given(result) == {("e1", i): m for i, m in J1.items()}
    assert told(result, "cell", "found")[0] == ["id_by_title", "info", "A2", "1"]


def test_a_single_title_of_another_submission_leaves_its_marks_out(tmp_path):
    rows = [list(row) for row in rows_of(J1)]
    rows[2][1] = "Dune"
    write(tmp_path, {"e1": [[*row, f"about {row[1]}"] for row in rows]})
    book(tmp_path / "e1.xlsx", {"A": [(*HEAD, "Comment"), *([*row, f"about {row[1]}"] for row in rows)]})
    result = read(tmp_path)
    assert set(result.rejected["reason"]) == {"title_of_another"} and ("e1", "P3") not in given(result)
    found = ["title_of_another", "error", "C4", "P3", "2 mark(s) left out; perhaps P4"]
    assert told(result, "cell", "found", "done") == [found]
    assert "P3" not in set(result.comments["submission"]), "what was said may be about the other"


@pytest.mark.slow
@pytest.mark.parametrize("title", ["Mosss", "moss.", "М о s s", "a project of the moss society", ""])
def test_titles_that_are_nobody_elses_raise_no_alarm(tmp_path, title):
    write(tmp_path, {"e1": [("P1", title, 8, 9), ("P2", "Rust", 7, 7)]})
    result = read(tmp_path)
    assert told(result) == [] and len(result.ratings) == 4


def test_a_misspelt_title_of_another_is_his(tmp_path):
    form = {"P1": "A garden on the roof of the school", "P2": "Clubs for the elderly of the village"}
    rows = [
        ("P1", "A garden on the rof of the school", 8, 9),
        ("P2", "A garden on the roof of the shcool", 7, 7),
    ]
    write(tmp_path, {"e1": [*rows, ("P1", "", 8, 9)]}, form)
    assert told(read(tmp_path), "found")[0] == ["title_of_another", "error", "P2"]


def test_a_form_without_ids_is_known_by_its_titles(tmp_path):
    write(tmp_path, {"e1": rows_of(THREE)})
    (tmp_path / "form.csv").write_text("Title\n" + "\n".join(FORM.values()), encoding="utf-8")
    result = read(tmp_path)
    assert [m for _, m in sorted(given(result).items())] == list(THREE.values())
    assert told(result) == [["id_by_title", "info"]]


def test_conflicts_and_jurors_are_known_the_same_way(tmp_path):
    write(tmp_path, {"E1": rows_of(J1), "E02": rows_of(J2)})
    (tmp_path / "E1.xlsx").rename(tmp_path / "e1.xlsx")
    (tmp_path / "E02.xlsx").rename(tmp_path / "e02.xlsx")
    (tmp_path / "jurors.csv").write_text("juror,name\nE1,Anna Dale\nE2,Omar Reed\n", encoding="utf-8")
    lines = [
        "juror,submission",
        "Е1,Р1",
        "e-02,P02",
        "Anna Dale,Snow",
        "E7,P9",
    ]  # Cyrillic letters in the first
    (tmp_path / "conflicts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = read(tmp_path, jurors="jurors.csv", conflicts="conflicts.csv")
    recused = result.ratings[result.ratings["status"] == "recused"]
    assert sorted(set(zip(recused["juror"], recused["submission"], strict=True))) == [
        ("E1", "P1"), ("E1", "P3"), ("E2", "P2")]  # fmt: skip
    codes = {(row[0], row[2], row[3]) for row in told(result, "file", "cell")}
    assert codes >= {
        ("look_alike", "conflicts.csv", "2"), ("id_zeros", "conflicts.csv", "3"), ("id_zeros", "e02.xlsx", ""),
        ("juror_by_name", "conflicts.csv", "4"), ("id_by_title", "conflicts.csv", "4"),
        ("conflict_unknown_juror", "conflicts.csv", "5"), ("conflict_unknown_submission", "conflicts.csv", "5"),
    }  # fmt: skip


def test_without_a_list_a_conflict_is_about_the_juror_of_the_sheets(tmp_path):
    write(tmp_path, {"e1": rows_of(J1), "e2": rows_of(J2)})
    (tmp_path / "conflicts.csv").write_text("juror,submission\nE1,P1\n", encoding="utf-8")
    result = read(tmp_path, conflicts="conflicts.csv")
    recused = result.ratings[result.ratings["status"] == "recused"]
    assert set(zip(recused["juror"], recused["submission"], strict=True)) == {("e1", "P1")}


IDS = st.lists(st.from_regex(r"[A-Z]{0,2}[0-9]{1,3}(-[0-9]{1,3})?", fullmatch=True), min_size=1, unique=True)


@pytest.mark.slow
@settings(max_examples=200)
@drawn(IDS, st.text("AР10-№. lOp", max_size=6))
def test_a_fit_is_an_id_that_is_known_and_what_is_known_means_itself(known, typed):
    assert [f.id for f in fits(known, known)] == known
    (fit,) = fits([typed], known)
    assert (fit.id in known and fit.way in ("", *WAYS)) or (fit.id == "" and set(fit.perhaps) <= set(known))
    assert not (fit.id and fit.perhaps)
    (lower,) = fits([known[0].lower()], known[:1])
    assert lower.id == known[0]


@pytest.mark.slow
@settings(max_examples=100)
@drawn(IDS, st.randoms())
def test_the_order_of_the_known_ids_changes_nothing(known, random):
    turned = random.sample(known, len(known))
    for typed in (k.replace("0", "") + "." for k in known):
        (one,), (other,) = fits([typed], known), fits([typed], turned)
        assert (one.id, one.way, sorted(one.perhaps)) == (other.id, other.way, sorted(other.perhaps))


def test_a_key_of_a_title_forgives_signs_and_scripts():
    assert squeeze("IT-школа «Робо»") == squeeze("it школа робо") == squeeze("ITшколаРобo")
    assert squeeze("— …") == ""
