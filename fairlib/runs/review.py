"""What a round's marks can and cannot carry: the questions of notebook 02, asked with the round's rules."""

from dataclasses import replace

import pandas as pd

from fairlib.errors import ScoringError
from fairlib.intake.sheets.usable import Roster
from fairlib.rules import Contest, Round
from fairlib.runs.direction import oriented, turned
from fairlib.runs.outcome import estimates_of
from fairlib.scoring.agreement.consequences import what_it_means
from fairlib.scoring.assign import extra_assignments
from fairlib.scoring.comparison import compare_estimators
from fairlib.scoring.design import Design
from fairlib.scoring.divergence import divergent
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.jurors.diagnose import Diagnostics, diagnose
from fairlib.scoring.rasch.measures import rasch


def supports(contest: Contest, r: Round, ratings: pd.DataFrame) -> pd.Series:
    """What `what_it_means` says of the round's seats, or the reason why there is nothing to say."""
    seats, preselected = r.select.seats, contest.before(r.id) is not None
    marked = ratings.loc[ratings["status"] == "scored", "submission"].nunique()
    if seats is None or seats >= marked:
        return pd.Series({"status": "no_line", "n_submissions": marked}, name="value", dtype=object)
    found = what_it_means(ratings, seats, contest.weights(r.id), preselected, seed=contest.seed)
    return pd.Series(vars(found), name="value", dtype=object)


def next_readings(found: Design, count: int = 3) -> pd.DataFrame:
    """The readings that would strengthen the design most; no rows where everything free is read already."""
    try:
        return extra_assignments(found, count)
    except ScoringError:
        return pd.DataFrame(columns=["juror", "submission"])


def diagnose_round(
    contest: Contest, r: Round, ratings: pd.DataFrame, roster: Roster, estimates: Estimates
) -> Diagnostics:
    """Juror diagnostics of a round, with what is known of its submissions and jurors."""
    marks = oriented(r, ratings)
    severity = estimates if estimates.method == "severity" else None
    try:
        fit = rasch(marks)
    except ScoringError:
        fit = None  # diagnose then says `not_computed` for infit and outfit
    found = diagnose(
        marks, roster.submissions, roster.jurors, weights=contest.weights(r.id), scale=(r.scale.min, r.scale.max),
        severity=severity, rasch=fit, seed=contest.seed,
    )  # fmt: skip
    return replace(found, jurors=_marks_told(r, found.jurors, "digit"),
                   findings=_marks_told(r, found.findings, "about"))  # fmt: skip


def _marks_told(r: Round, table: pd.DataFrame, favourite: str) -> pd.DataFrame:
    """Diagnostics with mean and favourite mark on the contest's own scale; severity and leniency are as they are."""
    if r.scale.best == "high":
        return table
    digits = table["signal"] == "digits" if "signal" in table else pd.Series(True, index=table.index)
    mark = pd.to_numeric(table[favourite].where(digits), errors="coerce")
    told = r.scale.orient(mark).map("{:g}".format, na_action="ignore")
    return turned(r, table.assign(**{favourite: table[favourite].where(mark.isna(), told)}), ["mean"])


def juror_table(estimates: Estimates, review: Diagnostics) -> pd.DataFrame:
    """Severity with its error, then the diagnostics, one row for each juror."""
    more = review.jurors.drop(columns=["severity", "severity_se", "n_submissions", "status"], errors="ignore")
    return estimates.jurors.join(more)


def design_table(found: Design) -> pd.DataFrame:
    """The verdict on the design and the numbers behind it, as key and value."""
    numbers = ("verdict", "reason", "n_submissions", "n_jurors", "n_readings", "inflation", "connectivity")
    rows = {name: getattr(found, name) for name in numbers} | {"components": len(found.components)}
    return pd.Series(rows, name="value", dtype=object).rename_axis("key").to_frame()


def another_reader(contest: Contest, r: Round, ratings: pd.DataFrame) -> pd.DataFrame:
    """Submissions that want another reader by the round's divergence rule; empty if it has none."""
    if r.divergence is None:
        none = pd.Index([], name="submission")
        return pd.DataFrame(columns=["low", "high", "gap", "limit", "another_reader", "status"], index=none)
    table = divergent(oriented(r, ratings), r.divergence, r.scale, contest.weights(r.id))
    wanted = table[table["another_reader"]]
    return turned(r, wanted, ("low", "high"), ends=[("low", "high"), ("low_juror", "high_juror")])


def by_rank(r: Round, table: pd.DataFrame) -> pd.DataFrame:
    """Estimates with the decision that rank alone would make, to draw the line before the rules are applied."""
    inside = table["rank"] <= (r.select.seats or len(table))
    return table.reset_index().assign(
        decision=inside.map({True: "selected", False: "not_selected"}).to_numpy()
    )


def ranks_without(
    contest: Contest, r: Round, ratings: pd.DataFrame, table: pd.DataFrame, juror: str
) -> pd.DataFrame:
    """What if a juror had not been there, by raw means: `rank, what_if, change` of those who then have a rank.

    No rows where nobody else gave a mark.
    """
    others = ratings[ratings["juror"] != juror]
    ranks = table["rank"].iloc[:0]
    if (others["status"] == "scored").any():
        ranks = estimates_of(contest, r, others, "raw")[1]["rank"]
    moved = table[["rank"]].assign(what_if=ranks).dropna().astype(int)
    return moved.assign(change=moved["rank"] - moved["what_if"])


def compare_here(contest: Contest, r: Round, ratings: pd.DataFrame, n_sim: int = 200) -> pd.DataFrame:
    """`compare_estimators` on this round's marks and seats.

    No rows where the round draws no line by rank, or where its marks carry no model to simulate from: one juror,
    one reading each, one mark for all, panels that nothing links.
    """
    nothing = pd.DataFrame(columns=["rmse", "hit_rate"], index=pd.Index([], name="method"))
    marked = ratings.loc[ratings["status"] == "scored", "submission"].nunique()
    if r.select.seats is None or r.select.seats >= marked:
        return nothing
    marks = oriented(r, ratings)
    try:
        return compare_estimators(
            marks, r.select.seats, n_sim=n_sim, seed=contest.seed, weights=contest.weights(r.id)
        )
    except ScoringError:
        return nothing
