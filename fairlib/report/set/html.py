"""One HTML file that needs nothing else: templates, style, script and drawings in one page."""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fairlib.report.blocks import Block, Picture, Report, Table
from fairlib.report.figures import base
from fairlib.report.words.locale import NAMES, speak
from fairlib.rules import Language

TEMPLATES = Path(__file__).parents[1] / "templates"
DARK = {
    base.INK: "--ink", base.SOFT: "--fig-soft", base.LINE: "--fig-line", base.PAPER: "--card",
    base.ACCENT: "--accent", base.GOLD: "--fig-gold", base.RED: "--red", base.MIST: "--fig-mist",
    "#f4e6cc": "--fig-band", base.QUIET: "--soft",
}  # fmt: skip


def to_html(
    report: Report, drawings: dict[str, str], languages: tuple[Language, ...] = ("kk", "ru", "en")
) -> str:
    """The report as a page; `drawings` maps a figure's id to its SVG, `languages` are the siblings to link."""
    script = _file("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment().get_template("report.html.j2").render(
        report=report,
        say=speak(report.lang),
        languages=[(code, NAMES[code]) for code in languages],
        drawings={p.id: in_page(drawings[p.id], p) for p in report.pictures()},
        style=style("report.css"),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
    )  # fmt: skip


def card(blocks: Iterable[Block], lang: Language, key: str) -> str:
    """Blocks without figures as a part of somebody else's page, such as a notebook, in the dress of the report.

    Ids of tables begin with a hash of `key`, so that a page can hold several cards.
    """
    prefix = f"card-{zlib.crc32(key.encode()):08x}"
    shown = [replace(b, id=f"{prefix}-{b.id}") if isinstance(b, Table) else b for b in blocks]
    return environment().get_template("card.html.j2").render(
        blocks=shown, lang=lang, say=speak(lang), style=_inside(".fairlib"), drawings={}
    )  # fmt: skip


@lru_cache
def _inside(element: str) -> Markup:
    """The report's style sheet for one element: what it says of the page holds for the element, and nothing outside."""
    css = _file("report.css").partition("@media print")[0] + _file("card.css")
    css = re.sub(r"(?<![\w.-])(?::root|html|body)(?=[{,])", "&", css)
    return Markup(f"{element}{{{css}}}")


def in_page(svg: str, picture: Picture) -> Markup:
    """A drawing for a page: named for those who do not see it, with colours that follow the page's."""
    svg = re.sub(r'<svg [^>]*viewBox="([^"]+)"[^>]*>', lambda m: _opening(m[1], picture.alt), svg, count=1)
    for colour, name in DARK.items():
        svg = svg.replace(colour, f"var({name},{colour})")
    return Markup(svg)


def _opening(box: str, alt: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" aria-label="{escape(alt)}">'


def style(name: str = "letter.css") -> Markup:
    """A style sheet of ours."""
    return Markup(_file(name))


@lru_cache
def environment() -> Environment:
    """Jinja with autoescape everywhere; a name that is not there is an error."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    found.filters["with_indices"] = with_indices
    found.filters["wrapping"] = wrapping
    return found


def with_indices(formula: str) -> Markup:
    """A formula in which a letter after σ_, μ_ or P_ is an index.

    >>> print(with_indices("σ_b² < 1"))
    σ<sub>b</sub>² &lt; 1
    """
    return Markup(re.sub(r"(?<=[σμP])_(\w)", r"<sub>\1</sub>", str(escape(formula))))


def wrapping(text: str) -> str:
    """The class of a cell with a word that no column can hold: it may break anywhere, all other words stay whole.

    >>> wrapping("a few words"), wrapping("x" * 31), wrapping("f" * 64)
    ('', ' unbroken', ' unbroken hash')
    """
    if len(text) <= 30 or max(map(len, text.split()), default=0) <= 30:
        return ""
    return " unbroken hash" if len(text) == 64 and " " not in text else " unbroken"


def _file(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")
