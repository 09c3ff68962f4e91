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
- where something is withheld, or an estimate is more than a sum of marks (`SUMS` has those that are not),
  estimates have one digit and neither raw means nor severities stand beside them; severities that are no
  model's (`MODELS`) and estimates from z-scores are not published;
- a status says what the design says, never what the marks are; correlations of two jurors are coarse and
  from many submissions; a round of few readings has no statistics at all.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pandas as pd

from fairlib.report.public.disclosure import READERS, withheld
from fairlib.report.results import Results, RoundResults, flag
from fairlib.report.words.reasons import bare_reason
from fairlib.selection import several
from fairlib.selection.reason import Reason, as_code, parse

MARGIN = 0.05
SHARED, FEW = (
    10,
    30,
)  # submissions two jurors must share for their correlation; readings a round needs for statistics
SUMS = {
    "raw",
    "additive",
    "severity",
    "rasch",
}  # estimates that hang on sums of marks (Rasch: sufficient statistics)
MODELS = {"additive", "severity", "rasch"}  # severities that weigh every mark alike, with errors of the model
PUBLIC = {
    "submissions": [
        "submission", "sent_at", "organisation", "nomination", "title", "region", "settlement", "monotown",
        "requested", "duration_months", "first_time", "language", "eligible", "ineligible_by", "consent",
    ],
    "set_aside": ["reason"],
    "findings": ["code", "severity"],
    "estimates": [
        "submission", "estimate", "se", "low", "high", "n_jurors", "raw_mean", "status",
    ],
    "jurors": ["juror", "severity", "se", "n_submissions", "status"],
    "decisions": [
        "submission", "rank", "rank_raw", "estimate", "rank_low", "rank_high", "p_selected", "band", "decision",
        "reason", "grant", "reserve_place", "displaced_by", "displaces", "expected_rank", "set_low", "set_high",
    ],
    "seats": ["code", "rule", "at_least", "at_most", "eligible", "used"],
    "ties": ["rank", "submissions", "settled_by", "open"],
    "stability": ["kind", "what", "n_changes", "status"],
    "at_the_line": ["policy", "expected_quality", "rightly_chosen", "people", "overlap", "basis"],
    "days": ["kind", "what", "points", "se", "low", "high", "p", "detectable", "n", "status"],
    "levels": ["level_a", "level_b", "difference", "se", "across"],
    "level_means": ["level", "mean", "se", "n_submissions", "n_jurors"],
    "compared": ["method", "rmse", "hit_rate", "lost"],
    "rule_costs": ["rule", "about", "comes", "goes", "n"],
    "other_rules": ["change", "n", "selected", "status"],
    "draw": ["submission", "place", "lot", "drawn"],
    "consistency": ["criterion", "statistic", "value", "low", "high", "p", "n", "status"],
}  # fmt: skip
STATISTICS = {
    "levels",
    "level_means",
    "stability",
    "at_the_line",
    "days",
    "compared",
    "consistency",
    "other_rules",
    "agreement",
}
KEYS = {
    "design": {"verdict", "components", "pairs", "n_readings", "inflation", "connectivity"},
    "meaning": {f"{k}{end}" for k in ("reliability", "belongs", "overlap") for end in ("", "_low", "_high")},
    "draw_summary": {"commitment", "seed", "on_the_list", "drawn"},
    "certainty": {"twin_overlap", "twin_low", "twin_high", "clear_in", "open", "clear_out"},
}
COUNTED = {"meaning", "certainty"}  # what is said of rounds with enough readings only
WITHHELD = {
    "estimates": ["estimate", "se", "low", "high", "raw_mean"],
    "decisions": [
        "estimate",
        "rank",
        "rank_raw",
        "rank_low",
        "rank_high",
        "p_selected",
        "reserve_place",
        "expected_rank",
        "set_low",
        "set_high",
    ],
    "jurors": ["severity", "se"],
}
ROUGH = ["estimate", "se", "low", "high"]
DESIGN_STATUS = {"ok", "too_few_jurors", "no_scored_mark", "no_marks", "disconnected", "one_score", "no_mark",
                 "marginal", "no_variation"}  # fmt: skip
DIGITS = {"p": 3, "hit_rate": 3, "expected_rank": 1}
WHOLE = {"requested", "grant"}
NUMBER = r"(?<=[ :<>=])\d+\.\d+"
CONTACT = [
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<!\d)\d{12}(?!\d)"),
    re.compile(r"(?<![\d\w])\+?[78][\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?!\d)"),
]


