"""What a good repository promises: pins in step, notebooks executed, documents that tell the truth."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import yaml
from pydantic import BaseModel

from fairlib import rules

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def pins(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([a-z0-9][\w.-]*)(?:\[[^\]]*\])?==(\S+)", path.read_text(), flags=re.M
    ):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("path", LOCKS, ids=lambda p: p.name)
def test_locks_hold_hashes_and_no_address(path):
    text = path.read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert all("--hash=sha256:" in e for e in entries if not e.startswith("#")), path


def test_every_lock_agrees_with_the_one_that_runs():
    run = pins(ROOT / "requirements.lock")
    for path in LOCKS:
        other = pins(path)
        assert run.keys() <= other.keys()
        assert {n: v for n, v in other.items() if n in run} == run, path.name


def test_what_the_project_declares_is_locked():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {"requirements.lock": project["project"]["dependencies"]}
    groups = project["dependency-groups"]
    wanted |= {
        "requirements-lab.lock": groups["lab"],
        "requirements-test.lock": groups["test"] + groups["bench"],
    }
    for lock, names in wanted.items():
        locked = pins(ROOT / lock)
        for name in names:
            assert re.match(r"[\w-]+", name)[0].lower().replace("_", "-") in locked, (lock, name)


def test_what_the_library_imports_is_declared_and_what_is_declared_is_used():
    import tomllib
    from importlib.metadata import packages_distributions

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {re.match(r"[\w-]+", name)[0] for name in project["project"]["dependencies"]}
    imported = set()
    for path in (ROOT / "fairlib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            imported |= {name.partition(".")[0] for name in names}
    known = packages_distributions()
    needed = {
        known[name][0].lower().replace("_", "-") for name in imported - {"fairlib", ""} if name in known
    }
    lab = {
        "ipython",
        "ipywidgets",
    }  # the live panel and displays: only where there is a notebook, which brings them
    assert needed - lab <= declared
    started = {
        "ipykernel",
        "nbclient",
        "tzdata",
    }  # by the kernel's command, by papermill, by the standard library
    assert declared - needed <= started


def test_the_version_is_written_in_one_place_and_told_everywhere(capsys):
    import tomllib

    import fairlib
    from fairlib.cli import main
    from fairlib.runs.record import versions

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in settings["project"] and settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "fairlib.__version__"}
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"fairlib {fairlib.__version__}\n"
    assert versions()["fairlib"] == fairlib.__version__
    literal = re.compile(rf"""["']{re.escape(fairlib.__version__)}["']""")
    written = [p for p in (ROOT / "fairlib").rglob("*.py") if literal.search(p.read_text("utf-8"))]
    assert written == [ROOT / "fairlib" / "__init__.py"]


def test_what_lies_beside_the_code_is_packed_with_it():
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packed = {p for pattern in settings["package-data"]["fairlib"] for p in (ROOT / "fairlib").glob(pattern)}
    beside = {p for p in (ROOT / "fairlib").rglob("*.*") if p.is_file() and p.suffix not in {".py", ".pyc"}}
    assert beside == packed and ROOT / "fairlib" / "py.typed" in packed


CONDA = {
    "tzdata": "python-tzdata",
    "jupyter-client": "jupyter_client",
    "jupyter-core": "jupyter_core",
}  # else alike
ONLY_PIP = ("typst", "pabutools", "playwright")  # of what is needed for a run, its tests and the lab


def test_conda_installs_the_same_pins():
    import tomllib

    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    outside = [d for d in environment["dependencies"] if isinstance(d, str)]
    assert outside[:3] == ["python=3.11", "pip", "make"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["lab"], *groups["test"]]
    names = sorted({re.match(r"[\w-]+", name)[0] for name in wanted})
    locked = pins(ROOT / "requirements-test.lock") | pins(ROOT / "requirements-lab.lock")
    oldest = {
        n: min(locked[n], key=lambda v: [int(x) for x in v.split(".")]) for n in names
    }  # of Python 3.11
    assert sorted(outside[3:]) == sorted(f"{CONDA.get(n, n)}={oldest[n]}" for n in names if n not in ONLY_PIP)
    assert pip == [f"{n}=={oldest[n]}" for n in sorted(ONLY_PIP)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_are_committed_executed_and_hold_no_logic(path):
    nb = nbformat.read(path, 4)
    code = [c for c in nb.cells if c.cell_type == "code"]
    assert all(c.execution_count for c in code), "a cell without execution_count would not be compared"
    assert [c for c in code if "parameters" in c.metadata.get("tags", [])] == [code[0]]
    for cell in code:
        assert len(cell.source.splitlines()) <= 15
        assert not re.search(r"^\s*(def|class) ", cell.source, flags=re.M)
        for out in cell.outputs:
            assert out.output_type != "error"
            if "image/png" in out.get("data", {}):
                assert out.metadata["image/png"]["alt"], "a picture without an alternative text"


def test_no_address_of_a_package_server_is_committed():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    if not tracked:
        pytest.skip("not a git checkout")
    hosts = re.compile("pypi" + r"\.org|python" + "hosted|registry" + r"\.npmjs|deb" + r"\.debian")
    for name in tracked:
        path = ROOT / name
        if path.is_file() and path.suffix in {
            ".py",
            ".md",
            ".toml",
            ".lock",
            ".yml",
            ".yaml",
            ".json",
            ".txt",
            "",
        }:
            assert not hosts.search(path.read_text(encoding="utf-8", errors="ignore")), name


def test_every_key_of_the_rules_is_documented():
    text = (ROOT / "docs" / "params.md").read_text(encoding="utf-8")
    kinds = [m for m in vars(rules).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    models = [m for m in kinds if m.__module__.startswith(rules.__name__)]
    said = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", text))))
    for model in models:
        assert set(model.model_fields) <= said, (model.__name__, set(model.model_fields) - said)


def test_ci_runs_what_a_newcomer_runs():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for goal in ("report", "test", "lab", "lint", "bench"):
        assert re.search(rf"^{goal}:", makefile, flags=re.M)


def test_a_room_imports_only_from_rooms_above_it_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", text.split("## Rooms")[1].split("## Contracts")[0], flags=re.M)
    order = [re.findall(r"`(\w+)", row) for row in rows]
    level = {room: k for k, row in enumerate(order) for room in row}
    for path in (ROOT / "fairlib").rglob("*.py"):
        room = path.relative_to(ROOT / "fairlib").parts[0].removesuffix(".py")
        source = path.read_text(encoding="utf-8")
        for package, first in re.findall(
            r"^\s*from fairlib(?:\.(\w+))?[\w.]* import (\w+)", source, flags=re.M
        ):
            used = package or first
            if room != "__init__":
                assert level[used] <= level[room], f"{path.relative_to(ROOT)} imports {used}"


CALLED_BY_OTHERS = {"__dir__", "__getattr__", "load_ipython_extension"}  # by Python and by IPython


def test_what_nobody_names_is_not_in_the_library():
    modules = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "fairlib").rglob("*.py"))]
    callers = [p.read_text(encoding="utf-8") for p in (*NOTEBOOKS, *sorted((ROOT / "samples").rglob("*.py")))]
    named = Counter(word for text in [*modules, *callers] for word in re.findall(r"\w+", text))
    defined = [n.name for text in modules for n in ast.parse(text).body
               if isinstance(n, ast.FunctionDef | ast.ClassDef)]  # fmt: skip
    assert [name for name in defined if named[name] < 2 and name not in CALLED_BY_OTHERS] == []
