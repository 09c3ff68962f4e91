"""What is read for a whole column at once is what is read cell by cell."""

import re
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.intake import texts as kazakh
from fairlib.intake.cells import contacts, repair
from fairlib.intake.cells.columns import distinct, map_each, read_each, suspects
from fairlib.intake.cells.identifiers import check_identifiers, mask, mask_all
from fairlib.intake.reference import load
from fairlib.intake.texts import fold, fold_all, guess_language

LETTERS = "".join(load("kk_alphabet")["lower"])
SPOILT = "ЁЌЎҡ±µРђaCceiOІı013\u0306\u00a0\u200b\0\n\ud800Σ?&<>"
WORDS = sorted(load("lexicon")["word"])
words = st.sampled_from(
    [*WORDS, *(w.upper() for w in WORDS), "қоғамдық", "және", "для", "the", "22-01", "жоба"]
)
cut = st.tuples(words, st.integers(1, 9)).map(lambda pair: f"{pair[0][: pair[1]]} {pair[0][pair[1] :]}")
noise = st.text(LETTERS + LETTERS.upper() + string.printable + SPOILT, max_size=3) | st.text(max_size=2)
mojibake = words.map(lambda w: w.encode("kz1048").decode("cp1251")) | words.map(
    lambda w: w.encode().decode("cp1251", "replace")
)
texts = st.lists(words | cut | noise | mojibake | st.just(" "), max_size=5).map("".join) | st.text()
columns = st.lists(texts, max_size=8)
numbers = st.lists(
    st.sampled_from(
        ["990101", "199901", "991240999901", "9,90101E+11", "051240999906", "1", "٣", "О", " ", "-", "x"]
    )
    | st.text(string.digits, max_size=6)
    | st.text("0123456789Оо .,-–Ee+\u00a0\0", max_size=4),
    max_size=5,
).map("".join)


def series(column):
    return pd.Series(column, index=range(5, 5 + len(column)), dtype="str")


@pytest.mark.slow
@settings(max_examples=200)
@given(column=columns)
def test_each_text_is_read_once_and_lands_in_its_rows(column):
    read = []
    table = read_each(
        series(column * 2), lambda t: (read.append(t), (t, len(t)))[1], {"t": "str", "n": "float"}
    )
    assert table["t"].tolist() == column * 2 and table["n"].tolist() == [len(t) for t in column * 2]
    assert len(read) == len(set(read)) and table.index.tolist() == list(range(5, 5 + 2 * len(column)))
    assert map_each(series(column), lambda ts: [t + "!" for t in ts]).tolist() == [t + "!" for t in column]
    codes, different = distinct(series(column))
    assert [different[c] for c in codes] == column and different == list(dict.fromkeys(column))


@pytest.mark.slow
@settings(max_examples=200)
@given(
    column=st.lists(st.text("ab c\0", max_size=4), max_size=6),
    trace=st.sampled_from(["\0 ", " (?=[ \0])", "ab"]),
)
def test_one_pass_finds_what_a_search_of_each_finds(column, trace):
    pattern = re.compile(trace)
    each = [n for n, text in enumerate(column) if pattern.search(f"\0{text}\0") or "\0" in "".join(column)]
    assert suspects(column, [pattern]) == each


def plain(text):
    """The same in other words: letters at home, digits apart from them and usual signs, spaces one by one."""
    letters = "".join(map(chr, range(0x410, 0x450))) + "ЁёӘәҒғҚқҢңӨөҰұҮүҺһІі"
    usual = set(text) <= set(letters + " !\"'()*+,-./0123456789:;=@_«»“”„–—…№₸%")
    apart = re.search(f"[013][{letters}]|[{letters}][013]", text) is None
    return usual and apart and text == text.strip() and "  " not in text


def repaired_alone(text):
    if not plain(text):
        return repair._repair(text)
    joined = repair._join_split_words(text)
    return joined, "split_word" if joined != text else ""


