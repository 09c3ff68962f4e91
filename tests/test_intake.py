"""From the form to submissions: nothing is lost, nothing is guessed, and the order of rows changes nothing."""

from dataclasses import replace
from datetime import date

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import DataError
from fairlib.intake.findings import COLUMNS, as_table, finding
from fairlib.intake.form.duplicates import find_resent
from fairlib.intake.form.eligibility import failed_rules
from fairlib.intake.form.export import FIELDS, read_form
from fairlib.intake.form.nominations import resolve_nominations
from fairlib.intake.headings.find import find_headings
from fairlib.intake.ids import clean_ids
from fairlib.intake.submissions import receive
from fairlib.params import check_params
from fairlib.rules import Duplicates, Eligibility, Nomination, Submissions

IIN = "990101199901"  # synthetic, with a right check digit
BIN, OTHER_BIN = "991240999901", "051240999906"


def contest(nominations=(), published=None, name="Contest", **submissions):
    return check_params({
        "year": 2021,
        "contest": {
            "name": name, "data": "x", "seed": 1, "submissions": {"file": "form.csv", **submissions},
            "nominations": list(nominations), "criteria": [{"id": "a", "name": "A"}], "published": published,
            "rounds": [{"id": "one", "name": "One", "scores": {"files": "s.csv"},
                        "scale": {"min": 1, "max": 10}, "select": {"seats": 1}}],
        },
    }).contest  # fmt: skip


