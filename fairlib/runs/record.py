"""The record of a run: hashes of what went in, of what was used, and of what came out."""

import hashlib
import json
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import fairlib
from fairlib.errors import DataError, RulesError
from fairlib.params import read_params, rules_hash
from fairlib.runs.place import Run
from fairlib.store import write_bytes

LIBRARIES = ("numpy", "pandas", "scipy", "matplotlib", "papermill", "pydantic", "python-calamine", "typst")
NOT_OUTPUT = {"record.json", "run.json", "progress.json"}


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the record says: `what` changed, is missing or is new."""

    part: str
    name: str
    what: str


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def inputs_of(run: Run) -> dict[str, str]:
    """Hash of every file below the contest's data folder, by its path there."""
    return _hashes(run.data, lambda name: not name.startswith("."))


def library_hash() -> str:
    """One hash for the whole of fairlib as installed: code, tables, templates and catalogues."""
    home = Path(fairlib.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(p for p in home.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that numbers depend on."""
    return {"python": platform.python_version(), "fairlib": fairlib.__version__} | {
        name: metadata.version(name) for name in LIBRARIES
    }


def basis(run: Run, params: str, notebooks: Path) -> dict[str, object]:
    """All that determines a run's outputs; `params` is where the rules file lies in its project."""
    return {
        "params": params,
        "year": run.year,
        "rules": rules_hash(run.rules),
        "inputs": inputs_of(run),
        "notebooks": {p.name: _notebook_hash(p) for p in sorted(notebooks.glob("0*.ipynb"))},
        "library": library_hash(),
        "versions": versions(),
    }


def write_record(run: Run, made_from: dict[str, object]) -> None:
    """Write `record.json` over everything below the run directory."""
    record = made_from | {"outputs": outputs_of(run.dir)}
    write_bytes(
        (json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode(),
        run.dir / "record.json",
    )


def outputs_of(folder: Path) -> dict[str, str]:
    """Hash of every output below a run directory, by its path there."""
    return _hashes(folder, lambda name: name not in NOT_OUTPUT and not name.startswith("."))


def verify(folder: Path, data: Path | None = None) -> list[Difference]:
    """Compare a run directory (and the inputs, if their folder is given) with its record.

    Returns one Difference for each thing that is not as recorded; an empty list means it all is.

    Raises DataError if there is no readable record.
    """
    try:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        outputs, inputs, rules = (record[part] for part in ("outputs", "inputs", "rules"))
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise DataError(f"{folder / 'record.json'}: no readable record here; run the chain first.") from why
    found = _differences("output", outputs, outputs_of(folder))
    if _rules_of(folder) != rules:
        found.append(Difference("rules", "params.yaml", "changed"))
    if data is not None:
        found += _differences("input", inputs, _hashes(data, lambda name: not name.startswith(".")))
    return found


def _rules_of(folder: Path) -> str | None:
    try:
        return rules_hash(read_params(folder / "params.yaml"))
    except RulesError:
        return None


def _differences(part: str, recorded: dict[str, str], now: dict[str, str]) -> list[Difference]:
    changed = [
        Difference(part, n, "changed") for n in sorted(recorded.keys() & now.keys()) if recorded[n] != now[n]
    ]
    gone = [Difference(part, n, "missing") for n in sorted(recorded.keys() - now.keys())]
    return changed + gone + [Difference(part, n, "new") for n in sorted(now.keys() - recorded.keys())]


def _hashes(folder: Path, keep) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and keep(p.name))
    return {p.relative_to(folder).as_posix(): sha256(p) for p in files}


def _notebook_hash(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = [[c["cell_type"], "".join(c["source"])] for c in cells]
    return hashlib.sha256(json.dumps(source, ensure_ascii=False).encode()).hexdigest()
