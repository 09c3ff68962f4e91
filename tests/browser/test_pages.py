"""Pages in a real browser: nothing is loaded, nothing complains, everything can be used by keyboard."""

import io
import re
from pathlib import Path

import nbformat
import pytest
from pypdf import PdfReader
from report_fixture import build_run, rules_2021

from fairlib.report.chapters.write import write_report
from fairlib.report.figures import to_svg
from fairlib.report.letters.letter import letter_html, write_letters
from fairlib.report.public.privacy import for_public
from fairlib.report.results import read_results
from fairlib.report.set.html import to_html
from fairlib.report.set.notebooks import notebook_html

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip
ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"
# Words of the page without code, and what only those hear who do not see it.
WORDS = """() => {
  const page = document.body.cloneNode(true);
  page.querySelectorAll('script, style, code, pre, [id^=record-]').forEach(e => e.remove());
  page.querySelectorAll('*').forEach(e => e.append(' '));
  const told = ['aria-label', 'title', 'alt', 'data-search', 'data-shown', 'data-all'];
  const heard = told.flatMap(a => [...page.querySelectorAll(`[${a}]`)].map(e => e.getAttribute(a)));
  return [page.textContent, document.title, ...heard].join(' ');
}"""
ENGLISH = (
    "the|of|and|are|with|which|budget|selected|submissions?|rounds?|ranks?|jurors?|rules?|library|none|yes|no"
)
PAGES = [f"{audience}/{lang}.html" for audience in ("public", "internal") for lang in ("kk", "ru", "en")]
ALONE = [*PAGES, "letter.html", "notebook.html"]
IN_DARK = [p for p in ALONE if "ru" not in p and "en.html" not in p]  # colours are the same in all languages
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Six pages, a letter and a notebook of a small contest."""
    folder, rules = tmp_path_factory.mktemp("site"), rules_2021()
    results = read_results(build_run(folder / "run", rules, n=40), rules)
    for audience, seen in (("public", for_public(results)), ("internal", results)):
        (folder / audience).mkdir()
        for lang in ("kk", "ru", "en"):
            report = write_report(seen, lang, audience)
            drawings = {p.id: to_svg(p.draw, p.size, p.id) for p in report.pictures()}
            (folder / audience / f"{lang}.html").write_text(to_html(report, drawings), "utf-8")
    (folder / "letter.html").write_text(letter_html(write_letters(results, ["S012"])[0]), "utf-8")
    cell, text = nbformat.v4.new_code_cell("table"), "<table><thead><tr><th>rank</th></tr></thead></table>"
    cell.outputs = [nbformat.v4.new_output("execute_result", {"text/html": text, "text/plain": "rank"})]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "notebook.ipynb")
    (folder / "notebook.html").write_text(notebook_html(folder / "notebook.ipynb"), "utf-8")
    return folder


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")  # seconds to import, for no other test
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, site):
    """Open a page of the site and fail on any console message or request but its own."""
    opened = []

    def visit(name: str, width: int = 1280, **options):
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        url, noise = (site / name).as_uri(), []
        page.on("console", lambda m: noise.append(m.text))
        page.on("pageerror", lambda e: noise.append(str(e)))
        page.on("request", lambda r: noise.append(r.url) if r.url != url else None)
        page.goto(url)
        opened.append((page, noise))
        return page

    yield visit
    for page, noise in opened:
        page.close()
        assert noise == []


@pytest.mark.parametrize("name", ALONE)
def test_no_page_scrolls_sideways(open_page, name):
    page = open_page(name)
    for width in (360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", PAGES)
def test_words_stay_whole_in_narrow_tables(open_page, name):
    page = open_page(name, width=360)
    page.evaluate(ALL)
    broken = page.evaluate("""() => {
      const found = [], range = document.createRange();
      for (const cell of document.querySelectorAll('tr:nth-child(-n+3) > :is(th, td):not(.unbroken) bdi')) {
        const node = cell.firstChild;
        for (const { 0: word, index } of node?.nodeType === 3 ? node.data.matchAll(/[\\p{L}\\d]{2,24}/gu) : []) {
          range.setStart(node, index);
          range.setEnd(node, index + word.length);
          if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) found.push(word);
        }
      }
      return found;
    }""")
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_speak_their_language_and_no_codes(open_page, name):
    words = open_page(name).evaluate(WORDS)
    assert re.findall(r"\b[a-z]+_[a-z_]+\b", words) == []
    assert name.endswith("en.html") or re.findall(rf".{{20}}\b(?:{ENGLISH})\b(?!\.\w).{{20}}", words) == []


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere_and_headings_descend_by_one(open_page, name):
    page = open_page(name)
    dead = "all => all.filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)"
    assert page.locator('a[href^="#"]').evaluate_all(dead) == []
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm)")
@pytest.mark.parametrize(
    ("name", "scheme"), [*((p, "light") for p in ALONE), *((p, "dark") for p in IN_DARK)]
)
def test_axe_finds_nothing_serious(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme, bypass_csp=True)
    page.evaluate(ALL)
    page.add_script_tag(content=AXE.read_text("utf-8"))
    rules = "{}" if scheme == "light" else "{runOnly: ['color-contrast']}"  # the dark changes nothing else
    found = page.evaluate(f"axe.run(document, {{resultTypes: ['violations'], ...{rules}}})")["violations"]
    grave = [(v["id"], v["nodes"][0]["html"][:150]) for v in found if v["impact"] in ("serious", "critical")]
    assert grave == []


def test_a_column_sorts_both_ways_by_keyboard(open_page):
    page = open_page("public/kk.html")
    table = page.locator("#decisions-commission")
    button = table.locator("thead th").nth(3).locator("button")
    button.focus()
    page.keyboard.press("Enter")
    head = table.locator("thead th").nth(3)
    assert head.get_attribute("aria-sort") == "ascending"
    column = "rows => rows.map(r => r.cells[3].dataset.v).filter(Boolean).map(Number)"
    rising = table.locator("tbody tr").evaluate_all(column)
    assert rising == sorted(rising)
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert table.locator("tbody tr").evaluate_all(column) == sorted(rising, reverse=True)


def test_kazakh_names_sort_by_the_kazakh_alphabet(open_page):
    page = open_page("public/kk.html")
    order = page.evaluate("['Яблоко','Әже','Апа','Қала','Кала'].sort(collator.compare)")
    assert order == ["Апа", "Әже", "Кала", "Қала", "Яблоко"]


def test_search_and_decision_narrow_the_list(open_page):
    page = open_page("internal/en.html")
    table = page.locator("#decisions-commission")
    total = table.locator("tbody tr").count()
    tools = page.locator(".tools").first
    tools.locator("input").fill("№ 7:")
    assert 0 < table.locator("tbody tr:visible").count() < total
    tools.locator("input").fill("")
    tools.locator("select").select_option("selected")
    shown = table.locator("tbody tr:visible")
    assert 0 < shown.count() <= total
    assert set(shown.locator("span.badge").all_inner_texts()) == {"selected"}
    assert f"{shown.count()} / {total}" in tools.locator("output").inner_text()


def test_first_tab_skips_to_the_report(open_page):
    page = open_page("public/ru.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_without_script_everything_can_be_read(browser, site):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((site / "public/kk.html").as_uri())
    assert page.locator("#decisions-commission tbody tr").count() == 40
    assert page.locator("th button").count() == 0
    page.close()


def test_headers_of_a_table_are_printed_on_each_of_its_pages(browser, site):
    """Chromium leaves buttons out of a header that it repeats."""
    page = browser.new_page()
    page.goto((site / "public/ru.html").as_uri())
    pages = [p.extract_text() for p in PdfReader(io.BytesIO(page.pdf())).pages]
    page.close()
    first = next(n for n, text in enumerate(pages) if "Все заявки и решения" in text)
    for text in pages[first : first + 2]:
        assert "Решение" in text


def test_a_notebook_shows_what_its_cells_return(open_page):
    assert open_page("notebook.html").locator("th").inner_text() == "rank"


def test_languages_lead_to_the_siblings(open_page):
    page = open_page("public/kk.html")
    links = page.locator(".languages a").evaluate_all("all => all.map(a => [a.getAttribute('href'), a.lang])")
    assert links == [["kk.html", "kk"], ["ru.html", "ru"], ["en.html", "en"]]
    assert page.locator(".languages a[aria-current=page]").get_attribute("lang") == "kk"
