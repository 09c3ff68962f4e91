"""Who is chosen, and how firm is the line? The questions of notebook 03, asked with the round's rules.

A method is the free function of its name with the weights, the scale, the seed and the rules of the round
filled in. Where a question has no answer its table has no rows.
"""

from collections.abc import Mapping
from typing import TypedDict

import pandas as pd

from fairlib.contract import nothing
from fairlib.errors import ScoringError, SelectionError
from fairlib.intake.sheets.rows_meant import match_conflicts
from fairlib.rules import Scale, Selection
from fairlib.scoring.days import days
from fairlib.scoring.estimators.adjust import Estimates, estimate
from fairlib.scoring.misfit.check import model_fit
from fairlib.selection.admit.check import Check, verify_choice
from fairlib.selection.choose import Choice, choose
from fairlib.selection.firm.certainty import Certainty, certainty
from fairlib.selection.firm.draw import Drawn, apply_draw
from fairlib.selection.firm.line import compare_at_line, discuss
from fairlib.selection.firm.misfit import Checked, check_model
from fairlib.selection.firm.readings import readings
from fairlib.selection.firm.stability import Stability, stability
from fairlib.selection.otherwise.cost import rule_costs
from fairlib.selection.otherwise.neighbours import Others, other_rules
from fairlib.selection.otherwise.what_if import Comparison, what_if
from fairlib.selection.rule.compiled import compile_rule
from fairlib.stage.direction import turned, turned_estimates
from fairlib.stage.found import Found
from fairlib.stage.handed_on import Scored, save_tables
from fairlib.stage.scoring import Marks, ScoringStage
from fairlib.store import read_table, write_bytes

GROUPS = ("nomination", "language")  # by which jurors may see submissions differently


class _Alike(TypedDict):
    """What stays as it is in every question about other rules."""

    seed: int
    ratings: pd.DataFrame
    method: str
    scale: Scale


