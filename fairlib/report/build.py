"""A run directory in, a folder of reports out: every language, audience and format, letters and workbook.

Work is shared by processes, a language or a hundred letters each; what is written does not depend on
how many there are.
"""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fairlib.params import RulesFile
from fairlib.report.blocks import Audience, Report
from fairlib.report.chapters import write_report
from fairlib.report.figures import to_svg
from fairlib.report.html import to_html
from fairlib.report.letters import save_letters, write_letters
from fairlib.report.pdf import to_pdf
from fairlib.report.privacy import for_public
from fairlib.report.tables import Results, read_results
from fairlib.report.workbook import to_workbook
from fairlib.rules import Language

LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
AUDIENCES: tuple[Audience, ...] = ("public", "internal")
LETTERS_A_TASK = 80


@dataclass(frozen=True)
class _Job:
    """What every task needs: the results as each audience may see them, and where to write."""

    seen: dict[Audience, Results]
    out: Path
    languages: tuple[Language, ...]


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
    results = read_results(Path(run_dir), rules)
    job = _Job({"public": for_public(results), "internal": results}, out, languages)
    tasks: list[tuple[Callable, tuple]] = [(_language, (job, lang)) for lang in languages]
    ids = list(results.by_id.index) if results.rounds else []
    for start in range(0, len(ids), LETTERS_A_TASK):
        tasks.append((_letters, (job, ids[start : start + LETTERS_A_TASK])))
    tasks += [(_workbooks, (job,)), (_notebooks, (job,))]
    return sorted(path for done in _run(tasks, workers or os.cpu_count() or 1) for path in done)


def _run(tasks: list[tuple[Callable, tuple]], workers: int) -> list[list[Path]]:
    if workers == 1:
        return [work(*given) for work, given in tasks]
    with ProcessPoolExecutor(min(workers, len(tasks)), _context()) as pool:
        return [future.result() for future in [pool.submit(work, *given) for work, given in tasks]]


def _context() -> multiprocessing.context.BaseContext:
    """Workers from a fresh process: typst's threads do not survive a fork of one that has used it."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _language(job: _Job, lang: Language) -> list[Path]:
    drawn: dict[tuple, str] = {}
    paths = []
    for audience in AUDIENCES:
        report = write_report(job.seen[audience], lang, audience)
        drawings = _draw(report, drawn)
        page = to_html(report, drawings, job.languages).encode()
        paths.append(_save(page, job.out / audience / f"{lang}.html"))
        paths.append(_save(to_pdf(report, drawings), job.out / audience / f"{lang}.pdf"))
    return paths


def _draw(report: Report, drawn: dict[tuple, str]) -> dict[str, str]:
    """Drawings by id; one whose numbers are the same for both audiences is drawn once."""
    found = {}
    for picture in report.pictures():
        key = (picture.id, picture.alt, picture.data)
        if key not in drawn:
            drawn[key] = to_svg(picture.draw, picture.size, picture.id)
        found[picture.id] = drawn[key]
    return found


def _letters(job: _Job, ids: list[str]) -> list[Path]:
    return save_letters(write_letters(job.seen["internal"], ids), job.out / "letters")


def _workbooks(job: _Job) -> list[Path]:
    lang = job.seen["internal"].contest.language
    return [
        _save(to_workbook(job.seen["internal"], lang, "internal"), job.out / "results.xlsx"),
        _save(to_workbook(job.seen["public"], lang, "public"), job.out / "public" / "results.xlsx"),
    ]


def _notebooks(job: _Job) -> list[Path]:
    run_dir = job.seen["internal"].run_dir
    if not any(run_dir.glob("**/*.ipynb")):
        return []
    from fairlib.report.notebooks import save_notebooks  # nbconvert is slow to import

    return save_notebooks(run_dir, job.out / "internal" / "notebooks")


def _save(content: bytes, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
