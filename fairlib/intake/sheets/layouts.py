"""How is a sheet of marks laid out? What its headings say of submissions, jurors and criteria.

- `sheets`: one sheet a juror, a row a submission, a column a criterion.
- `rows`: a row for each juror and submission, a column a criterion.
- `long`: a row a mark.
- `wide`: a row a submission, the jurors side by side.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from fairlib.intake.files.tables import Sheet, cell
from fairlib.intake.headings.find import LOOK, Headings, find_headings, likeliest_headings, with_own
from fairlib.intake.headings.known import (
    COMMENT,
    CRITERION,
    DAY,
    FIELDS,
    JUROR,
    JUROR_NAME,
    SCORE,
    SLOT,
    SUBMISSION,
)
from fairlib.intake.headings.parts import key, parts
from fairlib.intake.ids import clean_ids
from fairlib.intake.sheets.side_by_side import Mark, named_jurors, side_by_side
from fairlib.intake.texts import fold
from fairlib.rules import Contest, Round

LAYOUTS = {
    "sheets": "one sheet a juror, a row a submission, a column a criterion",
    "rows": "a row for each juror and submission, a column a criterion",
    "long": "a row a mark",
    "wide": "a row a submission, the jurors side by side",
}
_SAID = {  # in each row of a layout
    "sheets": ("submission", "title", "comment", "day", "slot"),
    "rows": ("submission", "title", "comment", "day", "slot", "juror"),
    "long": ("submission", "title", "comment", "day", "slot", "juror", "criterion"),
    "wide": ("submission", "title", "day", "slot"),
}
_OF = "criterion "  # before the id of a criterion, among the fields: «day» may be one


@dataclass(frozen=True)
class Body:
    """A sheet of marks: its headings, its layout and the columns in which marks stand.

    `fields`: the columns of what each row says itself, submission and any of title, juror, criterion,
    comment, day, slot. `twice`: columns that name what another column of marks names, and that column.
    `juror` is whose sheet it is, where no row and no heading says so.
    """

    sheet: Sheet
    head: Headings
    layout: str
    marks: tuple[Mark, ...]
    fields: Mapping[str, int] = field(default_factory=dict)
    twice: Mapping[int, int] = field(default_factory=dict)
    juror: str = ""

    def below(self, column: int) -> Sequence[str]:
        """What stands in a column below the headings."""
        return self.sheet.columns[column][self.head.row + 1 :]

    def heading(self, column: int) -> str:
        """The heading of a column, with the address of its cell."""
        row, at = self.head.place(column)
        return f"«{self.sheet.columns[at][row].strip()}» ({cell(row, at)})"


@dataclass(frozen=True)
class Names:
    """The headings by which a round's sheets are known, and what is known of its jurors and submissions.

    `fields` by field, criteria among them; `criteria`: key of a heading → criterion; `one`: the only
    criterion of the round, or "". `known` says whether the list of jurors has a name; None where there is no
    list.
    """

    fields: dict[str, tuple[str, ...]]
    criteria: dict[str, str]
    one: str
    known: Callable[[str], bool] | None
    submissions: frozenset[str]

    @staticmethod
    def criterion(field: str) -> str:
        """The criterion that a field is of; "" for a field of another kind."""
        return field.removeprefix(_OF) if field.startswith(_OF) else ""


def names_of(
    contest: Contest, r: Round, known: Callable[[str], bool] | None, submissions: frozenset[str]
) -> Names:
    """The headings of a round's sheets: the params' own before the usual ones, the form's known too."""
    own, form = r.scores.columns, contest.submissions.columns
    usual = {
        "submission": SUBMISSION,
        "title": FIELDS["title"],
        "juror": (*JUROR, *JUROR_NAME),
        "criterion": CRITERION,
        "score": SCORE,
        "comment": COMMENT,
        "day": DAY,
        "slot": SLOT,
    }
    given = {f: (*own.get(f, ()), *(form.get(f, ()) if f in ("submission", "title") else ())) for f in usual}
    taken = {fold(h) for names in given.values() for h in names}
    fields = with_own(usual, given)
    marked = list(contest.weights(r.id))
    one = marked[0] if len(marked) == 1 else ""
    said = {c.id: (c.id, c.name.kk, c.name.ru, c.name.en, *c.aliases) for c in contest.criteria}
    said = {c: tuple(n for n in names if fold(n) not in taken) for c, names in said.items()}
    criteria = {key(n): c for c, names in said.items() for n in names}
    if one:
        criteria = {key(n): one for n in fields["score"]} | criteria
    return Names(fields | {_OF + c: n for c, n in said.items()}, criteria, one, known, submissions)


