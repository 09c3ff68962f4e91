"""Which sheets of a round have marks, how is each laid out, and is anything in them left unread?

What is headed with a juror, a criterion or a mark is read, or stops the run: going on without it would choose
by some of the jurors, and nobody would know.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.cells.values import marks
from fairlib.intake.file_notes import tell_headings
from fairlib.intake.files.tables import Sheet, cell
from fairlib.intake.findings import Remedy, finding
from fairlib.intake.headings.parts import is_comment
from fairlib.intake.sheets.jurors import juror_of, known_as, named_above
from fairlib.intake.sheets.layouts import LAYOUTS, Body, Names, headings_of, names_of, understand
from fairlib.intake.sheets.refusals import another_layout, layouts, unread
from fairlib.intake.sheets.side_by_side import bare_juror, is_juror, names_juror
from fairlib.intake.sheets.usable import Roster
from fairlib.intake.texts import fold
from fairlib.intake.totals import is_total
from fairlib.rules import Contest, Round, Scale

_PARTS = re.compile(r"\s*[-–—:,/()\[\]]\s*")
_STAMPS = frozenset(
    map(fold, ("timestamp", "отметка времени", "уақыт белгісі", "completion time", "start time"))
)
_RANKS = frozenset(map(fold, ("rank", "place", "position", "место", "рейтинг", "орын", "орны")))


def read_bodies(
    contest: Contest, r: Round, sheets: Sequence[Sheet], roster: Roster, found: list[dict]
) -> list[Body]:
    """The sheets that have marks, in their order; the others are told, and what is strange about headings.

    Raises DataError where no sheet has marks, marks would stay unread, the layout is another than params say,
    or two sheets are of one juror.
    """
    names = names_of(contest, r, _listed(roster.jurors), frozenset(roster.submissions.index))
    bodies = []
    for sheet in sheets:
        if body := understand(sheet, names):
            bodies.append(body)
            continue
        _refuse_marks(sheet, names, contest, r)
        found.append(
            finding("sheet_without_scores", "warning", Remedy("left_out"), file=sheet.file, sheet=sheet.name)
        )
    if not bodies:
        heads = [(sheet, headings_of(sheet, names)) for sheet in sheets]
        raise unread(*max(heads, key=lambda h: len(h[1].columns)), names.fields, contest, r)
    says = r.scores.layout
    for body in bodies:
        if says and says != body.layout and not _same_for_one(body, r, names):
            raise another_layout(body, says, r)
        _refuse_unread(body, names, r)
        _refuse_absent(body, list(contest.weights(r.id)), r.scale)
    _tell_layouts(bodies, r, found)
    bodies = _with_jurors(bodies, roster, found)
    for body in bodies:
        tell_headings(body.sheet, body.head, found, body.juror)
        _tell_unused(body, r.scale, found)
        _tell_absent(body, list(contest.weights(r.id)), found)
    return bodies


def _listed(jurors: pd.DataFrame | None) -> Callable[[str], bool] | None:
    """Whether the list of jurors knows a label, with or without the word for juror; None without a list."""
    if jurors is None:
        return None
    return lambda label: any(known_as(name, jurors) for name in (label, bare_juror(label)))


def _same_for_one(body: Body, r: Round, names: Names) -> bool:
    """Whether the two layouts are one: with one criterion a row a juror and submission is a row a mark."""
    return bool(names.one) and {r.scores.layout, body.layout} == {"rows", "long"} and "juror" in body.fields


def _with_jurors(bodies: Sequence[Body], roster: Roster, found: list[dict]) -> list[Body]:
    """Each sheet with the juror it is of, where its rows and headings name none.

    Raises DataError where two are of one juror, or a long table does not say whose its marks are.
    """
    sheets = Counter(body.sheet.file for body in bodies)
    of: dict[str, Body] = {}
    made = []
    for body in bodies:
        sheet = body.sheet
        if "juror" in body.fields or body.layout == "wide":
            made.append(body)
            continue
        above = sheet.rows(last=body.head.row - (body.head.above is not None))
        juror = juror_of(above, sheet.file, sheet.name, roster.jurors, found, several=sheets[sheet.file] > 1)
        if (
            body.layout == "long"
            and len(bodies) == 1
            and (roster.jurors is None or juror not in roster.jurors.index)
        ):
            raise DataError(
                f"{sheet.file}, sheet {sheet.name}: a row a mark, and no column says whose mark it is; add a "
                f"column of jurors, or name its heading under scores.columns as juror. {layouts()}"
            )
        if juror in of:
            first = of[juror].sheet
            raise DataError(
                f"{first.file}, sheet {first.name} and {sheet.file}, sheet {sheet.name}: both are the marks "
                f"of juror {juror}; keep one, or correct the name in the other."
            )
        of[juror] = replace(body, juror=juror)
        made.append(of[juror])
    return made


def _tell_layouts(bodies: Iterable[Body], r: Round, found: list[dict]) -> None:
    """Say how the sheets were understood where params do not say it, once for each layout."""
    if r.scores.layout:
        return
    first = {body.layout: body for body in reversed(list(bodies))}
    for layout, body in sorted(first.items()):
        row = [body.heading(at) for f, at in body.fields.items() if f in ("submission", "juror", "criterion")]
        marked = [body.heading(mark.column) if not mark.juror else mark.juror for mark in body.marks]
        where = {"file": body.sheet.file, "sheet": body.sheet.name, "cell": cell(body.head.row, 0)}
        text = ", ".join(dict.fromkeys([*row, *marked]))
        done = Remedy("layout", layout=layout, what=LAYOUTS[layout])
        found.append(finding("layout_understood", "info", done, found=text, **where))


def _refuse_marks(sheet: Sheet, names: Names, contest: Contest, r: Round) -> None:
    """Raises DataError for a sheet that is not understood and in which marks of the round seem to stand."""
    head = headings_of(sheet, names)
    below = {
        at: sheet.columns[at][head.row + 1 :]
        for at in (*head.unknown, *head.columns.values(), *head.repeated)
    }
    marked = {at for at, texts in below.items() if holds_marks(texts, r.scale)}
    criteria = {at for f, at in head.columns.items() if names.criterion(f)} & marked
    if "submission" in head.columns:
        texts = {at: sheet.columns[at][head.place(at)[0]] for at in head.unknown if at in marked}
        free = [at for at, text in texts.items() if not is_total([text]) and fold(text) not in _RANKS]
        lost = len(free) >= len(contest.weights(r.id)) or bool(criteria)
    else:
        lost = len(criteria) > 1 or (bool(criteria) and ("juror" in head.columns or bool(names.one)))
    if lost:
        raise unread(sheet, head, names.fields, contest, r)


def _refuse_unread(body: Body, names: Names, r: Round) -> None:
    """Raises DataError where a column of jurors, of answers or of marks would stay unread."""
    where = f"{body.sheet.file}, sheet {body.sheet.name}"
    for again, first in body.twice.items():
        if row := _differ(body, first, again):
            raise DataError(
                f"{where}: two columns are of one criterion, {body.heading(first)} and "
                f"{body.heading(again)}, and their marks differ in row {row}. If they are of two jurors, say "
                "so in the headings («Judge 1 - Innovation») or in a row above them; else empty one of "
                f"them. {layouts()}"
            )
    for at in (*body.head.unknown, *body.head.repeated):
        text = body.sheet.columns[at][body.head.place(at)[0]]
        if is_juror(text, names.known) and holds_marks(body.below(at), r.scale):
            raise DataError(
                f"{where}: the column {body.heading(at)} is headed as a juror's and names no criterion, so "
                "its marks would not count. Correct the heading («Judge 1 - Innovation»), or take the "
                "column out of the sheet."
            )
    if body.layout == "wide":
        _refuse_unnamed(body, where, r)
    elif "juror" not in body.fields:
        _refuse_answers(body, where, r)
        _refuse_blocks(body, where)


def _refuse_unnamed(body: Body, where: str, r: Round) -> None:
    """Beside jurors that are read, another column of marks may be of a juror whom nothing names."""
    for at in (*body.head.unknown, *body.head.repeated):
        text = body.sheet.columns[at][body.head.place(at)[0]]
        known = is_total(_PARTS.split(text)) or names_juror(text) or is_comment(text) or fold(text) in _RANKS
        if not known and holds_marks(body.below(at), r.scale):
            raise DataError(
                f"{where}: jurors stand side by side, and below {body.heading(at)} are numbers on the scale "
                "that would not count. If they are a juror's, head them as such («Judge 1», or by a name in "
                "the list of jurors); else take the column out of the sheet."
            )


def _refuse_blocks(body: Body, where: str) -> None:
    """A juror named between the marks, and marks below: whose are they?"""
    first = body.head.row + 1
    marked = [
        any(map(str.strip, row)) for row in zip(*(body.below(m.column) for m in body.marks), strict=True)
    ]
    last = max((n for n, has in enumerate(marked) if has), default=0)
    for n in (n for n in range(last) if not marked[n]):
        if name := named_above(body.sheet.rows(first + n, first + n + 1)):
            raise DataError(
                f"{where}: row {first + n + 1} names a juror ({name}) and marks stand above and below it; "
                f"give each juror a sheet, or add a column of jurors. {layouts()}"
            )


def _refuse_answers(body: Body, where: str, r: Round) -> None:
    """Answers to a form, with their times or the addresses of who sent them, are hardly all of one juror."""
    texts = {at: body.sheet.columns[at][body.head.place(at)[0]] for at in body.head.unknown}
    different = {at: len(set(filter(None, body.below(at)))) > 1 for at in texts}
    stamps = [at for at, t in texts.items() if fold(t) in _STAMPS and different[at]]
    if stamps:
        raise DataError(
            f"{where}: the rows look like answers to a form ({body.heading(stamps[0])}), and no column is "
            f"known to name the juror. Name its heading under rounds.{r.id}.scores.columns as juror. "
            f"{layouts()}"
        )


def _differ(body: Body, first: int, again: int) -> int:
    """The row, as a spreadsheet counts, in which two columns have different marks; 0 if there is none."""
    sent = body.below(body.fields["submission"])
    columns = [[text.strip() for text in body.below(at)] for at in (first, again)]
    read = [marks(pd.Series(texts, dtype="str"))["value"] for texts in columns]
    for n, (s, one, other, same) in enumerate(zip(sent, *columns, read[0] == read[1], strict=True)):
        if s.strip() and one != other and not same:
            return body.head.row + 2 + n
    return 0


def _tell_unused(body: Body, scale: Scale, found: list[dict]) -> None:
    """Tell of columns about jurors that are not read: weights, and what was said of jurors side by side."""
    for column in body.head.unknown:
        row, at = body.head.place(column)
        text = body.sheet.columns[at][row]
        numbers = names_juror(text) and holds_marks(body.below(at), scale)
        if numbers or (body.layout == "wide" and is_comment(text) and any(body.below(at))):
            where = {
                "file": body.sheet.file,
                "sheet": body.sheet.name,
                "cell": cell(row, at),
                "juror": body.juror,
            }
            severity = "warning" if numbers else "info"
            found.append(finding("heading_unknown", severity, Remedy("column_not_used"), found=text, **where))


def _tell_absent(body: Body, criteria: Sequence[str], found: list[dict]) -> None:
    """Tell which criteria have no column of a juror's."""
    if body.layout == "long":
        return
    for juror in dict.fromkeys(mark.juror or body.juror for mark in body.marks):
        has = {mark.criterion for mark in body.marks if (mark.juror or body.juror) == juror}
        for c in sorted(set(criteria) - has):
            where = {"file": body.sheet.file, "sheet": body.sheet.name, "juror": juror}
            found.append(finding("criterion_absent", "error", Remedy("marks_missing"), found=c, **where))


def _refuse_absent(body: Body, criteria: Sequence[str], scale: Scale) -> None:
    """Raises DataError where a criterion has no column and marks stand below a heading that is not known."""
    has = {mark.criterion for mark in body.marks}
    for c in sorted(set(criteria) - has) if body.layout != "long" else ():
        for column in body.head.unknown:
            row, at = body.head.place(column)
            if not is_total([text := body.sheet.columns[at][row]]) and holds_marks(body.below(at), scale):
                raise DataError(
                    f"{body.sheet.file}, sheet {body.sheet.name}: no column has the criterion {c}, and marks "
                    f"stand below the heading «{text}» ({cell(row, at)}), which is not known. Correct that "
                    "heading, or add it to the aliases of the criterion in params."
                )


def holds_marks(texts: Sequence[str], scale: Scale) -> bool:
    """Whether most of what stands in a column are marks of the scale."""
    filled = pd.Series([text for text in texts if text.strip()], dtype="str")
    on_scale = marks(filled, scale)["value"].dropna().map(scale.holds)
    return bool(len(filled)) and 2 * int(on_scale.sum()) > len(filled)
