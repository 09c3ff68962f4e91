"""An id is shown as it was typed, wherever it goes: titles for ids, spaces, commas and capitals included."""

import unicodedata

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from meant_fixture import given, read, rows_of, told, write

from fairlib.intake.headings.examples import EXAMPLES
from fairlib.intake.headings.known import CRITERION, FIELDS, JUROR, SCORE, SUBMISSION
from fairlib.intake.texts import fold
from fairlib.report.letters.letter import file_names
from fairlib.selection import several

TITLES = {"Moss and us": "Moss and us", "Pair 1": "Pair 1", "Ким А.": "Река", "Rust": "Rust"}
MARKS = dict(zip(TITLES, [(9, 8), (7, 6), (5, 5), (3, 2)], strict=True))


def test_a_title_for_an_id_keeps_its_spaces(tmp_path):
    write(tmp_path, {"e1": rows_of(MARKS, TITLES)}, TITLES)
    result = read(tmp_path)
    assert given(result) == {(i, "e1"): pair for i, pair in MARKS.items()} or given(result) == {
        ("e1", i): pair for i, pair in MARKS.items()
    }
    assert told(result) == []


@pytest.mark.parametrize(("typed", "way"), [("Mossandus", ["id_signs"]), ("moss and us", ["id_signs"]),
                                            ("Moss  and\u00a0us", [])])  # fmt: skip
def test_it_is_found_with_other_spaces_too(tmp_path, typed, way):
    write(tmp_path, {"e1": rows_of(MARKS, TITLES, {"Moss and us": typed})}, TITLES)
    result = read(tmp_path)
    assert set(result.ratings["submission"]) == set(TITLES)
    assert [code for code, _ in told(result) if code.startswith("id_")] == way


@drawn(st.lists(st.text(st.sampled_from('ab",\\ ;'), min_size=1).map(str.strip).filter(bool)))
def test_several_ids_are_read_back_as_they_were_written(ids):
    assert several.read(several.written(ids)) == ids


@drawn(st.lists(st.text(st.sampled_from("aAйЙ/ _2#\u0306и"), min_size=1, max_size=90), unique=True))
def test_no_letter_takes_the_file_of_another(ids):
    names = [unicodedata.normalize("NFC", name) for name in file_names(ids).values()]
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(len(name) <= 90 and "/" not in name for name in names)


@pytest.mark.parametrize("language", EXAMPLES)
def test_every_example_of_a_heading_is_one_that_is_known(language):
    known = {"title": FIELDS["title"], "juror": JUROR, "criterion": CRITERION, "score": SCORE}
    for field, name in EXAMPLES[language].items():
        lists = (FIELDS["submission"], SUBMISSION) if field == "submission" else (known[field],)
        assert all(fold(name.strip("«»")) in {fold(h) for h in headings} for headings in lists), field
