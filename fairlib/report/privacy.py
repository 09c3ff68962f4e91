"""What may the public see? Tables cut to an allow-list before any page is written from them.

`for_public` is the only door: chapters get tables in which what must not be told is no longer there.
The rules, each with its test:

- columns are allowed by name, all others are dropped: no contact, no identifier, no mark, no comment;
- an organisation is named where its consent is recorded, else there is only region and title;
- jurors are codes, in an order that nobody can compute who has not seen the marks;
- a mean of fewer than `READERS` jurors, and a juror's severity over fewer than `READINGS` readings, is
  not published. From sums by submission and by juror a single mark follows exactly where its pair is a
  bridge of the juror–submission graph with the unpublished nodes taken as one: both ends of a bridge
  are withheld too, until there is none (complementary suppression; Hundepool et al. 2012, ch. 4);
- a mean at the end of the scale says what everybody gave: values are published up to `MARGIN` of the
  scale from its ends, and said to be at least or at most that.
"""

import hashlib
import re
from dataclasses import replace

import numpy as np
import pandas as pd

from fairlib.report.reasons import bare_reason
from fairlib.report.tables import Results, RoundResults, flag

READERS, READINGS, MARGIN = 3, 5, 0.05
PUBLIC = {
    "submissions": [
        "submission", "sent_at", "organisation", "nomination", "title", "region", "settlement", "monotown",
        "requested", "duration_months", "first_time", "language", "eligible", "ineligible_by", "consent",
    ],
    "set_aside": ["reason"],
    "findings": ["code", "severity"],
    "estimates": [
        "submission", "estimate", "se", "low", "high", "n_jurors", "raw_mean", "status", "rank", "rank_raw",
    ],
    "jurors": ["juror", "severity", "se", "n_submissions", "status"],
    "decisions": [
        "submission", "rank", "estimate", "rank_low", "rank_high", "p_selected", "band", "decision",
        "reason", "grant", "reserve_place", "displaced_by", "displaces", "expected_rank", "set_low", "set_high",
    ],
    "seats": ["code", "rule", "at_least", "at_most", "eligible", "used"],
    "ties": ["rank", "submissions", "settled_by", "open"],
    "stability": ["kind", "what", "n_changes", "status"],
    "at_the_line": ["policy", "expected_quality", "rightly_chosen", "people", "overlap", "basis"],
    "days": ["kind", "what", "points", "se", "low", "high", "p", "detectable", "n", "status"],
    "compared": ["method", "rmse", "hit_rate", "lost"],
    "rule_costs": ["rule", "about", "comes", "goes", "n"],
    "other_rules": ["change", "n", "selected", "status"],
    "draw": ["submission", "place", "lot", "drawn"],
    "consistency": ["criterion", "statistic", "value", "low", "high", "p", "n", "status"],
}  # fmt: skip
AGGREGATES = (
    "seats", "ties", "at_the_line", "days", "compared", "consistency", "rule_costs", "other_rules", "draw",
)  # fmt: skip
EMPTY = (
    "ratings", "comments", "juror_findings", "another_reader", "next_readings", "discuss", "other_ranks",
    "acceptability",
)  # fmt: skip
DESIGN = {"verdict", "components", "pairs", "n_readings", "inflation", "connectivity"}
WITHHELD = {"estimates": ["estimate", "se", "low", "high", "raw_mean"], "jurors": ["severity", "se"]}
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
        rounds=tuple(_round(stage) for stage in results.rounds),
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
    marks = pd.util.hash_pandas_object(stage.ratings[["submission", "juror", "score"]], index=False)
    salt = hashlib.sha256(b"codes" + marks.to_numpy().tobytes()).digest()
    order = sorted(names, key=lambda n: hashlib.sha256(salt + n.encode()).digest())
    width = len(str(len(order)))
    return {name: f"{place:0{width}d}" for place, name in enumerate(order, 1)}


def withheld(stage: RoundResults) -> tuple[set[str], set[str]]:
    """Submissions whose means, and jurors whose severity, are not published."""
    pairs = stage.ratings.loc[stage.ratings["status"] == "scored", ["submission", "juror"]].drop_duplicates()
    edges = [(("s", s), ("j", j)) for s, j in pairs.itertuples(index=False)]
    degree = pd.Series([node for edge in edges for node in edge], dtype=object).value_counts()
    hidden = {n for n, d in degree.items() if d < (READERS if n[0] == "s" else READINGS)}
    while found := _bridges(edges, hidden):
        hidden |= {node for edge in found for node in edge}
    return {n for k, n in hidden if k == "s"}, {n for k, n in hidden if k == "j"}


