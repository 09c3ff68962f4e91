"""What does the office work with? One workbook: decisions, estimates, findings, jurors, ready to filter.

Text is written as text whatever it looks like: a title that begins with `=` is no formula here.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pandas as pd
import xlsxwriter

from fairlib.report.blocks import Audience
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.figures.base import DECISION_COLOUR, decision_names
from fairlib.report.locale import speak
from fairlib.report.reasons import criterion_name, reason_sentence
from fairlib.report.tables import Results, RoundResults
from fairlib.rules import Language

LONGEST_CELL, LONGEST_NAME = 32000, 31
MONEY, TWO, WHOLE, SHARE = "#,##0 [$₸]", "0.00", "0", "0%"


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, headings with a number format ("" for text) and a width, and rows of values."""

    name: str
    columns: tuple[tuple[str, str, int], ...]
    rows: list[list]


def to_workbook(results: Results, lang: Language, audience: Audience) -> bytes:
    """The workbook of an audience in one language; the same bytes for the same results."""
    context = Context(results, speak(lang), audience)
    stream = BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties(
        {
            "title": f"{results.contest.name[lang]} {results.rules.year}",
            "created": datetime(results.rules.year, 1, 1),
        }
    )
    for sheet in sheets(context):
        _write(book, sheet, decision_names(lang))
    book.close()
    return stream.getvalue()


def sheets(context: Context) -> list[Sheet]:
    """What stands in the workbook, sheet by sheet."""
    found = [_about(context)]
    for stage in context.results.rounds:
        found += [_decisions(stage, context), _jurors(stage, context)]
    if context.internal:
        found.append(_findings(context))
    return found


def _about(context: Context) -> Sheet:
    say, results = context.say, context.results
    rows = [[say("Contest"), f"{results.contest.name[say.lang]} {results.rules.year}"]]
    if results.contest.synthetic:
        rows.append(
            [
                say("Note"),
                say("Synthetic data: scores, people and organisations in this report are invented."),
            ]
        )
    rows.append([say("Submissions"), say.number(len(results.submissions))])
    rows += [
        [say("selected: {round}", round=s.rule.name[say.lang]), say.number(len(s.selected()))]
        for s in results.rounds
    ]
    return Sheet(say("About"), ((say("What"), "", 34), (say("Value"), "", 80)), rows)


def _decisions(stage: RoundResults, context: Context) -> Sheet:
    say, joined = context.say, context.results.joined(stage)
    columns = [
        (say("Rank"), WHOLE, 7), (say("Submission"), "", 11), (say("Project"), "", 48), (say("Organisation"), "", 34),
        (say("Nomination"), "", 28), (say("Region"), "", 26), (say("Raw mean"), TWO, 10), (say("Estimate"), TWO, 10),
        (say("Standard error"), TWO, 10), (say("Readers"), WHOLE, 9), (say("First place possible"), WHOLE, 10),
        (say("Last place possible"), WHOLE, 10), (say("Probability"), SHARE, 12), (say("Decision"), "", 16),
        (say("Reason"), "", 44), (say("Amount requested"), MONEY, 16), (say("Grant"), MONEY, 16),
    ]  # fmt: skip
    by = [c for c in joined.columns if c.startswith("by_")]
    columns += [(criterion_name(c.removeprefix("by_"), context.contest, say), TWO, 14) for c in by]
    names = decision_names(say.lang)
    rows = [
        [r["rank"], r["submission"], r["title"], common.organisation(r["organisation"], say),
         common.nomination(r["nomination"], context), common.region(r["region"], say), r["raw_mean"], r["estimate"],
         r["se"], r["n_jurors"], r["rank_low"], r["rank_high"], r["p_selected"],
         names.get(r["decision"], r["decision"]),
         reason_sentence(r["reason"], context.contest, say), r["requested"], r["grant"], *(r[c] for c in by)]
        for _, r in joined.iterrows()
    ]  # fmt: skip
    return Sheet(context.stage_name(stage), tuple(columns), rows)


def _jurors(stage: RoundResults, context: Context) -> Sheet:
    say = context.say
    columns = (
        (say("Juror"), "", 26), (say("Severity, points"), TWO, 12), (say("Standard error"), TWO, 12),
        (say("Submissions read"), WHOLE, 12), (say("Remark"), "", 30),
    )  # fmt: skip
    rows = [
        [r.juror, r.severity, r.se, r.n_submissions, common.text(r.status)] for r in stage.jurors.itertuples()
    ]
    return Sheet(say("Jurors: {round}", round=stage.rule.name[say.lang]), columns, rows)


def _findings(context: Context) -> Sheet:
    say, results = context.say, context.results
    parts = [results.findings, *(s.findings for s in results.rounds)]
    found = pd.concat(parts, ignore_index=True)
    columns = tuple(
        (name, "", width)
        for name, width in (
            (say("Kind"), 10), (say("File"), 26), (say("Sheet"), 18), (say("Cell"), 8), (say("Submission"), 11),
            (say("Juror"), 22), (say("Code"), 24), (say("Found"), 40), (say("Done"), 40),
        )
    )  # fmt: skip
    keys = ["severity", "file", "sheet", "cell", "submission", "juror", "code", "found", "done"]
    return Sheet(say("Findings"), columns, found[keys].to_numpy().tolist())


def _write(book: xlsxwriter.Workbook, sheet: Sheet, decisions: dict[str, str]) -> None:
    page = book.add_worksheet(_sheet_name(sheet.name, {w.get_name().casefold() for w in book.worksheets()}))
    head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
    formats = {f: book.add_format({"num_format": f or "@", "valign": "top"}) for _, f, _ in sheet.columns}
    badges = {
        name: book.add_format({"num_format": "@", "valign": "top", "font_color": DECISION_COLOUR[code], "bold": True})
        for code, name in decisions.items()
        if code in ("selected", "reserve")
    }  # fmt: skip
    for k, (label, form, width) in enumerate(sheet.columns):
        page.set_column(k, k, width)
        page.write_string(0, k, label, head)
        for i, row in enumerate(sheet.rows, 1):
            _cell(
                page,
                i,
                k,
                row[k],
                badges.get(row[k], formats[form]) if isinstance(row[k], str) else formats[form],
            )
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _cell(page, i: int, k: int, value: object, form) -> None:
    if value is None or pd.isna(value) or value == "":
        page.write_blank(i, k, None, form)
    elif isinstance(value, str):
        page.write_string(i, k, common.text(value)[:LONGEST_CELL], form)
    else:
        page.write_number(i, k, float(value), form)


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that a workbook admits: at most 31 signs, none of []:*?/\\, not taken."""
    plain = "".join(" " if sign in "[]:*?/\\" else sign for sign in name).replace("  ", " ").strip(" '")
    short, n = plain[:LONGEST_NAME].strip(), 2
    while short.casefold() in taken:
        short, n = f"{plain[: LONGEST_NAME - 3].strip()} {n}", n + 1
    return short
