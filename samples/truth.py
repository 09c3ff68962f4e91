"""What was planted and what must become of it, as tables that tests are held to."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import pandas as pd

from samples.books import Cell, address
from samples.forms import FIELDS, Form
from samples.sheets import ScoreSheet, Slip
from samples.year import Sent

PLANTED = [
    "file",
    "sheet",
    "cell",
    "submission",
    "juror",
    "field",
    "kind",
    "typed",
    "becomes",
    "destination",
    "reason",
]


def planted_in_forms(
    sent: Sent, file: str, sheet: str, first_row: int, fields: Sequence[str] = FIELDS
) -> pd.DataFrame:
    """One row for each thing planted in a form; `first_row` is the row of the first form, counted from 0."""
    rows = [
        (
            file,
            sheet,
            address(first_row + n, fields.index(p.field)),
            form.id,
            "",
            p.field,
            p.kind,
            as_text(p.typed),
            form.kept.id if form.kept else as_text(p.becomes),
            form.destination,
            form.reason,
        )
        for n, form in enumerate(sent.forms)
        for p in form.planted
    ]
    return pd.DataFrame(rows, columns=PLANTED, dtype="str")


def planted_in_sheets(sheets: Iterable[ScoreSheet], folder: str, file: str = "") -> pd.DataFrame:
    """One row for each slip of a juror's sheet, in a workbook of its own unless `file` holds all."""
    rows = [row for s in sheets for row in slip_rows(s.slips, f"{folder}/{file or s.file}", s.name, s.juror)]
    return pd.DataFrame(rows, columns=PLANTED, dtype="str")


def slip_rows(slips: Iterable[Slip], file: str, sheet: str, juror: str = "") -> list[tuple]:
    """Slips of one sheet as rows of the planted table; `becomes` is a status, an id, or nothing."""
    return [
        (file, sheet, s.cell, s.submission, juror, s.field, s.kind, as_text(s.typed), s.becomes, "", "")
        for s in slips
    ]


def meant(sent: Sent, first_row: int) -> pd.DataFrame:
    """Every row sent: where it must go, and what an accepted form must say after intake."""
    return pd.DataFrame(
        [_row(form, first_row + n + 1) for n, form in enumerate(sent.forms)], dtype="str"
    ).fillna("")


def as_text(value: Cell) -> str:
    """A typed cell as text: dates in ISO form, nothing as an empty text."""
    if value is None:
        return ""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _row(form: Form, row: int) -> dict[str, str]:
    base = {
        "row": str(row),
        "submission": form.id,
        "destination": form.destination,
        "reason": form.reason,
        "kept": form.kept.id if form.kept else "",
    }
    if form.destination != "accepted":
        return base
    value = form.truth | {p.field: p.becomes for p in form.planted if p.field != "sent_at"}
    texts = (
        "organisation",
        "title",
        "nomination",
        "region",
        "requested",
        "own_funds",
        "duration",
        "phone",
        "email",
    )
    spoilt = form.truth.get("spoilt", "")
    return base | {
        "sent_at": form.truth["sent_at"].isoformat(timespec="minutes"),
        "organisation_id": as_text(value["bin"]),
        **{name: as_text(value[name]) for name in texts},
        "consent": {True: "yes", False: "no"}.get(value["consent"], ""),
        "first_time": {True: "yes", False: "no"}.get(value["first_time"], ""),
        "twin": form.truth["twin"][0].id if "twin" in form.truth else "",
        "eligible": "no" if spoilt else "yes",
        "ineligible_by": spoilt,
    }
