"""Every layout that the field uses is read, or refused with words that help; people and titles are invented."""

import pytest
from jury_files import FORM, by_juror, read, told

from fairlib.errors import DataError

ONE = {"taste": "Taste"}
OVER = [["ID", "Title", "J1", "", "J2", ""], ["", "", "Innovation", "Impact", "Innovation", "Impact"]]
SIDE = [["P1", "Moss", 6, 5, 2, 3], ["P2", "Rust", 5, 4, 9, 8], ["P3", "Snow", 4, 4, 8, 7]]
BESIDE = {"J1": [5, 6, 4, 5, 4, 4], "J2": [3, 2, 8, 9, 7, 8]}  # by submission, impact before innovation
ROWS = [["Timestamp", "Judge", "ID", "Innovation", "Impact"], ["d1", "J1", "P1", 6, 5], ["d1", "J1", "P2", 5, 4],
        ["d2", "J1", "P3", 4, 4], ["d2", "J2", "P1", 2, 3], ["d2", "J2", "P2", 9, 8],
        ["d3", "J2", "P3", 8, 7]]  # fmt: skip
LONG = [["Submission", "Juror", "Criterion", "Score"], *(
    [p, j, c, str(s)] for _, j, p, *marks in ROWS[1:] for c, s in zip(("Innovation", "Impact"), marks, strict=True)
)]  # fmt: skip


