"""What does each cell of the form mean? Every field repaired or read, each doubt a finding at its cell."""

import re

import pandas as pd

from fairlib.intake.cells.columns import distinct, map_each, read_all
from fairlib.intake.cells.contacts import emails, phones
from fairlib.intake.cells.dates import dates
from fairlib.intake.cells.identifiers import check_identifiers, mask_all
from fairlib.intake.cells.repair import repair_all
from fairlib.intake.cells.values import consents, durations, money
from fairlib.intake.findings import Remedy, finding, first_of
from fairlib.intake.form.export import Form
from fairlib.intake.form.nominations import resolve_nominations
from fairlib.intake.places.regions import resolve
from fairlib.intake.texts import fold, guess_language
from fairlib.rules import Contest

_LINK = re.compile(r"\w\.\w")
_NOT_SENT = re.compile(  # folded
    r"\b(?:draft|in progress|incomplete|partial|unsubmitted|not submitted|withdrawn|черновик|не отправлен|"
    r"не завершен|незавершен|отозван|жиберилмеген|аякталмаган|кайтарып алын)"
)
TEXTS = ("organisation", "legal_form", "title", "summary", "contact_person")
MASKED = ("place", "links", "email")  # people write personal numbers in these too

# What a person must act on, what is worth a look; every other code is a repair that was proved.
ERRORS = {
    "check_digit",
    "month",
    "type_digit",
    "length",
    "scientific_notation",
    "unusable_prefix",
    "unreadable",
    "range",
    "iin_in_bin_field",
    "no_such_date",
    "other_currency",
    "negative",
    "nomination_unknown",
    "lossy",
}
WARNINGS = {
    "warn_nonresident",
    "warn_entrepreneur",
    "attribute_digit",
    "ambiguous_order",
    "year_assumed",
    "two_numbers",
    "mixed_script",
    "foreign_letters",
    "ambiguous_separator",
    "nomination_fuzzy",
    "region_fuzzy",
    "region_unknown",
    "region_ambiguous",
    "region_mismatch",
    "clock_change",
}
QUIET = {"", "ok", "missing", "ok_undetectable"}
DOUBTFUL = ("ambiguous_order", "year_assumed")  # a date with another reading sets no form aside
PERSONAL = {"contact_person", "phone", "email"}  # their findings say where and what kind, never what


def clean_form(form: Form, contest: Contest, found: list[dict]) -> pd.DataFrame:
    """Values of every field, one row for each row of the form, on the same index; appends to `found`."""
    rows = form.rows
    out = pd.DataFrame(index=rows.index)
    places = zip(rows["file"].tolist(), rows["sheet"].tolist(), rows["row"].tolist(), strict=True)
    out["source"] = pd.Series([f"{file}!{sheet}!{row}" for file, sheet, row in places], rows.index, "str")
    texts = {field: _prose(form, field, found) for field in TEXTS}
    out["language"] = guess_language(texts["title"]["value"], texts["summary"]["value"])
    for field, table in texts.items():
        out[field] = table["shown"]
    _identifier(form, contest, out, found)
    _moments(form, contest, out, found)
    _places(form, contest, out, found)
    _nomination(form, contest, out, found)
    for field, column in (("requested", "requested"), ("own_funds", "own_funds")):
        out[column] = _read(form, field, money(rows[field]), found)
    out["duration_months"] = _read(form, "duration", durations(rows["duration"]), found)
    out["phone"] = _read(form, "phone", phones(rows["phone"]), found)
    out["email"] = _read(form, "email", emails(rows["email"]), found)
    out["consent"] = _read(form, "consent", consents(rows["consent"]), found)
    out["first_time"] = _read(form, "first_time", consents(rows["first_time"]), found)
    out["links"] = map_each(rows["links"], _links)
    _statuses(form, found)
    for column in MASKED:
        out[column] = map_each(out[column], mask_all)
    return out


def _prose(form: Form, field: str, found: list[dict]) -> pd.DataFrame:
    """A free text as meant (`value`) and as shown: all but a summary on one line, numbers masked."""

    def read(texts: list[str]) -> tuple[list[str], ...]:
        meant, codes = repair_all(texts)
        lines = meant if field == "summary" else [text.replace("\n", " ") for text in meant]
        return meant, codes, mask_all(lines)

    table = read_all(form.rows[field], read, {"value": "str", "code": "str", "shown": "str"})
    _read(form, field, table, found)
    return table


def _links(texts: list[str]) -> list[str]:
    return [text.strip() if _LINK.search(text) else "" for text in texts]


def _read(form: Form, field: str, table: pd.DataFrame, found: list[dict]) -> pd.Series:
    _tell(form, field, table["code"], table["value"], found)
    return table["value"]


def _tell(form: Form, field: str, codes: pd.Series, values: pd.Series, found: list[dict]) -> None:
    """A finding for each code that says something, with what was typed and what became of it."""
    told = ~codes.isin(QUIET)
    if not told.any():
        return
    rows = form.rows.loc[told, ["file", "sheet", "row", "submission", field]].to_dict("records")
    for row, value, joined in zip(rows, values[told], codes[told], strict=True):
        for code in joined.split(";"):
            severity = "error" if code in ERRORS else "warning" if code in WARNINGS else "info"
            gone = pd.isna(value) or value == ""
            typed, done = row[field], Remedy("read_as", what=_short(value))
            if field in PERSONAL:
                typed, done = "", Remedy("repaired")
            done = Remedy("no_value") if gone else done
            found.append(finding(code, severity, done, found=typed, **form.at(row, field)))


