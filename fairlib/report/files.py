"""Which files does a render leave? Each function writes some, and may hand on tasks that can begin then.

What draws and sets is slow to load: it is imported where it is used, so that a process that only shares out the
work does not wait for it, and workers load LIBRARIES ahead.
"""

from pathlib import Path

from fairlib.intake.files.tables import collecting_later
from fairlib.report.blocks import Audience
from fairlib.report.parallel import Done, Job, Task
from fairlib.report.results import draw_files
from fairlib.rules import Language
from fairlib.selection.firm.draw import list_of

AUDIENCES: tuple[Audience, ...] = ("internal", "public")
SECONDS_A_LETTER = 2.5e-6
LIBRARIES = (
    "fairlib.report.chapters.write",
    "fairlib.report.letters.letter",
    "fairlib.report.set.html",
    "fairlib.report.set.pdf",
    "fairlib.report.set.workbook",
)


@collecting_later()
def pages(job: Job, lang: Language) -> Done:
    """The HTML pages of a language; both its PDFs can then be set."""
    from fairlib.report.chapters.write import write_report
    from fairlib.report.figures import draw
    from fairlib.report.set.html import to_html
    from fairlib.report.set.pdf import manuscript

    drawn: dict[tuple, str] = {}
    done = Done([])
    for audience in AUDIENCES:
        report = write_report(job.seen[audience], lang, audience)
        drawings = draw(report, drawn)
        page = to_html(report, drawings, job.languages).encode()
        done.paths.append(_save(page, job.out / audience / f"{lang}.html"))
        copy, path = manuscript(report), job.out / audience / f"{lang}.pdf"
        done.then.append(Task(SECONDS_A_LETTER * len(copy), print_pdf, (copy, drawings, path)))
    return done


def print_pdf(job: Job, copy: str, drawings: dict[str, str], path: Path) -> Done:
    """One report as PDF."""
    from fairlib.report.set.pdf import typeset

    return Done([_save(typeset(copy, drawings), path)])


def letters(job: Job, ids: list[str]) -> Done:
    """The letters of these submissions, as pages and as PDF."""
    from fairlib.report.letters.letter import file_names, save_letters, write_letters

    results = job.seen["internal"]
    names = file_names(results.addressees)
    return Done(save_letters(write_letters(results, ids), job.out / "letters", names))


def workbooks(job: Job) -> Done:
    """The workbook of each audience, in the language of the contest."""
    from fairlib.report.set.workbook import to_workbook

    lang = job.seen["internal"].contest.language
    inside = to_workbook(job.seen["internal"], lang, "internal")
    outside = to_workbook(job.seen["public"], lang, "public")
    return Done(
        [_save(inside, job.out / "results.xlsx"), _save(outside, job.out / "public" / "results.xlsx")]
    )


def draws(job: Job) -> Done:
    """What anybody needs to draw the lots of a round again, beside the pages of each audience."""
    paths = []
    for audience, results in job.seen.items():
        for stage in results.rounds:
            drawn = stage.draw.dropna(subset=["submission"]).sort_values("place")
            if len(drawn):
                list_, result = (job.out / audience / name for name in draw_files(stage))
                paths.append(_save(list_of(drawn.set_index("submission"))[0].encode(), list_))
                told = drawn.astype({"place": int}).to_csv(index=False, lineterminator="\n")
                paths.append(_save(told.encode(), result))
    return Done(paths)


def notebooks(job: Job) -> Done:
    """The executed notebooks as pages, if there are any."""
    run_dir = job.seen["internal"].run_dir
    if not any(run_dir.glob("**/*.ipynb")):
        return Done([])
    from fairlib.report.set.notebooks import save_notebooks

    return Done(save_notebooks(run_dir, job.out / "internal" / "notebooks"))


def _save(content: bytes, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