def _round(stage: RoundResults) -> RoundResults:
    codes = juror_codes(stage)
    submissions, jurors = withheld(stage)
    decisions = _allowed(stage.decisions, "decisions")
    decisions["reason"] = _reasons(stage, bool(submissions))
    decisions.loc[decisions["submission"].isin(submissions), ["estimate", "expected_rank"]] = np.nan
    estimates = _withhold(_allowed(stage.estimates, "estimates"), "estimates", "submission", submissions)
    severities = _withhold(_allowed(stage.jurors, "jurors"), "jurors", "juror", jurors)
    for table in (estimates, decisions):
        for column in ("estimate", "raw_mean"):
            if column in table:
                table[column] = end_coded(table[column], stage.rule.scale.min, stage.rule.scale.max)
    severities["juror"] = severities["juror"].map(codes)
    return replace(
        stage,
        **{name: getattr(stage, name).iloc[:0] for name in EMPTY},
        **{name: _allowed(getattr(stage, name), name) for name in AGGREGATES},
        stability=_changes(stage, codes, jurors),
        design={k: v for k, v in stage.design.items() if k in DESIGN},
        findings=_allowed(stage.findings, "findings"),
        estimates=estimates,
        jurors=severities.sort_values("juror", ignore_index=True),
        decisions=decisions,
        agreement=stage.agreement.rename(index=codes, columns=codes).sort_index(axis=0).sort_index(axis=1),
    )


def _changes(stage: RoundResults, codes: dict[str, str], jurors: set[str]) -> pd.DataFrame:
    """How many places each change moves, not whose: who comes without a juror says how that juror marked."""
    found = _allowed(stage.stability, "stability")
    mine = found["kind"] == "juror"
    hidden = mine & found["what"].isin(jurors)
    found.loc[hidden, ["n_changes", "status"]] = [np.nan, "withheld"]
    found["what"] = found["what"].where(~mine, found["what"].map(codes))
    order = found.assign(at=found["what"].where(mine, "")).groupby("kind", sort=False)["at"]
    return found.loc[[i for _, part in order for i in part.sort_values(kind="stable").index]]


def _reasons(stage: RoundResults, some_withheld: bool) -> pd.Series:
    """Reasons without the criterion means of ties, and without estimates where an estimate is withheld."""
    scale = stage.rule.scale
    margin = MARGIN * (scale.max - scale.min)

    def told(reason: str) -> str:
        numbers = [float(x) for x in re.findall(r"(?<=[ :<>=])\d+\.\d+", reason)]
        ends = any(not scale.min + margin <= x <= scale.max - margin for x in numbers)
        return bare_reason(reason, keep=() if some_withheld or ends else ("rank", "quota", "threshold"))

    return stage.decisions["reason"].map(told, na_action="ignore")


def end_coded(values: pd.Series, low: float, high: float) -> pd.Series:
    """Values held a margin away from the ends of the scale."""
    margin = MARGIN * (high - low)
    return values.clip(low + margin, high - margin)


def _allowed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[[c for c in PUBLIC[name] if c in table.columns]].copy()


def _withhold(table: pd.DataFrame, name: str, key: str, ids: set[str]) -> pd.DataFrame:
    table.loc[table[key].isin(ids), WITHHELD[name]] = np.nan
    return table


def _bridges(edges: list, hidden: set) -> list:
    """Edges without which the graph falls apart, `hidden` nodes being one node; edges inside it are free."""
    around: dict = {}
    for k, (a, b) in enumerate(edges):
        a, b = (None if n in hidden else n for n in (a, b))
        if a is not None or b is not None:
            around.setdefault(a, []).append((b, k))
            around.setdefault(b, []).append((a, k))
    seen, lowest, found = {}, {}, []
    for root in around:
        if root in seen:
            continue
        seen[root] = lowest[root] = len(seen)
        path = [(root, None, iter(around[root]))]
        while path:
            node, came_by, rest = path[-1]
            for other, k in rest:
                if k == came_by:
                    continue
                if other in seen:
                    lowest[node] = min(lowest[node], seen[other])
                    continue
                seen[other] = lowest[other] = len(seen)
                path.append((other, k, iter(around[other])))
                break
            else:
                path.pop()
                if path:
                    parent = path[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                    if lowest[node] > seen[parent]:
                        found.append(edges[came_by])
    return found
