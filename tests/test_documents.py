"""Documents tell the truth: links lead somewhere, commands are commands, what is named exists and is listed."""

import re
import shlex
from pathlib import Path

import pytest

import fairlib
from fairlib.cli import _parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "data" / "README.md"]


def anchors(path: Path) -> set[str]:
    """What a link may name in a document: its headings in small letters, signs left out."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(path):
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            page = path.parent / target if target else path
            assert page.exists(), (path.name, target)
            if anchor and path.name != "api.md":  # made by a tool, which numbers headings that are alike
                assert anchor in anchors(page), (path.name, target, anchor)


def test_commands_in_documents_are_commands():
    goals = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.M))
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^)make (\w+)", text, flags=re.M)) <= goals, path.name
        for command in re.findall(r"(?:`|/|^)fairlib ([a-z][^`\n]*)(?:`|$)", text, flags=re.M):
            words = shlex.split(command)
            with pytest.raises(
                SystemExit, match="0"
            ):  # the command's name, and its arguments if they are there
                _parser().parse_args([*words, "--help"])
            if len(words) > 1:
                _parser().parse_args(words)


def test_the_lab_books_and_what_measures_them_are_in_their_index():
    lab = ROOT / "docs" / "lab"
    index = (lab / "README.md").read_text(encoding="utf-8")
    assert {p.name for p in lab.glob("*.md")} - {"README.md"} <= set(re.findall(r"\]\(([^)]+)\)", index))
    assert {p.name for p in (ROOT / "benchmarks").glob("[a-z]*.py")} == set(
        re.findall(r"benchmarks/(\w+\.py)", index)
    )


def test_documents_and_tools_that_are_named_anywhere_exist():
    named = re.compile(r"(?<![\w./-])(?:docs|benchmarks|tools)/[\w./-]*\.\w+\b")
    code = [p for room in ("fairlib", "benchmarks", "tools", "tests") for p in (ROOT / room).rglob("*.py")]
    for path in [*DOCUMENTS, *code, ROOT / "Makefile"]:
        gone = [n for n in named.findall(path.read_text(encoding="utf-8")) if not (ROOT / n).exists()]
        assert not gone, (path.relative_to(ROOT), gone)


def test_every_document_is_in_the_index_and_the_readme_fits_two_screens():
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    pages = {
        p.relative_to(docs).as_posix()
        for p in docs.rglob("*.md")
        if p.parent == docs or p.name == "README.md"
    }
    assert pages - {"README.md"} <= set(re.findall(r"\]\(([^)#]+)", index))
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


def test_the_newest_version_in_the_changes_is_this_one():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (Unreleased|\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d)$", changes, flags=re.M)
    assert len(heads) == changes.count("\n## ")
    assert next(h for h in heads if h != "Unreleased").startswith(f"{fairlib.__version__} - ")
