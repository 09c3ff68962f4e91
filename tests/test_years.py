"""Several years run one after another, and a page that compares them in three languages."""

import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fairlib.cli import main
from fairlib.errors import FairlibError
from fairlib.report.words.locale import speak
from fairlib.report.years.figures import compare_years
from fairlib.report.years.page import FILES, write_index

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


class Page(HTMLParser):
    """Language, links and texts of table cells of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.lang, self.links, self.cells, self.inside = "", [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.lang = found["lang"] if tag == "html" else self.lang
        self.links += [found["href"]] if tag == "a" else []
        self.inside = tag in ("td", "th") or (self.inside and tag == "bdi")

    def handle_data(self, data):
        if self.inside and data.strip():
            self.cells.append(data)


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Two small contests of two years run by the command line."""
    place = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "params", "data/example-minimal"):
        shutil.copytree(ROOT / name, place / name)
    first = place / "params" / "example-minimal.yaml"
    later = place / "params" / "later.yaml"
    later.write_text(
        first.read_text("utf-8").replace("year: 2024", "year: 2025").replace("seats: 2", "seats: 3"), "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        code = main(["batch", str(later), str(first)])
    return code, place / "runs"


def test_batch_runs_each_year_and_compares_them(batch):
    code, runs = batch
    assert code == 0
    years = compare_years([p for p in runs.iterdir() if p.is_dir()])
    assert [y.rules.year for y in years] == [2024, 2025]
    for lang, name in FILES.items():
        page = Page((runs / name).read_text("utf-8"))
        say = speak(lang)
        assert page.lang == lang
        assert set(FILES.values()) <= set(page.links)
        reports = [link for link in page.links if "/report/" in link]
        assert len(reports) == 2 * 3
        assert all((runs / link).is_file() for link in reports)
        at = page.cells.index(say("selected in the first round"))
        assert page.cells[at + 1 : at + 3] == ["2", "3"]
        assert say("grants in all") not in page.cells  # neither contest pays any
        assert say("Synthetic data: scores, people and organisations in this report are invented.") in (
            runs / name
        ).read_text("utf-8")


def test_a_folder_without_a_finished_run_is_refused(tmp_path):
    with pytest.raises(FairlibError):
        write_index([tmp_path / "2031"], tmp_path)
    assert not (tmp_path / "index.html").exists()
