"""What does a run directory say? Its tables, read once into one frozen `Results`.

Every number keeps the value it has in its file, but for the probability of being selected: it is told in whole
per cents, which are made here once for page, workbook and letter. Two summaries of marks are made here, so that
pages for the public can show them without having the marks: who agrees with whom, and criteria by decision.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.errors import DataError
from fairlib.params import RulesFile
from fairlib.rules import Certainty, Round
from fairlib.scoring.agreement.concordance import agreement_matrix
from fairlib.selection.firm.certainty import band_of

SUBMISSION = [
    "submission", "source", "sent_at", "organisation", "organisation_id", "bin_verdict", "legal_form",
    "nomination", "title", "summary", "region", "place", "settlement", "monotown", "requested",
    "own_funds", "duration_months", "links", "contact_person", "phone", "email", "consent",
    "first_time", "language", "eligible", "ineligible_by",
]  # fmt: skip
SET_ASIDE = ["source", "submission", "reason", "kept", "organisation", "title"]
FINDING = ["file", "sheet", "cell", "submission", "juror", "code", "found", "done", "severity"]
LEVEL_MEAN = ["level", "mean", "se", "n_submissions", "n_jurors"]
LEVEL = ["level_a", "level_b", "difference", "se", "across"]
RATING = ["round", "submission", "juror", "criterion", "score", "status", "source"]
COMMENT = ["submission", "juror", "comment", "source"]
ESTIMATE = [
    "submission", "estimate", "se", "low", "high", "n_jurors", "raw_mean", "raw_median",
    "disagreement", "status", "n_missing",
]  # fmt: skip
JUROR = ["juror", "severity", "se", "n_submissions", "status"]
CONSISTENCY = ["criterion", "statistic", "value", "low", "high", "p", "n", "status"]
DECISION = [
    "submission", "rank", "rank_raw", "estimate", "rank_low", "rank_high", "p_selected", "band", "decision",
    "reason", "grant", "reserve_place", "points_missing", "expected_rank", "set_low", "set_high",
    "p_twin", "displaced_by", "displaces",
]  # fmt: skip
JUROR_FINDING = ["juror", "signal", "about", "value", "panel", "effect", "p_adjusted", "n", "status"]
SEATS = ["code", "rule", "at_least", "at_most", "eligible", "used"]
ANOTHER = ["submission", "low", "high", "low_juror", "high_juror", "gap", "limit", "n_jurors", "status"]
TIES = ["rank", "estimate", "submissions", "settled_by", "open"]
STABILITY = ["kind", "what", "comes", "goes", "n_changes", "status"]
LINE = ["policy", "expected_quality", "rightly_chosen", "people", "overlap", "basis"]
READING = ["submission", "juror", "p_selected", "se", "se_after", "gain"]
DAYS = ["kind", "what", "points", "se", "low", "high", "p", "detectable", "n", "status"]
DISCUSS = [
    "submission", "rank", "p_selected", "selected", "for_criterion", "for_points", "against_criterion",
    "against_points", "for_juror", "for_mark", "against_juror", "against_mark",
]  # fmt: skip
COMPARED = ["method", "rmse", "hit_rate", "lost"]
COSTS = ["rule", "about", "comes", "goes", "n", "points"]
OTHERS = ["change", "comes", "goes", "n", "selected", "mean_estimate", "status"]
RANKS = [
    "submission", "rank_before", "rank_after", "estimate_before", "estimate_after", "decision_before",
    "decision_after", "change", "change_of",
]  # fmt: skip
WEIGHTS = ["submission", "acceptability"]
CONTRASTS = ["group_a", "group_b", "se", "se_ideal", "inflation", "se_points", "status"]
DRAWN = ["submission", "place", "lot", "drawn"]
NUMBERS = {
    "requested", "own_funds", "duration_months", "score", "estimate", "se", "low", "high", "n_jurors",
    "raw_mean", "raw_median", "disagreement", "rank", "rank_raw", "n_missing", "severity", "value", "p",
    "n_submissions", "rank_low", "rank_high", "p_selected", "p_twin", "grant", "reserve_place", "points_missing",
    "panel", "effect", "p_adjusted", "at_least", "at_most", "used", "gap", "limit", "expected_rank", "set_low",
    "set_high", "n_changes", "expected_quality", "rightly_chosen", "people", "overlap", "se_after",
    "points", "detectable", "for_points", "against_points", "for_mark", "against_mark", "rmse", "hit_rate",
    "lost", "acceptability", "mean_estimate", "rank_before", "rank_after", "estimate_before",
    "estimate_after", "difference", "across", "mean", "se_points",
}  # fmt: skip
COUNTED = NUMBERS | {"n", "selected"}
OUTSIDE = ("early", "late")  # reasons for setting a form aside of which its sender must be told
RULE_SAID = r"^manual:(?s:.*); rule: (\w+), "  # what the rule said, in the reason of a decision of people
# reasons that decide nothing
WAITS = r"^(?!manual:)(?:.*; )?(?:no_estimate|tie_refused|tie_exhausted|budget:waiting)\b"
TRUE = {"true", "yes", "1", "1.0"}
FALSE = {"false", "no", "0", "0.0"}


@dataclass(frozen=True)
class RoundResults:
    """The tables of one round; a file that was not made is an empty table with the contract's columns."""

    rule: Round
    ratings: pd.DataFrame
    comments: pd.DataFrame
    findings: pd.DataFrame
    estimates: pd.DataFrame
    jurors: pd.DataFrame
    consistency: pd.DataFrame
    decisions: pd.DataFrame
    juror_findings: pd.DataFrame
    seats: pd.DataFrame
    another_reader: pd.DataFrame
    ties: pd.DataFrame
    stability: pd.DataFrame
    at_the_line: pd.DataFrame
    next_readings: pd.DataFrame
    days: pd.DataFrame
    discuss: pd.DataFrame
    compared: pd.DataFrame
    rule_costs: pd.DataFrame
    other_rules: pd.DataFrame
    other_ranks: pd.DataFrame
    acceptability: pd.DataFrame
    draw: pd.DataFrame
    agreement: pd.DataFrame
    profiles: pd.DataFrame
    levels: pd.DataFrame
    contrasts: pd.DataFrame
    level_means: pd.DataFrame
    n_days: int
    design: dict[str, str] = field(default_factory=dict)
    meaning: dict[str, str] = field(default_factory=dict)
    certainty: dict[str, str] = field(default_factory=dict)
    draw_summary: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id that the params file gives this round."""
        return self.rule.id

    def selected(self) -> pd.DataFrame:
        """The decisions that say `selected`, best rank first."""
        return self.decisions[self.decisions["decision"] == "selected"].sort_values("rank")

    @cached_property
    def by_people(self) -> pd.DataFrame:
        """Decisions that people took over the rule's head, with `rule_said`, what the rule alone decided."""
        said = self.decisions["reason"].str.extract(RULE_SAID, expand=False)
        return self.decisions.assign(rule_said=said).dropna(subset=["rule_said"])

    @cached_property
    def n_by_rule(self) -> int:
        """How many the rule alone selected, before decisions of people."""
        return len(self.selected_by_rule())

    def selected_by_rule(self) -> pd.DataFrame:
        """Those whom the rule alone selected, before decisions of people."""
        said = self.by_people["rule_said"].reindex(self.decisions.index)
        return self.decisions[said.fillna(self.decisions["decision"]) == "selected"]

    @property
    def seats_given(self) -> int:
        """Seats by the rule; as many as it selected where it names none."""
        return self.rule.select.seats or self.n_by_rule

    @cached_property
    def n_selected(self) -> int:
        """How many were selected; every letter tells it."""
        return int((self.decisions["decision"] == "selected").sum())


