"""How do the years compare? One page a language over several runs, in the look of their reports."""

import os
from pathlib import Path

import pandas as pd

from fairlib.report.blocks import Block, Cell, Column, Heading, Link, Links, Table, Text, table
from fairlib.report.chapters.common import number
from fairlib.report.set.html import environment, style
from fairlib.report.words.locale import NAMES, Voice, speak
from fairlib.report.years.figures import Year, compare_years
from fairlib.rules import Language

FILES: dict[Language, str] = {"kk": "index.html", "ru": "index.ru.html", "en": "index.en.html"}


def write_index(years: list[Path], folder: Path) -> Path:
    """Write pages that compare finished runs into `folder`: `index.html` (kk), `index.{ru,en}.html`.

    Returns the path of the Kazakh page, from which the others and every year's reports are linked.
    Raises DataError where a directory holds no finished run.
    """
    found = compare_years(years)
    folder.mkdir(parents=True, exist_ok=True)
    for lang, name in FILES.items():
        (folder / name).write_text(index_html(found, folder, lang), "utf-8", newline="\n")
    return folder / FILES["kk"]


def index_html(years: list[Year], folder: Path, lang: Language) -> str:
    """The page of one language; links are relative to `folder`."""
    say = speak(lang)
    synthetic = say("Synthetic data: scores, people and organisations in this report are invented.")
    return (
        environment()
        .get_template("years.html.j2")
        .render(
            say=say,
            lang=lang,
            title=say("The years beside each other"),
            languages=[(code, FILES[code], NAMES[code]) for code in FILES],
            synthetic=synthetic if any(y.rules.contest.synthetic for y in years) else "",
            blocks=_blocks(years, folder, say),
            drawings={},
            style=style("report.css"),
        )
    )


def _blocks(years: list[Year], folder: Path, say: Voice) -> list[Block]:
    blocks: list[Block] = [
        _figures(years, say),
        Text(_caution(say), "note"),
        Heading(say("Reports of each year")),
    ]
    for year in years:
        name = f"{year.rules.contest.name[say.lang]} {year.rules.year}"
        blocks += [Text(name), Links(tuple(_reports(year, folder)))]
    blocks.append(_records(years, say))
    return blocks


def _figures(years: list[Year], say: Voice) -> Table:
    """A row a figure, a column a year; a figure that a contest has not is a dash."""
    heads = [Column(say("Figure"), "name", 3)]
    heads += [Column(title, "number") for title in _titles(years)]
    rows = []
    for key, (label, shown) in _labels(say).items():
        cells = [shown(y.figures[key]) for y in years]
        if any(c.sort is not None for c in cells):
            rows.append([label, *cells])
    reliable = [_reliability(y, say) for y in years]
    if any(c.sort is not None for c in reliable):
        rows.append([say("reliability of the final score, first round"), *reliable])
    return table("years", say("The years in numbers"), heads, rows)


def _titles(years: list[Year]) -> list[str]:
    """The year, and the run's folder where one year stands there twice."""
    plain = [str(y.rules.year) for y in years]
    return [t if plain.count(t) == 1 else f"{t} ({y.dir.name})" for t, y in zip(plain, years, strict=True)]


def _labels(say: Voice) -> dict:
    def whole(value) -> Cell:
        return number(say, _float(value))

    def money(value) -> Cell:
        return Cell(say.money(_float(value)), _float(value))

    def share(value) -> Cell:
        return Cell(say.percent(_float(value), 1), _float(value))

    return {
        "received": (say("forms received"), whole),
        "submissions": (say("submissions accepted"), whole),
        "eligible": (say("eligible"), whole),
        "regions": (say("regions"), whole),
        "organisations": (say("organisations"), whole),
        "jurors": (say("jurors, first round"), whole),
        "selected_first": (say("selected in the first round"), whole),
        "selected_last": (say("selected in the last round"), whole),
        "granted": (say("grants in all"), money),
        "severity_spread": (say("spread of jurors' severity, share of the scale"), share),
        "findings_for_people": (say("findings that want a person"), whole),
    }


def _reliability(year: Year, say: Voice) -> Cell:
    value, low, high = (_float(year.figures[f"reliability{end}"]) for end in ("", "_low", "_high"))
    return Cell(say.number(value, 2), value, under=say.interval(low, high, 2) if low is not None else "")


def _float(value) -> float | None:
    return None if pd.isna(value) else float(value)


def _caution(say: Voice) -> str:
    return say(
        "Numbers of two years compare where their rules do: other seats, scales, criteria or jurors give "
        "other numbers. A dash: this contest has no such figure. Under the reliability: its 95 % interval."
    )


def _reports(year: Year, folder: Path) -> list[Link]:
    found = []
    for lang, name in NAMES.items():
        page = year.dir / "report" / "public" / f"{lang}.html"
        if page.is_file():
            found.append(Link(Path(os.path.relpath(page, folder)).as_posix(), name))
    return found


def _records(years: list[Year], say: Voice) -> Table:
    heads = [Column(say("Year"), "name", 1), Column("SHA-256", "text", 5)]
    rows = list(zip(_titles(years), (y.record for y in years), strict=True))
    return table("rules", say("The rules of each year, by their hash"), heads, rows)