def test_jurors_over_repeated_criteria_are_each_read(tmp_path):
    """A row of names, merged over the criteria: never one juror kept and the others dropped."""
    result = read(tmp_path, {"e.xlsx": {"Scores": [*OVER, *SIDE]}})
    assert by_juror(result) == BESIDE
    assert told(result, "layout_understood", "found", "done") == [
        ["«ID» (A1), J1, J2", "read as wide: a row a submission, the jurors side by side"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("above", [[], [["Final jury"]], [["Final jury"], []]])
def test_jurors_over_criteria_below_a_preamble_with_one_heading_row_beneath(tmp_path, above):
    heads = [["", "", "J1", "", "J2", ""], ["ID", "Title", "Innovation", "Impact", "Innovation", "Impact"]]
    assert by_juror(read(tmp_path, {"e.xlsx": {"Scores": [*above, *heads, *SIDE]}})) == BESIDE


def test_criteria_over_jurors(tmp_path):
    heads = [["ID", "Title", "Innovation", "", "Impact", ""], ["", "", "J1", "J2", "J1", "J2"]]
    rows = [[p, t, a, c, b, d] for p, t, a, b, c, d in SIDE]
    result = read(tmp_path, {"e.xlsx": {"Scores": [*heads, *rows]}})
    assert by_juror(result) == BESIDE and result.rejected.empty


@pytest.mark.slow
@pytest.mark.parametrize("heading", ["{j} - {c}", "{c} ({j})", "{j}: {c}", "{c}, {j}", "{j} [{c}]", "{j} – {c} (1-10)",
                                     "{j}_{c}", "{j} {c} score"])  # fmt: skip
def test_a_juror_and_a_criterion_in_one_heading(tmp_path, heading):
    heads = [heading.format(j=j, c=c) for j in ("Judge 1", "Judge 2") for c in ("Innovation", "Impact")]
    rows = [["ID", "Title", *heads, "Total"], *([*row, sum(row[2:])] for row in SIDE)]
    assert by_juror(read(tmp_path, {"e.csv": rows})) == {"Judge 1": BESIDE["J1"], "Judge 2": BESIDE["J2"]}


def test_averages_beside_the_jurors_are_no_juror(tmp_path):
    heads = ["Judge 1 - Innovation", "Judge 1 - Impact", "Average - Innovation", "Average - Impact"]
    rows = [["ID", "Title", *heads], *([*row[:4], *row[2:4]] for row in SIDE)]
    assert by_juror(read(tmp_path, {"e.csv": rows})) == {"Judge 1": BESIDE["J1"]}


def test_a_judges_table_of_two_referees_with_weights(tmp_path):
    head = ["Proposal", "A. Referee Rating", "A. Referee Weight", "B. Referee Rating", "B. Referee Weight"]
    rows = [head, ["P1", 80, 100, 60, 50], ["P2", 50, 100, "", ""], ["P3", 70, 50, 90, 100]]
    result = read(tmp_path, {"e.csv": rows}, criteria={"rating": "Rating"}, scale=(0, 100))
    assert by_juror(result)["A. Referee"] == [80, 50, 70]
    assert told(result, "heading_unknown", "cell", "severity") == [["C1", "warning"], ["E1", "warning"]]


@pytest.mark.parametrize("head", ["ID", "Pie Name"])
def test_jurors_as_columns_of_the_one_criterion(tmp_path, head):
    """Also where only the cells say which column has the submissions."""
    rows = [[head, "Judge 1", "Judge 2"], ["P1", 7, 5], ["P2", 9, 6], ["P3", 6, 4]]
    result = read(tmp_path, {"e.csv": rows}, criteria=ONE)
    assert by_juror(result) == {"Judge 1": [7, 9, 6], "Judge 2": [5, 6, 4]}


def test_a_sheet_a_criterion_with_jurors_as_columns(tmp_path):
    sheets = {c: [["ID", "Judge 1", "Judge 2"], ["P1", *m], ["P2", *m[::-1]]] for c, m in
              {"Innovation": (6, 2), "Impact": (5, 3)}.items()}  # fmt: skip
    assert by_juror(read(tmp_path, {"e.xlsx": sheets}))["Judge 1"] == [5, 6, 3, 2]


def test_jurors_known_by_the_list_stand_side_by_side(tmp_path):
    files = {"jurors.csv": [["Juror", "Name"], ["E1", "Anna Berg"], ["E2", "Marat Ali"]],
             "e.csv": [["ID", "Berg", "Expert E2"], ["P1", 7, 5], ["P2", 9, 6]]}  # fmt: skip
    result = read(tmp_path, files, criteria=ONE, jurors="jurors.csv")
    assert by_juror(result) == {"E1": [7, 9], "E2": [5, 6]}
    assert told(result, "juror_by_name", "found", "juror") == [["Berg", "E1"]]


def test_a_column_of_answers_without_a_word_for_juror_is_refused_with_the_layouts(tmp_path):
    rows = [
        ["celebrity_name", "season", "week1_judge1_score", "week1_judge2_score"],
        ["P1", 1, 7, 6],
        ["P2", 1, 5, 4],
    ]
    with pytest.raises(DataError, match=r"missing: juror.*Layouts: .*wide \(.*«Judge 1 - Innovation»"):
        read(tmp_path, {"e.csv": rows}, criteria=ONE)


@pytest.mark.parametrize("label", ["Week", "Тур", "Round"])
def test_marks_of_two_days_are_no_two_jurors(tmp_path, label):
    heads = [["ID", "", f"{label} 1", "", f"{label} 2", ""], OVER[1]]
    with pytest.raises(DataError, match=r"two columns are of one criterion.* differ in row 3"):
        read(tmp_path, {"e.xlsx": {"Scores": [*heads, *SIDE]}})


def test_two_aspects_of_one_criterion_are_no_jurors(tmp_path):
    rows = [["ID", "Taste depth", "Taste width"], ["P1", 7, 5], ["P2", 9, 6]]
    with pytest.raises(DataError, match="missing: juror"):
        read(tmp_path, {"e.csv": rows}, criteria=ONE)


def test_a_row_for_each_juror_and_submission(tmp_path):
    result = read(tmp_path, {"e1.csv": ROWS[:4], "e2.csv": [ROWS[0], *ROWS[4:]]})
    assert by_juror(result) == BESIDE
    assert told(result, "layout_understood", "done") == [
        ["read as rows: a row for each juror and submission, a column a criterion"]
    ]


def test_answers_to_a_form_with_questions_in_brackets(tmp_path):
    head = [
        "Timestamp",
        "Email Address",
        "Judge ID",
        "Student Project ID",
        "Content [Innovation]",
        "Content [Impact]",
    ]
    rows = [head, *(["d", f"{j}@example.org", j, p, a, b] for _, j, p, a, b in ROWS[1:])]
    assert by_juror(read(tmp_path, {"e.csv": rows})) == BESIDE


def test_reviews_of_a_conference(tmp_path):
    head = ["paper", "title", "decision", "reviewername", "email", "Innovation", "Impact"]
    rows = [head, *([p, "", "", j, f"{j}@example.org", a, b] for _, j, p, a, b in ROWS[1:])]
    assert by_juror(read(tmp_path, {"e.csv": rows})) == BESIDE


def test_a_sheet_of_rankings_beside_the_marks_is_left_out(tmp_path):
    rankings = [["J1", "J2"], ["P1", "P2"], ["P2", "P3"], ["P3", "P1"]]
    head = ["Project", "Reviewer Name", "Innovation", "Impact", "Comments", "Overall"]
    marked = [head, *([p, j, a, b, "good", 4] for _, j, p, a, b in ROWS[1:])]
    result = read(tmp_path, {"e.xlsx": {"Scores": marked, "Rankings": rankings}})
    assert by_juror(result) == BESIDE
    assert told(result, "sheet_without_scores", "sheet", "severity") == [["Rankings", "warning"]]


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "rows", "right"), [
    ("sheets", ROWS, "rows"), ("long", ROWS, "rows"), ("long", [*OVER, *SIDE], "wide"), ("rows", LONG, "long"),
    ("wide", ROWS, "rows"), ("rows", [["ID", "Innovation", "Impact"], ["P1", 6, 5]], "sheets"),
])  # fmt: skip
def test_another_layout_than_params_say_stops_the_run_and_is_named(tmp_path, layout, rows, right):
    with pytest.raises(
        DataError, match=rf"params say layout: {layout} .* Write layout: {right} under rounds\.jury"
    ):
        read(tmp_path, {"e.csv": rows}, layout=layout)