@dataclass(frozen=True)
class Results:
    """Everything that a report may tell about one contest year."""

    run_dir: Path
    rules: RulesFile
    submissions: pd.DataFrame
    set_aside: pd.DataFrame
    findings: pd.DataFrame
    rounds: tuple[RoundResults, ...]
    basis: dict
    organisations: bool = True  # whether any form names one, also where the public may not see it

    @property
    def contest(self):
        """The rules of the contest."""
        return self.rules.contest

    @cached_property
    def by_id(self) -> pd.DataFrame:
        """Submissions with their id as index."""
        return self.submissions.set_index("submission", drop=False)

    @cached_property
    def replaced(self) -> dict[str, list[str]]:
        """By the submission that was kept, the earlier forms of it that were sent again."""
        again = self.set_aside[self.set_aside["reason"] == "resent"].dropna(subset=["submission"])
        return again.groupby("kept")["submission"].apply(sorted).to_dict()

    @property
    def addressees(self) -> list[str]:
        """Everyone who is owed a letter now: all submissions, and forms that came before or after the window.

        Those about whom a person must decide first are left out (`waiting`).
        """
        outside = self.set_aside[self.set_aside["reason"].isin(OUTSIDE)]["submission"].dropna()
        sent = self.by_id.index[~self.by_id.index.isin(list(self.waiting))]
        return [*sent, *outside[~outside.isin(self.by_id.index)]]

    @cached_property
    def waiting(self) -> dict[str, str]:
        """Whose last decision waits for a person, with its reason: nobody marked it, or no rule settles a tie."""
        latest = (
            pd.concat([s.decisions for s in self.rounds]) if self.rounds else pd.DataFrame(columns=DECISION)
        )
        latest = (
            latest.drop_duplicates("submission", keep="last").set_index("submission")["reason"].fillna("")
        )
        return latest[latest.str.contains(WAITS)].to_dict()

    def joined(self, stage: RoundResults) -> pd.DataFrame:
        """Decisions of a round with its estimates and what was sent; ranks are those of the decisions.

        One row per decision, in the order of ranks, those without a rank last.
        """
        if stage.id not in self._joined:
            self._joined[stage.id] = self._join(stage)
        return self._joined[stage.id].copy(deep=False)

    @cached_property
    def _joined(self) -> dict[str, pd.DataFrame]:
        return {}  # by round: a report asks for the same table a dozen times

    def _join(self, stage: RoundResults) -> pd.DataFrame:
        scores = stage.estimates.drop(columns=["estimate", "rank", "rank_raw"], errors="ignore")
        about = self.submissions.drop(columns=["source"], errors="ignore")
        table = stage.decisions.merge(scores, on="submission", how="left")
        table = table.merge(about, on="submission", how="left", suffixes=("", "_sent"))
        return table.sort_values(["rank", "submission"], na_position="last", ignore_index=True)


