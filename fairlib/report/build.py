"""A run directory in, a folder of reports out: every language and audience, drawn once a language."""

from pathlib import Path

from fairlib.params import RulesFile
from fairlib.report.blocks import Audience
from fairlib.report.chapters import write_report
from fairlib.report.figures import to_svg
from fairlib.report.html import to_html
from fairlib.report.privacy import for_public
from fairlib.report.tables import Results, read_results
from fairlib.rules import Language

LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
AUDIENCES: tuple[Audience, ...] = ("public", "internal")


def render(
    run_dir: Path,
    rules: RulesFile,
    out: Path | None = None,
    languages: tuple[Language, ...] = LANGUAGES,
) -> list[Path]:
    """Write the reports of a run directory into `out` (its `report/` if not given) and return their paths.

    Raises DataError where the run directory has no intake.
    """
    out = Path(out) if out is not None else Path(run_dir) / "report"
    results = read_results(Path(run_dir), rules)
    seen: dict[Audience, Results] = {"public": for_public(results), "internal": results}
    paths: list[Path] = []
    for lang in languages:
        paths += _one_language(seen, lang, out, languages)
    return paths


def _one_language(
    seen: dict[Audience, Results], lang: Language, out: Path, languages: tuple[Language, ...]
) -> list[Path]:
    drawn: dict[str, str] = {}
    paths = []
    for audience in AUDIENCES:
        report = write_report(seen[audience], lang, audience)
        drawings = {p.id: to_svg(p.draw, p.size, p.id) for p in report.pictures()}
        drawn.update(drawings)
        path = out / audience / f"{lang}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_html(report, drawings, languages), "utf-8", newline="\n")
        paths.append(path)
    return paths
