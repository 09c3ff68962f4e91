"""Numbers, dates and messages in three languages, and catalogues that miss nothing."""

import re
from datetime import date

import pytest

from fairlib.report.words.catalogue import extract, read_catalogue, update
from fairlib.report.words.locale import speak

NBSP = "\xa0"


@pytest.fixture(scope="module")
def said():
    return set(extract())


@pytest.mark.parametrize("lang", ["kk", "ru"])
def test_no_message_is_missing_or_stale(lang, said):
    catalogue = {m.id: m for m in read_catalogue(lang) if m.id}
    assert set(catalogue) == said
    assert [m for m, entry in catalogue.items() if not entry.string or entry.fuzzy] == []


@pytest.mark.parametrize("lang", ["kk", "ru"])
def test_translations_keep_every_placeholder(lang):
    for m in read_catalogue(lang):
        if m.id:
            assert sorted(re.findall(r"{\w+}", m.id)) == sorted(re.findall(r"{\w+}", m.string)), m.id


def test_messages_that_want_a_native_speaker_are_marked():
    marked = [m for m in read_catalogue("kk") if any(c.startswith("NATIVE") for c in m.user_comments)]
    assert len(marked) > 100


@pytest.mark.parametrize("lang", ["kk", "ru"])
def test_updating_the_catalogue_changes_nothing(lang, tmp_path, monkeypatch):
    path = tmp_path / lang / "LC_MESSAGES" / "fairlib.po"
    path.parent.mkdir(parents=True)
    from fairlib.report.words import catalogue

    before = (catalogue.CATALOGUES / lang / "LC_MESSAGES" / "fairlib.po").read_bytes()
    path.write_bytes(before)
    monkeypatch.setattr(catalogue, "CATALOGUES", tmp_path)
    assert update(lang) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("lang", "number", "money", "day", "percent"),
    [
        ("kk", f"1{NBSP}234,5", f"2{NBSP}500{NBSP}000{NBSP}₸", "2021 жылғы 14 сәуір", f"12,5{NBSP}%"),
        ("ru", f"1{NBSP}234,5", f"2{NBSP}500{NBSP}000{NBSP}₸", "14 апреля 2021 г.", f"12,5{NBSP}%"),
        ("en", "1,234.5", f"2,500,000{NBSP}₸", "14 April 2021", "12.5%"),
    ],
)
def test_forms_of_each_language(lang, number, money, day, percent):
    say = speak(lang)
    assert say.number(1234.5, 1) == number
    assert say.money(2_500_000) == money
    assert say.date(date(2021, 4, 14)) == day
    assert say.percent(0.125, 1) == percent


def test_what_is_missing_is_a_dash_and_minus_is_a_minus():
    say = speak("en")
    assert [say.number(float("nan")), say.money(None), say.interval(1, float("nan"))] == ["–", "–", "–"]
    assert say.number(-0.04, 1) == "0.0"
    assert say.signed(-1.25) == "−1.2"
    assert say.signed(0.5) == "+0.5"


def test_a_probability_never_rounds_to_certainty():
    say = speak("en")
    assert [say.chance(p) for p in (0, 0.005, 0.5, 0.995, 1)] == ["<1%", "<1%", "50%", ">99%", ">99%"]


def test_unknown_language_is_refused_by_name():
    with pytest.raises(ValueError, match="unknown language 'fr'"):
        speak("fr")


@pytest.mark.parametrize("lang", ["kk", "ru"])
def test_a_dash_of_a_sentence_is_an_em_dash_and_begins_no_line(lang):
    for m in read_catalogue(lang):
        assert not re.search(r"(?:^|\s)[–-](?:\s|$)", m.string or ""), m.string
        assert " —" not in speak(lang)(m.string or "")
    assert speak(lang)("1 would be perfect agreement, 0 none. Grant reviews of the world usually have single-reader "
                       "agreement between {low} and {high}.", low=0.2, high=0.5).startswith("1\xa0— ")  # fmt: skip
    assert speak(lang).interval(1, 2, 0) == "1–2"
