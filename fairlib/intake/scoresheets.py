"""What did the jurors mark? Score files of a round → the ratings table, every cell with its source.

Two layouts: `sheets` (one sheet a juror, a row a submission, a column a criterion) and `long` (one row
a mark). What may then be used is decided in `scorecheck`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.findings import as_table, finding
from fairlib.intake.headings import Headings, find_headings
from fairlib.intake.identifiers import mask
from fairlib.intake.ids import clean_ids
from fairlib.intake.kazakh import fold
from fairlib.intake.scorecheck import Roster, at_mark, check_marks
from fairlib.intake.tables import Sheet, cell, column_letters, read_tables
from fairlib.intake.values import marks
from fairlib.rules import Contest, Round

SUBMISSION = ("өтінім №", "заявка №", "№ заявки", "өтінім нөмірі", "номер заявки", "submission", "id", "№")
JUROR = ("сарапшы", "эксперт", "қазы", "член жюри", "juror", "expert", "judge")
COMMENT = ("түсініктеме", "пікір", "ескерту", "комментарий", "примечание", "comment", "note")
DAY = ("күн", "күні", "день", "day")
SLOT = ("кезек", "очередь", "слот", "slot")
CRITERION = ("өлшемшарт", "критерий", "criterion")
SCORE = ("балл", "баға", "ұпай", "оценка", "score", "mark")
_NAMED = re.compile(rf"(?:{'|'.join(JUROR)})\s*[:№#]\s*(?P<juror>\S.*)", re.IGNORECASE)


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
    found: list[dict] = []
    sheets = [s for f in files for s in read_tables(f).values()]
    read = _read_sheets if r.scores.layout == "sheets" else _read_long
    raw, comments = read(contest, r, sheets, roster, found)
    raw = _with_marks(raw, r, found)
    ratings, rejected = check_marks(raw, roster, list(contest.weights(r.id)), found)
    assert len(ratings) + len(rejected) == len(raw), "a mark was lost"
    comments = comments.replace({"submission": roster.versions}).assign(comment=comments["comment"].map(mask))
    comments = comments[comments["submission"].isin(roster.submissions.index)]
    return Scoresheets(
        ratings.sort_values(["submission", "juror", "criterion"], kind="stable").reset_index(drop=True),
        comments.sort_values(["submission", "juror"], kind="stable").reset_index(drop=True),
        rejected.sort_values("source", kind="stable").reset_index(drop=True),
        as_table(found),
        len(raw),
        roster,
    )


def read_jurors(path: Path) -> pd.DataFrame:
    """The round's jurors, index juror, with whichever of `name, organisation, organisation_id, region` there are.

    Raises DataError for a file without a juror column or a juror named twice.
    """
    table = _small_table(path, {"juror": JUROR, "name": ("аты-жөні", "фио", "name"),
        "organisation": ("ұйым", "организация", "organisation"), "organisation_id": ("бин", "бсн", "bin"),
        "region": ("өңір", "регион", "region")}, ["juror"])  # fmt: skip
    twice = table["juror"][table["juror"].duplicated()]
    if len(twice):
        raise DataError(f"{path}: juror {twice.iloc[0]} stands in it twice; keep one row.")
    return table.set_index("juror").sort_index()


def read_conflicts(path: Path) -> pd.DataFrame:
    """Declared conflicts of interest: columns juror, submission."""
    return _small_table(path, {"juror": JUROR, "submission": SUBMISSION}, ["juror", "submission"])


def _small_table(path: Path, fields: dict, needed: list[str]) -> pd.DataFrame:
    for sheet in read_tables(path).values():
        head = find_headings(sheet.cells, fields, needed)
        if head:
            table = sheet.cells.iloc[head.row + 1 :, list(head.columns.values())].map(str.strip)
            table.columns = list(head.columns)
            if "submission" in table:
                table["submission"] = clean_ids(table["submission"])
            return table[(table != "").any(axis=1)].reset_index(drop=True)
    raise DataError(f"{path}: no heading row with {' and '.join(needed)}; give the columns these names.")


def _not_scores(r: Round) -> set[str]:
    return {Path(p).name for p in (r.jurors, r.conflicts) if p}


def _criteria(contest: Contest) -> dict[str, tuple[str, ...]]:
    return {c.id: (c.id, c.name.kk, c.name.ru, c.name.en, *c.aliases) for c in contest.criteria}


def _read_sheets(contest: Contest, r: Round, sheets: list[Sheet], roster: Roster, found: list) -> tuple:
    criteria = _criteria(contest)
    fields = criteria | {"submission": SUBMISSION, "comment": COMMENT, "day": DAY, "slot": SLOT}
    parts, comments, owner = [], [], {}
    for sheet in sheets:
        head = find_headings(sheet.cells, fields, ["submission"])
        if head is None or not criteria.keys() & head.columns.keys():
            found.append(
                finding("sheet_without_scores", "warning", "left out", file=sheet.file, sheet=sheet.name)
            )
            continue
        juror = _juror_of(sheet, head, roster)
        if juror in owner:
            raise DataError(
                f"{owner[juror]} and {sheet.file}, sheet {sheet.name}: both are the marks of juror {juror}; "
                "keep one, or correct the name in the other."
            )
        owner[juror] = f"{sheet.file}, sheet {sheet.name}"
        _note_headings(sheet, head, contest.weights(r.id), juror, found)
        body = _body(sheet, head)
        body["juror"] = juror
        marked = [c for c in criteria if c in head.columns]
        parts.append(_melt(body, marked, head, sheet))
        if "comment" in body:
            said = body[body["comment"].str.strip() != ""]
            source = (
                sheet.file
                + "!"
                + sheet.name
                + "!"
                + column_letters(head.columns["comment"])
                + said["row"].astype(str)
            )
            comments.append(said[["submission", "juror", "comment"]].assign(source=source))
    if not parts:
        raise DataError(
            f"{r.scores.files}: no sheet has a submission column and a criterion; check the headings."
        )
    empty = pd.DataFrame(columns=["submission", "juror", "comment", "source"], dtype="str")
    return pd.concat(parts, ignore_index=True), pd.concat([empty, *comments], ignore_index=True)


def _juror_of(sheet: Sheet, head: Headings, roster: Roster) -> str:
    """The juror named above the headings («Эксперт: E01»), else the sheet's or the file's name."""
    for text in sheet.cells.iloc[: head.row].to_numpy().ravel():
        if text and (named := _NAMED.search(text)):
            return mask(named["juror"].strip())
    stem = Path(sheet.file).stem
    known = roster.jurors.index if roster.jurors is not None else ()
    return sheet.name if sheet.name in known else stem


def _note_headings(sheet: Sheet, head: Headings, criteria: dict, juror: str, found: list) -> None:
    where = {"file": sheet.file, "sheet": sheet.name, "juror": juror}
    for field, text in head.near.items():
        at = cell(head.row, head.columns[field])
        found.append(finding("heading_near", "warning", f"taken as {field}", found=text, cell=at, **where))
    for c in criteria.keys() - head.columns.keys():
        found.append(finding("criterion_absent", "error", "its marks are missing", found=c, **where))


def _body(sheet: Sheet, head: Headings) -> pd.DataFrame:
    body = sheet.cells.iloc[head.row + 1 :, list(head.columns.values())].copy()
    body.columns = list(head.columns)
    body["row"] = np.arange(head.row + 2, head.row + 2 + len(body))
    body["submission"] = clean_ids(body["submission"])
    return body[(body.drop(columns="row") != "").any(axis=1)]


def _melt(body: pd.DataFrame, marked: list[str], head: Headings, sheet: Sheet) -> pd.DataFrame:
    keep = [c for c in ("submission", "juror", "row", "day", "slot") if c in body]
    long = body.melt(keep, marked, "criterion", "typed")
    letters = {c: column_letters(head.columns[c]) for c in marked}
    long["cell"] = long["criterion"].map(letters) + long.pop("row").astype(str)
    return long.assign(file=sheet.file, sheet=sheet.name)


def _read_long(contest: Contest, r: Round, sheets: list[Sheet], roster: Roster, found: list) -> tuple:
    fields = {"submission": SUBMISSION, "juror": JUROR, "criterion": CRITERION, "score": SCORE, "day": DAY,
              "slot": SLOT, "comment": COMMENT}  # fmt: skip
    marked = list(contest.weights(r.id))
    one = marked[0] if len(marked) == 1 else None
    needed = ["submission", "juror", "score", *([] if one else ["criterion"])]
    parts = []
    for sheet in sheets:
        head = find_headings(sheet.cells, fields, needed)
        if head is None:
            raise DataError(f"{sheet.file}, sheet {sheet.name}: no heading row with {', '.join(needed)}.")
        body = _body(sheet, head).rename(columns={"score": "typed"})
        body["juror"] = body["juror"].str.strip().map(mask)
        if "criterion" not in body:
            body["criterion"] = one
        body["cell"] = column_letters(head.columns["score"]) + body.pop("row").astype(str)
        parts.append(body.assign(file=sheet.file, sheet=sheet.name))
    raw = pd.concat(parts, ignore_index=True)
    names = {fold(n): c for c, ns in _criteria(contest).items() for n in ns}
    typed = {t: names.get(fold(t), t) for t in raw["criterion"].unique()}
    raw["criterion"] = raw["criterion"].map(typed)
    comment = raw["comment"] if "comment" in raw else pd.Series("", index=raw.index)
    said = raw[comment.str.strip() != ""]
    comments = said.reindex(columns=["submission", "juror", "comment"]).assign(source=_source(said))
    return raw.drop(columns="comment", errors="ignore"), comments


def _source(rows: pd.DataFrame) -> pd.Series:
    return rows["file"] + "!" + rows["sheet"] + "!" + rows["cell"]


def _with_marks(raw: pd.DataFrame, r: Round, found: list) -> pd.DataFrame:
    """What was typed → score and status; a number off the scale is `invalid`."""
    read = marks(raw["typed"])
    score, status = read["value"].astype(float), read["status"].astype(object)
    on_scale = {v: r.scale.holds(v) for v in score.dropna().unique()}
    off = score.notna() & ~score.map(on_scale).fillna(True).astype(bool)
    status = status.mask(off, "invalid")
    raw = raw.assign(score=score.where(status == "scored"), status=status, source=_source(raw), round=r.id)
    codes = read["code"].mask(off, "off_scale")
    noted = raw.assign(code=codes)[codes != ""]
    for row in noted.to_dict("records"):
        if row["status"] == "invalid":
            found.append(at_mark(row, row["code"], "error", "not used", row["typed"]))
        else:
            done = f"read as {row['score']:g}" if row["status"] == "scored" else f"read as {row['status']}"
            found.append(at_mark(row, row["code"], "info", done, row["typed"]))
    return raw
