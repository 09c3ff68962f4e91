"""What may the public see? Tables cut to an allow-list before any page is written from them.

`for_public` is the only door: chapters, figures and the workbook get tables in which what must not be told
is no longer there. The rules, each with its test (docs/privacy.md has the attack that they are tried with):

- columns are allowed by name, all others are dropped: no contact, no identifier, no mark, no comment;
- an organisation is named where its consent is recorded, else there is only region and title;
- jurors are codes, in an order that nobody can compute who has not seen the marks;
- numbers are cut to the digits that a page shows, so that no attribute, figure or workbook holds more;
- means and severities from which a single mark would follow are withheld together with what would give
  them back (`disclosure.withheld`). Of a submission withheld there is no rank and no probability either, nor
  a rank of those close to it: its neighbours in the ranking would tell its mean;
- a mean at the end of the scale says what everybody gave: values are published up to `MARGIN` of the
  scale from its ends, and said to be at least or at most that;
- where something is withheld, or an estimate is more than a sum of marks (`Estimator.of_sums`),
  estimates have one digit and neither raw means nor severities stand beside them; severities that no estimator
  compares, and estimates that hang on each juror's spread, are not published;
- a status says what the design says, never what the marks are; correlations of two jurors are coarse and
  from many submissions; a round of few readings has no statistics at all.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from fairlib.contract import INTAKE, KINDS, ROUND, Table
from fairlib.report.public.disclosure import READERS, withheld
from fairlib.report.results import Results, RoundResults, flag
from fairlib.report.words.reasons import bare
from fairlib.scoring.estimators.table import ESTIMATORS
from fairlib.selection import several
from fairlib.selection.reason import Reason, as_code, parse

MARGIN = 0.05
SHARED = 10  # submissions that two jurors must share for their correlation
FEW = 30  # readings that a round needs for statistics
ROUGH = ["estimate", "se", "low", "high"]
DESIGN_STATUS = {"ok", "too_few_jurors", "no_scored_mark", "no_marks", "disconnected", "one_score", "no_mark",
                 "marginal", "no_variation"}  # fmt: skip
WITH_NUMBERS = ("rank", "quota", "threshold")  # reasons whose estimates the public may see
CONTACT = [
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<!\d)\d{12}(?!\d)"),
    re.compile(r"(?<![\d\w])\+?[78][\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?!\d)"),
]


def for_public(results: Results) -> Results:
    """The same results with everything gone that the public must not see. Nothing is changed in place."""
    submissions = _allowed(results.submissions, INTAKE["submissions"])
    named = flag(submissions["consent"]).fillna(False)
    submissions["organisation"] = submissions["organisation"].where(named).map(mask, na_action="ignore")
    submissions["title"] = submissions["title"].map(mask, na_action="ignore")
    return replace(
        results,
        submissions=submissions,
        set_aside=_allowed(results.set_aside, INTAKE["set_aside"]),
        findings=_allowed(results.findings, INTAKE["findings"]),
        rounds=tuple(_round(stage, results.contest.weights(stage.id)) for stage in results.rounds),
    )


def mask(text: str) -> str:
    """Free text with what looks like an e-mail, a 12-digit personal number or a phone blotted out.

    >>> mask("Жоба, 850412300123, +7 701 000 42 42, a.b@c.kz")
    'Жоба, ▮▮▮, ▮▮▮, ▮▮▮'
    """
    for pattern in CONTACT:
        text = pattern.sub("▮▮▮", text)
    return text


def juror_codes(stage: RoundResults) -> dict[str, str]:
    """A code for each juror of a round.

    The order comes from a hash of the marks themselves, which are not published, so a list of names
    does not lead to the codes.
    """
    names = sorted(set(stage.jurors["juror"].dropna()) | set(stage.ratings["juror"].dropna()))
    given = stage.ratings[["submission", "juror", "score"]]
    given = given.assign(score=stage.rule.scale.orient(given["score"]))  # the same contest, the same codes
    marks = pd.util.hash_pandas_object(given, index=False)
    salt = hashlib.sha256(b"codes" + marks.to_numpy().tobytes()).digest()
    order = sorted(names, key=lambda n: hashlib.sha256(salt + n.encode()).digest())
    width = len(str(len(order)))
    return {name: f"{place:0{width}d}" for place, name in enumerate(order, 1)}


def _round(stage: RoundResults, weights: Mapping[str, float]) -> RoundResults:
    """A round from its allow-list; a table or key that is not named there is empty."""
    codes, (hidden, silent) = juror_codes(stage), withheld(stage.ratings, stage.rule.scale, weights)
    of_sums = ESTIMATORS[stage.rule.estimator].of_sums
    if not of_sums:  # of three readers the median is one juror's mark
        hidden |= set(stage.estimates.loc[stage.estimates["n_jurors"] <= READERS, "submission"])
    whole = of_sums and not (hidden | silent)
    close = _close(stage, hidden)
    tables = {name: _allowed(table, ROUND[name]) for name, table in stage.tables.items()}
    tables["estimates"], tables["decisions"] = _ranking(stage, tables, hidden, close, whole)
    tables["jurors"] = _severities(stage, tables["jurors"], codes, whole)
    tables["ties"] = _without(tables["ties"], close)
    tables["stability"] = _changes(tables["stability"], codes, silent)
    if not whole:
        tables |= {k: tables[k].iloc[:0] for k in ("levels", "level_means", "groupings")}
    keys: dict[str, Any] = {name: _values(getattr(stage, name), t) for name, t in ROUND.items() if t.keys}
    agreement, profiles = _agreement(stage, codes), _profiles(stage, whole)
    readings = stage.ratings.loc[stage.ratings["status"] == "scored", ["submission", "juror"]]
    if len(readings.drop_duplicates()) < FEW:
        tables |= {k: t.iloc[:0] for k, t in tables.items() if ROUND[k].statistics}
        keys |= {k: {} for k in keys if ROUND[k].statistics}
        agreement = agreement.iloc[:0]
    cut = {name: _cut(table, ROUND[name]) for name, table in tables.items()}
    return replace(stage, tables=cut, agreement=agreement, profiles=profiles, **keys)


def _ranking(
    stage: RoundResults, tables: dict[str, pd.DataFrame], hidden: set[str], close: set[str], whole: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates and decisions without what is withheld, and without ranks that would give it back."""
    scale, estimates, decisions = stage.rule.scale, tables["estimates"], tables["decisions"]
    decisions["reason"] = _reasons(stage, close, whole)
    decisions.loc[decisions["submission"].isin(close), ["rank", "rank_raw", "reserve_place"]] = np.nan
    if not whole:
        estimates["raw_mean"] = decisions["rank_raw"] = np.nan
        estimates[ROUGH], decisions["estimate"] = estimates[ROUGH].round(1), decisions["estimate"].round(1)
    for name, table in (("estimates", estimates), ("decisions", decisions)):
        table.loc[table["submission"].isin(hidden), ROUND[name].names("guarded")] = np.nan
        for column in ("estimate", "raw_mean"):
            if column in table:
                table[column] = end_coded(table[column], scale.min, scale.max)
    method = ESTIMATORS[stage.rule.estimator]
    if (
        method.compares_jurors and not method.of_sums
    ):  # the spread of each juror would tell marks of short scales
        estimates[ROUGH], decisions["estimate"] = np.nan, np.nan
    estimates["status"] = _design_only(estimates["status"])
    return estimates, decisions


