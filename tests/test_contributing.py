"""CONTRIBUTING.md tells the truth: what it names exists, and its lists are the places that the code knows."""

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "fairlib"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ITEMS = re.findall(r"^- \*\*(.+?)\*\* \(`(\w+)`\): (.+?)(?=\n- |\n\n|\Z)", TEXT, flags=re.M | re.S)
NAMES = ("id", "attr", "name", "arg", "module", "value")  # parts of a node in which a word can stand
TABLES = ("contract.csv", "report/words/codes.csv", "report/words/methods.csv")
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)`")


def at(path: str) -> Path:
    """Where a path named in CONTRIBUTING lies: below the library, else below the project."""
    return LIBRARY / path if (LIBRARY / path).exists() else ROOT / path


def named(text: str) -> set[str]:
    """The paths in a text: what ends in a slash or in the ending of a file."""
    return {path for path in PATH.findall(text) if re.search(r"/$|\.(py|csv|md|ipynb|toml|yml)$", path)}


@cache
def words_of_the_code() -> dict[str, set[str]]:
    """The names, and the words of texts, in each file of the library; docstrings and comments aside."""
    files = [p for p in LIBRARY.rglob("*.py") if "sample" not in p.relative_to(LIBRARY).parts]
    found = {
        p.relative_to(LIBRARY).as_posix(): _words(ast.parse(p.read_text(encoding="utf-8"))) for p in files
    }
    for name in TABLES:
        with (LIBRARY / name).open(encoding="utf-8", newline="") as rows:
            found[name] = {word for row in csv.reader(rows) for word in re.findall(r"\w+", " ".join(row[:2]))}
    return found


def _words(tree: ast.Module) -> set[str]:
    nodes = list(ast.walk(tree))
    rooms = [n for n in nodes if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docs = {id(n.body[0].value) for n in rooms if n.body and isinstance(n.body[0], ast.Expr)}
    told = [n for n in nodes if id(n) not in docs]
    texts = {getattr(n, part) for n in told for part in NAMES if part in n._fields}
    return {word for text in texts if isinstance(text, str) for word in re.findall(r"\w+", text)}


def test_the_kinds_that_people_add_have_their_lists():
    assert {word for _, word, _ in ITEMS} >= {"zscore", "social_impact", "rule_costs", "kk", "fairness"}
    assert len(ITEMS) >= 11 and len(TEXT.splitlines()) <= 80


@pytest.mark.parametrize(("what", "word", "text"), ITEMS, ids=[word for _, word, _ in ITEMS])
def test_a_list_is_exactly_the_files_that_know_the_word(what, word, text):
    """Where this fails, the code moved: the message says what CONTRIBUTING must name, and what no longer."""
    folders = tuple(path for path in named(text) if path.endswith("/") and (LIBRARY / path).is_dir())
    listed = {
        path for path in named(text) if path.endswith((".py", *TABLES)) and not path.startswith("tests/")
    }
    known = {file for file, words in words_of_the_code().items() if word in words}
    missing = {file for file in known - listed if not file.startswith(folders)}
    assert not missing and listed <= known, f"{what}: name {sorted(missing)}, not {sorted(listed - known)}"


def test_every_path_and_every_goal_of_make_exists():
    assert not [path for path in sorted(named(TEXT)) if not at(path).exists()]
    goals = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.M))
    assert set(re.findall(r"`make (\w+)", TEXT)) <= goals
