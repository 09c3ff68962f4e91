"""Where a run reads and writes: the project root, the rules of this run, its folders."""

import os
from dataclasses import dataclass
from pathlib import Path

from fairlib.errors import RulesError
from fairlib.params import RulesFile, check_params, read_params
from fairlib.rules import Round


@dataclass(frozen=True)
class Run:
    """One contest year being worked on: its rules, the folder of its files and the folder it writes."""

    rules: RulesFile
    data: Path
    dir: Path

    @property
    def year(self) -> int:
        """The contest year."""
        return self.rules.year

    @property
    def contest(self):
        """The contest's rules."""
        return self.rules.contest

    def round(self, round_id: str) -> Round:
        """The rules of one round; RulesError if there is no such round."""
        try:
            return self.contest.round(round_id)
        except KeyError as why:
            raise RulesError(f"round: {why.args[0]}.") from None

    def folder(self, step: str) -> Path:
        """The folder of a step: `intake` or a round's id."""
        return self.dir / step


def project_root(start: Path | None = None) -> Path:
    """The folder that holds `notebooks/` and `params/`, at or above `start` (the working directory).

    Raises RulesError if there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "notebooks" / "01_intake.ipynb").exists() and (folder / "params").is_dir():
            return folder
    raise RulesError(
        f"{here} is not inside a project with notebooks/ and params/; change to the project's folder."
    )


def open_run(year: int = 2021, contest: dict | None = None, run_dir: str | None = None) -> Run:
    """The run a notebook works on, from its three parameters.

    `contest` given (papermill -f): those rules. Else, in the chain, the `params.yaml` that it put into its run
    directory (FAIRLIB_RUN_DIR); else `params/{year}.yaml` as it is now. Relative paths are below the
    project root.

    Raises RulesError for rules that are missing, wrong or of another year.
    """
    root = project_root()
    chain = os.environ.get("FAIRLIB_RUN_DIR")
    folder = root / (run_dir or chain or f"runs/{year}")
    own = folder / "params.yaml"
    if contest is not None:
        rules = check_params({"year": year, "contest": contest})
    else:
        file = own if chain and not run_dir and own.exists() else root / "params" / f"{year}.yaml"
        rules = read_params(file)
        if rules.year != year:
            raise RulesError(
                f"{file}: these rules are of {rules.year}, asked for was {year}; mend one of them."
            )
    return Run(rules, root / rules.contest.data, folder)