def read_results(run_dir: Path, rules: RulesFile) -> Results:
    """Read a run directory; rounds that have no decisions yet are left out.

    Raises DataError where there is no intake to report on, or a table cannot be read.
    """
    run_dir = Path(run_dir)
    if not (run_dir / "intake" / "submissions.csv").is_file():
        raise DataError(
            f"{run_dir}: there is no intake/submissions.csv to report on; run `fairlib run` for this year first."
        )
    basis = run_dir / "basis.json"
    submissions = _read(run_dir / "intake" / "submissions.csv", SUBMISSION)
    return Results(
        run_dir=run_dir,
        rules=rules,
        submissions=submissions,
        set_aside=_read(run_dir / "intake" / "set_aside.csv", SET_ASIDE),
        findings=_read_findings(run_dir / "intake" / "findings.csv"),
        rounds=tuple(
            _read_round(run_dir / r.id, r, rules.contest.weights(r.id))
            for r in rules.contest.rounds
            if (run_dir / r.id / "decisions.csv").is_file()
        ),
        basis=json.loads(basis.read_text("utf-8")) if basis.is_file() else {},
        organisations=bool(submissions["organisation"].notna().any()),
    )


def executed_notebooks(run_dir: Path) -> dict[str, Path]:
    """The executed notebooks of a run directory by the names of their pages, in the order of the chain."""
    found = [*sorted(run_dir.glob("*.ipynb")), *sorted(run_dir.glob("*/*.ipynb"))]
    return {p.stem if p.parent == run_dir else f"{p.stem}_{p.parent.name}": p for p in found}


def draw_files(stage: RoundResults) -> tuple[str, str]:
    """Names of the files that lie beside a page: the list of a round's draw, and its result."""
    return f"draw-{stage.id}.txt", f"draw-{stage.id}.csv"


def flag(column: pd.Series) -> pd.Series:
    """Yes and no as people and programs write them: True, False, or missing."""
    text = column.astype("string").str.strip().str.lower()
    answer = pd.Series(pd.NA, index=column.index, dtype="boolean")
    answer[text.isin(TRUE)] = True
    answer[text.isin(FALSE)] = False
    return answer


