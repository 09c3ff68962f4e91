"""A contest without organisations, finalists, grants, regions or nominations never speaks of them."""

import html
import re
from pathlib import Path

import pandas as pd
from pypdf import PdfReader

from fairlib.params import read_params
from fairlib.report import render

SMALL = Path(__file__).parents[2] / "params" / "example-minimal.yaml"
ABSENT = {
    "organisation": r"(?<!people and )organisation|name not published", "finalist": "finalist", "winner": "winner",
    "grant": r"\bgrant", "region": "region", "nomination": "nomination", "BIN": r"\bBIN\b", "adjustment": "djust",
}  # fmt: skip


def words_of(page: str) -> str:
    page = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", page)
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_the_page_says_nothing_of_what_there_is_not(small_run):
    told = words_of((small_run / "report" / "public" / "en.html").read_text("utf-8"))
    told = told[: told.index("Methods: formulas and sources", told.index("What is open") + 100)]
    assert not {name for name, word in ABSENT.items() if re.search(word, told)}


def test_no_chapter_is_empty(small_run):
    page = (small_run / "report" / "public" / "en.html").read_text("utf-8")
    chapters = re.findall(r'(?s)<section[^>]*id="([\w-]+)"[^>]*>(.*?)</section>', page)
    assert chapters
    for name, chapter in chapters:
        for heading, below in re.findall(r"(?s)<h3[^>]*>(.*?)</h3>(.*?)(?=<h3|$)", chapter):
            assert words_of(below).split(), (name, heading)


def test_letters_and_workbook_are_in_the_language_of_the_contest(small_run):
    letters = sorted((small_run / "report" / "letters").glob("*.html"))
    assert len(letters) == 6
    for letter in letters:
        told = letter.read_text("utf-8")
        assert '<html lang="en"' in told and "Dear applicant" in told
        assert "name not published" not in told
        assert not re.search("[а-яә]", words_of(told), re.IGNORECASE)
    assert "Dear applicant" in PdfReader(letters[0].with_suffix(".pdf")).pages[0].extract_text()
    sheets = pd.read_excel(
        small_run / "report" / "public" / "results.xlsx", sheet_name=None, engine="calamine"
    )
    assert "About this workbook" in sheets


def test_the_record_names_the_files_that_were_used(small_run):
    told = words_of((small_run / "report" / "public" / "en.html").read_text("utf-8"))
    assert "fairlib run params/example-minimal.yaml" in told
    assert "fairlib verify runs/2024 --data data/example-minimal" in told


def test_more_seats_than_submissions_is_a_warning(tmp_path):
    from fairlib.intake.submissions import receive

    rules = tmp_path / "p.yaml"
    rules.write_text(SMALL.read_text("utf-8").replace("seats: 2", "seats: 20"), "utf-8")
    contest = read_params(rules).contest
    found = receive(contest, SMALL.parents[1] / contest.data).findings
    (row,) = found[found["code"] == "seats_over_submissions"].to_dict("records")
    assert row["severity"] == "warning" and row["cell"] == "rounds.jury.select.seats"
    assert row["found"] == "seats: 20, eligible: 6"


def test_what_was_announced_is_one_line_of_the_first_page(small_run, tmp_path):
    text = (small_run / "params.yaml").read_text("utf-8") + (
        "  published:\n    source: the school's notice\n    organiser: A school\n    submissions: 6\n"
        "    rounds: {jury: {begins: 2024-05-01, days: 2, online: true, members: teachers}}\n"
        "    award: {event: Assembly, begins: 2024-05-22, ends: 2024-05-23, place: the hall}\n"
    )
    (tmp_path / "p.yaml").write_text(text, "utf-8")
    render(small_run, read_params(tmp_path / "p.yaml"), tmp_path / "out", ("en",), workers=1)
    told = " ".join(words_of((tmp_path / "out" / "public" / "en.html").read_text("utf-8")).split())
    line = (
        "Organised by: A school. Jury – online; days: 2; from: 1 May 2024; members: teachers. Winners are named at: "
        "Assembly, 22–23 May 2024, the hall."
    )
    assert line in told[: told.index("Contents")]
