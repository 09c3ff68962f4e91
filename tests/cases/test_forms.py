"""Forms as tools export them: which column is which, which rows are forms, and when they were sent."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import DataError
from fairlib.intake.submissions import receive
from fairlib.params import check_params


def contest(**submissions):
    return check_params({
        "year": 2024,
        "contest": {
            "name": "Contest", "data": "x", "seed": 1, "submissions": {"file": "form.csv", **submissions},
            "criteria": [{"id": "a", "name": "A"}],
            "rounds": [{"id": "one", "name": "One", "scores": {"files": "s.csv"},
                        "scale": {"min": 1, "max": 10}, "select": {"seats": 1}}],
        },
    }).contest  # fmt: skip


WINDOW = {"accepted_from": date(2023, 11, 1), "accepted_to": date(2023, 11, 30)}


def intake(folder, *lines, **submissions):
    (folder / "form.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return receive(contest(**submissions), folder)


def told(result):
    return dict(zip(result.findings["code"], result.findings["cell"], strict=True))


# --- the window


def test_month_first_dates_set_nobody_aside_whom_the_column_proves_in_time(tmp_path):
    days = ["11/05", "11/25", "11/12", "11/14", "11/28", "11/01", "11/03", "11/30"]
    rows = [f"{day}/2023 14:03:22,P{n},T{n}" for n, day in enumerate(days)]
    result = intake(tmp_path, "Timestamp,ID,Project title", *rows, **WINDOW)
    assert result.set_aside.empty and set(result.submissions["sent_at"].str[:7]) == {"2023-11"}
    assert told(result) == {"order_of_column": "A2"}


@pytest.mark.slow
@pytest.mark.parametrize("other", ["11/11/2023", "11.12.2023", "11/25/2023;25/11/2023"])
def test_a_date_that_could_be_read_in_two_ways_sets_no_form_aside(tmp_path, other):
    rows = [f"{day},Q{n},Q{n}" for n, day in enumerate(other.split(";"))]
    result = intake(tmp_path, "Timestamp,ID,Title", "11/05/2023 9:00,P1,Moss", *rows, **WINDOW)
    assert "P1" in result.submissions.index
    assert result.findings.set_index("code").loc["ambiguous_order", "severity"] == "warning"


def test_a_day_without_a_year_sets_no_form_aside(tmp_path):
    around = {"accepted_from": date(2023, 12, 1), "accepted_to": date(2024, 1, 15)}
    result = intake(tmp_path, "Sent,ID,Title", "28 декабря,P1,Moss", **around)
    assert result.submissions.index.tolist() == ["P1"] and told(result) == {"year_assumed": "A2"}


def test_which_version_is_the_last_is_not_guessed_from_such_a_date(tmp_path):
    head, rows = "Sent,ID,Title,Organisation", ["11/05/2023,P1,Moss,Fund", "10/06/2023,P2,Moss,Fund"]
    result = intake(tmp_path, head, *rows)
    assert len(result.submissions) == 2 and told(result)["perhaps_resent"] == "C3"
    proved = intake(tmp_path, head, *rows, "11/25/2023,P3,Rust,Other")
    assert proved.versions == {"P2": "P1"}


TOOLS = {
    "Нөмірі,Уақыт белгісі,Project Title": "20.12.2023 10:00:00", "Timestamp,ID,Title": "",
    "Application ID,Submitted date,Project Title": "", "Submission ID,Submission Date,Project Title": "",
    "_id,_submission_time,Project Title": "2023-12-20T10:00:00", "Response ID,Date submitted,Project Title": "",
    "ID,Completion time,Project Title": "12/20/23 10:00:00", "ИД,Время выполнения,Project Title": "20.12.2023 10:00",
    "Submission ID,Submitted At,Project Title": "", "#,Submit Date (UTC),Project Title": "2023-11-30 20:30:00",
    "ID,Время создания,Project Title": "", "ResponseId,RecordedDate,Project Title": "",
    "Entry ID,Entry Date,Project Title": "", "№ заявки,Дата ответа,Название проекта": "2023/12/01 0:00:00 AM GMT+6",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("head", TOOLS)
def test_the_times_of_form_tools_are_known(tmp_path, head):
    at = {name: n for n, name in enumerate(head.split(","))}
    place = {n: "time" if "ime" in h or "ate" in h or "ремя" in h or "Дата" in h or "Уақыт" in h or "At" in h
             else "title" if "itle" in h or "Название" in h else "id" for h, n in at.items()}  # fmt: skip
    forms = [("P1", "2023-11-10 10:00:00", "Moss"), ("P2", "2023-11-13 10:00:00", "Rust")]
    forms.append(("P3", TOOLS[head] or "2023-12-20 10:00:00", "Snow"))
    rows = [dict(zip(("id", "time", "title"), form, strict=True)) for form in forms]
    result = intake(tmp_path, head, *(",".join(row[place[n]] for n in range(3)) for row in rows), **WINDOW)
    assert dict(result.set_aside[["submission", "reason"]].values) == {"P3": "late"}
    assert result.submissions.index.tolist() == ["P1", "P2"] and result.findings.empty


@pytest.mark.slow
@pytest.mark.parametrize(
    "window", [WINDOW, {"accepted_to": date(2023, 11, 30)}, {"accepted_from": date(2023, 11, 1)}]
)
def test_a_window_without_a_column_of_times_stops_the_run(tmp_path, window):
    with pytest.raises(DataError, match=r"sheet form.*accepted_.*«Start time» \(B1\).*columns\.sent_at"):
        intake(tmp_path, "ID,Start time,Title", "P1,2023-11-10 10:00:00,Moss", **window)
    result = intake(
        tmp_path, "ID,Start time,Title", "P1,2023-12-10,Moss", columns={"sent_at": ("Start time",)}, **window
    )
    assert len(result.set_aside) == ("accepted_to" in window)


def test_the_end_of_filling_in_is_known_beside_its_begin_and_by_its_clocks(tmp_path):
    head = "Respondent ID,Start Date,End Date,Project title"
    result = intake(tmp_path, head, "P1,11/25/2023 23:50,11/25/2023 23:59,Moss",
                    "P2,11/30/2023 23:50,12/01/2023 00:10,Rust", **WINDOW)  # fmt: skip
    assert result.set_aside[["submission", "reason"]].values.tolist() == [["P2", "late"]]
    with pytest.raises(DataError, match="«End Date»"):
        intake(tmp_path, head, "P1,2024-01-01,2024-12-31,Moss", **WINDOW)


@pytest.mark.slow
def test_forms_that_no_deadline_reached_are_told(tmp_path):
    result = intake(tmp_path, "Sent,ID,Title", ",P1,Moss", "2023-11-10,P2,Rust", **WINDOW)
    assert told(result) == {"time_missing": "A2"} and len(result.submissions) == 2
    result = intake(tmp_path, "Sent,ID,Title", "14:03,P1,Moss", "15:20,P2,Rust", **WINDOW)
    first = result.findings.iloc[0]
    assert (first["code"], first["cell"], first["severity"]) == ("times_unread", "A1", "error")
    assert told(intake(tmp_path, "Sent,ID,Title", ",P1,Moss")) == {}, "without a window no time is needed"


def test_the_first_late_moment_is_midnight(tmp_path):
    rows = [
        "2023-11-30 23:59:59,P1,A",
        "2023-12-01 00:00:00,P2,B",
        "30.11.2023,P3,C",
        "30.11.2023 24:00,P4,D",
    ]
    result = intake(tmp_path, "Sent,ID,Title", *rows, **WINDOW)
    assert result.set_aside["submission"].tolist() == ["P2"]
    assert told(result) == {"no_such_date": "A5"}, "24:00 could be meant as the last minute"


def test_an_hour_that_clocks_showed_twice_is_a_warning(tmp_path):
    result = intake(tmp_path, "Sent,ID,Title", "2024-02-29 23:30,P1,Moss", "2024-02-28 10:00,P2,Rust",
                    accepted_to=date(2024, 2, 29))  # fmt: skip
    assert result.set_aside.empty
    assert result.findings.set_index("code").loc["clock_change", "severity"] == "warning"


# --- headings and rows


@pytest.mark.parametrize(
    ("lines", "seen"),
    [
        (["ID,Name of your idea,Link", "P1,Moss,https://ex.kz/project", "P2,Rust,x"], "«Name of your idea», «Link»"),
        (["ID,Name of your idea,Website", "P1,Moss,https://ex.kz/projects"], "«Name of your idea», «Website»"),
        (["ID,Name of your idea,Notes", "P1,Moss,project", "P2,Rust,none"], "«Name of your idea», «Notes»"),
        (["Код,Атауы,Ескерту", "P1,Moss,жоба", "P2,Rust,проект / идея"], "«Код», «Атауы», «Ескерту»"),
    ],
)  # fmt: skip
def test_a_row_of_data_is_no_heading_and_the_headings_seen_are_named(tmp_path, lines, seen):
    with pytest.raises(DataError, match=rf"stand in row 1: .*{seen}.*columns\.title"):
        intake(tmp_path, *lines)


WORDS = st.sampled_from(
    ["", "project", "Region", "проект", "city", "P7", "https://ex.kz/project", "a@b.kz", "сайт", "Moss"]
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=6))
def test_whatever_stands_in_cells_every_row_is_received(tmp_path_factory, rows):
    lines = [f"P{n},{','.join(row)}" for n, row in enumerate(rows)]
    result = intake(tmp_path_factory.mktemp("f"), "ID,Title,Organisation,Remark", *lines)
    assert result.received == len(rows)
    assert set(result.submissions.index) | set(result.set_aside["submission"]) == {
        f"P{n}" for n in range(len(rows))
    }


@pytest.mark.parametrize("columns", [{"submission": ["Project Name"], "title": ["Project Name"]},
                                     {"submission": ["Project Name"]}])  # fmt: skip
def test_one_column_may_be_id_and_title(tmp_path, columns):
    result = intake(
        tmp_path, "Project Name,Track,Repository", "Rust,a,https://ex.kz/project", "Snow,b,", columns=columns
    )
    assert result.submissions["title"].to_dict() == {"Rust": "Rust", "Snow": "Snow"}
    assert "id_absent" not in told(result)


def test_a_form_with_titles_alone_is_numbered_by_row_and_told(tmp_path):
    result = intake(tmp_path, "Project Name,Track", "Moss and us,a", "Rust,b")
    assert result.submissions.index.tolist() == ["row-2", "row-3"]
    assert "«Application ID»" in result.findings.set_index("code").loc["id_absent", "done"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "second",
    [
        ",,Open-Ended Response,Open-Ended Response", ",,Response,Other (please specify)",
        '"{""ImportId"":""_recordId""}","{""ImportId"":""endDate""}",x,y', "1,2,3,4",
        "Өтінім №,Жіберілген уақыты,Жобаның атауы,Ұйым", "Response ID,Recorded Date,Title,Name",
    ],
)  # fmt: skip
def test_a_second_row_of_headings_is_no_form(tmp_path, second):
    lines = [
        "№ заявки,Дата подачи,Название проекта,Организация",
        second,
        "P1,2023-11-10,Moss,A",
        "P2,2023-11-11,Rust,B",
    ]
    result = intake(tmp_path, *lines)
    assert result.received == 2 and result.submissions.index.tolist() == ["P1", "P2"]
    assert told(result) == {"heading_below": "A2"}


def test_headings_printed_on_every_page_are_no_forms(tmp_path):
    head = "№ заявки,Название проекта,Организация"
    result = intake(tmp_path, head, "P1,Moss,A", head, "P2,Проект,B", "P3,Response,")
    assert result.submissions["title"].to_dict() == {"P1": "Moss", "P2": "Проект", "P3": "Response"}
    assert told(result) == {"heading_below": "A3"}


def test_drafts_are_told_and_counted(tmp_path):
    head = "Project Title,Project Status,Table Number,Video,Video"
    result = intake(tmp_path, head, "Ago,Submitted,1,,x", "Ghost,Draft,,,", "Away,Отозвана,3,,",
                    columns={"submission": ["Table Number"]})  # fmt: skip
    assert result.submissions.index.tolist() == ["1", "3", "row-3"]
    drafts = result.findings[result.findings["code"] == "not_sent"]
    assert drafts[["cell", "severity"]].values.tolist() == [["B3", "warning"], ["B4", "warning"]]
