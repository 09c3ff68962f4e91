"""How large is the house? Modules, lines, names and functions of a package, as one column of docs/house.md.

python tools/house.py [folder of the package] [folder of its notebooks]
"""

import ast
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (ast.Module, ast.ClassDef, ast.FunctionDef)


def measure(package: Path, notebooks: Path | None) -> dict[str, object]:
    """The figures by name; `before` of a package that has moved its samples out is counted without them too."""
    files = [p for p in sorted(package.rglob("*.py")) if "sample" not in p.relative_to(package).parts]
    texts = {p: p.read_text(encoding="utf-8") for p in files}
    trees = {p: ast.parse(text) for p, text in texts.items()}
    functions = [n for tree in trees.values() for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    lengths = sorted((n.end_lineno or n.lineno) - _start(n) + 1 for n in functions)
    public = [n for tree in trees.values() for n in tree.body if _is_public(n)]
    given = [a for n in functions for a in (*n.args.args, *n.args.kwonlyargs) if a.arg not in ("self", "cls")]
    flat = defaultdict(int)
    for path in files:
        flat[path.parent] += 1
    found = {
        "modules": len(files),
        "lines": sum(len(text.splitlines()) for text in texts.values()),
        "most modules in one folder": max(flat.values()),
        "public names defined in two or more modules": len(twice(trees)),
        "modules that know the estimator zscore": sum(
            bool(re.search(r"\bzscore\b", t)) for t in texts.values()
        ),
        "`# fmt: skip`": sum(text.count("# fmt: skip") for text in texts.values()),
        "lines over 110 letters": sum(len(line) > 110 for t in texts.values() for line in t.splitlines()),
        "function: median / 90 % / longest": " / ".join(
            str(round(x)) for x in (statistics.median(lengths), lengths[int(0.9 * len(lengths))], lengths[-1])
        ),
        "public functions and classes documented": _share(bool(ast.get_docstring(n)) for n in public),
        "arguments typed": _share(a.annotation is not None for a in given),
    }
    if notebooks:
        cells = [c for p in sorted(notebooks.glob("*.ipynb")) for c in nbformat.read(p, 4).cells]
        lines = [line for c in cells if c.cell_type == "code" for line in c.source.splitlines()]
        found["import lines in the notebooks"] = sum(
            bool(re.match(r"(from|import) ", line)) for line in lines
        )
        found["longest code line in the notebooks"] = max(map(len, lines))
    return found


def twice(trees: dict[Path, ast.Module]) -> dict[str, list[Path]]:
    """Public names at the top of two or more modules, with the modules."""
    where: dict[str, set[Path]] = defaultdict(set)
    for path, tree in trees.items():
        for node in tree.body:
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            names = (
                [node.name] if isinstance(node, ROOMS) else [t.id for t in targets if isinstance(t, ast.Name)]
            )
            for name in names:
                where[name].add(path)
    return {n: sorted(paths) for n, paths in where.items() if len(paths) > 1 and not n.startswith("_")}


def _share(holds: Iterable[bool]) -> str:
    return f"{statistics.mean(holds):.0%}"


def _start(node: ast.FunctionDef) -> int:
    """The line of the first statement after the docstring."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return body[0].lineno


def _is_public(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")


if __name__ == "__main__":
    folders = [Path(a) for a in sys.argv[1:]] or [ROOT / "fairlib", ROOT / "notebooks"]
    for name, value in measure(folders[0], folders[1] if len(folders) > 1 else None).items():
        sys.stdout.write(f"| {name} | {value} |\n")
