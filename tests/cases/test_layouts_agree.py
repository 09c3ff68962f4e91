"""The same marks in any layout, their rows and columns in any order, are the same ratings, byte for byte."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jury_files import read

from fairlib.intake.sheets.read import Scoresheets

CRITERIA = {
    "innovation": "Innovation",
    "impact": "Social impact",
    "day": "Day",
}  # the last is named as a field is
MARKS = ["1", "7", "7,5", "10", "11", "", "б/о", "recused"]


@st.composite
def contests(draw):
    jurors = [f"J{n}" for n in range(1, draw(st.integers(2, 3)) + 1)]
    submissions = [f"P{n}" for n in range(1, draw(st.integers(1, 3)) + 1)]
    criteria = list(CRITERIA)[: draw(st.integers(1, 3))]
    cells = list(product(jurors, submissions, criteria))
    return {
        "marks": {cell: draw(st.sampled_from(MARKS)) for cell in cells},
        "jurors": draw(st.permutations(jurors)), "submissions": draw(st.permutations(submissions)),
        "criteria": draw(st.permutations(criteria)), "title": draw(st.booleans()), "above": draw(st.booleans()),
        "columns": draw(st.randoms(use_true_random=False)),
    }  # fmt: skip


def shuffled(rows, order):
    """The columns in another order."""
    at = list(range(len(rows[0])))
    order.shuffle(at)
    return [[row[n] for n in at] for row in rows]


def as_sheets(c):
    sheets = {}
    for j in c["jurors"]:
        rows = [["ID", *(CRITERIA[k] for k in c["criteria"])]]
        rows += [[s, *(c["marks"][j, s, k] for k in c["criteria"])] for s in c["submissions"]]
        sheets[j] = shuffled(rows, c["columns"])
    return {"e.xlsx": sheets}


def as_rows(c):
    rows = [["Judge", "ID", *(CRITERIA[k] for k in c["criteria"])]]
    rows += [
        [j, s, *(c["marks"][j, s, k] for k in c["criteria"])] for s in c["submissions"] for j in c["jurors"]
    ]
    return {"e.csv": shuffled(rows, c["columns"])}


def as_long(c):
    rows = [["Project", "Reviewer", "Criterion", "Score"]]
    rows += [
        [s, j, CRITERIA[k], c["marks"][j, s, k]]
        for k, j, s in product(c["criteria"], c["jurors"], c["submissions"])
    ]
    return {"e.csv": shuffled(rows, c["columns"])}


def as_headings_of_both(c):
    pairs = list(product(c["jurors"], c["criteria"]))
    rows = [["ID", *(f"{j} - {CRITERIA[k]}" for j, k in pairs)]]
    rows += [[s, *(c["marks"][j, s, k] for j, k in pairs)] for s in c["submissions"]]
    return {"e.csv": shuffled(rows, c["columns"])}


def as_jurors_over_criteria(c):
    pairs = list(product(c["jurors"], c["criteria"]))
    first = c["criteria"][0]
    over = ["", *(j if k == first else "" for j, k in pairs)]
    rows = [over, ["ID", *(CRITERIA[k] for _, k in pairs)]]
    return {
        "e.xlsx": {"All": rows + [[s, *(c["marks"][j, s, k] for j, k in pairs)] for s in c["submissions"]]}
    }


def as_criteria_over_jurors(c):
    pairs = list(product(c["criteria"], c["jurors"]))
    first = c["jurors"][0]
    rows = [["ID", *(CRITERIA[k] if j == first else "" for k, j in pairs)], ["", *(j for _, j in pairs)]]
    return {
        "e.xlsx": {"All": rows + [[s, *(c["marks"][j, s, k] for k, j in pairs)] for s in c["submissions"]]}
    }


def result_of(folder, c, written, listed) -> Scoresheets:
    files, keys = written(c), {"criteria": {k: CRITERIA[k] for k in sorted(c["criteria"])}}
    for name, rows in files.items() if c["above"] else ():
        sheets = rows if name.endswith(".xlsx") else {"": rows}
        above = {k: [["Jury", *[""] * (len(r[0]) - 1)], *r] for k, r in sheets.items()}
        files = files | {name: above if name.endswith(".xlsx") else above[""]}
    if listed:
        files["jurors.csv"] = [["Juror"], *([j] for j in c["jurors"])]
        keys["jurors"] = "jurors.csv"
    return read(folder, files, **keys)


@pytest.mark.slow
@pytest.mark.parametrize(
    "written", [as_rows, as_long, as_headings_of_both, as_jurors_over_criteria, as_criteria_over_jurors]
)
@settings(max_examples=15)
@given(c=contests(), listed=st.booleans())
def test_the_same_marks_in_any_layout_are_the_same_ratings(tmp_path_factory, written, c, listed):
    if written is as_headings_of_both and len(c["criteria"]) == 1 and not listed:
        listed = True  # «J1 - Innovation» alone does not say that J1 is a juror
    if {j for (j, _, _), mark in c["marks"].items() if mark} != set(c["jurors"]):
        listed = True  # a sheet that nobody filled is a form to fill in, unless a list names its juror
    first = result_of(tmp_path_factory.mktemp("s"), c, as_sheets, listed)
    other = result_of(tmp_path_factory.mktemp("w"), c, written, listed)
    assert other.received == first.received == len(c["marks"])
    assert not (other.findings["code"] == "criterion_absent").any()
    texts = [r.ratings.drop(columns="source").to_csv() for r in (first, other)]
    assert texts[0] == texts[1]