def _read_round(folder: Path, rule: Round, weights: Mapping[str, float]) -> RoundResults:
    ratings = _read(folder / "ratings.csv", RATING)
    estimates = _read(folder / "estimates.csv", ESTIMATE)
    decisions = _read_chances(folder / "decisions.csv", DECISION, rule)
    return RoundResults(
        rule=rule,
        ratings=ratings,
        comments=_read(folder / "comments.csv", COMMENT),
        findings=_read_findings(folder / "findings.csv"),
        estimates=estimates,
        jurors=_read(folder / "jurors.csv", JUROR),
        consistency=_read(folder / "consistency.csv", CONSISTENCY),
        decisions=decisions,
        juror_findings=_read(folder / "juror_findings.csv", JUROR_FINDING),
        seats=_read(folder / "seats.csv", SEATS, NUMBERS | {"eligible"}),
        another_reader=_read(folder / "another_reader.csv", ANOTHER),
        ties=_read(folder / "ties.csv", TIES),
        stability=_read(folder / "stability.csv", STABILITY),
        at_the_line=_read(folder / "at_the_line.csv", LINE),
        next_readings=_read_chances(folder / "next_readings.csv", READING, rule),
        days=_read(folder / "days.csv", DAYS),
        discuss=_read_chances(folder / "discuss.csv", DISCUSS, rule),
        compared=_read(folder / "compared.csv", COMPARED),
        rule_costs=_read(folder / "rule_costs.csv", COSTS, COUNTED),
        other_rules=_read(folder / "other_rules.csv", OTHERS, COUNTED),
        other_ranks=_read(folder / "other_ranks.csv", RANKS),
        acceptability=_read(folder / "acceptability.csv", WEIGHTS),
        draw=_read(folder / "draw.csv", DRAWN, {"place"}),
        agreement=agreement(ratings, weights),
        profiles=profiles(estimates, decisions),
        levels=_read(folder / "levels.csv", LEVEL),
        level_means=_read(folder / "level_means.csv", LEVEL_MEAN),
        contrasts=_read(folder / "contrasts.csv", CONTRASTS),
        n_days=ratings["day"].nunique() if "day" in ratings else 0,
        design=_pairs(folder / "design.csv"),
        meaning=_pairs(folder / "meaning.csv"),
        certainty=_pairs(folder / "certainty.csv"),
        draw_summary=_pairs(folder / "draw_summary.csv"),
    )


def agreement(ratings: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """`agreement_matrix` of the marks of a round, the table that notebook 02 shows; empty without a mark."""
    if not (ratings["status"] == "scored").any():
        return pd.DataFrame()
    return agreement_matrix(ratings, weights)


def in_per_cents(p: pd.Series, levels: Certainty) -> pd.Series:
    """Probabilities in whole per cents; rounding takes none of them over an edge of the open band.

    >>> in_per_cents(pd.Series([0.896, 0.9, 0.104, 0.555]), Certainty(clear_in=0.9, clear_out=0.1)).tolist()
    [0.89, 0.9, 0.11, 0.56]
    """
    known = p.to_numpy(dtype=float, na_value=np.nan)
    exact = np.round(100 * known, 9)
    near = np.round(exact)
    other = np.where(near > exact, np.floor(exact), np.ceil(exact))
    same = band_of(near / 100, levels) == band_of(known, levels)
    return pd.Series(np.where(same, near, other) / 100, index=p.index, name=p.name)


def profiles(estimates: pd.DataFrame, decisions: pd.DataFrame, least: int = 5) -> pd.DataFrame:
    """Mean estimate by criterion (index) of `selected` and of `not_selected` (reserve among them).

    Empty where one of the two groups has fewer than `least` submissions.
    """
    by = [c for c in estimates.columns if c.startswith("by_")]
    chosen = estimates["submission"].map(decisions.set_index("submission")["decision"]) == "selected"
    empty = pd.DataFrame(columns=["selected", "not_selected"], dtype=float)
    if not by or min(chosen.sum(), (~chosen).sum()) < least:
        return empty
    means = {"selected": estimates.loc[chosen, by].mean(), "not_selected": estimates.loc[~chosen, by].mean()}
    return pd.DataFrame(means).rename(index=lambda name: name.removeprefix("by_")).dropna()


def _read(path: Path, columns: list[str], numbers: set[str] = NUMBERS) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame({c: pd.Series(dtype=float if c in numbers else "str") for c in columns})
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    except (ValueError, OSError) as why:
        raise DataError(
            f"{path}: this table cannot be read ({why}); delete the run directory and run again."
        ) from why
    for name in columns:
        if name not in table:
            table[name] = pd.Series(pd.NA, index=table.index, dtype="str")
    for name in table.columns:
        if name in numbers or name.startswith("by_"):
            table[name] = pd.to_numeric(table[name], errors="coerce").astype(float)
    return table


def _read_chances(path: Path, columns: list[str], rule: Round) -> pd.DataFrame:
    table = _read(path, columns)
    return table.assign(p_selected=in_per_cents(table["p_selected"], rule.select.certainty))


def _read_findings(path: Path) -> pd.DataFrame:
    return _read(path, FINDING, numbers=set())


def _pairs(path: Path) -> dict[str, str]:
    table = _read(path, ["key", "value"], numbers=set()).dropna(subset=["key"])
    return dict(zip(table["key"], table["value"].fillna(""), strict=True))
