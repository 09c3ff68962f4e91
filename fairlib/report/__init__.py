"""How is it told to people? Reports in three languages for two audiences, a workbook, and letters."""

from pathlib import Path

from fairlib.params import RulesFile
from fairlib.rules import Language


def render(
    run_dir: Path,
    rules: RulesFile,
    out: Path | None = None,
    languages: tuple[Language, ...] = ("kk", "ru", "en"),
    workers: int | None = None,
) -> list[Path]:
    """Write every report of a run directory; see `fairlib.report.build.render`."""
    from fairlib.report.build import render as build

    return build(run_dir, rules, out, languages, workers)
