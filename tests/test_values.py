"""Sums, dates, numbers, marks and answers are read as people write them, or said to be unreadable."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.intake.cells.contacts import emails, phones
from fairlib.intake.cells.dates import dates
from fairlib.intake.cells.values import consents, durations, marks, money

ALMATY = "Asia/Almaty"


def one(read, text, *args):
    table = read(pd.Series([text], index=["x"]), *args)
    assert table.index.tolist() == ["x"]
    return table.iloc[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 000 000,50", 3000000.5),
        ("3\u00a0000\u00a0000", 3e6),
        ("3.000.000", 3e6),
        ("3,000,000", 3e6),
        ("3000000.5", 3000000.5),
        ("3 млн", 3e6),
        ("«3 млн. тг»", 3e6),
        ("3 000 000 ₸", 3e6),
        ("1,5 млн", 1.5e6),
        ("2500 тыс. тенге", 2.5e6),
        ("0", 0.0),
        ("2 млн 500 мың теңге", 2.5e6),
        ("3.000.000,75", 3000000.75),
        ("3,000,000.75", 3000000.75),
        ("1 500 000-00", None),
        ("1500000тг", 1.5e6),
        ("1 250 000 т.", 1.25e6),
        ("3 миллиона", 3e6),
        ("₸ 2 000 000", 2e6),
        ("KZT 2000000", 2e6),
        ("3'000'000", 3e6),
        ("2.5млн.тг.", 2.5e6),
    ],
)
def test_money(text, value):
    row = one(money, text)
    assert (row["value"], row["code"]) == (value, "") if value is not None else row["code"] == "range"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing"),
        ("жоқ", "missing"),
        ("көп", "unreadable"),
        ("1-3 млн", "range"),
        ("-500", "negative"),
        ("3000 USD", "other_currency"),
        ("$3000", "other_currency"),
        ("3.00.000", "unreadable"),
        ("3 млн 500 000", ""),
        ("500 2 млн", "unreadable"),
        ("два миллиона", "unreadable"),
        ("#ЗНАЧ!", "unreadable"),
    ],
)
def test_money_that_is_none(text, code):
    row = one(money, text)
    assert row["code"] == code and np.isnan(row["value"]) == (code != "")


def test_money_with_a_doubt():
    assert one(money, "3.000").tolist() == [3000.0, "ambiguous_separator"]
    assert one(money, "3E+06").tolist() == [3e6, "scientific_notation"]


@settings(max_examples=60)
@given(
    st.integers(0, 10**10),
    st.sampled_from([" ", "\u00a0", "\u202f", ""]),
    st.sampled_from(["", " ₸", " тг", "тг."]),
)
def test_money_round_trip(amount, gap, unit):
    assert one(money, f"{amount:,}".replace(",", gap) + unit).tolist() == [float(amount), ""]


@pytest.mark.parametrize(
    "text",
    [
        "14.04.21",
        "14.04.2021",
        "2021-04-14",
        "4/14/2021",
        "14/04/2021",
        "14 апреля 2021 г.",
        "2021 жылғы 14 сәуір",
        "14 сәуір 2021",
        "14.4.2021 г.",
        "2021.04.14",
        "2021/4/14",
        "14 апр. 2021",
        "April 14, 2021",
        "14 April 2021",
        "2021 ж. 14 сәуір",
        "«14» апреля 2021 года",
        "14 Сәуір 2021 жыл",
    ],
)
def test_dates(text):
    row = one(dates, text, ALMATY)
    assert row["value"] == pd.Timestamp("2021-04-14", tz=ALMATY)
    assert (row["has_time"], row["code"]) == (False, "")


@pytest.mark.parametrize("text", ["14 сәуір", "14 апреля", "14 сәуірде"])
def test_a_year_is_assumed_only_when_given(text):
    assert one(dates, text, ALMATY, 2021).tolist() == [
        pd.Timestamp("2021-04-14", tz=ALMATY),
        False,
        "year_assumed",
    ]
    assert one(dates, text, ALMATY)["code"] == "unreadable"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-03-10 23:59:59", "2021-03-10 23:59:59+06:00"),
        ("2021-03-10T18:00:00Z", "2021-03-11 00:00+06:00"),
        ("10.03.2021 23:59", "2021-03-10 23:59+06:00"),
        ("10.03.2021, 9:05", "2021-03-10 09:05+06:00"),
        ("3/14/2021 1:05:00 PM", "2021-03-14 13:05+06:00"),
        ("2021-03-10T20:00:00+03:00", "2021-03-10 23:00+06:00"),
        ("2021-03-10 20:00:00.123", "2021-03-10 20:00+06:00"),
        ("2021-04-14 10:00 UTC+5", "2021-04-14 11:00+06:00"),
    ],
)
def test_times(text, moment):
    row = one(dates, text, ALMATY)
    assert row["value"] == pd.Timestamp(moment) and row["has_time"] and row["code"] == ""


def test_the_zone_is_that_of_the_day():
    read = dates(pd.Series(["2021-03-10 12:00", "2024-03-10 12:00"]), ALMATY)["value"]
    assert [t.utcoffset().total_seconds() / 3600 for t in read] == [6, 5]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("04/05/2021", "ambiguous_order"),
        ("44300", "serial"),
        ("31.02.2021", "no_such_date"),
        ("кеше", "unreadable"),
        ("вчера", "unreadable"),
        ("", "missing"),
        ("2021", "unreadable"),
        ("март 2021", "unreadable"),
        ("14.13.2021", "no_such_date"),
        ("99/99/2021", "no_such_date"),
    ],
)
def test_dates_in_doubt(text, code):
    row = one(dates, text, ALMATY)
    assert row["code"] == code
    assert pd.isna(row["value"]) == (code not in ("ambiguous_order", "serial"))


def test_serial_numbers_and_day_first():
    read = dates(pd.Series(["44300", "44300.5", "04/05/2021"]), ALMATY)
    expected = ["2021-04-14", "2021-04-14 12:00", "2021-05-04"]
    assert read["value"].tolist() == [pd.Timestamp(t, tz=ALMATY) for t in expected]


def test_an_hour_that_never_was():
    assert one(dates, "2021-03-28 02:30:00", "Europe/Berlin")["code"] == "clock_change"


@pytest.mark.slow
@settings(max_examples=40)
@given(st.dates(pd.Timestamp("2000-01-01").date(), pd.Timestamp("2068-12-31").date()))
def test_every_day_reads_back(day):
    forms = pd.Series([day.isoformat(), f"{day:%d.%m.%Y}", f"{day:%d.%m.%y}"])
    assert set(dates(forms, ALMATY)["value"].dt.date) == {day}


@pytest.mark.parametrize(
    "text",
    [
        "8 (701) 123-45-67",
        "+7 701 123 45 67",
        "77011234567",
        "7011234567",
        "87011234567",
        "7011234567.0",
        "+7(701)1234567",
        "8-701-123-45-67",
    ],
)
def test_phones(text):
    assert one(phones, text).tolist() == ["+77011234567", "", ""]


def test_phones_two_none_and_foreign():
    assert one(phones, "8 701 123 45 67, 8 (727) 250-00-00").tolist() == [
        "+77011234567",
        "+77272500000",
        "two_numbers",
    ]
    assert one(phones, "87011234567 87017654321").tolist() == ["+77011234567", "+77017654321", "two_numbers"]
    assert one(phones, "+49 30 901820")["value"] == "+4930901820"
    assert one(phones, "жоқ")["code"] == "missing" and one(phones, "12345")["code"] == "unreadable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Mailto:Kor@Mail.KZ", ["kor@mail.kz", "", ""]),
        ("qor@mail,kz", ["qor@mail.kz", "", "comma_for_dot"]),
        ("a@b.kz; c@d.kz", ["a@b.kz", "c@d.kz", "two_addresses"]),
        ("қор", ["", "", "unreadable"]),
        ("-", ["", "", "missing"]),
        ("сentre@mail.kz", ["centre@mail.kz", "", "look_alike"]),
        ("a @ b.kz", ["a@b.kz", "", ""]),
    ],
)
def test_emails(text, expected):
    assert one(emails, text).tolist() == expected


@pytest.mark.parametrize(
    ("text", "value", "status", "code"),
    [
        ("8", 8, "scored", ""),
        ("8,5", 8.5, "scored", "decimal_comma"),
        ("8.5", 8.5, "scored", ""),
        ("0", 0, "scored", ""),
        (" 9 ", 9, "scored", ""),
        ("9 балл", 9, "scored", "unit"),
        ("85", 85, "scored", ""),
        ("-1", -1, "scored", ""),
        ("б/о", None, "abstained", ""),
        ("Б/О", None, "abstained", ""),
        ("бағаланбады", None, "abstained", ""),
        ("", None, "missing", ""),
        ("жоқ", None, "missing", ""),
        ("н/а", None, "missing", ""),
        ("—", None, "missing", ""),
        ("мүдделер қақтығысы", None, "recused", ""),
        ("Конфликт интересов", None, "recused", ""),
        ("самоотвод", None, "recused", ""),
        ("мудделер кактыгысы", None, "recused", ""),
        ("conflict of interest", None, "recused", ""),
        ("жақсы", None, "invalid", "not_a_mark"),
        ("8/10", None, "invalid", "not_a_mark"),
        ("#DIV/0!", None, "invalid", "error_cell"),
        ("2021-05-08", None, "invalid", "date_for_mark"),
        ("7-8", None, "invalid", "not_a_mark"),
        ("8..5", None, "invalid", "not_a_mark"),
    ],
)
def test_marks(text, value, status, code):
    row = one(marks, text)
    assert (row["status"], row["code"]) == (status, code)
    assert np.isnan(row["value"]) if value is None else row["value"] == value


@settings(max_examples=60)
@given(st.lists(st.one_of(st.text(max_size=6), st.sampled_from(["8,5", "б/о", ""]))))
def test_a_mark_has_a_value_exactly_when_it_is_scored(texts):
    read = marks(pd.Series(texts, dtype="str"))
    assert len(read) == len(texts)
    assert (read["value"].notna() == (read["status"] == "scored")).all()


def test_a_hundred_thousand_marks_are_quick():
    texts = pd.Series(["8", "8,5", "б/о", ""] * 25000)
    start = time.perf_counter()
    marks(texts)
    assert time.perf_counter() - start < 0.3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6 ай", (6, "")),
        ("12 мес.", (12, "")),
        ("8", (8, "")),
        ("1,5 года", (18, "")),
        ("полгода", (6, "")),
        ("жарты жыл", (6, "")),
        ("1 жыл", (12, "")),
        ("90 күн", (2.96, "converted")),
        ("10 месяцев", (10, "")),
        ("6 months", (6, "")),
    ],
)
def test_durations(text, expected):
    assert tuple(one(durations, text)) == expected


@pytest.mark.parametrize(("text", "code"), [("6-8 ай", "range"), ("ұзақ", "unreadable"), ("", "missing")])
def test_durations_that_are_none(text, code):
    row = one(durations, text)
    assert np.isnan(row["value"]) and row["code"] == code


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("иә", "yes", ""),
        ("Иә, келісемін", "yes", ""),
        ("ДА", "yes", ""),
        ("согласна", "yes", ""),
        ("Yes", "yes", ""),
        ("TRUE", "yes", ""),
        ("✓", "yes", ""),
        ("жоқ", "no", ""),
        ("келіспеймін", "no", ""),
        ("Не согласен", "no", ""),
        ("нет", "no", ""),
        ("FALSE", "no", ""),
        ("", "", "missing"),
        ("ойланамын", "", "unreadable"),
        ("данные", "", "unreadable"),
    ],
)
def test_consents(text, value, code):
    assert one(consents, text).tolist() == [value, code]
