"""What does a run directory say? Its tables, read once into one frozen `Results`.

Every number keeps the value it has in its file, but for the probability of being selected: it is told in whole
per cents, which are made here once for page, workbook and letter. Two summaries of marks are made here, so that
pages for the public can show them without having the marks: who agrees with whom, and criteria by decision.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from fairlib import contract
from fairlib.errors import DataError
from fairlib.params import RulesFile
from fairlib.rules import Certainty, Round
from fairlib.scoring.agreement.concordance import agreement_matrix
from fairlib.selection.firm.certainty import band_of
from fairlib.selection.reason import reasons_in, rule_said, waits

OUTSIDE = ("early", "late")  # reasons for setting a form aside of which its sender must be told
TRUE = {"true", "yes", "1", "1.0"}
FALSE = {"false", "no", "0", "0.0"}


@dataclass(frozen=True)
class RoundResults:
    """One round: its rule, and its tables by the names of the contract, each an attribute (`stage.decisions`).

    A file that was not made is an empty table with the contract's columns, or no keys.
    """

    rule: Round
    tables: Mapping[str, pd.DataFrame]
    agreement: pd.DataFrame
    profiles: pd.DataFrame
    n_days: int
    design: dict[str, str]
    meaning: dict[str, str]
    certainty: dict[str, str]
    draw_summary: dict[str, str]

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in contract.ROUND or contract.ROUND[name].keys:
            raise AttributeError(f"a round has no {name}")
        return self.tables[name]

    def with_tables(self, **tables: pd.DataFrame) -> Self:
        """The same round with other tables in the place of these."""
        return replace(self, tables={**self.tables, **tables})

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
        said = [rule_said(reasons_in(code)) for code in self.decisions["reason"]]
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
        if not self.rounds:
            return {}
        latest = pd.concat([s.decisions for s in self.rounds]).drop_duplicates("submission", keep="last")
        reasons = latest.set_index("submission")["reason"]
        return reasons[reasons.map(lambda code: waits(reasons_in(code))).astype(bool)].to_dict()

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
    tables = {name: _read(run_dir / "intake", t) for name, t in contract.INTAKE.items()}
    return Results(
        run_dir=run_dir,
        rules=rules,
        **tables,
        rounds=tuple(
            _read_round(run_dir / r.id, r, rules.contest.weights(r.id))
            for r in rules.contest.rounds
            if (run_dir / r.id / "decisions.csv").is_file()
        ),
        basis=json.loads(basis.read_text("utf-8")) if basis.is_file() else {},
        organisations=bool(tables["submissions"]["organisation"].notna().any()),
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
    tables = {name: _read(folder, t) for name, t in contract.ROUND.items() if not t.keys}
    for name, table in tables.items():
        if "p_selected" in table:
            chances = in_per_cents(table["p_selected"], rule.select.certainty)
            tables[name] = table.assign(p_selected=chances)
    return RoundResults(
        rule,
        tables,
        agreement=agreement(tables["ratings"], weights),
        profiles=profiles(tables["estimates"], tables["decisions"]),
        n_days=tables["ratings"]["day"].nunique(),
        **{name: _read_keys(folder, t) for name, t in contract.ROUND.items() if t.keys},
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


def _read(folder: Path, wanted: contract.Table) -> pd.DataFrame:
    """A table with the columns of the contract that a report may be written from, numbers as numbers."""
    table = _text(folder / f"{wanted.name}.csv")
    columns = {name: c for name, c in wanted.in_file(table).items() if c.audience != "nobody"}
    table = table.reindex(columns=list(columns))
    for name, column in columns.items():
        if column.is_number:
            table[name] = pd.to_numeric(table[name], errors="coerce").astype(float)
        else:
            table[name] = table[name].astype("str")
    return table


def _read_keys(folder: Path, wanted: contract.Table) -> dict[str, str]:
    table = _text(folder / f"{wanted.name}.csv").reindex(columns=["key", "value"]).dropna(subset=["key"])
    return dict(zip(table["key"], table["value"].fillna(""), strict=True))


def _text(path: Path) -> pd.DataFrame:
    """A table as it is written; nothing where there is none."""
    if not path.is_file():
        return pd.DataFrame()
    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    except (ValueError, OSError) as why:
        raise DataError(
            f"{path}: this table cannot be read ({why}); delete the run directory and run again."
        ) from why
