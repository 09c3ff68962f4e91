"""Where a run reads and writes: the project root, the rules of this run, its folders."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import fairlib
from fairlib.errors import RulesError
from fairlib.params import RulesFile, check_params, read_params, rules_hash
from fairlib.store import write_table

if TYPE_CHECKING:  # loaded when asked for: who opens a run may need the forms, or the marks, or neither
    from fairlib.intake.submissions import Intake
    from fairlib.stage import Stage

FIRST, RECORD = "01_intake.ipynb", "record.json"
_BESIDE = Path(fairlib.__file__).parents[1]


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

    def round(self, round_id: str) -> "Stage":
        """One round of the run; RulesError if there is no such round."""
        from fairlib.stage import Stage

        try:
            return Stage(self.contest, self.contest.round(round_id), self.data, self.dir)
        except KeyError as why:
            raise RulesError(f"round: {why.args[0]}.") from None

    def receive(self) -> "Intake":
        """Read, repair and check the application forms; see `fairlib.intake.submissions.receive`."""
        from fairlib.intake.submissions import receive

        return receive(self.contest, self.data)

    def save_intake(self, intake: "Intake") -> None:
        """Write the three tables of intake into the run directory."""
        for name in ("submissions", "set_aside", "findings"):
            write_table(getattr(intake, name), self.dir / "intake" / f"{name}.csv")


def project_root(start: Path | None = None) -> Path:
    """The folder that holds `notebooks/` and `params/`, at or above `start` (the working directory).

    Raises RulesError if there is none.
    """
    here = (start or Path.cwd()).resolve()
    if found := _project_above(here):
        return found
    raise RulesError(
        f"{here} is not inside a project with notebooks/ and params/; change to the project's folder."
    )


def home_of(params: Path) -> Path:
    """Where relative paths of a params file start: the project it lies in, else the folder above `params/`.

    A file that lies in neither has its own folder for home.
    """
    own = Path(os.path.abspath(params)).parent
    return _project_above(own) or (own.parent if own.name == "params" else own)


def notebooks_of(home: Path) -> Path:
    """The notebooks that a contest is run with: those of its own project, else those beside the library.

    Raises RulesError if there are neither.
    """
    for folder in (home / "notebooks", _BESIDE / "notebooks"):
        if (folder / FIRST).exists():
            return folder
    raise RulesError(
        f"There are no notebooks in {home} and none beside the library; run from a copy of the project."
    )


def open_run(year: int = 2021, contest: dict | None = None, run_dir: str | None = None) -> Run:
    """The run a notebook works on, from its three parameters.

    In the chain (FAIRLIB_RUN_DIR, FAIRLIB_HOME) it is the chain's, with the rules that it put there. By hand
    it is `run_dir`, or else the draft `runs/YEAR.draft`, which begins as a copy of the tables of `runs/YEAR`
    where those were made by the same rules: a recorded run is never written into. The rules are `contest` if
    given (papermill -f), else `params/YEAR.yaml` as it is now. Relative paths are below the project root.

    Raises RulesError for rules that are missing, wrong or of another year, and for a `run_dir` with a
    recorded run.
    """
    chain, home = os.environ.get("FAIRLIB_RUN_DIR"), os.environ.get("FAIRLIB_HOME")
    root = Path(home) if home else project_root()
    folder = root / (run_dir or chain or f"runs/{year}.draft")
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
    if (folder / RECORD).exists():
        raise RulesError(
            f"{folder}: a recorded run lies here, and a notebook would change it; leave run_dir out, "
            "or name another folder."
        )
    if not (run_dir or chain):
        _begin_draft(folder, root / "runs" / str(year), rules)
    return Run(rules, root / rules.contest.data, folder)


def _begin_draft(draft: Path, recorded: Path, rules: RulesFile) -> None:
    """Give a new draft the tables of the recorded run, so that 02 or 03 can be opened alone."""
    if draft.exists() or not (recorded / RECORD).exists():
        return
    if rules_hash(read_params(recorded / "params.yaml")) != rules_hash(rules):
        return
    aside = draft.with_name(f".{draft.name}.{os.getpid()}")
    for table in recorded.glob("*/*.csv"):
        target = aside / table.relative_to(recorded)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(table, target)
    try:
        os.replace(aside, draft)
    except OSError:  # another notebook was quicker
        shutil.rmtree(aside)


def _project_above(here: Path) -> Path | None:
    for folder in (here, *here.parents):
        if (folder / "notebooks" / FIRST).exists() and (folder / "params").is_dir():
            return folder
    return None
