"""The expert commission of 2021: twelve experts, four a submission, one assignment in seven across."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd

from fairlib.rules import Contest
from samples.bodies import body, juror_rows, true_submissions
from samples.books import address, write_csv
from samples.drawn import DrawnContest, draw_contest
from samples.forms import Form
from samples.sheets import Row, ScoreSheet, Slip, blank_sheets, comment_rows, expected_marks, write_sheet
from samples.year import Sent

SEED = 20210414
PANELS = {"disability": 5, "health": 4, "legal": 3}
RECUSED = "мүдделер қақтығысы"


@dataclass(frozen=True)
class Commission:
    """The drawn contest with its truth, the sheets, and the pairs that were declared."""

    drawn: DrawnContest
    sheets: list[ScoreSheet]
    conflicts: list[tuple[str, str]]
    organisations: dict[str, Form]


def draw_commission(sent: Sent, contest: Contest) -> Commission:
    """Draw marks for the eligible submissions, then let the experts type them."""
    rng = Random("2021 commission")
    drawn = draw_contest(
        true_submissions(sent.eligible, SEED),
        _experts(),
        [c.id for c in contest.criteria],
        design="bridged",
        readers=4,
        scale=contest.round("commission").scale,
        seed=SEED + 2,
    )
    titles = {f.id: str(f.truth["title"]) for f in sent.eligible}
    sheets = blank_sheets(drawn.ratings, titles, contest.criteria)
    commission = Commission(drawn, sheets, [], {})
    _headings(sheets, contest)
    for sheet, lang in zip(sheets, ("kk", "ru") * 6, strict=True):
        comment_rows(sheet, lang, 0.25, rng)
    _slips(commission, {f.id: f for f in sent.forms}, rng)
    return commission


def write_commission(commission: Commission, out: Path) -> None:
    """Write `commission/`: the experts, the declared conflicts and a workbook each."""
    folder = out / "commission"
    write_csv(
        folder / "jurors.csv",
        juror_rows(commission.drawn.jurors.index, "Сарапшы Э", commission.organisations),
    )
    write_csv(folder / "conflicts.csv", [("juror", "submission"), *sorted(commission.conflicts)])
    for sheet in commission.sheets:
        write_sheet(sheet, folder, "Әлеуметтік идеялар мен жобалар жәрмеңкесі – 2021 (синтетикалық деректер)")


def commission_truth(commission: Commission) -> pd.DataFrame:
    """Marks as they must come out of the sheets."""
    return expected_marks(commission.sheets)


def _experts() -> pd.DataFrame:
    """Twelve experts: the fifth tires as it reads, the ninth marks everything nearly alike."""
    jurors = body("E", 12, SEED + 1, nominations=np.repeat(list(PANELS), list(PANELS.values())))
    jurors.loc["E05", "drift"] = 0.9
    jurors.loc["E09", ["spread", "halo"]] = 0.45, 0.6
    return jurors


def _headings(sheets: list[ScoreSheet], contest: Contest) -> None:
    for n, sheet in enumerate(sheets):
        lang = ("both", "kk", "ru")[n % 3]
        if lang != "both":
            sheet.headings = [
                c.name[lang].capitalize() if c.id != "openness" else c.name[lang] for c in contest.criteria
            ]
    renamed = sheets[6]
    renamed.headings = ["значимость", "соц. эффект", "устойчивость", "новизна", "открытость"]
    sheets[2].average = True
    signed = sheets[8]
    signed.signature = "Қолы / Подпись: ______________"
    sheets[11].before = {
        "Нұсқаулық": [["Нұсқаулық / Инструкция"], ["Әр өлшемшарт бойынша 1-ден 10-ға дейін бағалаңыз."]]
    }
    for sheet in (sheets[0], sheets[4]):
        sheet.dated = True
    for c, heading in enumerate(renamed.headings):
        cell = address(renamed.above - 1, 2 + c)
        renamed.slips.append(Slip(cell, "", "heading", "renamed_heading", heading, renamed.criteria[c]))
    below = address(signed.above + len(signed.rows) + 1, 0)
    signed.slips.append(Slip(below, "", "row", "signature_row", signed.signature, ""))


def _slips(commission: Commission, forms: dict[str, Form], rng: Random) -> None:
    """Plant what goes wrong in score sheets, each thing once or twice, in rows that differ."""
    by_id = {s.juror: s for s in commission.sheets}
    left = {juror: rng.sample(range(len(s.rows)), len(s.rows)) for juror, s in by_id.items()}

    def row(juror: str) -> tuple[ScoreSheet, int]:
        return by_id[juror], left[juror].pop()

    for sheet in (by_id["E01"], by_id["E05"]):
        _dates(sheet, commission.drawn.ratings)
    _decimal_commas(by_id["E04"])
    _conflicts(commission, row, forms)
    for juror, kind, typed in (("E02", "no_mark", "б/о"), ("E11", "no_mark", "б/о")):
        sheet, n = row(juror)
        sheet.all(n, kind, [typed] * 5, "abstained")
    for juror, criterion, kind, typed, status in (
        ("E10", "innovativeness", "not_available", "н/а", "missing"),
        ("E12", "sustainability", "not_available", "жоқ", "missing"),
        ("E07", "social_impact", "empty_cell", None, "missing"),
        ("E11", "openness", "off_scale", 11, "invalid"),
        ("E09", "significance", "off_scale_zero", 0, "invalid"),
        ("E04", "openness", "off_step", "7,5", "invalid"),
        ("E03", "innovativeness", "not_a_mark", "жақсы", "invalid"),
    ):
        sheet, n = row(juror)
        sheet.one(n, criterion, kind, typed, status)
    sheet, n = row("E11")
    sheet.all(n, "scale_of_100", [80, 75, 85, 70, 90], "invalid")
    sheet, n = row("E07")
    sheet.all(n, "unread", [None] * 5, "missing")
    _ids(by_id, left, row, forms)


def _dates(sheet: ScoreSheet, ratings: pd.DataFrame) -> None:
    """When each row was read, by the drawn order: twelve a day from 15 March."""
    own = (
        ratings[ratings["juror"] == sheet.juror]
        .drop_duplicates("submission")
        .set_index("submission")["order"]
    )
    for row in sheet.rows:
        row.day = f"{15 + (int(own[row.submission]) - 1) // 12:02d}.03.2021"


def _decimal_commas(sheet: ScoreSheet) -> None:
    for row in sheet.rows:
        row.typed = [f"{mark},0" for mark in row.typed]


def _conflicts(commission: Commission, row, forms: dict[str, Form]) -> None:
    """Five recusals, a declared conflict marked all the same, one that nobody declared, two never assigned."""
    for juror, typed, declared in (
        ("E01", [RECUSED] * 5, True),
        ("E05", [RECUSED.capitalize(), None, None, None, None], True),
        ("E06", ["конфликт интересов", None, None, None, None], True),
        ("E12", [RECUSED] * 5, False),
        ("E03", ["самоотвод"] * 5, True),
    ):
        sheet, n = row(juror)
        sheet.all(n, "recused" if declared else "recused_undeclared", typed, "recused")
        if declared:
            commission.conflicts.append((juror, sheet.rows[n].submission))
        if juror == "E06":
            commission.organisations[juror] = forms[sheet.rows[n].submission]
    sheet, n = row("E08")
    sheet.all(n, "marked_despite_conflict", sheet.rows[n].typed, "recused")
    commission.conflicts.append(("E08", sheet.rows[n].submission))
    sheet, n = row("E02")
    sheet.note(n, "row", "own_organisation", "scored")
    commission.organisations["E02"] = forms[sheet.rows[n].submission]
    read = {(s.juror, r.submission) for s in commission.sheets for r in s.rows}
    for juror in ("E04", "E10"):
        unread = next(
            i for i in sorted(commission.drawn.submissions.index, reverse=True) if (juror, i) not in read
        )
        commission.conflicts.append((juror, unread))


def _ids(by_id: dict[str, ScoreSheet], left: dict[str, list[int]], row, forms: dict[str, Form]) -> None:
    """Submission ids as they should not be: unknown, of an earlier version, mistyped, twice."""
    again = {f.kept.id: f for f in forms.values() if f.reason == "resent"}
    sheet, n = next((s, n) for s in by_id.values() for n in left[s.juror] if s.rows[n].submission in again)
    left[sheet.juror].remove(n)
    sheet.rows[n].id_typed = again[sheet.rows[n].submission].id
    sheet.note(n, "submission", "earlier_version", sheet.rows[n].submission)
    for juror, kind, change in (
        ("E10", "dash_in_id", lambda i: i.replace("-", "–")),
        ("E01", "space_in_id", lambda i: f"{i}\u00a0"),
    ):
        sheet, n = row(juror)
        sheet.rows[n].id_typed = change(sheet.rows[n].submission)
        sheet.note(n, "submission", kind, sheet.rows[n].submission)
    sheet = by_id["E06"]
    extra = Row("", "Белгісіз жоба", [6, 7, 6, 5, 7], [None] * 5, ["invalid"] * 5, "21-9999", counted=False)
    sheet.rows.append(extra)
    sheet.note(len(sheet.rows) - 1, "submission", "unknown_submission", "")
    sheet, n = row("E08")
    twin = sheet.rows[n]
    sheet.rows.append(
        Row(twin.submission, twin.title, list(twin.typed), list(twin.score), list(twin.status), twin.id_typed,
            twin.comment, counted=False)
    )  # fmt: skip
    sheet.note(len(sheet.rows) - 1, "row", "repeated", "")
