"""Executed notebooks as pages: named, in the language of their prose, with one main part and no request."""

import re

import nbformat
import pytest

from fairlib.report.set.notebooks import notebook_html, save_notebooks


@pytest.fixture
def run_dir(tmp_path):
    """Two rounds of one notebook, with a heading that looks like markup."""
    for part in ("commission", "fair"):
        cells = [
            nbformat.v4.new_markdown_cell("# 02 · Scoring <b>& more</b>\n\nWhat the marks say."),
            nbformat.v4.new_code_cell("x = 1\nx + 1"),
        ]
        (tmp_path / part).mkdir()
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / part / "02_scoring.ipynb")
    return tmp_path


def test_a_page_is_in_the_language_of_the_notebooks_prose(run_dir):
    page = notebook_html(run_dir / "fair" / "02_scoring.ipynb")
    assert '<html lang="en">' in page
    assert page.count("<main>") == page.count("</main>") == page.count("<h1") == 1
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)


def test_a_title_says_which_notebook_and_which_round(run_dir, tmp_path):
    pages = save_notebooks(run_dir, tmp_path / "pages")
    titles = [re.search("<title>(.*)</title>", p.read_text("utf-8"))[1] for p in pages]
    assert titles == [
        f"02 · Scoring &lt;b&gt;&amp; more&lt;/b&gt; · {part}" for part in ("commission", "fair")
    ]


def test_a_notebook_without_a_heading_goes_by_its_file(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "01_intake.ipynb")
    assert "<title>01_intake</title>" in notebook_html(tmp_path / "01_intake.ipynb")
