"""What did the jurors mark? Score files of a round → the ratings table, every cell with its source.

Two layouts: `sheets` (one sheet a juror, a row a submission, a column a criterion) and `long` (one row
a mark). What may then be used is decided in `scorecheck`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from fairlib.errors import DataError
from fairlib.intake.fields import COMMENT, CRITERION, DAY, JUROR, SCORE, SLOT, SUBMISSION
from fairlib.intake.findings import as_table, finding
from fairlib.intake.headings import LOOK, Headings, find_headings
from fairlib.intake.identifiers import mask
from fairlib.intake.ids import clean_ids
from fairlib.intake.jurors import juror_of, known_as, without_names
from fairlib.intake.kazakh import fold
from fairlib.intake.scorecheck import (
    STATUSES,
    Roster,
    at_mark,
    check_conflicts,
    check_marks,
    labelled,
    sources,
)
from fairlib.intake.tables import Sheet, cell, collecting_later, column_letters
from fairlib.intake.told import read_visible, tell_headings
from fairlib.intake.totals import is_total, tell_total, totals
from fairlib.intake.values import marks
from fairlib.rules import Contest, Round, Scale

KEPT = ("submission", "juror", "file", "sheet", "row", "day", "slot")  # of a row, at each of its marks
_Body = tuple[Sheet, Headings]


@dataclass(frozen=True)
class Scoresheets:
    """What came of a round's files: ratings and comments that count, rows rejected, findings.

    `received` marks came in; `received = len(ratings) + len(rejected)`.
    """

    ratings: pd.DataFrame
    comments: pd.DataFrame
    rejected: pd.DataFrame
    findings: pd.DataFrame
    received: int
    roster: Roster


@collecting_later()
def read_scores(contest: Contest, r: Round, data: Path, roster: Roster) -> Scoresheets:
    """Read the score files of a round.

    Raises DataError if there are no files, no file has the expected headings, two sheets are of the same
    juror, or one juror gave two different marks for the same submission and criterion.
    """
    files = sorted(
        p for p in data.glob(r.scores.files) if p.name not in _not_scores(r) and p.name[0] not in ".~"
    )
    if not files:
        raise DataError(f"{data / r.scores.files}: no score file of the round {r.id}; put the files there.")
    found = list(roster.findings)
    # an error in a cell is told where it stands for a mark
    sheets = [s for f in files for s in read_visible(f, found, quiet=["error_cell"])]
    read = _read_sheets if r.scores.layout == "sheets" else _read_long
    raw, comments = read(contest, r, sheets, roster, found)
    raw = _with_marks(raw, r.scale, found)
    ratings, rejected = check_marks(raw, roster, list(contest.weights(r.id)), found)
    assert len(ratings) + len(rejected) == len(raw), "a mark was lost"
    ratings.insert(0, "round", r.id)
    check_conflicts(roster, Path(r.conflicts or "").name, found)
    meant = comments["submission"].map(lambda s: roster.versions.get(s, s))
    said = without_names(comments["comment"].map(mask), roster.jurors)
    comments = comments.assign(submission=meant, comment=said)
    comments = comments[comments["submission"].isin(roster.submissions.index)]
    return Scoresheets(
        ratings,
        comments.sort_values(["submission", "juror"], kind="stable").reset_index(drop=True),
        rejected.sort_values("source", kind="stable").reset_index(drop=True),
        as_table(found),
        len(raw),
        roster,
    )


def _not_scores(r: Round) -> set[str]:
    return {Path(p).name for p in (r.jurors, r.conflicts) if p}


def _criteria(contest: Contest) -> dict[str, tuple[str, ...]]:
    return {c.id: (c.id, c.name.kk, c.name.ru, c.name.en, *c.aliases) for c in contest.criteria}


def _read_sheets(contest: Contest, r: Round, sheets: list[Sheet], roster: Roster, found: list) -> tuple:
    bodies = _bodies_of_jurors(contest, r, sheets, roster, found)
    rows = _rows(list(bodies.values()), found)
    rows["juror"] = labelled(rows["part"], list(bodies))
    criteria = [c for c in _criteria(contest) if c in rows]
    at, column = _unfold(
        rows["part"].to_numpy(), _marked(rows, bodies.values(), criteria, contest.weights(r.id))
    )
    raw = rows[[c for c in KEPT if c in rows]].take(at).reset_index(drop=True)
    raw["criterion"] = labelled(column, criteria)
    typed = union_categoricals([rows[c] for c in criteria], sort_categories=True)
    raw["typed"] = typed.take(column * len(rows) + at)
    raw["column"] = _letters(rows["part"].to_numpy()[at], bodies.values(), criteria, column)
    return raw, _comments(rows, bodies.values(), "comment")


def _bodies_of_jurors(
    contest: Contest, r: Round, sheets: list[Sheet], roster: Roster, found: list
) -> dict[str, _Body]:
    """The sheet of each juror. Raises DataError where there is none, or two are of one juror."""
    criteria = _criteria(contest)
    fields = {"submission": SUBMISSION, "comment": COMMENT, "day": DAY, "slot": SLOT} | criteria
    bodies: dict[str, _Body] = {}
    for sheet in sheets:
        head = find_headings(sheet.rows(last=LOOK), fields, ["submission"])
        if head is None or not criteria.keys() & head.columns.keys():
            found.append(
                finding("sheet_without_scores", "warning", "left out", file=sheet.file, sheet=sheet.name)
            )
            continue
        above = chain.from_iterable(sheet.rows(last=head.row))
        juror = juror_of(above, sheet.file, sheet.name, roster.jurors, found)
        if juror in bodies:
            first = bodies[juror][0]
            raise DataError(
                f"{first.file}, sheet {first.name} and {sheet.file}, sheet {sheet.name}: both are the marks of "
                f"juror {juror}; keep one, or correct the name in the other."
            )
        bodies[juror] = (sheet, head)
        _note_headings(sheet, head, contest.weights(r.id), r.scale, juror, found)
    if not bodies:
        raise DataError(
            f"{r.scores.files}: no sheet has a submission column and a criterion; check the headings: they are to "
            f"be such as «{SUBMISSION[0]}» and the names of the criteria in params."
        )
    return bodies


def _note_headings(
    sheet: Sheet, head: Headings, criteria: dict, scale: Scale, juror: str, found: list
) -> None:
    """Tell what is strange about headings. Raises DataError where an absent criterion may be an unread column."""
    tell_headings(sheet, head, found, juror)
    where = {"file": sheet.file, "sheet": sheet.name, "juror": juror}
    for c in sorted(criteria.keys() - head.columns.keys()):
        for column in head.unknown:
            row, at = head.place(column)
            if not is_total([text := sheet.columns[at][row]]) and _holds_marks(
                sheet.columns[at][head.row + 1 :], scale
            ):
                raise DataError(
                    f"{sheet.file}, sheet {sheet.name}: no column has the criterion {c}, and marks stand below the "
                    f"heading «{text}» ({cell(row, at)}), which is not known. Correct that heading, or add it to the "
                    f"aliases of the criterion in params."
                )
        found.append(finding("criterion_absent", "error", "its marks are missing", found=c, **where))


def _holds_marks(texts: Sequence[str], scale: Scale) -> bool:
    """Whether most of what stands in a column are marks of the scale."""
    filled = pd.Series([text for text in texts if text.strip()], dtype="str")
    on_scale = marks(filled, scale)["value"].dropna().map(scale.holds)
    return bool(len(filled)) and 2 * int(on_scale.sum()) > len(filled)


def _rows(bodies: Sequence[_Body], found: list) -> pd.DataFrame:
    """The rows below the headings that hold anything, sheet by sheet, with `part` (the sheet's place) and `row`.

    Columns by field, as categories; missing where a sheet has no such column. Rows of totals are told.
    """
    fields = dict.fromkeys(chain.from_iterable(head.columns for _, head in bodies))
    rows = pd.DataFrame({field: _field(bodies, field) for field in fields})
    places = [np.arange(head.row + 2, len(sheet.columns[0]) + 1) for sheet, head in bodies]
    rows["part"] = np.repeat(np.arange(len(bodies)), list(map(len, places)))
    rows["row"] = np.concatenate(places)
    sent = rows["submission"].cat
    rows["submission"] = labelled(sent.codes, clean_ids(pd.Series(sent.categories)).tolist())
    sums = sent.categories.get_indexer(totals(sent.categories.tolist()))
    nameless = rows[(rows["submission"] == "") | np.isin(sent.codes, sums)]
    blank = nameless[list(fields)].isin(["", np.nan]).all(axis=1)
    total = [
        _is_total(*bodies[part], row, found) for part, row in nameless[~blank][["part", "row"]].to_numpy()
    ]
    rows = rows.drop(index=[*blank.index[blank], *blank.index[~blank][total]]).reset_index(drop=True)
    rows["file"] = labelled(rows["part"], [sheet.file for sheet, _ in bodies])
    rows["sheet"] = labelled(rows["part"], [sheet.name for sheet, _ in bodies])
    return rows


def _is_total(sheet: Sheet, head: Headings, row: int, found: list) -> bool:
    """Whether a row without an id is one of totals, or what stands for its id is; such a row is told."""
    cells = sheet.rows(row - 1, row)[0]
    if not is_total(cells):
        return False
    text = next(filter(None, cells))
    tell_total(found, text, file=sheet.file, sheet=sheet.name, cell=cell(row - 1, 0))
    return True


def _field(bodies: Sequence[_Body], field: str) -> pd.Categorical:
    """What stands below the heading of a field, sheet by sheet."""
    texts: list[str | None] = []
    for sheet, head in bodies:
        at = head.columns.get(field)
        texts += (
            [None] * (len(sheet.columns[0]) - head.row - 1)
            if at is None
            else sheet.columns[at][head.row + 1 :]
        )
    codes, different = pd.factorize(np.array(texts, dtype=object))
    return pd.Categorical.from_codes(codes, pd.Index(different, dtype="str"))


def _filled(column: pd.Series) -> np.ndarray:
    """Where a column of categories has more than blanks."""
    return np.append(column.cat.categories.str.strip() != "", False)[column.cat.codes]


def _marked(
    rows: pd.DataFrame, bodies: Iterable[_Body], criteria: list[str], of_round: Iterable[str]
) -> list[list[int]]:
    """The criteria of each sheet, by their places; an empty column for one of another round says nothing."""
    filled = {c: set(rows["part"][_filled(rows[c])]) for c in criteria if c not in of_round}
    return [
        [n for n, c in enumerate(criteria) if c in head.columns and (c not in filled or part in filled[c])]
        for part, (_, head) in enumerate(bodies)
    ]


def _unfold(part: np.ndarray, marked: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """The row and the criterion of every mark, sheet by sheet, criterion by criterion, row by row.

    `part` (sorted) is the sheet of each row, `marked` the criteria of each sheet.
    """
    ends = np.searchsorted(part, np.arange(len(marked) + 1))
    here = [np.arange(first, last) for first, last in pairwise(ends)]
    at = [np.tile(rows, len(columns)) for rows, columns in zip(here, marked, strict=True)]
    column = [np.repeat(np.array(c, dtype=int), len(rows)) for rows, c in zip(here, marked, strict=True)]
    return np.concatenate(at), np.concatenate(column)


def _letters(
    part: np.ndarray, bodies: Iterable[_Body], fields: list[str], field: np.ndarray | int
) -> pd.Categorical:
    """File, sheet and column letters of marks; `field` is the column of each, by its place in `fields`."""
    columns = [_column(*body, f) for body in bodies for f in fields]
    return labelled(part * len(fields) + field, columns)


def _column(sheet: Sheet, head: Headings, field: str) -> str:
    letters = column_letters(head.columns[field]) if field in head.columns else ""
    return f"{sheet.file}!{sheet.name}!{letters}"


def _comments(rows: pd.DataFrame, bodies: Iterable[_Body], field: str) -> pd.DataFrame:
    """What was said, with the cell in the column of `field`."""
    if "comment" not in rows:
        return pd.DataFrame(columns=["submission", "juror", "comment", "source"], dtype="str")
    said = rows[_filled(rows["comment"])]
    comments = said[["submission", "juror", "comment"]].astype("str")
    return comments.assign(
        source=sources(said.assign(column=_letters(said["part"].to_numpy(), bodies, [field], 0)))
    )


def _read_long(contest: Contest, r: Round, sheets: list[Sheet], roster: Roster, found: list) -> tuple:
    fields = {"submission": SUBMISSION, "juror": JUROR, "criterion": CRITERION, "score": SCORE, "day": DAY,
              "slot": SLOT, "comment": COMMENT}  # fmt: skip
    marked = list(contest.weights(r.id))
    one = marked[0] if len(marked) == 1 else None
    needed = ["submission", "juror", "score", *([] if one else ["criterion"])]
    bodies = []
    for sheet in sheets:
        head = find_headings(sheet.rows(last=LOOK), fields, needed)
        if head is None:
            raise DataError(
                f"{sheet.file}, sheet {sheet.name}: no heading row with {', '.join(needed)}; give the columns "
                "these names, in kk, ru or en, in one row above the marks."
            )
        bodies.append((sheet, head))
    rows = _rows(bodies, found)
    rows["juror"] = _jurors(rows, roster, found)
    raw = rows[[c for c in KEPT if c in rows]].copy()
    names = {fold(n): c for c, ns in _criteria(contest).items() for n in ns}
    typed = (
        rows["criterion"].astype("str").fillna(one)
        if "criterion" in rows
        else pd.Series(one, index=rows.index)
    )
    codes, criteria = pd.factorize(typed)
    raw["criterion"] = labelled(codes, [names.get(fold(c), c) for c in criteria])
    raw["typed"] = labelled(rows["score"].cat.codes, rows["score"].cat.categories)
    raw["column"] = _letters(rows["part"].to_numpy(), bodies, ["score"], 0)
    return raw, _comments(rows, bodies, "score")


def _jurors(rows: pd.DataFrame, roster: Roster, found: list) -> pd.Categorical:
    """The juror of each row, by id; one known by name in the list of jurors is told, once."""
    typed = rows["juror"].cat
    jurors = [mask(j.strip()) for j in typed.categories]
    for n, name in enumerate(jurors) if roster.jurors is not None else ():
        if name in roster.jurors.index or not (juror := known_as(name, roster.jurors)):
            continue
        jurors[n] = juror
        if fold(name) != fold(juror):
            where = rows.iloc[(typed.codes == n).to_numpy().argmax()][["file", "sheet"]].to_dict()
            done = f"taken as {juror}"
            found.append(finding("juror_by_name", "warning", done, found=name, juror=juror, **where))
    return labelled(typed.codes, jurors)


def _with_marks(raw: pd.DataFrame, scale: Scale, found: list) -> pd.DataFrame:
    """What was typed → score and status, each different text read once; a number off the scale is `invalid`."""
    code = raw["typed"].cat.codes.to_numpy()
    read = marks(pd.Series(raw["typed"].cat.categories), scale)
    off = read["value"].notna() & ~read["value"].map(scale.holds, na_action="ignore").fillna(True).astype(
        bool
    )
    read["status"] = read["status"].mask(off, "invalid")
    read["code"] = read["code"].mask(off, "off_scale")
    score = read["value"].where(read["status"] == "scored").to_numpy()
    raw = raw.assign(score=score[code], status=pd.Categorical(read["status"], STATUSES).take(code))
    noted = np.flatnonzero((read["code"] != "").to_numpy()[code])
    _tell_marks(raw.take(noted).assign(code=read["code"].to_numpy()[code[noted]]), found)
    return raw


def _tell_marks(noted: pd.DataFrame, found: list) -> None:
    """What is strange about marks; habits of whole columns, decimal commas and words, once a column and kind."""
    habit = noted["code"].isin(["decimal_comma", "in_words"])
    for row in noted[~habit].to_dict("records"):
        if row["status"] == "invalid":
            found.append(at_mark(row, row["code"], "error", "not used", row["typed"]))
        else:
            done = f"read as {row['score']:g}" if row["status"] == "scored" else f"read as {row['status']}"
            found.append(at_mark(row, row["code"], "info", done, row["typed"]))
    habits = noted[habit]
    kind = habits["typed"].astype("str").where(habits["code"] == "in_words", "")
    for _, column in habits.groupby([habits["column"], kind], observed=True):
        row = column.iloc[0].to_dict()
        more = f" (the first of {len(column)} in this column)" if len(column) > 1 else ""
        found.append(at_mark(row, row["code"], "info", f"read as {row['score']:g}{more}", row["typed"]))