def _close(stage: RoundResults, hidden: set[str]) -> set[str]:
    """Those whose estimate or raw mean is in a class of one withheld; classes are steps of two marks' worth.

    Classes do not hang on the data, so their middle says nothing.
    """
    table = stage.estimates
    mine = table["submission"].isin(hidden)
    scale = stage.rule.scale
    step = scale.step or (scale.max - scale.min) / 10
    close = mine.copy()
    for n, column in product(table.loc[mine, "n_jurors"].dropna().unique(), ("estimate", "raw_mean")):
        part = np.floor((scale.orient(table[column]) - scale.min) / (2 * step / max(n, 1)))
        close |= part.isin(part[mine & (table["n_jurors"] == n)].dropna())
    return set(table.loc[close, "submission"])


def _severities(stage: RoundResults, table: pd.DataFrame, codes: dict, whole: bool) -> pd.DataFrame:
    if not whole or not ESTIMATORS[stage.rule.estimator].compares_jurors:
        table[ROUND["jurors"].names("guarded")] = np.nan
    table["status"] = _design_only(table["status"])
    table["juror"] = table["juror"].map(codes)
    return table.sort_values("juror", ignore_index=True)


def _design_only(status: pd.Series) -> pd.Series:
    """Statuses that follow from who read what; any other says something of marks and becomes `ok`."""
    return status.where(status.isna() | status.isin(DESIGN_STATUS), "ok")