def for_public(results: Results) -> Results:
    """The same results with everything gone that the public must not see. Nothing is changed in place."""
    submissions = _allowed(results.submissions, "submissions")
    named = flag(submissions["consent"]).fillna(False)
    submissions["organisation"] = submissions["organisation"].where(named).map(mask, na_action="ignore")
    submissions["title"] = submissions["title"].map(mask, na_action="ignore")
    return replace(
        results,
        submissions=submissions,
        set_aside=_allowed(results.set_aside, "set_aside"),
        findings=_allowed(results.findings, "findings"),
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
    if stage.rule.estimator not in SUMS:  # of three readers the median is one juror's mark
        hidden |= set(stage.estimates.loc[stage.estimates["n_jurors"] <= READERS, "submission"])
    whole = stage.rule.estimator in SUMS and not (hidden | silent)
    close = _close(stage, hidden)
    tables = {f.name: getattr(stage, f.name) for f in fields(stage)}
    tables = {k: _allowed(v, k) for k, v in tables.items() if isinstance(v, pd.DataFrame)}
    tables["estimates"], tables["decisions"] = _ranking(stage, tables, hidden, close, whole)
    tables["jurors"] = _severities(stage, tables["jurors"], codes, whole)
    tables["ties"] = _without(tables["ties"], close)
    tables["stability"] = _changes(tables["stability"], codes, silent)
    tables["agreement"] = _agreement(stage, codes)
    tables["profiles"] = _profiles(stage, whole)
    if not whole:
        tables |= {k: tables[k].iloc[:0] for k in ("levels", "level_means")}
    few = stage.ratings.loc[stage.ratings["status"] == "scored", ["submission", "juror"]].drop_duplicates()
    if len(few) < FEW:
        tables |= {k: tables[k].iloc[:0] for k in STATISTICS}
    values = {k: _values(getattr(stage, k), k) for k in KEYS if k not in COUNTED or len(few) >= FEW}
    empty = {f.name: {} for f in fields(stage) if isinstance(getattr(stage, f.name), dict)}
    return replace(stage, **{k: _cut(t) for k, t in tables.items()}, **(empty | values))


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
        table.loc[table["submission"].isin(hidden), WITHHELD[name]] = np.nan
        for column in ("estimate", "raw_mean"):
            if column in table:
                table[column] = end_coded(table[column], scale.min, scale.max)
    if stage.rule.estimator == "zscore":  # with the spread of each juror it would tell marks of short scales
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
    if not whole or stage.rule.estimator not in MODELS:
        table[WITHHELD["jurors"]] = np.nan
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
    return found.apply(lambda c: end_coded(c, scale.min, scale.max))


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
    named = ties["submissions"].fillna("").map(several.read)
    return ties.loc[[close.isdisjoint(ids) for ids in named]]


def _reasons(stage: RoundResults, close: set[str], whole: bool) -> pd.Series:
    """Reasons without the criterion means of ties, and without estimates where an estimate is withheld."""
    scale = stage.rule.scale
    margin = MARGIN * (scale.max - scale.min)

    def told(submission: str, reason: object) -> object:
        if not isinstance(reason, str):
            return reason
        if submission in close:
            kept = [r for r in parse(reason) if not r.kind.startswith(("tie", "reserve"))]
            decided = kept and kept[-1].kind != "rule"
            reason = as_code(kept if decided else [*kept, Reason("rank")])
        numbers = [float(x) for x in re.findall(NUMBER, reason)]
        ends = any(not scale.min + margin <= x <= scale.max - margin for x in numbers)
        bare = bare_reason(reason, keep=() if ends or not whole else ("rank", "quota", "threshold"))
        return re.sub(NUMBER, lambda x: f"{float(x[0]):.2f}", bare)

    table = stage.decisions
    found = [told(s, r) for s, r in zip(table["submission"], table["reason"], strict=True)]
    return pd.Series(found, index=table.index, dtype=table["reason"].dtype)


def end_coded(values: pd.Series, low: float, high: float) -> pd.Series:
    """Values held a margin away from the ends of the scale."""
    margin = MARGIN * (high - low)
    return values.clip(low + margin, high - margin)


def _allowed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns of the allow-list; a table that is not on it keeps its columns and none of its rows."""
    if name not in PUBLIC:
        return table.iloc[:0]
    return table[[c for c in PUBLIC[name] if c in table.columns]].copy()


def _cut(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers to the digits that pages show, rounded as they are printed."""

    def printed(column: pd.Series) -> pd.Series:
        digits = DIGITS.get(str(column.name), 2)
        return column.map(lambda x: round(x, digits), na_action="ignore")

    floats = [c for c in table.select_dtypes("float") if c not in WHOLE]
    return table.assign(**{c: printed(table[c]) for c in floats})


def _values(found: dict[str, str], name: str) -> dict[str, str]:
    """The keys of the allow-list, numbers to as many digits as pages show."""
    kept = {k: v for k, v in found.items() if k in KEYS[name]}
    if "inflation" in kept:
        kept["inflation"] = f"{float(kept['inflation']):.2f}"
    return {k: f"{float(v):.4g}" if re.fullmatch(r"\d*\.\d+(e-?\d+)?", v) else v for k, v in kept.items()}
