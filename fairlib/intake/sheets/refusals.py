"""Why can marks not be read, and what would help? What was found, what is missing, what is nearest."""

from collections.abc import Mapping, Sequence

import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.files.tables import Sheet
from fairlib.intake.headings.examples import examples
from fairlib.intake.headings.find import Headings
from fairlib.intake.headings.shown import seen
from fairlib.intake.sheets.layouts import LAYOUTS, Body
from fairlib.rules import Contest, Layout, Round

_SHOWN = 20  # headings in a sentence
_NEEDED = {
    "sheets": ("submission", "the criteria"),
    "rows": ("submission", "juror", "the criteria"),
    "long": ("submission", "juror", "score", "criterion"),
    "wide": ("submission", "each juror"),
}
_HAVE = {"submission": "the form has", "juror": "the list of jurors has", "criterion": "params have"}


def unread(
    sheet: Sheet, head: Headings, fields: Mapping[str, Sequence[str]], contest: Contest, r: Round
) -> DataError:
    """Of a sheet in which no marks of submissions can be found."""
    needed = _NEEDED[r.scores.layout or "sheets"]
    if r.scores.layout in (None, "sheets"):
        what = "no sheet has a submission column and marks; check the headings"
    else:
        what = f"no heading row with {', '.join(needed)}; give the columns these names"
    of_marks = ("submission", "juror", "criterion", "score")
    asked = [f for f in of_marks if f in needed or not r.scores.layout]
    return DataError(
        f"{sheet.file}, sheet {sheet.name}: {what}, such as "
        f"{examples(contest.language, *of_marks)} or the names of the criteria, in one row above the marks. "
        f"{seen(sheet, head, fields, asked)} {_remedy(r)} {layouts()}"
    )


def another_layout(body: Body, says: Layout, r: Round) -> DataError:
    """Of a sheet that is laid out in another way than params say."""
    is_, sheet = body.layout, body.sheet
    of_rows = [
        f"{f} {body.heading(at)}"
        for f, at in body.fields.items()
        if f in ("submission", "juror", "criterion")
    ]
    marked = ", ".join(body.heading(mark.column) for mark in body.marks[:_SHOWN])
    missing = [f for f in _NEEDED[says] if f in ("juror", "criterion") and f not in body.fields]
    lacks = f"no column has the {' and the '.join(missing)} of a row, and " if missing else ""
    return DataError(
        f"{sheet.file}, sheet {sheet.name}: params say layout: {says} ({LAYOUTS[says]}); {lacks}the headings "
        f"are those of layout {is_} ({LAYOUTS[is_]}): {', '.join(of_rows)}; marks below {marked}. Write "
        f"layout: {is_} under rounds.{r.id}.scores, or leave layout out. {_remedy(r)} {layouts()}"
    )


def layouts() -> str:
    """The layouts that there are."""
    said = "; ".join(f"{name} ({what})" for name, what in LAYOUTS.items())
    return f"Layouts: {said}, as «Judge 1», «Judge 1 - Innovation», or jurors in a row over the criteria."


def nothing_counts(
    rejected: pd.DataFrame, known: Mapping[str, Sequence[str]], r: Round, counted: int
) -> DataError | None:
    """Of a round of which no mark counts: with both sides, where all name what nobody knows."""
    if counted or rejected.empty:
        return None
    where = rejected["source"].iloc[0].replace("!", ", ")
    why = rejected["reason"].value_counts(sort=False)
    what = why.index[0].removeprefix("unknown_")
    if len(why) > 1 or what not in _HAVE:
        said = ", ".join(f"{n} {reason.replace('_', ' ')}" for reason, n in sorted(why.items()))
        return DataError(
            f"{where}: none of {len(rejected)} marks of the round {r.id} counts ({said}); mend the sheets."
        )
    said, have = _some(rejected[what]), _some(known[what])
    return DataError(
        f"{where}: none of {len(rejected)} marks names a known {what}: the sheets say {said}, {_HAVE[what]} "
        f"{have}. Correct one side; or, if another column has them, name its heading: "
        f"rounds.{r.id}.scores.columns."
    )


def nothing_scored(ratings: pd.DataFrame, r: Round) -> DataError | None:
    """Of a round whose marks are known and none of which is a number on the scale."""
    if (ratings["status"] == "scored").any():
        return None
    said = (
        ", ".join(f"{status}: {n}" for status, n in sorted(ratings["status"].value_counts().items()))
        or "no mark"
    )
    first = f"; the first stands in {ratings['source'].iloc[0].replace('!', ', ')}" if len(ratings) else ""
    return DataError(
        f"{r.scores.files}: there is no mark on the scale {r.scale.min:g}–{r.scale.max:g} in the round "
        f"{r.id} ({said}{first}); ask for the filled sheets, or name the column of marks under "
        f"rounds.{r.id}.scores.columns."
    )


def _some(values: Sequence[str]) -> str:
    different = list(dict.fromkeys(map(str, values)))
    return ", ".join(v or "(empty)" for v in different[:5]) + (", …" if len(different) > 5 else "") or "none"


def _remedy(r: Round) -> str:
    where = f"rounds.{r.id}.scores.columns"
    return f"A heading of your own is named under {where}, one of a criterion under its aliases."
