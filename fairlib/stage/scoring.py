"""What a round's marks can and cannot carry: the questions of notebook 02, asked with the round's rules.

A method is the free function of its name with the weights, the scale, the seed and the rules of the round
filled in.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from fairlib.contract import nothing
from fairlib.errors import DataError, ScoringError
from fairlib.intake.sheets.read import Scoresheets, read_scores
from fairlib.intake.sheets.refusals import nothing_scored
from fairlib.intake.sheets.usable import Roster
from fairlib.rules import Contest, Round, Scale
from fairlib.scoring.agreement.concordance import agreement_matrix
from fairlib.scoring.agreement.consequences import what_it_means
from fairlib.scoring.agreement.consistency import consistency
from fairlib.scoring.agreement.restriction import Unrestricted, unrestricted
from fairlib.scoring.assign import extra_assignments
from fairlib.scoring.comparison import compare_estimators
from fairlib.scoring.design import Design, design
from fairlib.scoring.divergence import divergent
from fairlib.scoring.jurors.diagnose import Diagnostics, diagnose
from fairlib.scoring.rasch.measures import rasch
from fairlib.selection.firm.misfit import Checked
from fairlib.stage.direction import oriented, turned, turned_estimates
from fairlib.stage.found import Found, estimate_by
from fairlib.stage.handed_on import read_roster, save_tables, with_levels
from fairlib.store import read_table


class Marks(Protocol):
    """The ratings table of a round and who may mark what in it."""

    @property
    def ratings(self) -> pd.DataFrame:
        """One row per juror × submission × criterion."""
        ...

    @property
    def roster(self) -> Roster:
        """Jurors, submissions, conflicts."""
        ...


@dataclass(frozen=True)
class ScoringStage:
    """A round of a run: the rules of contest and round, the folder of files sent and the run directory."""

    contest: Contest
    rules: Round
    data: Path = Path()
    dir: Path = Path()

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each criterion in this round."""
        return self.contest.weights(self.rules.id)

    @property
    def within(self) -> bool:
        """Whether submissions are chosen inside groups that have levels."""
        return self.contest.within(self.rules.id)

    @property
    def scale(self) -> Scale:
        """The scale of marks."""
        return self.rules.scale

    @property
    def seed(self) -> int:
        """The seed of every random draw of the contest."""
        return self.contest.seed

    @property
    def folder(self) -> Path:
        """Where the tables of this round are written."""
        return self.dir / self.rules.id

    def read_roster(self) -> Roster:
        """Who may mark what, from what the steps before have written."""
        return read_roster(self.contest, self.rules, self.data, self.dir)

    def read_marks(self, known: Roster | None = None) -> Scoresheets:
        """The score files of the round, read against `known`, by default what the steps before have written.

        Raises DataError where the steps before left nobody for the round, or no mark can be used, and as
        `read_scores` does.
        """
        known = known or self.read_roster()
        if not known.submissions["in_round"].any():
            raise DataError(
                f"There is nothing to score in the round {self.rules.id}: {len(known.submissions)} "
                "submissions were accepted and none is left for it; look at intake/set_aside.csv and the "
                "rules under contest.submissions."
            )
        sheets = read_scores(self.contest, self.rules, self.data, known)
        if refusal := nothing_scored(sheets.ratings, self.rules):
            raise refusal
        ratings = with_levels(self.contest, self.rules, sheets.ratings, known.submissions)
        return replace(sheets, ratings=ratings)

    def oriented(self, marks: Marks) -> pd.DataFrame:
        """The ratings with higher marks better, whatever the scale of the round says."""
        return oriented(self.rules, marks.ratings)

    def design(self, marks: Marks) -> Design:
        """What the design supports, nominations compared, conflicts never proposed as a reading."""
        groups = marks.roster.submissions["nomination"] if self.contest.nominations else None
        return design(marks.ratings, groups, marks.roster.conflicts)

    def extra_assignments(self, found: Design, count: int = 3) -> pd.DataFrame:
        """The readings that would strengthen the design most; no rows where everything free is read."""
        try:
            return extra_assignments(found, count)
        except ScoringError:
            return pd.DataFrame(columns=["juror", "submission"])

    def consistency(self, marks: Marks) -> pd.DataFrame:
        """Do the jurors agree? Each statistic with its interval, of the composite and of every criterion."""
        return consistency(marks.ratings, self.weights, seed=self.seed, within=self.within)

    def agreement_matrix(self, marks: Marks) -> pd.DataFrame:
        """The rank correlation of every two jurors on the submissions both read."""
        return agreement_matrix(marks.ratings, self.weights)

    def what_it_means(self, marks: Marks) -> pd.Series:
        """What the reliability means at the round's seats, or the reason why there is nothing to say."""
        seats, preselected = self._line(marks), self.contest.before(self.rules.id) is not None
        if seats is None:
            return pd.Series(
                {"status": "no_line", "n_submissions": _n_marked(marks)}, name="value", dtype=object
            )
        found = what_it_means(
            marks.ratings, seats, self.weights, preselected, within=self.within, seed=self.seed
        )
        known = self._unrestricted(marks) if preselected else Unrestricted(status="first_round")
        told = {
            "unrestricted": known.reliability,
            "unrestricted_low": known.low,
            "unrestricted_high": known.high,
            "unrestricted_status": known.status,
        }
        return pd.Series(vars(found) | told, name="value", dtype=object)

    def _unrestricted(self, marks: Marks) -> Unrestricted:
        """What the reliability would be among all from whom the round before chose."""
        before = self.contest.before(self.rules.id)
        path = self.dir / before.id / "estimates.csv" if before else None
        if before is None or path is None or not path.exists():
            return Unrestricted(status="no_earlier_estimates")
        known = turned_estimates(before, read_table(path, "submission"))["estimate"]
        groups = known.index.to_series().map(self._cells(marks)) if self.within else None
        return unrestricted(self.oriented(marks), known, groups, self.weights, seed=self.seed)

    def _cells(self, marks: Marks) -> pd.Series:
        """The combination of groups with levels of each submission, as text (index submission)."""
        columns = [x.column for x in self.contest.levels(self.rules.id)]
        about = marks.roster.submissions[columns].astype(object).fillna("")
        return about.astype(str).agg("|".join, axis=1)

    def estimate(self, marks: Marks, method: str | None = None) -> Found:
        """Estimates by the round's estimator or another `method`; statuses and errors as in `estimate_by`."""
        return estimate_by(self.contest, self.rules, marks.ratings, method or self.rules.estimator)

    def diagnose(self, marks: Marks, found: Found) -> Diagnostics:
        """Juror diagnostics, with what is known of the round's submissions and jurors."""
        given, roster = self.oriented(marks), marks.roster
        try:
            fit = rasch(given)
        except ScoringError:
            fit = None  # diagnose then says `not_computed` for infit and outfit
        review = diagnose(
            given,
            roster.submissions,
            roster.jurors,
            weights=self.weights,
            scale=(self.scale.min, self.scale.max),
            severity=found.estimates if found.estimates.method == "severity" else None,
            rasch=fit,
            seed=self.seed,
        )
        jurors = self._marks_told(review.jurors, "digit")
        return replace(review, jurors=jurors, findings=self._marks_told(review.findings, "about"))

    def _marks_told(self, table: pd.DataFrame, favourite: str) -> pd.DataFrame:
        """Diagnostics with mean and favourite mark on the contest's own scale; severity does not turn."""
        if self.scale.best == "high":
            return table
        digits = table["signal"] == "digits" if "signal" in table else pd.Series(True, index=table.index)
        mark = pd.to_numeric(table[favourite].where(digits), errors="coerce")
        told = self.scale.orient(mark).map("{:g}".format, na_action="ignore")
        mixed = table.assign(**{favourite: table[favourite].where(mark.isna(), told)})
        return turned(self.rules, mixed, ["mean"])

    def divergent(self, marks: Marks) -> pd.DataFrame:
        """Submissions that want another reader by the round's divergence rule; empty if it has none."""
        rule = self.rules.divergence
        if rule is None:
            return nothing("another_reader", "submission")
        table = divergent(self.oriented(marks), rule, self.scale, self.weights)
        wanted = table[table["another_reader"]]
        return turned(
            self.rules, wanted, ("low", "high"), ends=[("low", "high"), ("low_juror", "high_juror")]
        )

    def by_rank(self, found: Found) -> pd.DataFrame:
        """Estimates with the decision by rank alone, to draw the line before the rules are applied."""
        inside = found.table["rank"] <= (self.rules.select.seats or len(found.table))
        decision = inside.map({True: "selected", False: "not_selected"}).to_numpy()
        return found.table.reset_index().assign(decision=decision)

    def largest_moves(self, found: Found, count: int = 8) -> pd.DataFrame:
        """The submissions that adjusting moves furthest, raw and adjusted side by side, with what moved them."""
        far = found.table["change"].abs().sort_values(ascending=False, kind="stable").index[:count]
        raw, moved = (
            ["raw_mean", "estimate", "se", "rank_raw", "rank"],
            ["by_readers", "by_shrinkage", "mainly_by"],
        )
        return found.table.loc[far, [*raw, "change", *(f"moved_{m}" for m in moved)]]

    def without_juror(self, marks: Marks, found: Found, juror: str) -> pd.DataFrame:
        """Who would cross the line had a juror not been there, by raw means: `rank_raw, what_if, change`.

        `change` is `comes` or `goes`. No rows where nobody else gave a mark, or no line is drawn by rank.
        """
        others = marks.ratings[marks.ratings["juror"] != juror]
        ranks, line = found.table["rank_raw"].iloc[:0], self._line(marks)
        if line is not None and (others["status"] == "scored").any():
            ranks = estimate_by(self.contest, self.rules, others, "raw").table["rank"]
        moved = found.table[["rank_raw"]].assign(what_if=ranks).dropna().astype(int)
        before, after = (moved[c] <= (line or 0) for c in moved)
        change = np.select([after & ~before, before & ~after], ["comes", "goes"], "")
        return moved.assign(change=change)[change != ""].sort_values(["change", "rank_raw"])

    def compare_estimators(self, marks: Marks, n_sim: int = 200) -> pd.DataFrame:
        """The estimators beside each other on this round's marks and seats.

        No rows where the round draws no line by rank, or where its marks carry no model to simulate from: one
        juror, one reading each, one mark for all, panels that nothing links.
        """
        seats = self._line(marks)
        if seats is None:
            return nothing("compared", "method")
        given = self.oriented(marks)
        try:
            return compare_estimators(given, seats, n_sim=n_sim, seed=self.seed, weights=self.weights)
        except ScoringError:
            return nothing("compared", "method")

    def _line(self, marks: Marks) -> int | None:
        """The seats of a round that draws a line by rank; None without seats, or with one for everybody."""
        seats = self.rules.select.seats
        return seats if seats is not None and seats < _n_marked(marks) else None

    def save_scoring(
        self,
        marks: Scoresheets,
        plan: Design,
        agreement: pd.DataFrame,
        meaning: pd.Series,
        found: Found,
        review: Diagnostics,
        apart: pd.DataFrame,
        compared: pd.DataFrame,
        checked: Checked,
    ) -> None:
        """Write what the round's scoring made into its folder of the run directory."""
        sheets = {name: getattr(marks, name) for name in ("ratings", "comments", "rejected", "findings")}
        tables = {
            "estimates": found.table,
            "jurors": juror_table(found, review),
            "juror_findings": review.findings,
            "consistency": agreement,
            "design": design_table(plan),
            "contrasts": plan.contrasts,
            "meaning": meaning.rename_axis("key").to_frame(),
            "compared": compared,
            "another_reader": apart,
            "levels": found.levels,
            "level_means": found.level_means,
            "groupings": found.groupings,
            "reliability": found.reliability,
            "fit": checked.table.reset_index(),
            "other_chances": checked.chances,
        }
        save_tables(self.folder, sheets | tables)


def juror_table(found: Found, review: Diagnostics) -> pd.DataFrame:
    """Severity with its error, then the diagnostics, one row for each juror."""
    known = ["severity", "severity_se", "n_submissions", "status"]
    return found.jurors.join(review.jurors.drop(columns=known, errors="ignore"))


def design_table(found: Design) -> pd.DataFrame:
    """The verdict on the design and the numbers behind it, as key and value."""
    numbers = ("verdict", "reason", "n_submissions", "n_jurors", "n_readings", "inflation", "connectivity")
    rows = {name: getattr(found, name) for name in numbers} | {"components": len(found.components)}
    return pd.Series(rows, name="value", dtype=object).rename_axis("key").to_frame()


def _n_marked(marks: Marks) -> int:
    ratings = marks.ratings
    return ratings.loc[ratings["status"] == "scored", "submission"].nunique()
