"""The files of 2021: the form export, the commission's workbooks, and the jury's table of the Fair."""

from pathlib import Path
from random import Random

import pandas as pd

from fairlib.params import RulesFile
from samples import commission2021, fair2021, y2021
from samples.ahead import finalists
from samples.bodies import effects_table
from samples.books import write_xlsx
from samples.export import HEADINGS, WIDTHS, export_rows
from samples.truth import PLANTED, meant, planted_in_forms, planted_in_sheets, slip_rows

TITLE = "Әлеуметтік идеялар мен жобалар жәрмеңкесі – 2021: өтінімдер / заявки (синтетикалық деректер)"
SHEET = "Өтінімдер"


def make_2021(rules: RulesFile, out: Path) -> dict[str, pd.DataFrame]:
    """Write everything into `out`; returns the truth: planted, submissions, commission, effects."""
    sent = y2021.draw(rules.contest, Random("2021 forms"))
    cells = [[TITLE], list(HEADINGS.values()), *export_rows(sent)]
    write_xlsx(out / "submissions.xlsx", {SHEET: cells}, widths=WIDTHS, author="synthetic")
    commission = commission2021.draw_commission(sent, rules.contest)
    commission2021.write_commission(commission, out)
    chosen = finalists(rules, out)
    jury = fair2021.draw_jury(chosen, commission.drawn.submissions, rules.contest)
    fair2021.write_jury(jury, out)
    planted = [
        planted_in_forms(sent, "submissions.xlsx", SHEET, 2),
        planted_in_sheets(commission.sheets, "commission"),
        pd.DataFrame(slip_rows(jury.slips, "fair/scores.csv", ""), columns=PLANTED, dtype="str"),
    ]
    return {
        "planted": pd.concat(planted, ignore_index=True),
        "submissions": meant(sent, 2),
        "commission": commission2021.commission_truth(commission),
        "effects": effects_table(
            commission.drawn.submissions, {"commission": commission.drawn.jurors, "fair": jury.jurors}
        ),
    }
