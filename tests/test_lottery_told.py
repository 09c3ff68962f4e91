"""A small contest whose seats are given by a lottery, from files to letters. People and projects are invented."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import mirror
import pytest

from fairlib.report.chapters.write import write_report
from fairlib.report.files import draws
from fairlib.report.letters.letter import write_letters
from fairlib.report.parallel import Job

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow
NAMED = {"source": "numbers of the state lottery on 20 April 2030"}


def rules(lottery: dict) -> dict:
    quotas = [{"column": "nomination", "kind": "proportional"}]
    select = {"seats": 8, "quotas": quotas, "reserve": 3, "line": "maximin", "certainty": {"draws": 200},
              "lottery": lottery, "ties": ["median", "draw"]}  # fmt: skip
    return mirror.rules("high", 1, 10, estimator="severity", select=select)


@pytest.fixture(scope="module", params=["drawn", "awaited"])
def told(request, tmp_path_factory):
    patch, folder = pytest.MonkeyPatch(), tmp_path_factory.mktemp(request.param)
    mirror.write(folder, mirror.as_given(mirror.marks(1, 10, 1), "high", 11))
    number = {"number": "5 17 23 31"} if request.param == "drawn" else {}
    yield request.param, mirror.run(folder, rules(NAMED | number), patch)
    patch.undo()


def words(report, id_: str) -> str:
    """All texts of a chapter."""
    chapter = next(c for c in report.chapters if c.id == id_)
    return " ".join(b.text for b in chapter.blocks if b.kind == "text")


def test_the_tables(told):
    state, run = told
    stage = run.internal.rounds[0]
    decisions, draw = stage.decisions, stage.draw
    assert draw["chance"].between(0, 1, inclusive="neither").all()
    selected = (decisions["decision"] == "selected").sum()
    if state == "drawn":
        assert selected == 8
        assert stage.draw_summary["seed"] == "5 17 23 31"
    else:
        assert selected == 8 - round(draw["chance"].sum())
        assert draw["drawn"].isna().all()
        assert stage.draw_summary.get("seed", "") == ""
    ways = stage.at_the_line.set_index("policy")
    assert ways["sure"].idxmax() == "maximin"


@pytest.mark.parametrize("lang", ["en", "ru", "kk"])
def test_the_pages(told, lang):
    state, run = told
    for results, audience in ((run.internal, "internal"), (run.public, "public")):
        report = write_report(results, lang, audience)
        said = words(report, "open")
        assert NAMED["source"] in said
        assert ("python3 docs/verify_draw.py" in said) == (state == "drawn")
        if lang == "en":
            assert ("It is not known yet" in said) == (state == "awaited")
        shown = next(b for b in report.blocks() if b.kind == "table" and b.id == "draw-jury")
        assert len(shown.rows) == len(run.internal.rounds[0].draw)
    if lang == "en":
        firm = " ".join(
            b.text for b in write_report(run.internal, lang, "internal").blocks() if b.kind == "text"
        )
        assert "Expected rightly selected, cut at the line" in firm
        assert "Largest difference in chance between two submissions whose intervals overlap: 100%" in firm


def test_the_letters(told):
    state, run = told
    stage = run.internal.rounds[0]
    waiting = set() if state == "drawn" else set(stage.draw["submission"])
    letters = {x.submission: x for x in write_letters(run.internal)}
    assert waiting == set(stage.decisions["submission"]) - set(letters)
    reason = stage.decisions.set_index("submission")["reason"]
    for id_, letter in letters.items():
        said = " ".join(b.text for b in letter.blocks if b.kind == "text")
        chance = float(re.search(r"lottery:([\d.]+)", reason[id_])[1])
        assert f"Chance in the lottery: {100 * chance:.1f}%." in said
        assert ("no lot was" in said) == (chance in (0, 1))
        assert "Points missing" not in said and "lowest selected estimate" not in said


def test_anybody_can_draw_it_again(told, tmp_path):
    state, run = told
    if state == "awaited":
        return
    draws(Job({"public": run.public}, tmp_path, ("en",)))
    report = write_report(run.public, "en", "public")
    call = next(b.text for b in report.blocks() if b.kind == "text" and b.text.startswith("python3 docs/"))
    given = shlex.split(call)[2:]
    assert given[2] == "5 17 23 31"
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "verify_draw.py"), *given],
        cwd=tmp_path / "public", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "is the result of this draw" in done.stdout