def understand(sheet: Sheet, names: Names) -> Body | None:
    """The sheet with its layout; None if its headings name no marks of submissions."""
    head = headings_of(sheet, names)
    if "juror" in head.columns and not _filled(sheet, head, "juror"):  # a place for a signature
        names = replace(names, fields={f: n for f, n in names.fields.items() if f != "juror"})
        head = headings_of(sheet, names)
    if "submission" not in head.columns:
        return None
    criteria = {c: at for f, at in head.columns.items() if (c := names.criterion(f))}
    body = _laid_out(sheet, head, criteria, names)
    return body and _told_apart(body)


def headings_of(sheet: Sheet, names: Names) -> Headings:
    """The headings of a sheet, whatever they lack; a title, or the cells, stand for that of submissions."""
    rows = sheet.rows(last=LOOK)
    head = find_headings(rows, names.fields, ["submission"])
    if head is None or not any(f == "score" or names.criterion(f) for f in head.columns):
        found = [head, find_headings(rows, names.fields, ["title"])]
        head = max(filter(None, found), key=lambda h: len(h.columns), default=None)
    head = head or likeliest_headings(rows, names.fields)
    if "submission" not in head.columns and "title" in head.columns:
        head = replace(head, columns=head.columns | {"submission": head.columns["title"]})
    elif "submission" not in head.columns:
        head = _by_cells(sheet, head, "submission", names.submissions.__contains__)
    if "juror" not in head.columns and names.known and "juror" in names.fields:
        head = _by_cells(sheet, head, "juror", names.known)
    return head


def _by_cells(sheet: Sheet, head: Headings, field: str, known: Callable[[str], bool]) -> Headings:
    """With the one unknown column in which every filled cell is a known id; plain numbers say nothing."""
    found = []
    for at in head.unknown:
        texts = pd.Series(sheet.columns[at][head.row + 1 :], dtype="str")
        ids = set(clean_ids(texts) if field == "submission" else texts.str.strip()) - {""}
        if len(ids) > 1 and not all(i.isdigit() for i in ids) and all(map(known, ids)):
            found.append(at)
    if len(found) != 1:
        return head
    row, at = head.place(found[0])
    return replace(
        head,
        columns=head.columns | {field: at},
        near=head.near | {field: sheet.columns[at][row]},
        unknown=tuple(n for n in head.unknown if n != at),
    )


def _laid_out(sheet: Sheet, head: Headings, criteria: Mapping[str, int], names: Names) -> Body | None:
    columns = head.columns
    marks = tuple(Mark(at, c) for c, at in criteria.items())
    score = columns.get("score", next(iter(criteria.values()), None) if len(criteria) == 1 else None)
    if "criterion" in columns and score is not None and _filled(sheet, head, "criterion"):
        return Body(sheet, head, "long", (Mark(score),))
    if names.one and not criteria and score is not None:
        marks = (Mark(score, names.one),)
    if "juror" in columns:
        return Body(sheet, head, "rows", marks) if marks else None
    last, beside = side_by_side(sheet, head, names.criteria, names.known)
    if not beside and not marks and (c := names.one or _of_sheet(sheet, names)):
        beside = named_jurors(sheet, head, c, names.known)
    if beside:
        return Body(sheet, replace(head, row=last), "wide", beside)
    return Body(sheet, head, "sheets", marks) if marks else None


def _of_sheet(sheet: Sheet, names: Names) -> str:
    """The criterion after which the sheet or its file is named."""
    said = (sheet.name, sheet.file.rpartition(".")[0])
    return next((names.criteria[p] for text in said for p in parts(text) if p in names.criteria), "")


def _filled(sheet: Sheet, head: Headings, field: str) -> bool:
    at = head.columns.get(field)
    return at is not None and any(text.strip() for text in sheet.columns[at][head.row + 1 :])


def _told_apart(body: Body) -> Body:
    """What is said in each row, what is read as marks, and what is not read."""
    head, marks = body.head, {mark.column for mark in body.marks}
    fields = {f: at for f, at in head.columns.items() if f in _SAID[body.layout] and at not in marks}
    if fields.get("title") == fields["submission"]:
        del fields["title"]
    spare = {*head.unknown, *head.columns.values()} - marks - set(fields.values())
    again = {at: f for at, f in head.repeated.items() if at not in marks}
    plain = replace(
        head,
        columns={f.removeprefix(_OF): at for f, at in head.columns.items()},
        near={f.removeprefix(_OF): text for f, text in head.near.items()},
        unknown=tuple(sorted(spare)),
        repeated=again,
    )
    twice = {at: head.columns[f] for at, f in again.items() if f == "score" or f.startswith(_OF)}
    return replace(body, head=plain, fields=fields, twice=twice)