class Stage(ScoringStage):
    """A round of a run: its marks, estimates, diagnoses and choice, by the rules of the round."""

    def read_scored(self) -> Scored:
        """What the scoring of the round handed on.

        Raises DataError if it has not been written yet.
        """
        ratings = read_table(self.folder / "ratings.csv", text=("day", "slot", "level"))
        return Scored(ratings, self.read_roster(), read_table(self.folder / "estimates.csv", "submission"))

    def candidates(self, scored: Scored) -> pd.DataFrame:
        """What selection decides on: all submissions of the contest in its first round, later the round's.

        Estimates are turned so that higher is better; the rule that is carried out on them is read by the
        scale.
        """
        about = scored.roster.submissions
        if self.contest.before(self.rules.id) is not None:
            about = about[about["in_round"]]
        joined = about.join(turned_estimates(self.rules, scored.table))
        joined["status"] = joined["status"].astype(object).where(joined["status"].notna(), "no_marks")
        return joined

    def choose(self, scored: Scored, rule: Selection | None = None) -> Choice:
        """Carry out the rule of the round (or another one, to see what it would do) on the estimates.

        Raises SelectionError where the rule cannot be carried out.
        """
        return choose(self.candidates(scored), rule or self.rules.select, seed=self.seed, scale=self.scale)

    def ranking(self, scored: Scored, choice: Choice) -> pd.DataFrame:
        """Decisions with estimates and their intervals as scoring wrote them, to be drawn."""
        estimates = scored.table[["estimate", "low", "high"]]
        return choice.decisions.drop(columns="estimate").join(estimates).reset_index()

    def near_line(self, decisions: pd.DataFrame, above: int = 6, below: int = 8) -> pd.DataFrame:
        """The rows around the last selected place, by rank."""
        ranked = decisions.dropna(subset=["rank"]).sort_values("rank", kind="stable")
        line = int((ranked["decision"] == "selected").sum())
        return ranked.iloc[max(line - above, 0) : line + below]

    def just_missed(self, choice: Choice) -> str:
        """The best ranked submission that was not selected; where all were, or none has a rank, the last of all."""
        ranked = choice.decisions.sort_values("rank", kind="stable")
        out = ranked.index[(ranked["decision"] != "selected") & ranked["rank"].notna()]
        return out[0] if len(out) else ranked.index[-1]

    def most_felt_juror(self, scored: Scored, hangs: Stability) -> str:
        """The juror without whom most places would change; the first of all where nothing would."""
        left_out = hangs.changes[hangs.changes["kind"] == "juror"].set_index("what")["n_changes"].dropna()
        return left_out.idxmax() if len(left_out) else scored.ratings["juror"].min()

    def verify_choice(self, choice: Choice) -> Check:
        """The same choice by an independent route."""
        return verify_choice(choice.problem, choice)

    def rule_costs(self, choice: Choice) -> pd.DataFrame:
        """Who would come and who would go without each rule."""
        return rule_costs(choice.problem, choice.admitted)

    def severity_model(self, marks: Marks, found: Found) -> Estimates | None:
        """The severity model of the marks, to draw other commissions from; None if it cannot be fitted."""
        model = found.estimates
        if model.method != "severity":
            try:
                model = estimate(self.oriented(marks), "severity", self.weights)
            except ScoringError:
                return None
        return model if model.fit is not None else None  # equal marks have estimates and no model

    def check_model(self, marks: Marks, found: Found) -> Checked:
        """How well the model of the estimates fits these marks, and what allowing for more moves at the line."""
        about = marks.roster.submissions
        groups = about[[c for c in GROUPS if c in about]]
        scale = (self.scale.min, self.scale.max, self.scale.step or 0.0)
        given, seed = self.oriented(marks), self.seed
        fit = model_fit(given, found.estimates, scale=scale, groups=groups, weights=self.weights, seed=seed)
        candidates = self.candidates(Scored(marks.ratings, marks.roster, found.table))
        try:
            problem = compile_rule(candidates, self.rules.select, seed=seed, scale=self.scale)
        except SelectionError:  # told where the rule is carried out
            problem = None
        return check_model(fit, found.estimates, problem, seed=seed)

    def certainty(self, choice: Choice, found: Found, model: Estimates | None) -> Certainty:
        """How sure each decision is, from draws of the estimates through the whole rule."""
        return certainty(found.estimates, choice.problem, seed=self.seed, model=model)

    def decisions(self, choice: Choice, sure: Certainty) -> pd.DataFrame:
        """The contract's decisions: the choice with probabilities, rank intervals, and those of the twin."""
        return choice.decisions.join(sure.table.drop(columns="status")).join(sure.twin.shared)

    def stability(self, scored: Scored, choice: Choice) -> Stability:
        """Would it have come out otherwise without a juror, without a criterion, with other weights?"""
        return stability(
            self.oriented(scored),
            choice.problem,
            method=self.rules.estimator,
            weights=self.weights,
            scale=self.scale,
            seed=self.seed,
        )

    def readings(
        self, scored: Scored, choice: Choice, model: Estimates | None, count: int = 5
    ) -> pd.DataFrame:
        """The submissions for which one more reading is worth most."""
        try:
            if model is None:
                raise SelectionError("There is no severity model to work it out from.")
            # what is wrong with conflicts was told when the sheets were read
            conflicts = match_conflicts(scored.roster, model.jurors.index, "", [])
            return readings(model, choice.problem, seed=self.seed, conflicts=conflicts, k=count)
        except SelectionError:
            return nothing("next_readings")

    def compare_at_line(
        self, found: Found, choice: Choice, sure: Certainty, model: Estimates | None
    ) -> pd.DataFrame:
        """The ways of treating the line side by side, lotteries among them."""
        try:
            return compare_at_line(found.estimates, choice.problem, sure, seed=self.seed, model=model)
        except SelectionError:
            return nothing("at_the_line", "policy")

    def apply_draw(self, choice: Choice, sure: Certainty, found: Found) -> tuple[Choice, Drawn | None]:
        """The choice with lots drawn at the line, where the rule says so; else the choice as it is."""
        return apply_draw(choice, sure, seed=self.seed, estimates=found.estimates)

    def discuss(self, scored: Scored, choice: Choice, sure: Certainty) -> pd.DataFrame:
        """Both sides' case for each submission of the open band; marks are internal, never for the public."""
        known = turned_estimates(self.rules, scored.table)
        return discuss(choice.problem, sure, known, self.oriented(scored), self.weights)

    def days(self, marks: Marks) -> pd.DataFrame:
        """The effects of day and slot on the marks, as the contest gives them."""
        found = days(self.oriented(marks), self.weights)
        return turned(self.rules, found, gaps=("points", "low", "high"), ends=[("low", "high")])

    def what_if(
        self,
        scored: Scored,
        *,
        weights: Mapping[str, float] | None = None,
        estimator: str | None = None,
        **changes: object,
    ) -> Comparison:
        """The choice under a changed rule, other `weights` or `estimator`, beside the one that holds."""
        if estimator is not None and weights is None:
            weights = self.weights
        return what_if(
            self.candidates(scored),
            self.rules.select,
            weights=weights,
            estimator=estimator,
            **self._alike(scored),
            **changes,
        )

    def other_rules(self, scored: Scored) -> Others:
        """The choices of the neighbours of the declared rule, a fixed list that nobody picks from."""
        return other_rules(
            self.candidates(scored), self.rules.select, weights=self.weights, **self._alike(scored)
        )

    def _alike(self, scored: Scored) -> _Alike:
        """What stays as it is in every question about other rules."""
        return {
            "seed": self.seed,
            "ratings": self.oriented(scored),
            "method": self.rules.estimator,
            "scale": self.scale,
        }

    def save_choice(
        self,
        choice: Choice,
        sure: Certainty,
        hangs: Stability,
        next_readings: pd.DataFrame,
        ways: pd.DataFrame,
        cases: pd.DataFrame,
        slots: pd.DataFrame,
        costs: pd.DataFrame,
        others: Others,
        lots: Drawn | None,
    ) -> None:
        """Write the decisions of the round by rank, and what is known of how firm they are.

        Where lots were drawn: also what anybody needs to draw them again (`docs/verify_draw.py`).
        """
        decisions = self.decisions(choice, sure).reset_index()
        tables = {
            "decisions": decisions.sort_values(["rank", "submission"], na_position="last", kind="stable"),
            "seats": choice.seats,
            "ties": choice.ties,
            "certainty": sure.summary,
            "stability": hangs.changes,
            "acceptability": hangs.weights,
            "next_readings": next_readings,
            "at_the_line": ways,
            "discuss": cases,
            "days": slots,
            "rule_costs": costs,
            "other_rules": others.summary,
            "other_ranks": others.widest,
        }
        if lots is not None:
            tables |= {"draw": lots.table, "draw_summary": lots.summary}
            write_bytes(lots.text.encode(), self.folder / "draw_list.txt")
        save_tables(self.folder, tables)