def intake(folder, rows, head="id;title;organisation;bin;sent", rules=None):
    lines = [head, *rows]
    (folder / "form.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return receive(rules or contest(), folder)


def codes(result):
    return dict(zip(result.findings["code"], result.findings["cell"], strict=True))


# --- headings


def headings(*rows, needed=("title",)):
    return find_headings(rows, {"id": ("өтінім №", "id", "№"), "title": ("жобаның атауы", "title")}, needed)


def test_headings_below_a_preamble_in_any_order_and_language():
    found = headings(["Байқау 2021", "", ""], ["", "", ""], ["Жобаның  Атауы", "Өтінім №", "басқа"])
    assert (found.row, found.columns, found.unknown) == (2, {"title": 0, "id": 1}, (2,))
    assert headings(["Title / Название", "№"]).columns == {"title": 0, "id": 1}
    assert headings(["Title\nНазвание", "x"]).columns == {"title": 0}


def test_a_near_heading_is_taken_and_told_a_far_one_is_not():
    assert headings(["Жобанын атауы"]).near == {}, "a plain letter for a Kazakh one is the same heading"
    assert headings(["Жобаның атаулы"]).near == {"title": "Жобаның атаулы"}
    assert headings(["Жоба"]) is None


HEADS = st.sampled_from(["", "", "№", "Өтінім №", "title", "Жобаның атаулы", "A7", "Су", "place"])


@pytest.mark.slow
@settings(max_examples=200)
@given(st.integers(1, 5).flatmap(lambda w: st.lists(st.lists(HEADS, min_size=w, max_size=w), min_size=1)))
def test_the_heading_row_is_the_first_of_those_that_name_most(rows):
    names = {"title": ("жобаның атауы", "title"), "id": ("өтінім №", "№"), "place": ("place",)}
    alone = [find_headings([row], names, ["title"]) for row in rows[:30]]
    named = [len(h.columns) if h else 0 for h in alone]
    found = find_headings(rows, names, ["title"])
    if found and found.above is not None:
        assert len(found.columns) > max(named), "two rows together name more than any alone"
    elif max(named) == 0:
        assert found is None
    else:
        assert found == replace(alone[named.index(max(named))], row=named.index(max(named)))


def test_a_heading_of_two_rows_is_one_heading():
    groups = ["№", "Өтінім №", "Проект", "", "Байланыс", ""]
    under = ["", "", "Название", "Описание", "Телефон", "E-mail"]
    found = find_headings(
        [["Байқау", *[""] * 5], groups, under, ["1", "A", "Су", "x", "7", "y"]], FIELDS, ["title"]
    )
    assert found.row == 2 and found.above == {0, 1}
    assert found.columns == {"submission": 1, "title": 2, "summary": 3, "phone": 4, "email": 5}
    assert (found.place(1), found.place(3)) == ((1, 1), (2, 3))


def test_forms_below_a_heading_of_two_rows_keep_their_ids(tmp_path):
    lines = ["Өтінім №;Жоба;;Ұйым", ";Жобаның атауы;Қысқаша мазмұны;", "A;Су;x;Қор", "B;Нан;y;"]
    (tmp_path / "form.csv").write_text("\n".join(lines), encoding="utf-8")
    result = receive(contest(), tmp_path)
    assert result.submissions["title"].to_dict() == {"A": "Су", "B": "Нан"}
    assert result.submissions.loc["A", "organisation"] == "Қор"
    assert codes(result) == {"heading_two_rows": "A1"}


def test_a_first_row_with_gaps_is_no_second_row_of_headings(tmp_path):
    (tmp_path / "form.csv").write_text("id;title;town\n;Қала;\nB;Нан;Ақтау\n", encoding="utf-8")
    assert receive(contest(), tmp_path).submissions["title"].to_dict() == {"row-2": "Қала", "B": "Нан"}


@pytest.mark.parametrize(
    ("name", "example"),
    [("Contest", "«Application ID»"), ("Конкурс", "«№ заявки»"), ("Байқау, жүлде", "«Өтінім №»")],
)
def test_a_form_without_a_column_of_ids_is_told(tmp_path, name, example):
    (tmp_path / "form.csv").write_text("Байқау;\nКод;title\nA;Су\n", encoding="utf-8")
    told = receive(contest(name=name), tmp_path).findings.set_index("code")
    assert told.loc["id_absent", ["cell", "severity"]].tolist() == ["A2", "warning"]
    assert told.loc["id_absent", "done"].endswith(f" such as {example}")


def test_a_second_column_of_a_field_is_a_warning(tmp_path):
    lines = ["№;id;title;Жоба;Название проекта (каз)", "1;A;Су;Нан;x"]
    (tmp_path / "form.csv").write_text("\n".join(lines), encoding="utf-8")
    result = receive(contest(), tmp_path)
    told = result.findings[["code", "cell", "severity"]].values.tolist()
    assert told == [["heading_repeated", "C1", "warning"], ["heading_repeated", "E1", "warning"],
                    ["heading_unknown", "A1", "info"]]  # fmt: skip
    assert result.submissions["title"].tolist() == ["Нан"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["Итого;;;", ";Всего: 2;;", "Барлығы:;;;400", ";;Total;2", ";;;ИТОГО ЗАЯВОК 2"]
)
def test_a_row_of_totals_is_no_form(tmp_path, words):
    lines = ["id;title;organisation;requested", "A;Су;Қор;100", "B;Нан;Қор;300", words]
    (tmp_path / "form.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = receive(contest(), tmp_path)
    assert result.received == 2 and list(result.submissions.index) == ["A", "B"]
    told = result.findings[["code", "cell", "severity", "done"]].values.tolist()
    assert told == [["totals_row", "A4", "info", "left out"]]


def test_a_form_with_such_a_word_is_a_form(tmp_path):
    result = intake(tmp_path, ["A;Итого;Қор;;", ";Всего доброго;;;", "C;;Всего;;", "D;Барлығы;;;"])
    assert list(result.submissions["title"]) == ["Итого", "", "Барлығы", "Всего доброго"]


def hidden_and_visible(path, hide=("ескі",)):
    with xlsxwriter.Workbook(path) as book:
        for name, title in (("бос", ""), ("ескі", "Ескі"), ("v1", "Су")):
            sheet = book.add_worksheet(name)
            if title:
                sheet.write_row(0, 0, ["id", "title", "sent"])
                sheet.write_row(1, 0, ["A", title, "09.03.2021" if title == "Ескі" else "08.03.2021"])
                sheet.write_row(2, 0, ["B", title, ""])
            if name in hide:
                sheet.hide()


def test_a_hidden_sheet_is_not_read_and_is_told(tmp_path):
    hidden_and_visible(tmp_path / "form.xlsx")
    result = receive(contest(file="form.xlsx"), tmp_path)
    assert result.received == 2 and result.submissions["title"].to_dict() == {"A": "Су", "B": "Су"}
    told = result.findings[["code", "severity", "sheet", "found", "done"]].values.tolist()
    assert told == [
        ["sheet_hidden", "warning", "ескі", "3 row(s)", "not read; unhide the sheet to have it read"]
    ]


def test_a_file_of_hidden_sheets_alone_stops_the_run(tmp_path):
    hidden_and_visible(tmp_path / "form.xlsx", hide=("ескі", "v1"))
    with pytest.raises(DataError, match=r"form\.xlsx: all that .* hidden sheets \(ескі, v1\); unhide"):
        receive(contest(file="form.xlsx"), tmp_path)


def test_a_formula_without_its_value_says_what_to_do(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "title", "requested"], ["A", "Су", "=1000*5"], ["B", "Нан", 7000]):
        book.active.append(row)
    book.save(tmp_path / "form.xlsx")
    told = receive(contest(file="form.xlsx"), tmp_path).findings.iloc[0]
    assert told[["code", "cell", "found", "severity"]].tolist() == [
        "formula_without_value", "C2", "=1000*5", "warning"]  # fmt: skip
    assert "open the file in a spreadsheet program, save it" in told["done"]


def test_a_heading_of_signs_alone_is_not_the_number_sign():
    assert headings(["—", "title"]).columns == {"title": 1}
    assert headings(["№", "title"]).columns == {"id": 0, "title": 1}


@pytest.mark.parametrize("order", [["№", "Өтінім №", "title"], ["title", "Өтінім №", "№"]])
def test_row_numbers_are_not_taken_for_ids(order):
    assert headings(order).columns["id"] == order.index("Өтінім №")


# --- the form


def test_a_form_knows_where_each_cell_stands(tmp_path):
    text = "Экспорт;;\nid;Комментарий администратора;title\nA;x;Т1\n\nB;y;Т2\n"
    (tmp_path / "form.csv").write_text(text, encoding="utf-8")
    found = []
    form = read_form(Submissions(file="form.csv"), tmp_path, found, "en")
    assert form.rows["row"].tolist() == [3, 5]
    assert form.at(form.rows.loc[1], "title") == {
        "file": "form.csv", "sheet": "form", "cell": "C5", "submission": "B"}  # fmt: skip
    assert form.at(form.rows.loc[1], "phone")["cell"] == ""
    assert [(f["code"], f["cell"]) for f in found] == [("heading_unknown", "B2")]
    assert set(FIELDS) <= set(form.rows) and form.present == {"submission", "title"}


def test_headings_of_ones_own(tmp_path):
    (tmp_path / "form.csv").write_text("Плакат\nМоре\n", encoding="utf-8")
    rules = Submissions(file="form.csv", columns={"title": ("плакат",)})
    assert read_form(rules, tmp_path, [], "en").rows["title"].tolist() == ["Море"]


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_end_as_any_program_ends_them_and_cells_are_as_long_as_they_are(tmp_path, end):
    long = "ұ" * 200_000
    (tmp_path / "form.csv").write_bytes(end.join(["id;title;summary", f"A;Су;{long}", ""]).encode())
    result = receive(contest(), tmp_path)
    assert result.submissions.loc["A", ["title", "summary"]].tolist() == ["Су", long]


@pytest.mark.parametrize(
    ("text", "said"), [("id;title\n", "no form below them"), ("a;b\n1;2\n", "heading row")]
)
def test_a_form_without_forms_says_what_is_missing(tmp_path, text, said):
    (tmp_path / "form.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        receive(contest(), tmp_path)


def test_ids_that_differ_by_spaces_alone_are_one(tmp_path):
    result = intake(tmp_path, ["P 1;T1;o1;;", "P1;T2;o2;;", "P 12;T3;o3;;"])
    assert result.submissions["title"].to_dict() == {"P 1": "T1", "P1#2": "T2", "P 12": "T3"}
    assert codes(result) == {"id_twice": "A3"}


def test_every_form_has_an_id_of_its_own(tmp_path):
    result = intake(tmp_path, ["21–0001;T1;o1;;", ";T2;o2;;", "21-0001;T3;o3;;", " 21-0004;T4;o4;;"])
    assert result.submissions["title"].to_dict() == {
        "21-0001": "T1", "21-0001#2": "T3", "21-0004": "T4", "row-3": "T2"}  # fmt: skip
    assert codes(result) == {"id_missing": "A3", "id_twice": "A4"}
    told = result.findings.set_index("code")["submission"]
    assert told.to_dict() == {"id_missing": "row-3", "id_twice": "21-0001#2"}


def test_findings_of_a_form_bear_the_id_it_has(tmp_path):
    rows = ["21–0001;T1;o1;123;", ";T2;o2;456;"]
    result = intake(tmp_path, rows, rules=contest(organisation_id="bin"))
    assert result.findings.query("code == 'length'")["submission"].tolist() == ["21-0001", "row-3"]


# --- personal numbers


def test_no_personal_number_leaves_intake(tmp_path):
    head = (
        "id;title;organisation;place;links;phone;email;nomination;contact person;summary;bin;requested;form"
    )
    said = [
        f"{word} {IIN}"
        for word in ("T", "O", "P", "www.x.kz/", "8 701 123 45 67", "N", "C", "S", "B", "R", "F")
    ]
    row = ";".join([IIN, *said[:5], f"{IIN}@mail.kz", *said[5:]])
    rules = contest([{"id": "n", "name": "Nomination"}], organisation_id="bin", regions_on=date(2021, 3, 10))
    result = intake(tmp_path, [row, row.replace(IIN, "990101 199901")], head, rules)
    for table in (result.submissions, result.set_aside, result.findings):
        text = table.reset_index().to_csv()
        assert IIN not in text and "990101 199901" not in text


def test_a_personal_number_as_an_id_is_the_same_code_everywhere():
    ids = clean_ids(pd.Series([IIN, "21-0208", f" {IIN}"]))
    assert ids[0] == ids[2] != IIN and ids[1] == "21-0208"


# --- what is set aside


def test_each_reason_to_set_aside(tmp_path):
    rules = contest(accepted_from=date(2021, 1, 10), accepted_to=date(2021, 3, 10), organisation_id="bin")
    rows = [
        f"A;Су;Қор;{BIN};2021-01-10 00:00",
        f"B;Су;Қор;{BIN};2021-03-10 23:59:59",
        "C;;;;2021-02-01",
        "D;Тест;Тестовая;;2021-02-01",
        "E;Ертерек;Бір;;2021-01-09 23:59:59",
        "F;Кеш;Екі;;2021-03-11 00:00:00",
        "G;Сынақ 2;Үш;;2021-02-01",
        "H;Тестирование на ВИЧ;Төрт;;2021-02-01",
        "I;Уақыты жоқ;Бес;;",
        "J;Соңғы күн;Алты;;10.03.2021",
    ]
    result = intake(tmp_path, rows, rules=rules)
    aside = result.set_aside.set_index("submission")
    assert aside["reason"].to_dict() == {
        "A": "resent", "C": "empty", "D": "test_row", "E": "early", "F": "late", "G": "test_row"}  # fmt: skip
    assert aside.loc["A", "kept"] == "B" and result.versions == {"A": "B"}
    assert result.submissions.index.tolist() == ["B", "H", "I", "J"]
    assert result.funnel[["received", "accepted", "eligible"]].tolist() == [10, 4, 4]


def test_a_deadline_is_the_contests_own(tmp_path):
    rules = contest(accepted_to=date(2021, 3, 10))
    rows = [
        "A;T1;O1;;2021-03-10T17:59:59Z",
        "B;T2;O2;;2021-03-10T18:00:00Z",
        "C;T3;O3;;2021-03-11T02:59+09:00",
    ]
    assert dict(intake(tmp_path, rows, rules=rules).set_aside[["submission", "reason"]].values) == {
        "B": "late"
    }


def test_a_contest_in_which_every_form_is_late(tmp_path):
    rules = contest(accepted_to=date(2020, 3, 10))
    result = intake(tmp_path, ["A;T1;O;;2021-01-01", "B;T2;P;;2021-01-01"], rules=rules)
    assert result.submissions.empty and result.set_aside["reason"].tolist() == ["late", "late"]


# --- the same project sent again


def forms(*rows):
    columns = ["submission", "owner", "title", "sent", "requested", "nomination"]
    table = pd.DataFrame(list(rows), columns=columns).set_axis([r[0] for r in rows])
    return table.assign(
        name=table["owner"], sent=pd.to_datetime(table["sent"]), requested=table["requested"].astype(float)
    )


def test_the_last_or_the_first_version_is_kept():
    table = forms(
        ("A", "o", "Су құбыры", "2021-02-01", 1, "n"), ("B", "o", "су құбыры!", "2021-02-03", 2, "n"),
        ("C", "o", "«Су құбыры»", "2021-02-02", 3, "n"), ("D", "p", "Су құбыры", "2021-02-02", 1, "n"),
    )  # fmt: skip
    kept, doubts = find_resent(table, Duplicates())
    assert kept.dropna().to_dict() == {"A": "B", "C": "B"} and doubts.empty
    assert find_resent(table, Duplicates(keep="first"))[0].dropna().to_dict() == {"B": "A", "C": "A"}


def test_versions_form_chains():
    titles = ["Ауыл балаларына кітапхана", "Ауыл балаларына кітапханалар", "Ауыл балаларына кітапханалары"]
    table = forms(
        *((i, "o", t, f"2021-02-0{n}", n, i) for n, (i, t) in enumerate(zip("ABC", titles, strict=True), 1))
    )
    assert find_resent(table, Duplicates(similarity=94, doubt=50))[0].dropna().to_dict() == {
        "A": "C",
        "B": "C",
    }


def test_what_is_in_doubt_stays_and_is_told():
    table = forms(
        ("A", "o", "Дом надежды", "2021-02-01", 5e6, "n"), ("B", "o", "Үміт үйі", "2021-02-02", 5e6, "n"),
        ("C", "o", "Дом надежды и веры", "2021-02-03", None, "m"), ("D", "", "Дом надежды", None, None, ""),
        ("E", "", "Дом надежды", None, None, ""),
    )  # fmt: skip
    kept, doubts = find_resent(table, Duplicates(doubt=70))
    assert kept.isna().all(), "forms of nobody known are nobody's versions"
    assert doubts[["first", "second"]].values.tolist() == [["A", "B"], ["A", "C"]]


def test_an_organisation_whose_number_is_spoilt_is_known_by_its_name_and_only_flagged(tmp_path):
    spoilt, other = "991240999902", "051240999906"
    result = intake(tmp_path, [
        f"A;Су құбыры;«Қамқор» қоры;{BIN};2021-02-01", f"B;Су құбыры;Камкор қоры;{spoilt};2021-02-02",
        f"C;Кітапхана;«Қамқор» қоры;{spoilt};2021-02-03", f"D;Су құбыры;Басқа;{spoilt};2021-02-04",
        f"E;Су құбыры;«Қамқор» қоры;{other};2021-02-05",
    ], rules=contest(organisation_id="bin"))  # fmt: skip
    told = result.findings[result.findings["code"] == "perhaps_resent"]
    alike = "titles 100 % alike, organisations by name"
    assert told["found"].tolist() == [f"A and B, {alike}", f"B and E, {alike}"]
    assert result.set_aside.empty, "two numbers are two organisations, and a name alone sets nothing aside"


def test_a_version_that_was_set_aside_is_in_no_doubt():
    table = forms(
        ("A", "1", "Су құбыры", "2021-02-01", 1, "n"), ("B", "o", "Су құбыры", "2021-02-02", 1, "n"),
        ("C", "o", "Су құбыры", "2021-02-03", 1, "n"),
    ).assign(name="o")  # fmt: skip
    kept, doubts = find_resent(table, Duplicates())
    assert kept.dropna().to_dict() == {"B": "C"}
    assert doubts.values.tolist() == [["A", "C", 100.0, True]]


def test_a_form_without_a_time_is_the_older_version():
    table = forms(("A", "o", "Су", None, 1, ""), ("B", "o", "Су", "2021-02-02", 1, ""))
    assert find_resent(table, Duplicates())[0].dropna().to_dict() == {"A": "B"}


def test_perhaps_resent_is_a_finding_at_the_title(tmp_path):
    result = intake(tmp_path, ["A;Дом надежды;Қор;;", "B;Дом надежды и веры;Қор;;"])
    found = result.findings.set_index("code").loc["perhaps_resent"]
    assert (found["cell"], found["submission"], found["severity"]) == ("B3", "B", "warning")
    assert len(result.submissions) == 2


# --- nominations, eligibility, findings

NOMINATIONS = (
    Nomination(id="legal", name={"kk": "Құқықтық қорғау", "ru": "Правовая защита", "en": "Legal protection"},
               aliases=("2", "номинация 2")),
    Nomination(id="health", name={"kk": "Денсаулық қорғау", "ru": "Охрана здоровья", "en": "Health"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ПРАВОВАЯ  ЗАЩИТА", ("legal", "exact")),
        ("Кукыктык коргау", ("legal", "exact")),
        ("2", ("legal", "exact")),
        ("health", ("health", "exact")),
        ("Правовая зашита", ("legal", "fuzzy")),
        ("қорғау", ("", "unknown")),
        ("3", ("", "unknown")),
        ("", ("", "missing")),
    ],
)
def test_nominations_as_people_name_them(typed, meant):
    assert tuple(resolve_nominations(pd.Series([typed]), NOMINATIONS).loc[0]) == meant


def test_each_rule_of_eligibility():
    table = pd.DataFrame({
        "bin_verdict": ["valid", "repairable", "warn", "invalid", "missing"],
        "consent": ["yes", "no", "", "yes", "yes"], "links": ["a.kz", "", "a.kz", "a.kz", "a.kz"],
        "requested": [1e6, 3e6, 999_999, 3_000_001, None], "duration_months": [6.0, None, 12, 13, 1],
        "legal_form": ["ҚОРЫ", "Қоры", "фонд", "ЖШС", ""], "region": ["KZ-11", "", "KZ-11", "", "KZ-10"],
    })  # fmt: skip
    rules = (
        Eligibility(rule="bin_valid"), Eligibility(rule="consent"), Eligibility(rule="openness_link"),
        Eligibility(rule="requested_within", at_least=1e6, at_most=3e6),
        Eligibility(rule="duration_within", at_most=12), Eligibility(rule="legal_form", allowed=("қоры", "Фонд")),
        Eligibility(rule="region_known"),
    )  # fmt: skip
    assert failed_rules(table, rules).tolist() == [
        "", "consent;openness_link;duration_within;region_known", "consent;requested_within",
        "bin_valid;requested_within;duration_within;legal_form;region_known", "bin_valid;requested_within;legal_form",
    ]  # fmt: skip
    assert failed_rules(table, ()).tolist() == [""] * 5


def test_findings_come_gravest_first_and_in_the_order_of_cells():
    rows = [
        ("info", "A1"),
        ("error", "B10"),
        ("error", "AA9"),
        ("error", "B9"),
        ("warning", ""),
        ("error", "C9"),
    ]
    table = as_table(finding("x", s, "", cell=c, found=f"{c} {IIN}") for s, c in rows)
    assert table["cell"].tolist() == ["B9", "C9", "AA9", "B10", "", "A1"]
    assert not table["found"].str.contains(IIN).any()
    assert as_table([]).columns.tolist() == COLUMNS


def test_counts_beside_those_announced(tmp_path):
    announced = {"source": "x", "submissions": 3, "nominations": {"legal": 1}, "regions": {"KZ-55": 2}}
    rules = contest([n.model_dump() for n in NOMINATIONS], announced, regions_on=date(2021, 3, 10))
    rows = ["A;T1;O1;2;Павлодар", "B;T2;O2;2;Павлодар обл.", "C;T3;O3;;"]
    result = intake(tmp_path, rows, "id;title;organisation;номинация;регион", rules)
    beside = result.beside_published(rules)
    assert beside["found"].to_dict() == {
        "submissions": 3, "nomination legal": 2, "nomination health": 0, "region KZ-55": 2}  # fmt: skip
    assert beside["published"].dropna().to_dict() == {
        "submissions": 3,
        "nomination legal": 1,
        "region KZ-55": 2,
    }
    assert result.completeness.loc[["title", "nomination"], "given"].tolist() == [3, 2]


# --- properties

CELLS = {
    "title": st.sampled_from(["", "Су", "су!", "Дом надежды", "Дом надежд", "Тест", "Жол 5"]),
    "organisation": st.sampled_from(["", "Қор", "«Қор»", "Test", "ОО Круг"]),
    "bin": st.sampled_from(["", BIN, OTHER_BIN, "51240999906", IIN, "123"]),
    "sent": st.sampled_from(["", "2021-01-01 10:00", "2021-02-01", "14.02.21 9:05", "2021-03-10 23:59", "?"]),
}
ROWS = st.lists(st.tuples(*CELLS.values()), min_size=1, max_size=8)
RULES = contest(accepted_from=date(2021, 1, 10), accepted_to=date(2021, 3, 10), organisation_id="bin",
                eligibility=[{"rule": "bin_valid"}])  # fmt: skip


def take(folder, rows):
    return intake(folder, [";".join(r) for r in rows], "id;title;organisation;bin;sent", RULES)


def outcome(result):
    aside = result.set_aside.drop(columns="source").sort_values("submission", ignore_index=True)
    findings = result.findings[result.findings["code"] != "perhaps_resent"].drop(columns="cell")
    return (
        result.submissions.drop(columns="source"),
        aside,
        findings.sort_values(COLUMNS[3:], ignore_index=True),
    )


@pytest.mark.slow
@settings(max_examples=30)
@given(ROWS)
def test_nothing_that_came_in_is_lost(tmp_path_factory, rows):
    result = take(tmp_path_factory.mktemp("f"), [(f"S{k}", *r) for k, r in enumerate(rows)])
    here, aside = set(result.submissions.index), set(result.set_aside["submission"])
    assert here | aside == {f"S{k}" for k in range(len(rows))} and not here & aside
    assert result.received == len(rows) == result.funnel["accepted"] + len(result.set_aside)
    assert set(result.versions.values()) <= here, "a version is kept as an accepted submission"
    assert set(result.set_aside["reason"]) <= {"empty", "test_row", "early", "late", "resent"}
    assert (result.submissions["eligible"] == (result.submissions["ineligible_by"] == "")).all()


@pytest.mark.slow
@settings(max_examples=15)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_but_the_source(tmp_path_factory, rows, chance):
    rows = [(f"S{k}", *r) for k, r in enumerate(rows)]
    mixed = chance.sample(rows, len(rows))
    folder = tmp_path_factory.mktemp("f")
    for a, b in zip(outcome(take(folder, rows)), outcome(take(folder, mixed)), strict=True):
        pd.testing.assert_frame_equal(a.reset_index(drop="index" in a), b.reset_index(drop="index" in b))


@pytest.mark.slow
@settings(max_examples=15)
@given(ROWS)
def test_other_ids_give_the_same_decisions(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("f")
    a = take(folder, [(f"S{k}", *r) for k, r in enumerate(rows)])
    b = take(folder, [(f"T-{k}", *r) for k, r in enumerate(rows)])
    pd.testing.assert_frame_equal(a.submissions.reset_index(drop=True), b.submissions.reset_index(drop=True))
    assert a.set_aside["submission"].str.replace("S", "T-").tolist() == b.set_aside["submission"].tolist()
    assert a.set_aside["kept"].str.replace("S", "T-").tolist() == b.set_aside["kept"].tolist()


def test_a_form_without_the_nominations_that_params_name_stops_the_run(tmp_path):
    rules = contest([n.model_dump() for n in NOMINATIONS])
    with pytest.raises(DataError, match=r"no column of the form is headed as one.*«Секция конкурса» \(B1\)"):
        intake(tmp_path, ["A;1;Нан"], head="id;Секция конкурса;title", rules=rules)
