"""A run directory in, a folder of reports out: every language, audience and format, letters and workbook.

Work is shared by processes; what is written does not depend on how many there are.
"""

import os
from pathlib import Path

from fairlib.params import RulesFile
from fairlib.report import files
from fairlib.report.parallel import Job, Task, alone, prepare, shared
from fairlib.report.public.privacy import for_public
from fairlib.report.results import read_results
from fairlib.rules import Language
from fairlib.rules.base import LANGUAGES

LETTERS_A_TASK = 80


def render(
    run_dir: Path,
    rules: RulesFile,
    out: Path | None = None,
    languages: tuple[Language, ...] = LANGUAGES,
    workers: int | None = None,
) -> list[Path]:
    """Write the reports of a run directory into `out` (its `report/` if not given) and return their paths.

    `workers` is the number of processes, as many as there are cores if not given; 1 stays in this one.

    Raises DataError where the run directory has no intake.
    """
    out = Path(out) if out is not None else Path(run_dir) / "report"
    workers = workers or os.cpu_count() or 1
    context = prepare(files.LIBRARIES) if workers > 1 else None
    results = read_results(Path(run_dir), rules)
    job = Job({"public": for_public(results), "internal": results}, out, languages)
    tasks = first_tasks(job)
    return sorted(alone(job, tasks) if context is None else shared(job, tasks, workers, context))


def first_tasks(job: Job) -> list[Task]:
    """Everything that can be done at once; the PDFs follow from the pages."""
    results = job.seen["internal"]
    tasks = [Task(10, files.pages, (lang,)) for lang in job.languages]
    ids = results.addressees if results.rounds else []
    for start in range(0, len(ids), LETTERS_A_TASK):
        chunk = ids[start : start + LETTERS_A_TASK]
        tasks.append(Task(0.02 * len(chunk), files.letters, (chunk,)))
    return [*tasks, Task(2, files.notebooks), Task(0.5, files.workbooks), Task(0.01, files.draws)]