@pytest.mark.slow
def test_with_one_criterion_a_row_a_mark_is_a_row_for_each_juror_and_submission(tmp_path):
    rows = [["paper", "reviewername", "Taste"], ["P1", "A", 4], ["P1", "B", 3], ["P2", "A", 2]]
    for layout in ("long", "rows", None):
        assert by_juror(read(tmp_path, {"e.csv": rows}, criteria=ONE, layout=layout)) == {
            "A": [4, 2],
            "B": [3],
        }


def test_a_sheet_a_juror_and_no_list_of_jurors(tmp_path):
    head = ["ID", "Innovation", "Impact"]
    sheets = {j: [head, *([p, a, b] for _, k, p, a, b in ROWS[1:] if k == j)] for j in BESIDE}
    assert by_juror(read(tmp_path, {"e.xlsx": sheets})) == BESIDE
    one = read(tmp_path, {"e.xlsx": {"Sheet1": sheets["J1"]}})
    assert set(by_juror(one)) == {"e"}, "of a single sheet the file says whose it is"


@pytest.mark.parametrize("named", ["Judge 9", "Expert: Anna"])
def test_a_column_headed_with_a_juror_that_is_not_read_stops_the_run(tmp_path, named):
    rows = [["ID", "Innovation", "Impact", named], ["P1", 6, 5, 7], ["P2", 5, 5, 8]]
    with pytest.raises(DataError, match=rf"«{named}» \(D1\) is headed as a juror's"):
        read(tmp_path, {"e.csv": rows})


def test_answers_to_a_form_that_name_no_juror_are_not_one_jurors(tmp_path):
    head = ["Timestamp", "Email Address", "ID", "Innovation", "Impact"]
    rows = [head, ["10:00", "a@example.org", "P1", 6, 5], ["11:00", "b@example.org", "P2", 5, 5]]
    with pytest.raises(DataError, match=r"answers to a form \(«Timestamp» \(A1\)\)"):
        read(tmp_path, {"e.csv": rows})
    result = read(tmp_path, {"e.csv": rows}, columns={"juror": ["Email Address"]})
    assert by_juror(result) == {"a@example.org": [5, 6], "b@example.org": [5, 5]}


def test_a_juror_beside_the_others_whom_the_list_does_not_know_stops_the_run(tmp_path):
    files = {
        "jurors.csv": [["Juror"], ["Anna"], ["Berik"]],
        "e.csv": [["ID", "Anna", "Berik", "Gast"], ["P1", 6, 5, 7]],
    }
    with pytest.raises(DataError, match=r"below «Gast» \(D1\) are numbers on the scale that would not count"):
        read(tmp_path, files, criteria=ONE, jurors="jurors.csv")


