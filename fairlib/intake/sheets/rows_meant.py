"""Which submission is a row of a score sheet about? Its id as typed, and the title beside it.

What is provable is taken and told; a title that belongs to another submission is an error, and where that is
the rule of a sheet, its column of ids counts something else and the run stops.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from rapidfuzz import fuzz

from fairlib.errors import DataError
from fairlib.intake.files.tables import cell
from fairlib.intake.findings import Remedy, finding, first_of
from fairlib.intake.matching import NEAR, Fit, by_title, fits, squeeze
from fairlib.intake.sheets.jurors import known_as, told_juror
from fairlib.intake.sheets.layouts import Body
from fairlib.intake.sheets.usable import Roster, labelled

_NO_ID = re.compile(r"row-\d+")  # what a form without an id is called
_CLEARLY = 10  # by how much (of 100) a misspelt title is more like another's than like its own


def match_rows(rows: pd.DataFrame, bodies: Sequence[Body], roster: Roster, found: list[dict]) -> pd.DataFrame:
    """Rows with the ids that are known for those that were typed, and `perhaps`: whose else they may be.

    `rows` as read below the headings of `bodies`: `part` (place among the bodies), `row`, `submission` and,
    if there is such a column, `title` (categories). `perhaps` (a category, mostly "") names the ids that an
    unknown one may mean, or, where the id is known, whose the title beside it is. Raises DataError where the
    titles of a sheet are, by half at least, those of other submissions.
    """
    known, titles = _known(roster), _titles(roster)
    if "title" not in rows:
        rows = rows.assign(title=labelled([0] * len(rows), [""]))
    rows = _without_row_numbers(rows, known, titles)
    ids, beside = rows["submission"].cat, rows["title"].cat
    pairs = ids.codes.to_numpy() * np.int64(len(beside.categories) + 1) + beside.codes.to_numpy()
    _, first, pair = np.unique(pairs, return_index=True, return_inverse=True)
    alone = dict(zip(ids.categories, fits(ids.categories, known, titles), strict=True))
    owners = by_title(titles)
    told = rows.iloc[first][["submission", "title"]].astype("str").fillna("")
    fit = [_with_title(alone[i], i, t, titles, owners, roster) for i, t in told.itertuples(index=False)]
    meant = rows.assign(
        submission=labelled(pair, [f.id or i for f, i in zip(fit, told["submission"], strict=True)]),
        perhaps=labelled(pair, [" / ".join(f.perhaps) for f in fit]),
    )
    _refuse_shifted(
        meant, np.array([bool(f.id and f.perhaps) for f in fit], dtype=bool)[pair], bodies, titles
    )
    _tell_ways(meant, np.array([f.way for f in fit], dtype=object)[pair], bodies, found)
    return meant


def _known(roster: Roster) -> list[str]:
    return list(dict.fromkeys([*roster.submissions.index, *roster.versions, *roster.set_aside]))


def _titles(roster: Roster) -> dict[str, str]:
    """The title of each accepted submission that has one."""
    if "title" not in roster.submissions:
        return {}
    titles = roster.submissions["title"].fillna("")
    return titles[titles != ""].to_dict()


def _without_row_numbers(rows: pd.DataFrame, known: Sequence[str], titles: Mapping[str, str]) -> pd.DataFrame:
    """Where the ids of a sheet count its rows and none of them is known, its titles are all that tells."""
    if not titles or not (rows["title"].cat.categories != "").any():
        return rows
    ids = rows["submission"].astype("str")
    for _, part in ids[ids.str.fullmatch(r"\d+")].groupby(rows["part"]):
        counted = [str(n + 1) for n in range(len(part))]
        if part.tolist() == counted and not any(f.id or f.perhaps for f in fits(counted, known)):
            ids[part.index] = ""
    return rows.assign(submission=labelled(*pd.factorize(ids)))


def _with_title(
    fit: Fit,
    typed: str,
    title: str,
    titles: Mapping[str, str],
    owners: Mapping[str, list[str]],
    roster: Roster,
) -> Fit:
    """What an id means, given the title that stands beside it."""
    key = squeeze(title)
    if not key:
        return fit
    if fit.id:
        own = squeeze(titles.get(roster.versions.get(fit.id, fit.id), ""))
        return Fit(fit.id, fit.way, tuple(_others(key, own, owners)) if own else ())
    named = tuple(owners.get(key, ()))
    if len(named) == 1 and (not typed or _NO_ID.fullmatch(named[0])):
        return Fit(named[0], "id_by_title")
    return Fit(perhaps=fit.perhaps or named)


def _others(key: str, own: str, owners: Mapping[str, list[str]]) -> list[str]:
    """Whose a title is that is not the submission's own: exactly, or with a slip and clearly so."""
    if key == own:
        return []
    if key in owners:
        return owners[key]
    best, ids = max((fuzz.ratio(key, other), ids) for other, ids in owners.items())
    return ids if best >= NEAR and best >= fuzz.ratio(key, own) + _CLEARLY else []


