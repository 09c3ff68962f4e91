"""Text is compared as people mean it, ordered by its alphabet, and repaired only where something proves it."""

import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.intake.cells.repair import repair_text
from fairlib.intake.reference import load
from fairlib.intake.texts import comparable, fold, guess_language, sort_keys

WORDS = "Әлеуметтік идеялар, Қазақстан, Ұлытау, Түркістан, Өскемен, Шаһар, Ғабит, Жаңаөзен"
RUSSIAN = "Ярмарка социальных идей и проектов, ёлка, объём"
HOME = "".join(load("kk_alphabet")["lower"])


def repaired(text):
    mended, codes = repair_text(pd.Series([text], index=["x"]))
    assert mended.index.tolist() == codes.index.tolist() == ["x"]
    return mended["x"], codes["x"]


@pytest.mark.parametrize(
    "text",
    [WORDS, RUSSIAN, "Қайда? Кім?", "COVID-тан кейін", "IT-орталық", "SMM-маман", "", "Kaspi қоры 2021"],
)
def test_what_is_right_stays(text):
    assert repaired(text) == (text, "")


@pytest.mark.parametrize("encoding", ["kz1048", "ptcp154"])
def test_kazakh_bytes_read_as_cp1251(encoding):
    assert repaired(WORDS.encode(encoding).decode("cp1251")) == (WORDS, "mojibake")


def test_a_dictionary_word_proves_a_repair_that_could_be_ukrainian():
    assert repaired("їшін") == ("үшін", "mojibake")


def test_utf8_read_as_cp1251_with_the_byte_that_cp1251_lacks():
    assert repaired(WORDS.encode().decode("cp1251", "replace")) == (WORDS, "mojibake")


def test_utf8_read_as_latin1():
    assert repaired(WORDS.encode().decode("latin-1")) == (WORDS, "mojibake")


def test_utf8_read_as_latin1_with_bytes_lost():
    text, codes = repaired(WORDS.encode().decode("cp1252", "replace"))
    assert "Жаңаөзен" in text and codes == "mojibake;lossy"


@pytest.mark.parametrize("text", ["Київ, Україна", "Єабит", "Ќ"])
def test_without_proof_it_is_said_and_left(text):
    assert repaired(text) == (text, "foreign_letters")


@pytest.mark.parametrize(
    "text", [WORDS.encode("cp1251", "replace").decode("cp1251"), "аза?стан", "жоба � атауы"]
)
def test_lost_letters_are_reported_and_not_guessed(text):
    assert repaired(text) == (text, "lossy")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Солтүстiк Қазақстан", "Солтүстік Қазақстан"),
        ("Aршалинский район", "Аршалинский район"),
        ("TOO «Қор»", "ТОО «Қор»"),
        ("помощь c детьми", "помощь с детьми"),
        ("Yміт қоры", "Үміт қоры"),
        ("жаӊа", "жаңа"),
        ("Cоca-Cola", "Coca-Cola"),
        ("əлеуметтік", "әлеуметтік"),
        ("0рталығы", "Орталығы"),
    ],
)
def test_look_alikes(typed, meant):
    assert repaired(typed) == (meant, "look_alike")


def test_what_no_dictionary_settles_is_flagged():
    assert repaired("WhatsAppтан") == ("WhatsAppтан", "mixed_script")


@pytest.mark.parametrize("address", ["https://kor.kz/?a=жоба", "жоба@mail.kz"])
def test_addresses_are_left(address):
    assert repaired(f"қор {address}") == (f"қор {address}", "")


@pytest.mark.parametrize(
    ("typed", "meant", "codes"),
    [
        ("Жоба\u00a0\u00a0атауы ", "Жоба атауы", "spaces"),
        ("а\n\n б", "а\nб", "spaces"),
        ("жоба\u200b атауы\ufeff", "жоба атауы", "invisible"),
        (unicodedata.normalize("NFD", "йод Ёлка"), "йод Ёлка", "nfc"),
        ("балалар &amp; жастар<br>үшін", "балалар & жастар үшін", "html"),
        ("Жоба атауы\nТүсініктеме қалдыру", "Жоба атауы", "html"),
        (
            "Ө тінім беруші қ ұ жаттардың тү гел болуын",
            "Өтінім беруші құжаттардың түгел болуын",
            "split_word",
        ),
        ("Aбай\u00a0облысы", "Абай облысы", "spaces;look_alike"),
    ],
)
def test_tidying(typed, meant, codes):
    assert repaired(typed) == (meant, codes)


@pytest.mark.slow
@settings(max_examples=80)
@given(st.lists(st.sampled_from((WORDS + " " + RUSSIAN).replace(",", "").split()), min_size=1, max_size=6))
def test_words_at_home_are_never_changed(words):
    assert repaired(" ".join(words)) == (" ".join(words), "")


@pytest.mark.slow
@settings(max_examples=100)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_is_repaired_once_and_for_all(text):
    once, _ = repaired(text)
    assert unicodedata.is_normalized("NFC", once)
    assert repaired(once)[0] == once


def test_keys():
    assert comparable("«Қамқор»\u00a0 қоры — Ақтау") == comparable('"ҚАМҚОР" қоры - ақтау')
    assert comparable("қор") != comparable("кор")
    assert fold("Макалада монокалалардың") == fold("мақалада моноқалалардың")
    assert fold("Өтінім №") == fold(" өтiнiм ") == "отиним"
    assert fold("Ёлка") == "елка"


def test_kazakh_order():
    letters = load("kk_alphabet")["lower"].sample(frac=1, random_state=1)
    assert "".join(letters.sort_values(key=sort_keys)) == HOME
    words = pd.Series(["ұл", "Ярмарка", "zoom", "әже", "«Апа»", "2021", "іс", "ыдыс", "қор", "кір", "үй"])
    expected = ["2021", "«Апа»", "әже", "кір", "қор", "ұл", "үй", "ыдыс", "іс", "Ярмарка", "zoom"]
    assert words.sort_values(key=sort_keys).tolist() == expected


def test_russian_order_takes_yo_for_ye():
    words = pd.Series(["ель", "ёж", "еда", "жук"])
    assert words.sort_values(key=lambda s: sort_keys(s, "ru")).tolist() == ["еда", "ёж", "ель", "жук"]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Мүмкіндігі шектеулі жандарды кәсіпкерлікке үйрету", "kk"),
        ("Социальная пекарня", "ru"),
        ("Центр для детей имени Қайрата", "ru"),
        ("мүгедектігі бар адамдарға арналған инклюзивті медиамектеп", "kk"),
        ("Centre of eco-farming and gardening", "en"),
        ("иә", "kk"),
        ("да", ""),
        ("", ""),
        ("2021", ""),
    ],
)
def test_language(text, lang):
    assert guess_language(pd.Series([text])).tolist() == [lang]