def test_a_column_of_jurors_under_any_heading_is_known_by_the_list(tmp_path):
    files = {"jurors.csv": [["Juror"], ["J1"], ["J2"]], "e.csv": [["At", "Panel", *ROWS[0][2:]], *ROWS[1:]]}
    result = read(tmp_path, files, jurors="jurors.csv")
    assert by_juror(result) == BESIDE
    assert told(result, "heading_near", "cell", "done") == [["B1", "taken as juror"]]


def test_a_juror_named_between_the_marks_stops_the_run(tmp_path):
    head = ["ID", "Innovation", "Impact"]
    rows = [["Judge: J1", "", ""], head, ["P1", 6, 5], ["Judge: J2", "", ""], head, ["P2", 1, 1]]
    with pytest.raises(DataError, match=r"row 4 names a juror \(J2\) and marks stand above and below it"):
        read(tmp_path, {"e.csv": rows})
    signed = [*rows[:3], ["", "", ""], ["Judge: J1", "", ""]]
    assert set(read(tmp_path, {"e.csv": signed}).ratings["juror"]) == {"J1"}


def test_the_juror_in_the_cell_beside_the_word(tmp_path):
    head = ["ID", "Innovation", "Impact"]
    files = {
        f"e{n}.csv": [["Эксперт", name, ""], head, ["P1", 6, 5]] for n, name in enumerate(("Anna", "Berik"))
    }
    assert set(by_juror(read(tmp_path, files))) == {"Anna", "Berik"}


def test_a_place_for_a_signature_is_no_column_of_jurors(tmp_path):
    rows = [["ID", "Innovation", "Impact", "Expert"], ["P1", 6, 5, ""], ["P2", 5, 5, ""]]
    assert by_juror(read(tmp_path, {"e.csv": rows})) == {"e": [5, 6, 5, 5]}


@pytest.mark.slow
@pytest.mark.parametrize("heads", [
    ("Innovation [1-10]", "Impact [1-10]"), ("Innovation*", "Impact *"), ("Score [Innovation]", "Score [Impact]"),
    ("Innovation (max 10 points)", "Impact, 0-10"), ("1) Innovation", "2) Impact"), ("Innovation - 10", "Impact – 10"),
    ("Rate the Innovation", "Please rate the Impact"), ("Критерий 1: Innovation", "Критерий 2: Impact"),
    ("Points - Innovation", "Points - Impact"), ("Innovation, балл", "Impact (балл)"), ("Q1. Innovation", "Q2: Impact"),
    ("Innovation до 10 баллов", "Impact макс. 10"), ("Innovation score", "Impact 1–10"),
])  # fmt: skip
def test_criteria_with_a_scale_a_number_or_a_word_for_marks_beside_them(tmp_path, heads):
    rows = [["ID", "Title", *heads], ["P1", "Moss", 8, 9], ["P2", "Rust", 6, 7]]
    assert by_juror(read(tmp_path, {"e1.csv": rows})) == {"e1": [9, 8, 7, 6]}


def test_feedback_on_a_criterion_is_no_mark(tmp_path):
    rows = [["ID", "Points - Innovation", "Feedback - Innovation"], ["P1", 8, 9], ["P2", 6, 7]]
    with pytest.raises(
        DataError, match=r"no column has the criterion impact.*«Feedback - Innovation» \(C1\)"
    ):
        read(tmp_path, {"e1.csv": rows})


@pytest.mark.slow
@pytest.mark.parametrize("head", [
    ("Submission", "Judge Name", "Criterion", "Score"), ("Project", "Judge", "Criterion", "Score"),
    ("Proposal ID", "Judge", "Criterion", "Score"), ("Paper", "Reviewer", "Criterion", "Score"),
    ("Заявка", "ФИО эксперта", "Критерий", "Оценка"), ("Entry", "Judge", "Criteria", "Points"),
    ("Submission", "Judge", "Question", "Rating Given"), ("Team", "Referee", "Показатель", "Балл"),
    ("Project number", "Juror name", "Criterion", "Rating"),
])  # fmt: skip
def test_a_long_table_by_the_headings_of_the_field(tmp_path, head):
    for layout in ("long", None):
        assert by_juror(read(tmp_path, {"e1.csv": [head, *LONG[1:]]}, layout=layout)) == BESIDE


