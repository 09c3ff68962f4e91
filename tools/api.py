"""Write docs/api.md: every public name of the library, its call and its docstring.

python tools/api.py
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
TITLE = "The functions"
MADE = "Made by `make api` from the docstrings of the public names of `{}`; a test holds it current."
RUFF = ["-m", "ruff", "format", "--isolated", "--line-length=110", "--stdin-filename=a.pyi", "-"]
MARK = "# ----"
SHOWN = {"property", "cached_property", "classmethod", "staticmethod"}  # decorators that change how one calls


@dataclass(frozen=True)
class Section:
    """A heading, the call below it as code (empty: none), what is said, and the module that has it (empty: above)."""

    level: int
    title: str
    call: str
    said: str
    home: str = ""


def page(module: ModuleType) -> str:
    """The page of a module's public names (`__all__`), by the room that each comes from."""
    names = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    rooms: dict[str, list[str]] = {}
    for name, thing in names.items():
        rooms.setdefault(_room(thing, module), []).append(name)
    sections = []
    for room, inside in rooms.items():
        sections.append(Section(2, room, "", _first(importlib.import_module(room).__doc__)))
        sections += [section for name in inside for section in _sections(name, names[name])]
    head = [f"# {TITLE}", MADE.format(module.__name__), *_contents(sections)]
    return "\n\n".join([*head, *_told(sections)]) + "\n"


def _room(thing: object, module: ModuleType) -> str:
    """The package of the library in which a name was defined; for a plain value or a module, the library itself."""
    home = getattr(thing, "__module__", None) if callable(thing) else None
    return ".".join(home.split(".")[:2]) if home else module.__name__


def _sections(name: str, thing: object) -> list[Section]:
    """One section of a name; of a class, one more for each public method with a docstring."""
    if inspect.ismodule(thing):
        return [Section(3, name, "", inspect.getdoc(thing) or "")]
    if not (inspect.isroutine(thing) or inspect.isclass(thing)):
        return [Section(3, name, "", f"A value of type `{type(thing).__name__}`.")]
    node = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))).body[0]
    found = [Section(3, name, _call(node), _text(node), thing.__module__)]
    if inspect.isclass(thing):
        found += [Section(4, f"{name}.{m.name}", _call(m), _text(m)) for m in _methods(thing) if _text(m)]
    return found


def _methods(thing: type) -> list[ast.FunctionDef]:
    """The public methods of a class, those first that it has from its bases in the same room."""
    room = thing.__module__.split(".")[:2]
    own = [base for base in reversed(thing.__mro__) if base.__module__.split(".")[:2] == room]
    nodes = [ast.parse(textwrap.dedent(inspect.getsource(base))).body[0] for base in own]
    return [
        m
        for node in nodes
        for m in node.body
        if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")
    ]


def _call(node: ast.FunctionDef | ast.ClassDef) -> str:
    """What a caller sees of a definition: a function without its body, a class with its public fields."""
    fields = [f for f in node.body if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)]
    shown = [f for f in fields if isinstance(node, ast.ClassDef) and not f.target.id.startswith("_")]
    marks = [d for d in node.decorator_list if isinstance(node, ast.ClassDef) or ast.unparse(d) in SHOWN]
    parts = {name: getattr(node, name) for name in node._fields}
    parts |= {"body": shown or [ast.Expr(ast.Constant(...))], "decorator_list": marks}
    return ast.unparse(type(node)(**parts, lineno=0))


def _text(node: ast.FunctionDef | ast.ClassDef) -> str:
    """A docstring, which is Markdown already, with its examples set as code."""
    text = ast.get_docstring(node) or ""
    return re.sub(r"^>>> .*(?:\n.+)*", lambda example: f"```pycon\n{example[0]}\n```", text, flags=re.M)


def _first(text: str | None) -> str:
    """The first sentence of a docstring, on one line; full stops in brackets end none."""
    paragraph = " ".join((text or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.?])\s(?![^(]*\))", paragraph)[0]


def _contents(sections: list[Section]) -> list[str]:
    """A table of names, each with its first sentence and a link to its heading; headings alike are numbered."""
    rows, seen = [], Counter([_slug(TITLE)])
    for section in sections:
        slug = _slug(section.title)
        link, seen[slug] = f"{slug}-{seen[slug]}" if seen[slug] else slug, seen[slug] + 1
        if section.level == 3:
            said = _first(section.said).replace("|", r"\|")
            rows.append(f"| [{section.title}](#{link}) | {said} |")
    return ["\n".join(["| name | what |", "|---|---|", *rows])] if rows else []


def _slug(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _told(sections: list[Section]) -> list[str]:
    """Every section as Markdown, calls set as the project's code is."""
    stubs = "\n".join(f"{MARK}\n{s.call}" for s in sections)
    done = subprocess.run(
        [sys.executable, *RUFF], input=stubs, capture_output=True, text=True, check=True
    ).stdout
    calls = [call.strip() for call in done.split(MARK)[1:]]
    texts = []
    for section, call in zip(sections, calls, strict=True):
        texts.append(f"{'#' * section.level} {section.title}")
        texts += [f"```python\n{call}\n```"] if call else []
        texts += [said for said in (section.said, section.home and f"In `{section.home}`.") if said]
    return texts


def main() -> None:
    """Write the page of the library's face."""
    PAGE.write_text(page(importlib.import_module("fairlib")), encoding="utf-8")


if __name__ == "__main__":
    main()