@pytest.mark.slow
@settings(max_examples=400)
@given(column=columns)
def test_repairs_of_a_column_are_those_of_each_text(column):
    mended, codes = repair.repair_text(series(column))
    assert list(zip(mended, codes, strict=True)) == [repaired_alone(text) for text in column]


@pytest.mark.slow
@settings(max_examples=300)
@given(column=columns)
def test_a_repaired_text_has_no_blanks_but_single_spaces_between_lines(column):
    for text in repair.repair_all(column)[0]:
        assert text.replace("\n", " ") == " ".join(text.split())


def test_a_word_cut_anywhere_is_joined_in_a_column_as_alone():
    column = [
        f"{w[:at]} {w[at:]}{end}" for w in WORDS for at in range(1, len(w)) for end in ("", "»", " жоба")
    ]
    assert repair.repair_text(series(column))[0].tolist() == [repaired_alone(text)[0] for text in column]


@pytest.mark.slow
@settings(max_examples=400)
@given(column=columns)
def test_keys_of_a_column_are_those_of_each_text(column):
    assert fold_all(column) == [fold(text) for text in column]


@pytest.mark.slow
@settings(max_examples=300)
@given(column=st.lists(texts | numbers, max_size=8))
def test_a_column_is_masked_as_each_text(column):
    assert mask_all(column) == [mask(text) for text in column]


@pytest.mark.slow
@settings(max_examples=100)
@given(column=st.lists(numbers, max_size=6), field=st.sampled_from(["BIN", "IIN"]))
def test_identifiers_of_a_column_are_those_of_each_text(column, field):
    alone = [check_identifiers(series([text]), field).iloc[0].tolist() for text in column]
    assert check_identifiers(series(column), field).values.tolist() == alone


def language_alone(text):
    low = text.lower()
    small = {
        lang: len(re.findall(rf"\b(?:{'|'.join(w.split())})\b", low)) for lang, w in kazakh._WORDS.items()
    }
    kk = len(re.findall(f"[{kazakh.KAZAKH_LETTERS}]", low)) + 3 * small["kk"]
    ru = 2 * len(kazakh._RUSSIAN_MARKS.findall(low)) + 3 * small["ru"]
    letters, latin = len(re.findall(f"[{kazakh.CYRILLIC}]", low)), len(re.findall("[a-z]", low))
    if latin > 2 * letters and (latin >= 12 or small["en"]):
        return "en"
    if kk > ru and kk * 25 > letters:
        return "kk" if letters else ""
    return "ru" if letters and (ru or letters >= 12) else ""


@pytest.mark.slow
@settings(max_examples=200)
@given(rows=st.lists(st.tuples(texts, texts), max_size=5))
def test_the_language_of_columns_is_that_of_each_row(rows):
    titles, summaries = (series([row[side] for row in rows]) for side in (0, 1))
    alone = [language_alone(f"{title} {summary}") for title, summary in rows]
    assert guess_language(titles, summaries).tolist() == alone


@pytest.mark.slow
@settings(max_examples=300)
@given(
    text=st.from_regex(contacts._WRITTEN_OUT, fullmatch=True)
    | st.from_regex(r"[+78() -]{0,3}7[0-9 ()-]{9,14}")
)
def test_a_usual_telephone_number_is_what_the_long_reading_makes_of_it(text):
    assert contacts._phone(text) == contacts._read_phone(text)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    text=st.from_regex(contacts._USUAL_ADDRESS.__self__, fullmatch=True)
    | st.from_regex(r"[\w.]{1,3}@[\w.,-]{1,9}", fullmatch=True)
)
def test_a_usual_address_is_what_the_long_reading_makes_of_it(text):
    assert list(zip(*contacts._emails([text]), strict=True)) == [contacts._read_email(text)]


@pytest.mark.parametrize("empty", [[], [""], ["", ""]])
def test_nothing_is_read_as_nothing(empty):
    assert suspects(empty, [re.compile("x")]) == [] and fold_all(empty) == empty and mask_all(empty) == empty
    assert repair.repair_text(series(empty))[0].tolist() == guess_language(series(empty)).tolist() == empty
    assert np.array_equal(distinct(series(empty))[0], [0] * len(empty))