def test_instruction_sheets_beside_a_long_table_are_left_out(tmp_path):
    book = {"Instructions": [["How to mark"], ["Use 1 to 10"]], "Scores": LONG}
    result = read(tmp_path, {"e.xlsx": book}, layout="long")
    assert by_juror(result) == BESIDE
    assert told(result, "sheet_without_scores", "sheet") == [["Instructions"]]


def test_a_sheet_of_marks_whose_ids_have_no_heading_is_not_left_out(tmp_path):
    """It would be a juror dropped, with no more than a warning."""
    sheets = {j: [[head, "Innovation", "Impact"], ["1", 6, 5]] for j, head in (("J1", "ID"), ("J2", "Was?"))}
    with pytest.raises(
        DataError, match=r"sheet J2: .*Row 1 has «Was\?», «Innovation», «Impact»; missing: submission"
    ):
        read(tmp_path, {"e.xlsx": sheets})


def test_a_sheet_of_marks_whose_criteria_have_unknown_headings_is_not_left_out(tmp_path):
    sheets = {"J1": [["ID", "Innovation", "Impact"], ["P1", 6, 5]], "J2": [["ID", "A", "B"], ["P1", 6, 5]]}
    with pytest.raises(DataError, match="sheet J2: .*missing: juror, criterion, score"):
        read(tmp_path, {"e.xlsx": sheets})


def test_headings_named_in_params_for_the_sheets_and_the_lists(tmp_path):
    files = {
        "jurors.csv": [["Kürzel", "Wer"], ["E1", "Anna"], ["E2", "Marat"]],
        "conflicts.csv": [["Kürzel", "Plakat"], ["E2", "P3"]],
        "e.csv": [
            ["Plakat", "Kürzel", "Merkmal", "Wert"],
            *([p, f"E{j[1]}", c, s] for p, j, c, s in LONG[1:]),
        ],
    }
    columns = {"submission": ["Plakat"], "juror": ["Kürzel"], "name": ["Wer"], "criterion": ["Merkmal"],
               "score": ["Wert"]}  # fmt: skip
    sent = [["Plakat", "Title"], *FORM[1:]]
    result = read(tmp_path, files, sent, columns=columns, jurors="jurors.csv", conflicts="conflicts.csv",
                  form={"columns": {"submission": ["Plakat"]}})  # fmt: skip
    assert by_juror(result)["E1"] == BESIDE["J1"]
    assert result.ratings.query("status == 'recused'")["submission"].tolist() == ["P3", "P3"]
    assert result.roster.jurors["name"].to_dict() == {"E1": "Anna", "E2": "Marat"}


def test_what_is_named_for_the_form_is_known_in_the_sheets(tmp_path):
    named = "Ф.И.О. участника"
    files = {"e.csv": [[named, "Innovation", "Impact"], ["P1", 6, 5]], "c.csv": [["juror", named]]}
    own = {"columns": {"submission": ["Ф.И.О. участника"], "title": ["Название работы"]}}
    sent = [["Ф.И.О. участника", "Название работы"], ["P1", "Весна"]]
    assert by_juror(read(tmp_path, files, sent, form=own, conflicts="c.csv")) == {"e": [5, 6]}


def test_a_list_of_names_alone_is_a_list_of_jurors(tmp_path):
    files = {"jurors.csv": [["Judge name"], ["J1"], ["J2"]], "e.csv": LONG}
    assert by_juror(read(tmp_path, files, jurors="jurors.csv")) == BESIDE


def test_a_list_that_is_not_understood_shows_its_headings(tmp_path):
    files = {"jurors.csv": [["Kürzel", "Ort"], ["E1", "Bern"]], "e.csv": LONG}
    with pytest.raises(
        DataError, match=r"no heading row with juror.*«Kürzel», «Ort»; missing: juror.*scores\.columns"
    ):
        read(tmp_path, files, jurors="jurors.csv")


