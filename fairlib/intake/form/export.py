"""What does the form say? The export of the application form as one raw table, each row at its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.file_notes import read_visible, tell_headings
from fairlib.intake.files.tables import Sheet, cell
from fairlib.intake.findings import Remedy, finding
from fairlib.intake.headings.examples import examples
from fairlib.intake.headings.find import LOOK, Headings, with_own
from fairlib.intake.headings.first_row import find_table, heading_again, headings_seen
from fairlib.intake.headings.known import FIELDS, FINISHED
from fairlib.intake.ids import clean_ids, without_spaces
from fairlib.intake.texts import fold, fold_all
from fairlib.intake.totals import LONGEST, is_total, tell_total
from fairlib.rules import Language, Submissions

_CLOCK = re.compile(r"\d:\d\d")


@dataclass(frozen=True)
class Form:
    """The rows of the form as typed: a column for each of FIELDS (absent ones ""), and where they stand.

    `submission` is the id that the form has from here on. `rows` has besides the fields `file, sheet, row`
    (as a spreadsheet counts rows); `headings` gives the cell and the text of the heading of each field in
    each sheet, for the address of a finding.
    """

    rows: pd.DataFrame
    headings: dict[tuple[str, str], tuple[str, str]]
    present: frozenset[str]

    def at(self, row: Mapping[str, str] | pd.Series, field: str) -> dict[str, str]:
        """Where a field of a row stands: file, sheet, cell and the submission it is about."""
        letters = self.headings.get((row["sheet"], field), ("", ""))[0].rstrip("0123456789")
        return {
            "file": row["file"],
            "sheet": row["sheet"],
            "cell": f"{letters}{row['row']}" if letters else "",
            "submission": row["submission"],
        }


def read_form(rules: Submissions, data: Path, found: list[dict], language: Language) -> Form:
    """Read the form export; appends to `found` what is strange about its sheets and headings.

    `language` is that of the headings which are given as examples.

    Raises DataError if no sheet has a heading row with at least a title column, or none has a row below it.
    """
    path = data / rules.file
    parts: list[pd.DataFrame] = []
    headings: dict[tuple[str, str], tuple[str, str]] = {}
    left_out: list[Sheet] = []
    for sheet in read_visible(path, found):
        head = _head(sheet, rules)
        if head is None:
            left_out.append(sheet)
            found.append(
                finding(
                    "sheet_without_form", "warning", Remedy("left_out"), file=sheet.file, sheet=sheet.name
                )
            )
            continue
        _tell_headings(sheet, head, found, language)
        places = {f: (head.place(c), c) for f, c in head.columns.items()}
        headings |= {(sheet.name, f): (cell(*at), sheet.columns[c][at[0]]) for f, (at, c) in places.items()}
        parts.append(_rows(sheet, head, with_own(FIELDS, rules.columns), found))
    if not parts:
        raise _without_title(path, left_out, rules, language)
    several = len(parts) > 1
    rows = pd.concat(parts, ignore_index=True).fillna("") if several else parts[0].reset_index(drop=True)
    if rows.empty:
        raise DataError(f"{path}: there are headings and no form below them; ask for the filled export.")
    absent = pd.DataFrame("", rows.index, [f for f in FIELDS if f not in rows], dtype="str")
    rows = pd.concat([rows, absent], axis=1)[[*FIELDS, "file", "sheet", "row"]]
    return _with_ids(Form(rows, headings, frozenset(field for _, field in headings)), found)


def _without_title(path: Path, sheets: Sequence[Sheet], rules: Submissions, language: Language) -> DataError:
    """Names the headings that there are, of the sheet that has most of them."""
    seen = [
        (sheet, *headings_seen(sheet.rows(last=LOOK), with_own(FIELDS, rules.columns))) for sheet in sheets
    ]
    sheet, row, texts = max(seen, key=lambda s: len(s[2]))
    shown = ", ".join(f"«{text[:60]}»" for text in texts[:20])
    return DataError(
        f"{path}, sheet {sheet.name}: no sheet has a heading row with the project's title. The headings seem "
        f"to stand in row {row + 1}: {shown}. Give the column of titles a heading such as "
        f"{examples(language, 'title')}, or name yours in params under contest.submissions.columns.title."
    )


def _head(sheet: Sheet, rules: Submissions) -> Headings | None:
    """The headings of a sheet of forms. A column that params name for several fields serves them all.

    Where params name the column of ids and nothing is headed as the title, the titles are the ids.
    """
    rows, own = sheet.rows(last=LOOK), rules.columns
    head = find_table(rows, with_own(FIELDS, rules.columns), ["title"])
    if head is None and "submission" in own:
        own = {**own, "title": (*own.get("title", ()), *own["submission"])}
        head = find_table(rows, with_own(FIELDS, own), ["title"])
    if head is None:
        return None
    named = {fold(sheet.columns[at][head.place(at)[0]]): at for at in head.columns.values()}
    shared = {f: named[fold(h)] for f, names in own.items() for h in reversed(names) if fold(h) in named}
    return _with_finish(sheet, replace(head, columns={**shared, **head.columns}))


def _with_finish(sheet: Sheet, head: Headings) -> Headings:
    """With the time when somebody finished as the time of sending, where no column is headed as that."""
    if "sent_at" in head.columns:
        return head
    unknown = {fold(sheet.columns[at][head.place(at)[0]]): at for at in head.unknown}
    for end, start in FINISHED.items():
        if {fold(end), fold(start)} <= unknown.keys():
            at = unknown[fold(end)]
            filled = [text for text in sheet.columns[at][head.row + 1 :] if text]
            if 2 * sum(map(bool, map(_CLOCK.search, filled))) > len(filled):
                return replace(
                    head,
                    columns={**head.columns, "sent_at": at},
                    near={**head.near, "sent_at": sheet.columns[at][head.place(at)[0]]},
                    unknown=tuple(other for other in head.unknown if other != at),
                )
    return head


def _with_ids(form: Form, found: list[dict]) -> Form:
    """Every form gets an id of its own: the one typed, else its place; the second of an id gets a suffix."""
    typed = clean_ids(form.rows["submission"])
    bare = typed == ""
    ids = typed.mask(bare, "row-" + form.rows.loc[bare, "row"].astype(str))
    same = without_spaces(ids)
    twice = same.duplicated()
    again = ids[same.duplicated(keep=False)]
    times = (again.groupby(same).cumcount() + 1).astype(str)
    ids = ids.mask(twice, again + "#" + times)
    form = replace(form, rows=form.rows.assign(submission=ids))
    nameless = bare & (form.rows["title"] != "") & ("submission" in form.present)
    for code, severity, which in (("id_missing", "warning", nameless), ("id_twice", "error", twice)):
        for i in ids.index[which]:
            where = form.at(form.rows.loc[i], "submission")
            found.append(finding(code, severity, Remedy("called", what=ids[i]), found=typed[i], **where))
    return form


def _rows(sheet: Sheet, head: Headings, fields: Mapping, found: list[dict]) -> pd.DataFrame:
    """The rows below the headings that hold anything, in a known column or not.

    Rows of totals and rows of headings are told and left out.
    """
    below = [column[head.row + 1 :] for column in sheet.columns]
    kept = np.fromiter(map(any, zip(*below, strict=True)), dtype=bool)
    for at in _headings_below(below, head, fields, kept):
        kept[at] = False
        text, place = next(column[at] for column in below if column[at]), cell(head.row + 1 + at, 0)
        where = {"file": sheet.file, "sheet": sheet.name, "cell": place}
        found.append(finding("heading_below", "info", Remedy("left_out"), found=text, **where))
    for at in _totals(below, head):
        if kept[at] and is_total(cells := [column[at] for column in below]):
            kept[at] = False
            text, place = next(filter(None, cells)), cell(head.row + 1 + at, 0)
            tell_total(found, text, file=sheet.file, sheet=sheet.name, cell=place)
    body = pd.DataFrame({field: pd.array(below[at], dtype="str") for field, at in head.columns.items()})
    body["row"] = np.arange(head.row + 2, head.row + 2 + len(body))
    return body[kept].assign(file=sheet.file, sheet=sheet.name)


def _headings_below(
    below: list[list[str]], head: Headings, fields: Mapping, kept: np.ndarray
) -> Iterator[int]:
    """Rows that are headings again: directly below the headings, or anywhere with a heading for a title."""
    titles = {fold(name) for name in fields["title"]}
    again = {at for at, title in enumerate(fold_all(below[head.columns["title"]])) if title in titles}
    start = True
    for at in np.flatnonzero(kept).tolist():
        if not start and at not in again:
            continue
        found = heading_again([column[at] for column in below], head, fields, start)
        start &= found
        if found:
            yield at


def _totals(below: list[list[str]], head: Headings) -> list[int]:
    """Rows that may be totals: id, title and organisation are each empty or such a word."""
    naming = [below[head.columns[f]] for f in ("title", "submission", "organisation") if f in head.columns]
    bare = list(range(len(naming[0])))
    for column in naming:
        bare = [
            at for at in bare if len(column[at]) <= LONGEST and (not column[at] or is_total([column[at]]))
        ]
    return bare


def _tell_headings(sheet: Sheet, head: Headings, found: list[dict], language: Language) -> None:
    where = {"file": sheet.file, "sheet": sheet.name}
    tell_headings(sheet, head, found)
    for column in head.unknown:
        row, at = head.place(column)
        text, done = sheet.columns[at][row], Remedy("column_not_used")
        found.append(finding("heading_unknown", "info", done, found=text, cell=cell(row, at), **where))
    if "submission" not in head.columns:
        done = Remedy("numbered", what=examples(language, "submission"))
        found.append(finding("id_absent", "warning", done, cell=cell(head.row, 0), **where))
