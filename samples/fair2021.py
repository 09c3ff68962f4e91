"""The jury of the Fair of 2021: nine jurors hear every finalist, over two days, in one long table."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pandas as pd

from fairlib.rules import Contest
from samples.bodies import body, juror_rows
from samples.books import write_csv
from samples.commission2021 import SEED
from samples.drawn import Effects, draw_contest
from samples.sheets import Slip

JURORS = 9
COLUMNS = ("juror", "submission", "criterion", "score", "day", "slot")
ABSENT = "J7"


@dataclass
class Jury:
    """Rows of the long table as typed, the declared conflicts, the truth of the draw and the slips."""

    rows: list[list]
    conflicts: list[tuple[str, str]]
    jurors: pd.DataFrame
    slips: list[Slip]


def draw_jury(finalists: list[str], submissions: pd.DataFrame, contest: Contest) -> Jury:
    """Marks of nine jurors for the finalists; `submissions` is the truth of the first round.

    The last finalist but two withdrew and has no marks; one juror is not there on the second day; another
    wrote one project's marks under the number of a project that is no finalist.
    """
    rng = Random("2021 fair")
    drawn = draw_contest(
        submissions.loc[sorted(finalists)],
        body("J", JURORS, SEED + 3),
        [c.id for c in contest.criteria],
        design="crossed",
        effects=Effects(centre=6.6, reading=0.9),
        scale=contest.round("fair").scale,
        seed=SEED + 4,
    )
    heard = [i for i in finalists if i != finalists[-3]]
    order = rng.sample(heard, len(heard))
    place = {i: (1 + n * 2 // len(order), 1 + n % -(-len(order) // 2)) for n, i in enumerate(order)}
    day1, day2 = (sorted(i for i in order if place[i][0] == day) for day in (1, 2))
    conflicts = [("J2", day1[3]), ("J5", day1[11]), ("J5", day2[8]), ("J8", day2[2])]
    jury = Jury([], conflicts, drawn.jurors, [])
    outsider = next(i for i in submissions.index if i not in finalists)
    astray = day1[6]
    for row in drawn.ratings.itertuples(index=False):
        if row.submission not in place or (row.juror == ABSENT and place[row.submission][0] == 2):
            continue
        recused = (row.juror, row.submission) in conflicts
        written = outsider if (row.juror, row.submission) == ("J4", astray) else row.submission
        score = "мүдделер қақтығысы" if recused else int(row.score)
        jury.rows.append([row.juror, written, row.criterion, score, *place[row.submission]])
    jury.rows.sort(key=lambda r: (r[4], r[5], r[0]))
    _note(jury, outsider, finalists[-3])
    return jury


def write_jury(jury: Jury, out: Path) -> None:
    """Write `fair/`: the jurors, the declared conflicts and the long table."""
    folder = out / "fair"
    write_csv(folder / "jurors.csv", juror_rows(jury.jurors.index, "Қазы J", {}))
    write_csv(folder / "conflicts.csv", [("juror", "submission"), *sorted(jury.conflicts)])
    write_csv(folder / "scores.csv", [COLUMNS, *jury.rows], encoding="utf-8-sig")


def _note(jury: Jury, outsider: str, withdrawn: str) -> None:
    first = next(n for n, row in enumerate(jury.rows) if row[1] == outsider)
    jury.slips += [
        Slip(f"B{first + 2}", outsider, "submission", "not_a_finalist", outsider, ""),
        Slip("", withdrawn, "submission", "finalist_without_marks", None, ""),
        Slip("", "", "juror", "absent_on_day_2", ABSENT, ""),
    ]
    for juror, submission in jury.conflicts:
        n = next(n for n, row in enumerate(jury.rows) if row[:2] == [juror, submission])
        jury.slips.append(Slip(f"D{n + 2}", submission, "row", "recused", jury.rows[n][3], "recused"))