@pytest.mark.parametrize(
    ("name", "example"),
    [("Prize", "«Application ID»"), ("Конкурс", "«№ заявки»"), ("Байқау, жүлде", "«Өтінім №»")],
)
def test_a_refusal_speaks_the_language_of_the_contest(tmp_path, name, example):
    with pytest.raises(DataError, match=rf"check the headings, such as {example}"):
        read(tmp_path, {"e.csv": [["x", "y"], ["1", "2"]]}, name=name)


def test_a_refusal_names_the_nearest_heading(tmp_path):
    rows = [["Judge", "Given project number", "Innovation", "Impact"], ["J1", "7", 6, 5]]
    said = "found: juror «Judge»; missing: submission.*nearest to submission is «Given project number»"
    with pytest.raises(DataError, match=said):
        read(tmp_path, {"e.csv": rows})


def test_ids_that_nobody_knows_are_shown_with_those_of_the_form(tmp_path):
    rows = [["ID", "Innovation", "Impact"], ["Moos", 6, 5], ["Rost", 5, 5]]
    said = "none of 4 marks names a known submission: the sheets say Moos, Rost, the form has P1, P2, P3"
    with pytest.raises(DataError, match=said):
        read(tmp_path, {"e.csv": rows})


def test_jurors_whom_nobody_knows_are_shown_with_the_list(tmp_path):
    files = {"jurors.csv": [["Juror"], ["E1"], ["E2"]], "e.csv": LONG}
    said = "none of 12 marks names a known juror: the sheets say J1, J2, the list of jurors has E1, E2"
    with pytest.raises(DataError, match=said):
        read(tmp_path, files, jurors="jurors.csv")


def test_criteria_that_nobody_knows_are_shown_with_those_of_params(tmp_path):
    rows = [LONG[0], *([p, j, "Beauty", s] for p, j, c, s in LONG[1:] if c == "Impact")]
    said = "none of 6 marks names a known criterion: the sheets say Beauty, params have Innovation, Impact"
    with pytest.raises(DataError, match=said):
        read(tmp_path, {"e.csv": rows})


def test_two_sheets_of_marks_in_two_layouts(tmp_path):
    files = {"e1.csv": ROWS[:4], "e2.csv": [LONG[0], *LONG[7:]]}
    result = read(tmp_path, files)
    assert by_juror(result) == BESIDE
    assert len(told(result, "layout_understood", "file")) == 2


def test_a_long_table_that_does_not_say_whose_its_marks_are(tmp_path):
    with pytest.raises(DataError, match="no column says whose mark it is"):
        read(tmp_path, {"e.csv": [[p, c, s] for p, j, c, s in LONG if j in ("Juror", "J1")]})


def test_a_large_jury_side_by_side(tmp_path):
    """More jurors, and more different names in the rows, than a byte can count."""
    jurors = [f"Judge {n}" for n in range(1, 141)]
    wide = [["ID", *(f"{j} - {c}" for j in jurors for c in ("Innovation", "Impact"))]]
    wide += [[p, *([n % 10 + 1] * 280)] for n, p in enumerate(("P1", "P2", "P3"))]
    assert by_juror(read(tmp_path, {"e.csv": wide})) == {j: [1, 1, 2, 2, 3, 3] for j in jurors}


def test_a_large_jury_in_rows_and_many_long_tables(tmp_path):
    rows = [ROWS[0], *(["", f"J{n}", p, n % 10 + 1, 5] for n in range(150) for p in ("P1", "P2"))]
    long = {f"e{n}.csv": [LONG[0], ["P3", f"J{n}", "Impact", 7]] for n in range(130)}
    result = read(tmp_path, {"e.csv": rows, **long})
    assert by_juror(result)["J137"] == [5, 8, 5, 8] and by_juror(result)["J129"] == [5, 10, 5, 10, 7]


def test_a_sheet_of_results_beside_the_marks_is_left_out(tmp_path):
    sheets = {"Marks": [["ID", "Judge", "Taste"], ["P1", "A", 6], ["P2", "A", 5]],
              "Results": [["ID", "Title", "Average", "Rank"], ["P1", "Moss", 6, 1], ["P2", "Rust", 5, 2]]}  # fmt: skip
    result = read(tmp_path, {"e.xlsx": sheets}, criteria=ONE)
    assert by_juror(result) == {"A": [6, 5]}
    assert told(result, "sheet_without_scores", "sheet") == [["Results"]]
