"""How is a column of a run told? Its heading and its values in words, one way for pages and workbook."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from fairlib.contract import KINDS, column
from fairlib.report.blocks import Cell, Column, Style, Table, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.words import codes, findings
from fairlib.report.words.codes import group_name
from fairlib.report.words.reasons import reason_sentence

Value = Any  # of a table's cell: a text, a number or nothing, as the kind of its column says
Own = dict[str, Sequence[Cell | str]]  # cells of columns by their names in the contract
WORDS: dict[str, Callable[[Value, Context], str]] = {
    "submissions.organisation": common.organisation,
    "submissions.nomination": common.nomination,
    "submissions.region": common.region,
    "submissions.settlement": lambda x, c: group_name("settlement", common.text(x), c.contest, c.say),
    "decisions.decision": lambda x, c: codes.word("decision", x, c.say),
    "decisions.reason": lambda x, c: reason_sentence(x, c.contest, c.say),
    "decisions.band": lambda x, c: codes.word("band", x, c.say),
    "estimates.status": lambda x, c: codes.status_words(x, c.say),
    "findings.severity": lambda x, c: codes.word("severity", x, c.say),
    "findings.code": lambda x, c: findings.finding_words(x, c.say),
    "findings.done": lambda x, c: findings.done_words(x, c.contest, c.say),
    "jurors.status": lambda x, c: codes.status_words(x, c.say),
    "other_rules.status": lambda x, c: codes.status_words(x, c.say),
}
STYLES: dict[str, Style] = {
    "submissions.title": "name",
    "ties.submissions": "name",
    "decisions.decision": "badge",
}
CELLS = {"chance": common.chance, "p": common.p_value}


def in_words(name: str, values: Iterable[Value], context: Context) -> list[Value]:
    """The values of a column by its name in the contract: codes in words, all others as they are."""
    words = WORDS.get(name)
    return [words(x, context) for x in values] if words else list(values)


def listing(
    id: str,
    caption: str,
    found: pd.DataFrame,
    widths: Mapping[str, float],
    context: Context,
    own: Mapping[str, Sequence[Cell | str]] | None = None,
    **options: object,
) -> Table:
    """A table of a page: columns of the contract with their widths, a row for each of `found`.

    `own` are cells that are more than a value of their column.
    """
    cells: Own = dict(own or {})
    for name in widths:
        if name not in cells:
            values = found[column(name).name]
            cells[name] = [_cell(name, x, context) for x in values]
    heads = [_head(name, width, context) for name, width in widths.items()]
    return table(id, caption, heads, zip(*(cells[name] for name in widths), strict=True), **options)


def _head(name: str, width: float, context: Context) -> Column:
    usual: Style = "number" if column(name).is_number else "text"
    return Column(context.say(column(name).heading), STYLES.get(name, usual), float(width))


def _cell(name: str, value: Value, context: Context) -> Cell | str:
    say, kind = context.say, column(name).kind
    if name == "decisions.decision":
        return common.decision_cell(say, value)
    if name in WORDS:
        return WORDS[name](value, context)
    if kind == "signed":
        return Cell(say.signed(value, 2), None if pd.isna(value) else value)
    if kind == "money":
        return Cell(say.money(value), None if pd.isna(value) else value)
    if kind in CELLS:
        return CELLS[kind](say, value)
    digits = KINDS[kind].digits or 0
    return common.number(say, value, digits) if column(name).is_number else common.text(value)