def _refuse_shifted(
    rows: pd.DataFrame, against: np.ndarray, bodies: Sequence[Body], titles: Mapping[str, str]
) -> None:
    """Raises DataError for a sheet in which the ids and the titles beside them disagree as a rule."""
    beside = rows["title"].astype("str").fillna("").str.strip() != ""
    for part in rows["part"][against].unique():
        here = (rows["part"] == part).to_numpy()
        n, named = int((here & against).sum()), int((here & beside).sum())
        if n < 2 or 2 * n < named:
            continue
        row, body = rows[here & against].iloc[0], bodies[part]
        at = cell(row["row"] - 1, body.fields["submission"])
        own = f"«{titles[row['submission']]}»" if row["submission"] in titles else "another version"
        raise DataError(
            f"{body.sheet.file}, sheet {body.sheet.name}: in {n} of {named} rows the title is that of "
            f"another submission than the id beside it, first at {at}: {row['submission']} is {own} in the "
            f"form, and «{row['title']}» is {row['perhaps']}. If that column counts rows, put the ids of the "
            "form into it, or empty it and the titles decide; else correct the ids or the titles."
        )


def _tell_ways(rows: pd.DataFrame, way: np.ndarray, bodies: Sequence[Body], found: list[dict]) -> None:
    """Which ids were known another way than as typed: the first of each way in a sheet, and how many more."""
    told = rows.assign(way=way)[way != ""]
    for (part, by), some in told.groupby(["part", "way"], sort=True):
        body, row = bodies[part], some.iloc[0]
        typed = body.sheet.columns[body.fields["submission"]][row["row"] - 1].strip()
        field = "submission" if typed or "title" not in body.fields else "title"
        at = body.fields[field]
        where = {"file": body.sheet.file, "sheet": body.sheet.name, "cell": cell(row["row"] - 1, at)}
        where |= {"submission": row["submission"]}
        done = Remedy("taken_as", **first_of(row["submission"], len(some)))
        found.append(finding(by, "info", done, found=body.sheet.columns[at][row["row"] - 1].strip(), **where))


def match_conflicts(roster: Roster, sent: Sequence[str], file: str, found: list[dict]) -> pd.DataFrame:
    """The declared conflicts, with the ids that are known for those that were typed.

    `sent` are the jurors of the sheets, known by them where there is no list. Appends to `found` what was
    matched.
    """
    pairs = roster.conflicts
    listed = pd.DataFrame(index=list(sent)) if roster.jurors is None else roster.jurors
    jurors = [typed if typed in listed.index else known_as(typed, listed) for typed in pairs["juror"]]
    submissions = fits(pairs["submission"], _known(roster), _titles(roster))
    for row, pair, juror, fit in zip(
        pairs.index, pairs.itertuples(index=False), jurors, submissions, strict=True
    ):
        where = {"file": file, "cell": str(row)}
        if juror and juror != pair.juror:
            found.append(told_juror(pair.juror, juror, listed, **where))
        if fit.way:
            where["submission"] = fit.id
            found.append(
                finding(fit.way, "info", Remedy("taken_as", what=fit.id), found=pair.submission, **where)
            )
    meant = [fit.id or typed for fit, typed in zip(submissions, pairs["submission"], strict=True)]
    who = [juror or typed for juror, typed in zip(jurors, pairs["juror"], strict=True)]
    return pairs.assign(juror=who, submission=[roster.versions.get(i, i) for i in meant])