def _short(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _identifier(form: Form, contest: Contest, out: pd.DataFrame, found: list[dict]) -> None:
    if contest.submissions.organisation_id == "none":
        out["organisation_id"], out["bin_verdict"] = "", ""
        return
    table = check_identifiers(form.rows["bin"])
    _tell(form, "bin", table["code"], table["number"], found)
    personal = table["code"] == "iin_in_bin_field"
    out["organisation_id"] = table["number"].where(~personal, "")
    out["bin_verdict"] = table["verdict"]


def _moments(form: Form, contest: Contest, out: pd.DataFrame, found: list[dict]) -> None:
    """When each form was sent (`sent`, `sent_at`), and whether another date is possible (`sent_doubtful`).

    Sheets are read one by one: each is what one program wrote, under a heading that may name a time zone.
    """
    closes = contest.submissions.accepted_to
    tables = []
    for sheet, texts in form.rows.groupby("sheet", sort=False)["sent_at"]:
        numbers, different = distinct(texts)
        _, heading = form.headings.get((sheet, "sent_at"), ("", ""))
        year = closes.year if closes else None
        table = dates(pd.Series(different, dtype="str"), contest.timezone, year, heading)
        shown = ["" if pd.isna(t) else t.isoformat() for t in table["value"]]
        table["shown"] = [t if whole else t[:10] for t, whole in zip(shown, table["has_time"], strict=True)]
        tables.append(table.iloc[numbers].set_axis(texts.index))
    table = pd.concat(tables).loc[form.rows.index]
    _tell_settled(form, table, found)
    _tell(form, "sent_at", table["code"].replace("order_of_column", ""), table["value"], found)
    if contest.has_window and "sent_at" in form.present:
        _tell_timeless(form, table, found)
    out["sent"], out["sent_at"] = table["value"], table["shown"]
    out["sent_doubtful"] = table["code"].isin(DOUBTFUL)


def _tell_settled(form: Form, table: pd.DataFrame, found: list[dict]) -> None:
    """Dates whose order the column proved, once a sheet."""
    settled = form.rows[table["code"] == "order_of_column"]
    for _, rows in settled.groupby("sheet", sort=False):
        first = rows.iloc[0]
        done = Remedy("read_as", **first_of(_short(table["value"][first.name]), len(rows)))
        found.append(
            finding("order_of_column", "info", done, found=first["sent_at"], **form.at(first, "sent_at"))
        )


def _tell_timeless(form: Form, table: pd.DataFrame, found: list[dict]) -> None:
    """Forms to which no deadline could be applied; the heading of a column in which that is so for all."""
    bare = form.rows[table["code"] == "missing"]
    bare = bare[(bare[["title", "organisation", "summary"]] != "").any(axis=1)]
    for row in bare.to_dict("records"):
        found.append(finding("time_missing", "warning", Remedy("in_time"), **form.at(row, "sent_at")))
    for sheet, times in table.groupby(form.rows["sheet"], sort=False)["value"]:
        if times.isna().all():
            cell, heading = form.headings[sheet, "sent_at"]
            done = Remedy("all_in_time")
            file = form.rows["file"].iloc[0]
            found.append(
                finding("times_unread", "error", done, found=heading, file=file, sheet=sheet, cell=cell)
            )


def _statuses(form: Form, found: list[dict]) -> None:
    """Forms whose status says that nobody sent them, or took them back: told, and a person decides."""
    for row in form.rows[["file", "sheet", "row", "submission", "status"]].to_dict("records"):
        if row["status"] and _NOT_SENT.search(fold(row["status"])):
            done = Remedy("counted_unsent")
            found.append(finding("not_sent", "warning", done, found=row["status"], **form.at(row, "status")))


def _places(form: Form, contest: Contest, out: pd.DataFrame, found: list[dict]) -> None:
    on = contest.submissions.regions_on
    if on is None:
        out["region"], out["settlement"], out["monotown"] = "", "", False
        out["place"] = form.rows["place"].str.strip()
        return
    table = resolve(form.rows["place"], form.rows["region"], on)
    field = "region" if "region" in form.present else "place"
    _tell(form, field, table["code"], table["iso"], found)
    out["region"], out["settlement"], out["monotown"] = table["iso"], table["settlement"], table["monotown"]
    out["place"] = table["place"]


def _nomination(form: Form, contest: Contest, out: pd.DataFrame, found: list[dict]) -> None:
    if not contest.nominations:
        out["nomination"] = ""
        return
    table = resolve_nominations(form.rows["nomination"], contest.nominations)
    codes = table["how"].map(
        {
            "exact": "",
            "fuzzy": "nomination_fuzzy",
            "unknown": "nomination_unknown",
            "missing": "nomination_unknown",
        }
    )
    written = form.rows["title"] != ""
    _tell(form, "nomination", codes.where(written, ""), table["nomination"], found)
    out["nomination"] = table["nomination"]
