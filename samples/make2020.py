"""The files of 2020: a CSV of forms in KZ-1048, some of initiative groups, and two long tables of marks."""

from datetime import date, datetime
from pathlib import Path
from random import Random

import pandas as pd

from fairlib.params import RulesFile
from samples import defects
from samples.ahead import finalists
from samples.bank import table
from samples.bodies import EFFECTS, body, effects_table, juror_rows, true_submissions
from samples.books import Cell, write_csv
from samples.drawn import draw_contest
from samples.export import HEADINGS, export_rows
from samples.forms import FIELDS, Plan, draw_forms
from samples.long import HEADING, LongRound, days, long_round
from samples.truth import PLANTED, meant, planted_in_forms, slip_rows
from samples.year import Sent, empty_row, in_order, out_of_time, resend, strangers, test_row, type_forms

SEED = 20200514
PLAN = Plan(
    year=2020,
    opens=date(2020, 2, 1),
    closes=date(2020, 3, 31),
    nominations={"disability": 60, "legal": 44, "health": 54},
    regions={r["iso"]: int(r["weight_2020"]) for r in table("regions")},
    ids=dict.fromkeys(("disability", "legal", "health"), ""),
    groups=17,
    second_projects=8,
)
BINS = {
    "leading_zero_lost": 9,
    "scientific_notation": 3,
    "separators": 1,
    "check_digit": 2,
    "iin_in_bin_field": 2,
}
TEXTS = {
    ("title", "nbsp"): 3,
    ("summary", "double_space"): 3,
    ("title", "look_alike"): 3,
    ("summary", "html"): 1,
}
VALUES = [
    ("region", "typo", "KZ-39", "Кастанайская область", None, ""),
    ("region", "typo", "KZ-27", "Батыс Қазакстан облысы", None, ""),
    ("region", "case_ending", "KZ-35", "Қарағанды облысында", None, ""),
    ("requested", "above", None, "4 500 000", 4_500_000, "requested_within"),
    ("requested", "above", None, "10 млн", 10_000_000, "requested_within"),
    ("consent", "missing", None, None, "", ""),
]
NAMES = {
    "significance": "значимость",
    "social_impact": "социальный эффект",
    "sustainability": "устойчивость",
    "innovativeness": "инновационность",
}
SMALLER = EFFECTS.scaled(0.5, centre=3.2)  # the scale of 0 to 5 is half as long


def make_2020(rules: RulesFile, out: Path) -> dict[str, pd.DataFrame]:
    """Write everything into `out`; returns the truth: planted, submissions, commission, effects."""
    sent = draw_2020(rules)
    keep = [name for name in FIELDS if name != "nomination"]
    head = [HEADINGS[name].replace("₸", "тг") for name in keep]
    rows = [[_plain(cell) for cell in row] for row in export_rows(sent, keep)]
    write_csv(out / "submissions.csv", [head, *rows], encoding="kz1048")
    truth = true_submissions(sent.eligible, SEED)
    first, experts = _commission(rules, truth)
    write_csv(out / "commission/jurors.csv", juror_rows(experts.index, "Сарапшы E", {}))
    write_csv(out / "commission/conflicts.csv", [("juror", "submission"), *first.conflicts])
    write_csv(
        out / "commission/scores.csv",
        [("Эксперт", "№ заявки", "Критерий", "Балл"), *first.rows],
        encoding="cp1251",
    )
    chosen = finalists(rules, out)
    second, jury = _jury(rules, truth.loc[sorted(chosen)])
    order = Random("2020 order").sample(chosen, len(chosen))
    write_csv(out / "fair/jurors.csv", juror_rows(jury.index, "Қазы J", {}))
    write_csv(
        out / "fair/scores.csv",
        [(*HEADING, "day", "slot"), *days(second, order)],
        delimiter="\t",
        encoding="utf-16",
    )
    planted = [
        planted_in_forms(sent, "submissions.csv", "", 1, keep),
        pd.DataFrame(slip_rows(first.slips, "commission/scores.csv", ""), columns=PLANTED, dtype="str"),
    ]
    return {
        "planted": pd.concat(planted, ignore_index=True),
        "submissions": meant(sent, 1),
        "commission": first.meant,
        "effects": effects_table(truth, {"commission": experts, "fair": jury}),
    }


def draw_2020(rules: RulesFile) -> Sent:
    """All rows of the export of 2020."""
    rng = Random("2020 forms")
    forms = draw_forms(PLAN, rng)
    type_forms(forms, PLAN, rules.contest, rng)
    again = resend(
        [f for f in forms if f.truth["bin"]], rng, [None, None, None, lambda t: f"{t}."], datetime(2020, 3, 5)
    )
    late = strangers(forms, LATE)
    aside = [
        out_of_time(late[0], "late", datetime(2020, 4, 1, 0, 2)),
        out_of_time(late[1], "late", datetime(2020, 4, 3, 11, 20)),
        test_row(datetime(2020, 2, 1, 8, 30), "test", "Тест"),
        empty_row(datetime(2020, 2, 20, 12, 0), bare=False),
    ]
    defects.plant_bins(forms, BINS, rng, rule="")
    defects.plant_texts(forms, TEXTS, rng)
    defects.plant_values(forms, VALUES, rng)
    defects.plant(forms, "region", "unknown", 2, defects.nowhere("вся республика"), rng, "region_known")
    return in_order(PLAN, [*forms, *again, *aside])


LATE = ("991240999901", "051240999906")


def _commission(rules: RulesFile, truth: pd.DataFrame) -> tuple[LongRound, pd.DataFrame]:
    experts = body("E", 8, SEED + 1, effects=SMALLER)
    drawn = draw_contest(
        truth.assign(quality=truth["quality"] / 2),
        experts,
        list(NAMES),
        design="random",
        readers=3,
        effects=SMALLER,
        scale=rules.contest.round("commission").scale,
        seed=SEED + 2,
    )
    return long_round(drawn.ratings, NAMES, Random("2020 commission"), comma=True, slips=True), experts


def _jury(rules: RulesFile, truth: pd.DataFrame) -> tuple[LongRound, pd.DataFrame]:
    jury = body("J", 7, SEED + 3, effects=SMALLER)
    drawn = draw_contest(
        truth.assign(quality=truth["quality"] / 2),
        jury,
        list(NAMES),
        design="crossed",
        effects=SMALLER,
        scale=rules.contest.round("fair").scale,
        seed=SEED + 4,
    )
    return long_round(drawn.ratings, NAMES, Random("2020 fair"), comma=False, slips=False), jury


def _plain(cell: Cell) -> Cell:
    """A cell as a spreadsheet exports it to text."""
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.%Y %H:%M:%S}"
    if isinstance(cell, float):
        return f"{cell:.6f}".replace(".", ",")
    return cell.replace("₸", "тг") if isinstance(cell, str) else cell
