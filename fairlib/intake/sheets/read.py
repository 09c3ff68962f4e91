"""What did the jurors mark? Score files of a round → the ratings table, every cell with its source.

Each step hands on to the next: sheets → bodies (`kinds`, `layouts`) → `rows` → whom and what they mean (`rows_meant`,
`asides`, `jurors`) → `marks` → what may be used (`copies`, `usable`). Here is their order.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.file_notes import read_visible
from fairlib.intake.files.tables import collecting_later
from fairlib.intake.findings import as_table, counted
from fairlib.intake.sheets.asides import without_asides
from fairlib.intake.sheets.copies import without_copies
from fairlib.intake.sheets.jurors import jurors_of_rows
from fairlib.intake.sheets.kinds import read_bodies
from fairlib.intake.sheets.marks import comments_of, marks_of, with_scores
from fairlib.intake.sheets.namesakes import tell_namesakes
from fairlib.intake.sheets.refusals import nothing_counts
from fairlib.intake.sheets.rows import rows_below
from fairlib.intake.sheets.rows_meant import match_conflicts, match_rows
from fairlib.intake.sheets.usable import Roster, check_conflicts, check_marks
from fairlib.rules import Contest, Round


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

    @property
    def finding_counts(self) -> pd.DataFrame:
        """How many findings there are of each severity and code."""
        return counted(self.findings)


@collecting_later()
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
    found = list(roster.findings)
    # an error in a cell is told where it stands for a mark
    sheets = [s for f in files for s in read_visible(f, found, quiet=["error_cell"])]
    bodies = read_bodies(contest, r, sheets, roster, found)
    rows = match_rows(rows_below(bodies, found), bodies, roster, found)
    rows = without_asides(rows, bodies, r.scale, roster, found)
    rows["juror"] = jurors_of_rows(rows, bodies, roster, found)
    raw = without_copies(marks_of(contest, r, rows, bodies, roster, found), r.scale, roster, found)
    raw = with_scores(raw, r.scale, found)
    if roster.jurors is None:
        tell_namesakes(raw.groupby("juror", observed=True)["submission"].agg(set), found)
    declared = Path(r.conflicts or "").name
    roster = replace(roster, conflicts=match_conflicts(roster, raw["juror"].cat.categories, declared, found))
    ratings, rejected = check_marks(raw, roster, list(contest.weights(r.id)), found)
    assert len(ratings) + len(rejected) == len(raw), "a mark was lost"
    if refusal := nothing_counts(rejected, _known_sides(contest, r, roster), r, len(ratings)):
        raise refusal
    ratings.insert(0, "round", r.id)
    check_conflicts(roster, declared, found)
    rejected = rejected.sort_values("source", kind="stable").reset_index(drop=True)
    comments = comments_of(rows, bodies, roster)
    return Scoresheets(ratings, comments, rejected, as_table(found), len(raw), roster)


def _not_scores(r: Round) -> set[str]:
    return {Path(p).name for p in (r.jurors, r.conflicts) if p}


def _known_sides(contest: Contest, r: Round, roster: Roster) -> dict[str, list[str]]:
    """Whom and what a mark may name."""
    jurors = [] if roster.jurors is None else list(roster.jurors.index)
    criteria = [c.name[contest.language] for c in contest.criteria if c.id in contest.weights(r.id)]
    return {"submission": list(roster.submissions.index), "juror": jurors, "criterion": criteria}
