"""Which run is asked about, and about whom: a run or its folder, and an id that is there."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from rapidfuzz import process

from fairlib.errors import DataError, RulesError
from fairlib.params import RulesFile, read_params
from fairlib.report.results import Results, read_results


class OpenRun(Protocol):
    """A contest year being worked on, as `open_run` gives it: its rules and the folder it writes."""

    @property
    def rules(self) -> RulesFile:
        """The rules of the year."""

    @property
    def dir(self) -> Path:
        """The folder of its tables."""


def results_of(run: OpenRun | str | Path) -> Results:
    """The tables of a run, or of a run directory with the rules that lie in it.

    Raises RulesError where the folder holds no rules, DataError where it holds no intake or no decisions.
    """
    folder = Path(run) if isinstance(run, str | Path) else run.dir
    rules = read_params(folder / "params.yaml") if isinstance(run, str | Path) else run.rules
    results = read_results(folder, rules)
    if not results.rounds:
        raise DataError(f"{folder}: no round has decisions yet; run notebook 03, or `fairlib run`, first.")
    return results


def known(typed: object, ids: Iterable[str], what: str, results: Results) -> str:
    """The id that was typed; RulesError with the nearest three if there is none such."""
    ids, asked = list(ids), str(typed)
    if asked in ids:
        return asked
    near = [found for found, *_ in process.extract(asked, ids, limit=3)]
    meant = f"; did you mean {', '.join(near)}?" if near else ": there is none at all."
    raise RulesError(f"{results.run_dir}: there is no {what} {asked!r}{meant}")
