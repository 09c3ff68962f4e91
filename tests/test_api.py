"""The page of the public functions: made from docstrings, whole, and as the library is now."""

import importlib.util
import sys
from pathlib import Path

import pytest

import fairlib

ROOT = Path(__file__).parents[1]
SHELF = '''
"""What is on the shelf? Everything."""

import importlib

__all__ = ["Book", "LIMIT", "book", "lent"]

LIMIT = 3
_HOME = {"Book": "books", "book": "books", "lent": "books.lending"}


def __getattr__(name):
    return getattr(importlib.import_module(f"shelf.{_HOME[name]}"), name)
'''
BOOKS = '''
"""Which books are there? One."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Book:
    """One book (2nd ed. of one, even) | or none. It has pages."""

    title: str
    pages: int = 0
    _secret: str | None = None

    @property
    def thick(self) -> bool:
        """Over 500 pages."""
        return self.pages > 500

    def quiet(self):
        return None

    def _hidden(self):
        """Nobody sees it."""


@cache
def book(title: str = 'none') -> Book:
    """Make a book.

    >>> book("A").thick
    False

    Raises ValueError for a title of nothing.
    """
    inside = 1
    return Book(title, inside)
'''
LENDING = '''
"""Who has it?"""


def lent(to_somebody_with_a_long_name: str, *, on_a_day_of_the_week: int = 1, for_so_many_days: int = 14) -> None:
    """Lend."""
'''


@pytest.fixture(scope="module")
def api():
    spec = importlib.util.spec_from_file_location("api_page", ROOT / "tools" / "api.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    (tmp_path / "shelf" / "books").mkdir(parents=True)
    (tmp_path / "shelf" / "__init__.py").write_text(SHELF)
    (tmp_path / "shelf" / "books" / "__init__.py").write_text(BOOKS)
    (tmp_path / "shelf" / "books" / "lending.py").write_text(LENDING)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("shelf")
    for name in [n for n in sys.modules if n.partition(".")[0] == "shelf"]:
        del sys.modules[name]


def test_the_page_is_of_todays_library(api):
    assert api.PAGE.read_text(encoding="utf-8") == api.page(fairlib), "make api"


def test_a_name_has_its_call_its_docstring_and_its_home(api, shelf):
    page = api.page(shelf)
    assert (
        '### book\n\n```python\ndef book(title: str = "none") -> Book: ...\n```\n\nMake a book.\n\n' in page
    )
    assert '```pycon\n>>> book("A").thick\nFalse\n```\n\nRaises ValueError for a title of nothing.' in page
    assert "In `shelf.books`." in page and "In `shelf.books.lending`." in page
    assert "def lent(\n    to_somebody_with_a_long_name: str, *, " in page  # set as the code is
    assert "inside" not in page


def test_a_class_has_its_public_fields_and_told_methods(api, shelf):
    page = api.page(shelf)
    assert "@dataclass(frozen=True)\nclass Book:\n    title: str\n    pages: int = 0\n```" in page
    assert (
        "#### Book.thick\n\n```python\n@property\ndef thick(self) -> bool: ...\n```\n\nOver 500 pages."
        in page
    )
    assert not any(word in page for word in ("secret", "quiet", "hidden"))


def test_names_stand_by_room_under_a_table_with_links(api, shelf):
    page = api.page(shelf)
    assert page.count("\n## ") == 2  # the shelf's own value, the books; a module inside a room is of the room
    assert "## shelf.books\n\nWhich books are there?\n" in page
    assert "| [Book](#book) | One book (2nd ed. of one, even) \\| or none. |" in page
    assert "| [book](#book-1) | Make a book. |" in page
    assert "### LIMIT\n\nA value of type `int`." in page


def test_a_library_without_public_names_has_an_empty_page(api, shelf):
    shelf.__all__ = []
    assert api.page(shelf).count("\n") == 3


def test_one_command_writes_the_page(api, tmp_path, monkeypatch):
    assert "\napi: $(VENV)/.test\n\t$(BIN)/python tools/api.py\n" in (ROOT / "Makefile").read_text()
    monkeypatch.setattr(api, "PAGE", tmp_path / "api.md")
    api.main()
    assert api.PAGE.read_text(encoding="utf-8") == api.page(fairlib)


def test_the_face_names_what_it_has_and_loads_nothing_else():
    import ast
    import subprocess

    tree = ast.parse((ROOT / "fairlib" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [n for n in tree.body if isinstance(n, ast.If)]
    told = {alias.asname: node.module for node in block.body for alias in node.names}
    assert told == fairlib._HOME and set(fairlib.__all__) == set(told) <= set(dir(fairlib))
    assert all(getattr(fairlib, name).__name__.rpartition(".")[2] == name for name in fairlib.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        fairlib.nothing  # noqa: B018
    asked = "import sys, fairlib as fl; fl.{}; print(*sys.modules)"
    for name, unwanted in (("__version__", "pandas"), ("open_run", "scipy"), ("design", "matplotlib")):
        done = subprocess.run([sys.executable, "-c", asked.format(name)], capture_output=True, text=True)
        assert done.returncode == 0 and unwanted not in done.stdout.split(), name