def _agreement(stage: RoundResults, codes: dict[str, str]) -> pd.DataFrame:
    """Correlations of jurors to one digit; none at all where one of a pair gave everybody the same."""
    matrix = stage.agreement.rename(index=codes, columns=codes).sort_index(axis=0).sort_index(axis=1)
    if matrix.empty:
        return matrix
    marks = stage.ratings[stage.ratings["status"] == "scored"]
    read = pd.crosstab(marks["submission"], marks["juror"].map(codes)).clip(upper=1)
    read = read.reindex(columns=matrix.columns, fill_value=0)
    shared = read.T @ read
    enough = (shared >= SHARED).to_numpy() & ~np.eye(len(matrix), dtype=bool)
    if matrix.isna().to_numpy()[enough].any():
        return matrix.iloc[:0, :0]
    return matrix.where(enough).clip(-0.9, 0.9).map(lambda x: round(x, 1) + 0.0)


def _profiles(stage: RoundResults, whole: bool) -> pd.DataFrame:
    """Criteria of those selected and of the others, where every submission's mean is published too."""
    scale, found = stage.rule.scale, stage.profiles if whole else stage.profiles.iloc[:0]
    return found.apply(lambda c: _printed(end_coded(c, scale.min, scale.max), KINDS["points"].digits))


def _changes(found: pd.DataFrame, codes: dict[str, str], jurors: set[str]) -> pd.DataFrame:
    """How many places each change moves, not whose: who comes without a juror says how that juror marked."""
    mine = found["kind"] == "juror"
    hidden = mine & found["what"].isin(jurors)
    found.loc[hidden, ["n_changes", "status"]] = [np.nan, "withheld"]
    found["what"] = found["what"].where(~mine, found["what"].map(codes))
    order = found.assign(at=found["what"].where(mine, "")).groupby("kind", sort=False)["at"]
    return found.loc[[i for _, part in order for i in part.sort_values(kind="stable").index]]


def _without(ties: pd.DataFrame, close: set[str]) -> pd.DataFrame:
    """Ties that name nobody whose rank is withheld."""
    named = ties["submissions"].map(several.read)
    return ties.loc[[close.isdisjoint(ids) for ids in named]]


def _reasons(stage: RoundResults, close: set[str], whole: bool) -> pd.Series:
    """Reasons without the criterion means of ties, and without estimates where an estimate is withheld."""
    scale = stage.rule.scale
    margin = MARGIN * (scale.max - scale.min)

    def told(submission: str, reason: object) -> object:
        if not isinstance(reason, str):
            return reason
        reasons = parse(reason)
        if submission in close:
            reasons = [r for r in reasons if not r.kind.startswith(("tie", "reserve"))]
            reasons += [] if reasons and reasons[-1].kind != "rule" else [Reason("rank")]
        ends = any(not scale.min + margin <= x <= scale.max - margin for x in _marks(reasons))
        keep = () if ends or not whole else WITH_NUMBERS
        return as_code((r if r.kind in keep else bare(r) for r in reasons), f".{KINDS['points'].digits}f")

    table = stage.decisions
    found = [told(s, r) for s, r in zip(table["submission"], table["reason"], strict=True)]
    return pd.Series(found, index=table.index, dtype=table["reason"].dtype)


def _marks(reasons: list[Reason]) -> list[float]:
    """The numbers of reasons that are marks or means of them; whole ones of a tie count something else."""
    sides = [(r.kind, r.told.get(side)) for r in reasons for side in ("mine", "other")]
    return [x for kind, x in sides if isinstance(x, float) or (isinstance(x, int) and kind != "tie")]


def end_coded(values: pd.Series, low: float, high: float) -> pd.Series:
    """Values held a margin away from the ends of the scale."""
    margin = MARGIN * (high - low)
    return values.clip(low + margin, high - margin)


def _allowed(table: pd.DataFrame, known: Table) -> pd.DataFrame:
    """The columns that are public; a table without any keeps its columns and none of its rows."""
    seen = known.names("public", "guarded")
    return table[seen].copy() if seen else table.iloc[:0]


def _cut(table: pd.DataFrame, known: Table) -> pd.DataFrame:
    """Numbers to the digits that pages show, rounded as they are printed."""
    kinds = {name: KINDS[column.kind] for name, column in known.in_file(table).items() if name in table}
    return table.assign(**{n: _printed(table[n], k.digits) for n, k in kinds.items() if k.number})


def _printed(column: pd.Series, digits: int | None) -> pd.Series:
    return column if digits is None else column.map(lambda x: round(x, digits), na_action="ignore")


def _values(found: dict[str, str], known: Table) -> dict[str, str]:
    """The keys that are public, numbers to as many digits as pages show."""
    kept = {k: v for k, v in found.items() if k in known.names("public")}
    if "inflation" in kept:
        kept["inflation"] = f"{float(kept['inflation']):.2f}"
    return {k: f"{float(v):.4g}" if re.fullmatch(r"\d*\.\d+(e-?\d+)?", v) else v for k, v in kept.items()}
