"""A csv is read in the letters it was written in, or refused; it is never read in other letters in silence."""

import pytest

from fairlib.errors import DataError
from fairlib.intake.files.delimited import decode
from fairlib.intake.files.tables import read_tables

RUSSIAN = (
    "ID;Название проекта;Организация\nP1;Инклюзивная мастерская;ОФ Звезда\nP2;Школа волонтёров;ОО Достар\n"
)
KAZAKH = "ID;Жобаның атауы;Ұйымның атауы\nP1;Қазақстан жастары;Әлеуметтік қор\nP2;Өнер үйі;Үміт\n"
BOTH = "ID;Title;Организация\nP1;Jump to Nature;ОФ Рост\nP2;IT-Aul;ТОО QazTech\n"
CAPITALS = "ID;НАЗВАНИЕ;ОЦЕНКА\nP1;ШКОЛА ВОЛОНТЕРОВ;9\nP2;ДВОР БЕЗ ГРАНИЦ;8\n"
SPANISH = (
    "ID,Title,Organisation\nP1,José’s café project,Fundación Año\nP2,Zürich Müller,Größe\nP3,Snow,Ação\n"
)
FRENCH = "ID,Titre\nP1,Jardin partagé à côté de l'école\nP2,Été français\n"
GERMAN = "ID,Titel\nP1,Zürich Müller Größe\nP2,Übung für Bücher\n"
POLISH = "ID,Tytuł\nP1,Łódź dla młodzieży\nP2,Źródło książki\nP3,Wieś się śmieje\n"
CZECH = "ID,Název\nP1,Příklad pro děti\nP2,Škola čtení žáků\n"
TURKISH = "ID,Başlık\nP1,Gençlik için eğitim\nP2,Çocukların ışığı\n"

CYRILLIC = ("cp1251", "kz1048", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
LATIN = ("cp1252", "cp850", "mac-roman")
WRITTEN = [
    *((text, encoding) for text in (RUSSIAN, BOTH, CAPITALS) for encoding in CYRILLIC),
    *((KAZAKH, encoding) for encoding in ("kz1048", "ptcp154", "utf-8", "utf-8-sig", "utf-16", "utf-16-le")),
    *((text, encoding) for text in (FRENCH, GERMAN) for encoding in LATIN),
    (SPANISH, "cp1252"), (POLISH, "cp1250"), (CZECH, "cp1250"), (TURKISH, "cp1254"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "encoding"), WRITTEN)
def test_each_language_is_read_in_the_encodings_that_programs_save_it_in(text, encoding):
    assert decode(text.encode(encoding), "x.csv")[0] == text


@pytest.mark.parametrize("encoding", CYRILLIC)
def test_a_russian_table_leaves_no_doubt(encoding):
    assert decode(RUSSIAN.encode(encoding), "x.csv")[1] == []


def test_a_reading_on_few_letters_is_told():
    text, notes = decode("ID,Título\nP1,Moss\n".encode("cp1252"), "x.csv")
    assert text == "ID,Título\nP1,Moss\n"
    assert notes == [("encoding_uncertain", "read as cp1252, on the evidence of few letters")]


def test_utf8_that_was_saved_as_cp1251_is_turned_back():
    spoilt = KAZAKH.encode().decode("cp1251", "replace")
    assert decode(spoilt.encode(), "x.csv") == (KAZAKH, [("mojibake", "UTF-8 → cp1251 → UTF-8")])


def test_utf8_with_a_broken_byte_is_refused_and_not_read_as_another_encoding():
    data = RUSSIAN.encode()
    at = data.index(b"P1")
    with pytest.raises(DataError, match=rf"is utf-8 but breaks off at byte {at}"):
        decode(data[:at] + b"\xff" + data[at:], "x.csv")


@pytest.mark.parametrize("at", [10, 100, 5000])
def test_a_binary_sign_is_refused_however_late_it_comes(at):
    data = bytearray((RUSSIAN * 60).encode())
    data[at:at] = b"\0"
    with pytest.raises(DataError, match="binary signs"):
        decode(bytes(data), "x.csv")


@pytest.mark.parametrize("spoil", [
    lambda text: text.replace("\n", "\r"),
    lambda text: text.replace(";", "|"),
    lambda text: text.replace(";", "\t"),
    lambda text: '"sep=;"\r\n' + text,
    lambda text: "sep=;\r" + text.replace("\n", "\r"),
], ids=["CR only", "pipes", "tabs", "sep quoted", "sep, CR only"])  # fmt: skip
def test_ends_of_lines_and_separators_of_other_programs(tmp_path, spoil):
    (tmp_path / "a.csv").write_bytes(spoil(RUSSIAN).encode("utf-8-sig"))
    rows = [tuple(line.split(";")) for line in RUSSIAN.splitlines()]
    assert read_tables(tmp_path / "a.csv")["a"].rows() == rows
