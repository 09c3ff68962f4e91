"""Marks as jurors type them: read where one mark alone can be meant, told, and never guessed."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlib.intake.cells.values import marks
from fairlib.intake.sheets.read import read_scores
from fairlib.intake.sheets.usable import Roster
from fairlib.params import check_params
from fairlib.rules import Scale

TEN = Scale(min=1, max=10)


def read(text, scale=TEN):
    return tuple(marks(pd.Series([text]), scale).iloc[0][["value", "code"]])


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("8 из 10", 8), ("9/10", 9), ("8,5/10", 8.5), ("8 out of 10", 8), ("8 баллов из 10", 8), ("10-нан 8", 8),
        ("10 из 10 баллов", 10), ("10 ұпайдан 8", 8), ("5 – Excellent", 5), ("5–Excellent", 5), ("6 - хорошо", 6),
        ("7 (good)", 7), ("7 - жақсы", 7), ("4. Good", 4), ("4 = Good", 4), ("Excellent (5)", 5), ("хорошо: 4", 4),
        ("1 – Не соответствует", 1), ("3 – Average", 3), ("2 = Below average", 2), ("8 – отменно", 8),
        ("8 (восемь)", 8), ("8 (сегіз)", 8), ("8 (eight)", 8), ("восемь", 8), ("сегіз балл", 8), ("7½", 7.5),
        ("7 1/2", 7.5), ("7 с половиной", 7.5),
    ],
)  # fmt: skip
def test_words_beside_one_mark(text, mark):
    assert read(text) == (mark, "in_words")


@pytest.mark.parametrize(
    "text",
    ["7-8", "≈7", "9+", "5-", "8?", "Отлично", "8 (девять)", "8 (было 9)", "8 - не считать", "8 – do not count",
     "8 - нет", "8 или 9", "3-й", "3 замечания", "5-балльная", "covid-19", "P1 - 8", "№ 5", "до 5", "минус 5",
     "Итого: 24", "Средний балл: 7", "max: 10", "9 → 8", "один из лучших - 9", "8/10/2021",
     "8 - текст не дочитал, вернусь к нему завтра вечером"],
)  # fmt: skip
def test_what_could_be_another_mark_or_none_is_for_a_person(text):
    value, code = read(text)
    assert math.isnan(value) and code == "not_a_mark"


def test_a_mark_of_so_many_is_one_of_the_scale_that_ends_there():
    assert read("4/5")[1] == "other_scale" and read("4 из 5", Scale(min=1, max=5)) == (4, "in_words")
    assert read("1 из 6", Scale(min=1, max=6, step=1, best="low")) == (1, "in_words")
    assert read("1/2", Scale(min=0, max=2))[1] == "not_a_mark", "a half, or one of two"
    assert read("1/2", Scale(min=0, max=2, step=1)) == (1, "in_words"), "there are no halves"


@given(
    st.integers(0, 10), st.sampled_from(["{} из 10", "{}/10", "{} - хорошо", "({}) good", "{}", "good ({})"])
)
def test_no_words_change_the_number(mark, form):
    value, _ = read(form.format(mark), Scale(min=0, max=10))
    assert math.isnan(value) or value == mark


def scores(folder, rows):
    rules = check_params({
        "year": 2024,
        "contest": {
            "name": "Contest", "data": "x", "seed": 1, "submissions": {"file": "form.csv"},
            "criteria": [{"id": "innovation", "name": "Innovation"}, {"id": "impact", "name": "Impact"}],
            "rounds": [{"id": "jury", "name": "Jury", "scores": {"files": "e*.csv", "layout": "sheets"},
                        "scale": {"min": 1, "max": 10}, "select": {"seats": 1}}],
        },
    }).contest  # fmt: skip
    (folder / "e1.csv").write_text("\n".join(["ID;Innovation;Impact", *rows]) + "\n", encoding="utf-8")
    here = pd.DataFrame({"in_round": True}, index=pd.Index(["P1", "P2", "P3"], name="submission"))
    conflicts = pd.DataFrame(columns=["juror", "submission"], dtype="str")
    return read_scores(rules, rules.rounds[0], folder, Roster(None, conflicts, here, {}))


def test_each_reading_is_told_at_its_cell_and_the_rest_as_errors(tmp_path):
    result = scores(tmp_path, ["P1;8 из 10;9/10", "P2;6 - хорошо;7 (good)", "P3;11 из 10;4/5"])
    at_cells = result.findings[result.findings["cell"] != ""].set_index("cell")
    told = at_cells[["code", "severity", "done"]].T.to_dict("list")
    assert told == {
        "B2": ["in_words", "info", "read as 8"], "C2": ["in_words", "info", "read as 9"],
        "B3": ["in_words", "info", "read as 6"], "C3": ["in_words", "info", "read as 7"],
        "B4": ["off_scale", "error", "not used"], "C4": ["other_scale", "error", "not used"],
    }  # fmt: skip
    assert result.ratings["score"].sum() == 30 and (result.ratings["status"] == "invalid").sum() == 2


def test_a_choice_from_a_list_is_told_once_a_column(tmp_path):
    result = scores(tmp_path, ["P1;5 – Good;5 – Good", "P2;5 – Good;6 – Best", "P3;5 – Good;7"])
    told = dict(result.findings[["cell", "done"]].values)
    assert told == {"B2": "read as 5 (the first of 3 in this column)", "C2": "read as 5", "C3": "read as 6"}
