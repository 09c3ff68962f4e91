"""The files of 2023: forms from the regions as published, one workbook of experts' sheets, one table of the jury."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd

from fairlib.params import RulesFile
from samples import defects
from samples.ahead import finalists
from samples.bodies import body, effects_table, juror_rows, true_submissions
from samples.books import Sheets, write_csv, write_xlsx
from samples.drawn import draw_contest
from samples.export import HEADINGS, WIDTHS, export_rows
from samples.forms import Plan, draw_forms
from samples.long import HEADING, days, long_round
from samples.sheets import Row, ScoreSheet, blank_sheets, comment_rows, expected_marks, sheet_cells
from samples.truth import meant, planted_in_forms, planted_in_sheets
from samples.year import Sent, in_order, near_twins, out_of_time, resend, strangers, test_row, type_forms

SEED = 20230418
PANELS = {"communication": 3, "health": 4, "rights": 3}
BINS = {
    "leading_zero_lost": 4,
    "number": 10,
    "label_in_value": 2,
    "check_digit": 2,
    "iin_in_bin_field": 1,
    "missing": 1,
}
TEXTS = {
    ("title", "nfd"): 2, ("title", "nbsp"): 3, ("title", "look_alike"): 3, ("organisation", "mojibake_kz1048"): 1,
    ("summary", "html"): 1,
}  # fmt: skip
VALUES = [
    ("region", "typo", "KZ-33", "Жетису облысы", None, ""),
    ("region", "typo", "KZ-33", "Жетсу облысы", None, ""),
    ("region", "latin_letter", "KZ-10", "Aбай облысы", None, ""),
    ("region", "case_ending", "KZ-23", "Атырау облысында", None, ""),
    ("region", "old_name", "KZ-71", "Нұр-Сұлтан қаласы", None, ""),
    ("duration", "too_long", None, 18, 18, "duration_within"),
    ("duration", "too_long", None, "14 ай", 14, "duration_within"),
    ("own_funds", "missing", None, None, "", ""),
]
LATE = ("991240999901", "991241999907")


def make_2023(rules: RulesFile, out: Path) -> dict[str, pd.DataFrame]:
    """Write everything into `out`; returns the truth: planted, submissions, commission, effects."""
    sent = draw_2023(rules)
    write_xlsx(
        out / "submissions.xlsx",
        {"Жауаптар": [list(HEADINGS.values()), *export_rows(sent)]},
        widths=WIDTHS,
        author="synthetic",
    )
    truth = true_submissions(sent.eligible, SEED)
    experts = body("E", 10, SEED + 1, nominations=np.repeat(list(PANELS), list(PANELS.values())))
    sheets, conflicts = _commission(rules, sent, truth, experts)
    book: Sheets = {s.name: sheet_cells(s, ()) for s in sheets}
    write_xlsx(out / "commission/scores.xlsx", book, author="synthetic")
    write_csv(out / "commission/jurors.csv", juror_rows(experts.index, "Сарапшы E", {}))
    write_csv(out / "commission/conflicts.csv", [("juror", "submission"), *conflicts])
    chosen = finalists(rules, out)
    jury = body("J", 7, SEED + 3)
    _write_jury(rules, out, truth, jury, chosen)
    planted = [
        planted_in_forms(sent, "submissions.xlsx", "Жауаптар", 1),
        planted_in_sheets(sheets, "commission", "scores.xlsx"),
    ]
    return {
        "planted": pd.concat(planted, ignore_index=True),
        "submissions": meant(sent, 1),
        "commission": expected_marks(sheets),
        "effects": effects_table(truth, {"commission": experts, "fair": jury}),
    }


def draw_2023(rules: RulesFile) -> Sent:
    """All rows of the export of 2023."""
    rng = Random("2023 forms")
    plan = Plan(
        year=2023,
        opens=date(2023, 1, 16),
        closes=date(2023, 3, 17),
        nominations={"legal": 49, "health": 62, "communication": 40},
        regions=dict(rules.contest.published.regions),
        frame="iso_2023",
        ids={"legal": "rights"},
        second_projects=7,
    )
    forms = draw_forms(plan, rng)
    _within_rules(forms)
    near_twins(forms, rng, similar=1, languages=1)
    _keep_regions(forms, plan)
    type_forms(forms, plan, rules.contest, rng)
    again = resend(forms, rng, [None, None, str.upper], datetime(2023, 2, 20))
    late = strangers(forms, LATE)
    aside = [
        out_of_time(late[0], "late", datetime(2023, 3, 18, 0, 1)),
        out_of_time(late[1], "early", datetime(2023, 1, 15, 17, 40)),
        test_row(datetime(2023, 1, 16, 9, 0), "Сынақ", "Тест"),
    ]
    defects.plant_bins(forms, BINS, rng)
    defects.plant_texts(forms, TEXTS, rng)
    defects.plant_values(forms, VALUES, rng)
    return in_order(plan, [*forms, *again, *aside])


def _within_rules(forms: list) -> None:
    """Consent and a duration within the rules for nearly all; what breaks a rule says so."""
    for n, form in enumerate(forms):
        form.truth["duration"] = min(form.truth["duration"], 10)
        form.truth["consent"] = n % 30 != 7
        if not form.truth["consent"]:
            form.truth["spoilt"] = "consent"


def _keep_regions(forms: list, plan: Plan) -> None:
    """A project told in two languages has one region: give the spare place to where one is wanting."""
    have = Counter(f.truth["region"] for f in forms)
    wanting = [iso for iso, n in plan.regions.items() for _ in range(n - have[iso])]
    for iso in wanting:
        over = next(r for r, n in have.items() if n > plan.regions[r])
        twin = next(f for f in forms if f.truth["region"] == over and "twin" not in f.truth)
        place = next(f.truth["place"] for f in forms if f.truth["region"] == iso)
        twin.truth |= {"region": iso, "place": place}
        have[over] -= 1
        have[iso] += 1


def _commission(
    rules: RulesFile, sent: Sent, truth: pd.DataFrame, experts: pd.DataFrame
) -> tuple[list[ScoreSheet], list[tuple[str, str]]]:
    contest = rules.contest
    drawn = draw_contest(
        truth,
        experts,
        [c.id for c in contest.criteria],
        design="bridged",
        readers=3,
        scale=contest.round("commission").scale,
        seed=SEED + 2,
    )
    sheets = blank_sheets(drawn.ratings, {f.id: f.truth["title"] for f in sent.eligible}, contest.criteria)
    rng = Random("2023 commission")
    for sheet, lang in zip(sheets, ("kk", "ru") * 5, strict=True):
        sheet.name, sheet.above = sheet.juror, 1
        comment_rows(sheet, lang, 0.2, rng)
    return sheets, _slips(sheets)


def _slips(sheets: list[ScoreSheet]) -> list[tuple[str, str]]:
    """A recusal, an abstention, an empty cell, a mark off the scale and an unknown id, in five sheets."""
    a, b, c, d, e = sheets[:5]
    a.all(3, "recused", ["мүдделер қақтығысы"] * 5, "recused")
    b.all(7, "no_mark", ["б/о"] * 5, "abstained")
    c.one(5, "innovativeness", "empty_cell", None, "missing")
    d.one(9, "openness", "off_scale", 12, "invalid")
    e.rows.append(Row("", "?", [5, 5, 5, 5, 5], [None] * 5, ["invalid"] * 5, "23-9999", counted=False))
    e.note(len(e.rows) - 1, "submission", "unknown_submission", "")
    return [(a.juror, a.rows[3].submission)]


def _write_jury(
    rules: RulesFile, out: Path, truth: pd.DataFrame, jury: pd.DataFrame, chosen: list[str]
) -> None:
    criteria = [c.id for c in rules.contest.criteria]
    drawn = draw_contest(
        truth.loc[sorted(chosen)],
        jury,
        criteria,
        design="crossed",
        scale=rules.contest.round("fair").scale,
        seed=SEED + 4,
    )
    names = {c.id: c.name.kk for c in rules.contest.criteria}
    made = long_round(drawn.ratings, names, Random("2023 fair"), comma=False, slips=False)
    order = Random("2023 order").sample(chosen, len(chosen))
    write_csv(out / "fair/jurors.csv", juror_rows(jury.index, "Қазы J", {}), delimiter=",")
    write_csv(
        out / "fair/scores.csv", [(*HEADING, "day", "slot"), *days(made, order)], delimiter=",", end="\n"
    )
