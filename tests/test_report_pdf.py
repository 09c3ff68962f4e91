"""The PDF: rules on one page, no page next to empty, tables whole with repeated headers, tags in order."""

import collections
import io

import pytest
from pypdf import PdfReader
from report_fixture import build_run, rules_2021

from fairlib.report.chapters.write import write_report
from fairlib.report.figures import draw
from fairlib.report.public.privacy import for_public
from fairlib.report.results import read_results
from fairlib.report.set.pdf import manuscript, typeset
from fairlib.report.words.locale import speak

pytestmark = pytest.mark.slow

LANGUAGES = ("kk", "ru", "en")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    rules = rules_2021()
    return for_public(read_results(build_run(tmp_path_factory.mktemp("run") / "2021", rules), rules))


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, seen):
    """The public report of a language with its PDF."""
    report = write_report(seen, request.param, "public")
    return report, PdfReader(io.BytesIO(typeset(manuscript(report), draw(report, {}))))


def words(page) -> str:
    return "".join(page.extract_text().split())


def test_how_it_was_decided_is_one_page_of_2021(made):
    report, pdf = made
    title = "".join(speak(report.lang)("How it was decided").split())
    (at,) = [n for n, page in enumerate(pdf.pages) if words(page)[:400].count(title) and n > 0]
    quoted = [b.key for b in report.chapters[0].blocks if b.kind == "rule"]
    text = words(pdf.pages[at])
    assert len(quoted) > 15
    assert [key for key in quoted if key not in text] == []
    assert report.chapters[1].title.replace(" ", "") in words(pdf.pages[at + 1])[:400]


def test_no_page_is_next_to_empty(made):
    report, pdf = made
    short = [n for n, page in enumerate(pdf.pages, 1) if len(words(page)) < 150]
    pictures = len(report.pictures())
    assert len([n for n in short if n < len(pdf.pages)]) <= pictures // 4


def struct(node, found: collections.Counter) -> collections.Counter:
    """How often each kind of tag occurs."""
    node = node.get_object()
    for child in node if isinstance(node, list) else [node]:
        child = child.get_object()
        if isinstance(child, dict):
            found[child.get("/S")] += 1
            if "/K" in child:
                struct(child["/K"], found)
    return found


def test_every_table_is_tagged_with_caption_header_and_all_its_rows(made):
    report, pdf = made
    tags = struct(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"], collections.Counter())
    tables = [b for b in report.blocks() if b.kind == "table"]
    assert tags["/Table"] == tags["/THead"] == len(tables)
    assert tags["/TR"] == sum(len(t.rows) + 1 for t in tables)
    assert tags["/TH"] == sum(len(t.columns) for t in tables)
    assert tags["/Figure"] == len(report.pictures())
    assert tags["/Caption"] == len(tables) + len(report.pictures())


def test_a_long_table_repeats_its_header(made):
    report, pdf = made
    longest = max((b for b in report.blocks() if b.kind == "table"), key=lambda t: len(t.rows))
    plain = str.maketrans("", "", " \xa0\xad-‐")
    head = "".join(c.label for c in longest.columns).translate(plain)
    pages = [n for n, page in enumerate(pdf.pages) if head in words(page).translate(plain)]
    in_a_row = [n for k, n in enumerate(pages) if n == pages[0] + k]
    assert len(in_a_row) > len(longest.rows) / 40
