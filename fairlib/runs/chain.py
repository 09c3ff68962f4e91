"""The chain: 01 → (02 → 03) per round → report, into a run directory that appears whole or not at all."""

import copy
import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from fairlib.errors import DataError, FairlibError, OurError, RulesError, not_written
from fairlib.params import RulesFile, read_params
from fairlib.runs import record
from fairlib.runs.kernels import Kernel, kernels
from fairlib.runs.place import Run, home_of, notebooks_of
from fairlib.runs.swap import alone, put_in_place, refuse_to_replace, working_place
from fairlib.store import write_bytes


@dataclass(frozen=True)
class Step:
    """One notebook execution: which notebook, for which round, into which file of the run directory."""

    notebook: str
    round: str | None
    output: str


@dataclass(frozen=True)
class Done:
    """What a chain made: the run directory and the report's files."""

    dir: Path
    report: tuple[Path, ...]


def steps_of(rules: RulesFile) -> list[Step]:
    """The notebook executions of a contest, in order."""
    steps = [Step("01_intake", None, "01_intake.ipynb")]
    for r in rules.contest.rounds:
        steps += [Step(n, r.id, f"{r.id}/{n}.ipynb") for n in ("02_scoring", "03_selection")]
    return steps


def run_chain(params: Path, out: Path | None = None, tell: Callable[[str], None] = lambda _: None) -> Done:
    """Run a contest year, from any working directory; `out` is by default `runs/YEAR` of its project.

    Works in `OUT.partial` and puts it under the final name when everything is done; a run that was
    interrupted goes on after its last finished step if nothing it depends on has changed. `tell`
    hears the name of each step as it begins, and "" at the end.

    Raises RulesError for wrong rules and for an `out` that holds something else than a run, DataError (with
    the file to mend) where a notebook fails, when files of `data` change during the run, and when the same
    year is being run at the moment.
    """
    rules, home = read_params(params), home_of(params)
    data = home / rules.contest.data
    final = (out or home / "runs" / str(rules.year)).resolve()
    if not data.is_dir():
        raise RulesError(
            f"{params}: contest.data: there is no folder {data}; mend the path or make the folder."
        )
    refuse_to_replace(final)
    work = working_place(final)
    with alone(final):
        run = Run(rules, data, work)
        made_from = record.basis(run, _path_in(home, params), notebooks_of(home))
        finished = _resume(work, made_from, params)
        started = time.time()
        times = _execute(run, home, finished, tell)
        from fairlib.report import render  # the report's libraries are not needed before this point

        tell("report")
        _write_json(made_from, work / "basis.json")  # what the report's last chapter tells
        report = render(work, rules)
        if record.inputs_of(run) != made_from["inputs"]:
            raise DataError(f"{data}: files in it were changed while the run was being made; run it again.")
        record.write_record(run, made_from)
        _write_times(work, started, times)
        for mark in ("progress.json", ".basis"):
            (work / mark).unlink(missing_ok=True)
        put_in_place(final)
        tell("")
    return Done(final, tuple(final / p.relative_to(work) for p in report))


def _path_in(home: Path, params: Path) -> str:
    """Where a params file lies in its project."""
    return Path(os.path.relpath(params.absolute(), home)).as_posix()


def _execute(run: Run, home: Path, finished: list[str], tell) -> dict[str, float]:
    todo = [s for s in steps_of(run.rules) if s.output not in finished]
    times, first, notebooks = {}, time.time(), notebooks_of(home)
    with kernels(len(todo), notebooks, run.dir, home) as ready:
        for step, kernel in zip(todo, ready, strict=True):
            tell(f"{step.notebook} {step.round or ''}".strip())
            begun = time.time()
            _execute_notebook(step, run, notebooks, kernel)
            finished.append(step.output)
            _write_json({"basis": _fingerprint(run.dir), "finished": finished}, run.dir / "progress.json")
            times[step.output] = time.time() - begun
    return times | {"notebooks": time.time() - first}


def _execute_notebook(step: Step, run: Run, notebooks: Path, kernel: Kernel) -> None:
    from fairlib.runs.engine import PapermillExecutionError, execute

    target = run.dir / step.output
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}")
    given = {"year": run.year} | ({"round": step.round} if step.round else {})
    target.with_suffix(".failed.ipynb").unlink(missing_ok=True)
    try:
        executed = execute(notebooks / f"{step.notebook}.ipynb", aside, given, kernel)
    except PapermillExecutionError as why:
        os.replace(aside, target.with_suffix(".failed.ipynb"))
        raise _failure(step, why, target.with_suffix(".failed.ipynb")) from None
    except RuntimeError as why:  # nbclient's word for a kernel that has gone
        aside.unlink(missing_ok=True)
        raise DataError(
            f"{step.notebook} {step.round or ''} stopped: its kernel ended ({why}). Most often memory was "
            "short; the same command goes on where it stopped."
        ) from why
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    aside.unlink(missing_ok=True)
    write_bytes(nbformat.writes(clean(executed)).encode(), target)


def _failure(step: Step, why, left: Path) -> FairlibError:
    """What stopped a notebook: a sentence for a person, or, if nobody foresaw it, an error of ours."""
    at, end = (
        f"{step.notebook} {step.round or ''}".strip() + " stopped",
        f"The notebook as far as it came: {left}",
    )
    if why.ename in ("RulesError", "DataError", "ScoringError", "SelectionError"):
        return DataError(f"{at}.\n{why.evalue}\n{end}")
    told = f"{at} by an error of the software, not of your files.\n{why.ename}: {why.evalue}"
    return OurError(f"{told}\n{end}; please send it to the maintainers.")


def clean(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of an executed notebook without what differs between equal runs: times, the injected id."""
    nb = copy.deepcopy(nb)
    nb.metadata.pop("papermill", None)
    for i, cell in enumerate(nb.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = f"injected-{i}"
    return nb


def _resume(work: Path, made_from: dict, params: Path) -> list[str]:
    """Steps already done by an interrupted run on the same basis; else a fresh working folder."""
    mark = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
    try:
        if _fingerprint(work) == mark:
            done = json.loads((work / "progress.json").read_text())
            if done["basis"] == mark:
                _sweep(work)
                return [s for s in done["finished"] if (work / s).exists()]
    except (OSError, ValueError, KeyError):
        pass
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        write_bytes(params.read_bytes(), work / "params.yaml")
        write_bytes(mark.encode(), work / ".basis")
    except OSError as why:
        raise not_written(work, why) from why
    return []


def _sweep(work: Path) -> None:
    """Take away what a killed run was just writing."""
    for half in work.rglob(".*"):
        if half.is_file() and half.name != ".basis":
            half.unlink()


def _fingerprint(work: Path) -> str:
    return (work / ".basis").read_text()


def _write_times(work: Path, started: float, times: dict[str, float]) -> None:
    told = {
        "started": started,
        "seconds": times,
        "machine": platform.platform(),
        "processors": os.cpu_count(),
    }
    _write_json(told, work / "run.json")


def _write_json(content: dict, path: Path) -> None:
    write_bytes((json.dumps(content, indent=1, sort_keys=True) + "\n").encode(), path)
