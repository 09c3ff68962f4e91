"""The same report as a PDF/UA-1 file, set by typst from data: no text is ever read as markup."""

import dataclasses
import json
import re
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import matplotlib
import typst

from fairlib.report.blocks import Block, Picture, Report, Table
from fairlib.report.set.html import TEMPLATES
from fairlib.report.words.locale import speak

LONGEST, WORD = 400, 28


def manuscript(report: Report) -> str:
    """The report as plain data for the typesetter, in JSON."""
    say = speak(report.lang)
    content = {
        "lang": report.lang,
        "title": report.title,
        "year": report.year,
        "subtitle": report.subtitle,
        "synthetic": report.synthetic,
        "labels": {"ours": say("our choice"), "contents": say("Contents")},
        "front": [as_data(b) for b in report.front],
        "chapters": [{"title": c.title, "blocks": [as_data(b) for b in c.blocks]} for c in report.chapters],
    }
    return json.dumps(content, ensure_ascii=False)


def typeset(copy: str, drawings: dict[str, str]) -> bytes:
    """A manuscript as a tagged A4 PDF with bookmarks; `drawings` maps a figure's id to its SVG.

    Bytes depend on these two alone: there is no time in them.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("blocks.typ", "report.typ"):
            shutil.copy(TEMPLATES / name, root / name)
        (root / "content.json").write_text(copy, "utf-8")
        for name, svg in drawings.items():
            (root / f"{name}.svg").write_text(svg, "utf-8")
        return typst.compile(
            root / "report.typ",
            root=root,
            font_paths=fonts(),
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=0,
        )


@lru_cache
def fonts() -> list[Path]:
    """Folders with fonts that hold every Kazakh letter: those that matplotlib brings."""
    return [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]


def as_data(block: Block) -> dict:
    """A block as plain data for the typesetter: long words can break, long cells end with an ellipsis."""
    if isinstance(block, Picture):
        width, height = block.size
        return {
            "kind": "picture",
            "file": f"{block.id}.svg",
            "alt": block.alt,
            "caption": block.caption,
            "ratio": height / width,
        }
    if isinstance(block, Table):
        return {
            "kind": "table",
            "caption": block.caption,
            "note": block.note,
            "columns": [dataclasses.asdict(c) for c in block.columns],
            "rows": [
                [
                    {
                        "text": c.text if _hash(c.text, k.style) else breakable(c.text),
                        "badge": c.badge,
                        "under": breakable(c.under),
                    }
                    for c, k in zip(row, block.columns, strict=True)
                ]
                for row in block.rows
            ],
        }
    return {k: breakable(v) if k == "text" else v for k, v in dataclasses.asdict(block).items()}


def _hash(text: str, style: str) -> bool:
    """Whether this is a digest to copy and compare: nothing is put into it, its column is wide enough."""
    return style == "code" and re.fullmatch("[0-9a-f]{64}", text) is not None


def breakable(text: str) -> str:
    """Text in which a word of any length can be broken and no cell outgrows a page."""
    short = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return re.sub(rf"(\S{{{WORD}}})(?=\S)", "\\1\u200b", short)
