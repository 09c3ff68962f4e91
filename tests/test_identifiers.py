"""Identifiers get the verdict of the reference cases, and no personal number is ever shown."""

import codecs
import csv
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.intake.cells.identifiers import MASK, check_digit, check_identifiers, mask

with (Path(__file__).parent / "data" / "bin_iin_cases.csv").open(encoding="utf-8") as stream:
    next(stream)
    CASES = [
        (
            codecs.decode(row["input"], "unicode_escape"),
            row["field"],
            [row["verdict"], row["number"], row["code"]],
        )
        for row in csv.DictReader(stream)
    ]
IINS = ["990101199901", "991231299908", "990230199903", "990101199902"]


def test_all_cases_are_there():
    assert len(CASES) == 54


@pytest.mark.parametrize(
    ("text", "field", "expected"), CASES, ids=lambda x: ascii(x) if isinstance(x, str) else ""
)
def test_case(text, field, expected):
    assert check_identifiers(pd.Series([text]), field).iloc[0].tolist() == expected


@pytest.mark.parametrize("field", ["BIN", "IIN"])
def test_cases_as_one_column_keep_index_and_order(field):
    mine = [(text, expected) for text, f, expected in CASES if f == field]
    texts = pd.Series([t for t, _ in mine] * 2, index=range(100, 100 + 2 * len(mine)), dtype="str")
    result = check_identifiers(texts, field)
    assert result.index.equals(texts.index)
    assert result.to_numpy().tolist() == [e for _, e in mine] * 2


@settings(max_examples=60)
@given(st.lists(st.text("0123456789 -О.еE+", max_size=16), max_size=8))
def test_nothing_is_lost_and_a_repair_is_always_confirmed(texts):
    result = check_identifiers(pd.Series(texts, dtype="str"))
    assert len(result) == len(texts)
    for verdict, number, _ in result.itertuples(index=False):
        assert (number != "") == (verdict in ("valid", "repairable", "warn"))
        if number:
            assert check_digit(number[:11]) == int(number[11])


def test_old_taxpayer_number_is_reported_not_taken():
    assert check_identifiers(pd.Series(["600400123456"])).loc[0, "verdict"] == "invalid"


@pytest.mark.parametrize("iin", IINS)
@pytest.mark.parametrize("pattern", ["{}", "ЖСН {}.", "ИИН:{}, тел.", "{}.0", "'{}", "№{}/1", "x{}y"])
def test_mask_hides_an_iin_wherever_it_stands(iin, pattern):
    assert mask(pattern.format(iin)) == pattern.format(MASK)


@pytest.mark.parametrize(
    "text",
    [
        "990101 199901",
        "990101-199901",
        "990101\u00a0199 901",
        "99О101199901",
        "990101\u200b199901",
        "9,90101E+11",
        "9.90101e+11",
        "٩٩٠١٠١١٩٩٩٠١",
    ],
)
def test_mask_sees_through_separators_letters_and_rounding(text):
    assert mask(f"бұл {text} нөмір") == f"бұл {MASK} нөмір"


def test_mask_finds_an_iin_that_lost_its_zeros():
    number = "05010150012"
    whole = number + str(check_digit(number))
    assert mask(whole.lstrip("0")) == MASK and mask(whole.lstrip("0") + ".0") == MASK + ".0"


@pytest.mark.parametrize(
    "text",
    [
        "991240999901",
        "9,9124E+11",
        "8 (701) 123-45-67",
        "+77011234567",
        "87011234567, 87017654321",
        "87011234567 87017654321",
        "3 000 000,50",
        "2021-03-10 23:59:59",
        "F21-001",
        "01.02.2021-03.04.2021",
        "",
        "жоқ",
    ],
)
def test_mask_leaves_other_numbers(text):
    assert mask(text) == text


def test_twenty_thousand_are_quick():
    digits = [f"9912409{i:04d}" for i in range(10000)]
    texts = pd.Series([d + str(check_digit(d) or 0) for d in digits[:200]] * 100)
    start = time.perf_counter()
    check_identifiers(texts)
    assert time.perf_counter() - start < 0.5


def test_unknown_field_is_an_error():
    with pytest.raises(ValueError, match="BIN or IIN"):
        check_identifiers(pd.Series(["1"]), "RNN")
