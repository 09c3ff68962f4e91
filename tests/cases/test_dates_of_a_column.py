"""Dates of one column are read in one order; what could be read in two ways is said."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlib.intake.cells.dates import dates

ALMATY = "Asia/Almaty"


def read(*texts, **more):
    table = dates(pd.Series(list(texts)), ALMATY, **more)
    shown = (
        table["value"].dt.strftime("%Y-%m-%d").where(table["has_time"], table["value"].dt.date.astype(str))
    )
    return list(zip(shown, table["code"], strict=True))


def test_one_cell_proves_the_order_of_its_column():
    assert read("11/05/2023", "11/25/2023") == [("2023-11-05", "order_of_column"), ("2023-11-25", "")]
    assert read("11/05/2023", "25/11/2023") == [("2023-05-11", "order_of_column"), ("2023-11-25", "")]
    assert read("11-05-23 9:00", "11-25-23 10:00")[0] == ("2023-11-05", "order_of_column")
    assert read("11/05/2023 в 14:00", "11/25/2023")[0] == ("2023-11-05", "order_of_column")


def test_what_nothing_or_both_prove_stays_open():
    assert read("11/05/2023", "11/11/2023") == [("2023-05-11", "ambiguous_order"), ("2023-11-11", "")]
    assert read("11/05/2023", "11/25/2023", "25/11/2023")[0] == ("2023-05-11", "ambiguous_order")
    assert read("11-05-2023", "11/25/2023")[0] == ("2023-05-11", "ambiguous_order"), (
        "another sign, another hand"
    )
    assert read("11.05.2023", "11/25/2023 9:00", "13.05.2023")[0] == ("2023-05-11", "")


def test_dates_that_a_spreadsheet_of_another_country_made_are_open():
    """It made dates of 11/05 and 11/12 and left 11/25, which is none in its own order, as a text."""
    made = read("2023-05-11 14:03:22", "2023-12-11 18:20:01", "11/25/2023 9:00:00")
    assert [code for _, code in made] == ["ambiguous_order", "ambiguous_order", ""]
    assert read("11.05.2023 14:03", "11/25/2023 14:03:22")[0][1] == "ambiguous_order", "saved as text again"
    assert read("2023-05-11", "2023-05-25", "11/25/2023")[0][1] == "", (
        "a 25th shows that these are as they were"
    )
    assert read("05.11.2023", "25/11/2023")[0][1] == "", "both day first"


@pytest.mark.slow
@given(st.lists(st.dates(pd.Timestamp("2001-01-01").date(), pd.Timestamp("2060-12-31").date()), min_size=1),
       st.sampled_from(["%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y"]))  # fmt: skip
def test_a_column_with_one_day_past_the_twelfth_reads_back(days, form):
    table = dates(pd.Series([f"{day:{form}}" for day in [*days, pd.Timestamp("2023-11-25")]]), ALMATY)
    assert table["value"].dt.date.tolist()[:-1] == days and not (table["code"] == "ambiguous_order").any()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2023/11/10 2:03:22 PM GMT+6", "14:03"), ("10.11.2023 14:03 (UTC+6)", "14:03"),
        ("11/10/23 2:03 p.m.", "14:03"),
        ("10.11.2023 в 14:03", "14:03"), ("10.11.2023 2:03 дня", "14:03"), ("10.11.2023 11:30 дня", "11:30"),
        ("10.11.2023 9:05 утра", "09:05"), ("10.11.2023 11:30 вечера", "23:30"), ("10.11.2023 11:30 ночи", "23:30"),
        ("10.11.2023 1:30 ночи", "01:30"), ("10.11.2023 12:30 ночи", "00:30"), ("10.11.2023 кешкі 11:30", "23:30"),
        ("10.11.2023, таңғы сағат 9:05", "09:05"), ("2023-11-10 2:03:22 түстен кейін", "14:03"),
        ("2023-11-10 12:00 AM", "00:00"), ("2023-11-10 12:00 PM", "12:00"), ("2023-11-10 14:03 PM", "14:03"),
        ("10.11.2023 11:03 мск", "14:03"), ("2023-11-10 14:33 UTC+06:30", "14:03"), ("45240.5", "12:00"),
        ("Fri Nov 10 2023 14:03:22 GMT+0600 (East Kazakhstan Time)", "14:03"),
    ],
)  # fmt: skip
def test_clocks_of_twelve_hours_and_zones(text, clock):
    row = dates(pd.Series([text]), ALMATY).iloc[0]
    assert f"{row['value']:%H:%M}" == clock and row["has_time"]


@pytest.mark.parametrize("text", ["2023-11-10 14:03 AM", "2023-11-10 14:03 утра", "30.11.2023 24:00"])
def test_a_clock_that_contradicts_itself_is_none(text):
    assert dates(pd.Series([text]), ALMATY)["code"].tolist() == ["no_such_date"]


@pytest.mark.parametrize(
    "text", ["14:03", "2:03 PM", "1980-01-01 00:00:00", "0000-00-00 00:00:00", "1899-12-30"]
)
def test_a_time_without_a_date_and_a_clock_that_never_ran_are_no_moment(text):
    assert dates(pd.Series([text]), ALMATY)["value"].isna().all()


def test_a_heading_may_name_the_zone_of_its_times():
    (late, bare) = dates(pd.Series(["2023-11-30 20:30", "30.11.2023"]), ALMATY, written="Submit Date (UTC)")[
        "value"
    ]
    assert late.isoformat() == "2023-12-01T02:30:00+06:00", "Almaty was six hours ahead until March 2024"
    assert bare.isoformat() == "2023-11-30T00:00:00+06:00", "a day is a day of the contest"
    (kobo,) = dates(pd.Series(["2024-03-10T10:00:00"]), ALMATY, written="_submission_time")["value"]
    assert kobo.isoformat() == "2024-03-10T15:00:00+05:00"
    (own,) = dates(pd.Series(["2023-11-30 20:30:00+06:00"]), ALMATY, written="Submit Date (UTC)")["value"]
    assert own.hour == 20, "an offset in the cell goes first"
