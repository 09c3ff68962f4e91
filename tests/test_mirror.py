"""Which end of the scale is best changes marks and nothing else: each contest beside its mirror image."""

from dataclasses import dataclass

import mirror
import mirror_words
import pytest

from fairlib.report.letters import write_letters

pytestmark = pytest.mark.slow

QUICK = {"draws": 200}


@dataclass(frozen=True)
class Case:
    """A contest: the ends of its scale, its step, and the keys of its round."""

    ends: tuple[float, float]
    step: float
    told: dict


PROPORTIONAL = {"column": "nomination", "kind": "proportional"}
CASES = {
    "severity": Case((1, 10), 1, {
        "estimator": "severity", "divergence": {"share": 0.3, "unless_all_worse_than": 4},
        "select": {"seats": 8, "quotas": [PROPORTIONAL], "reserve": 3, "line": "discuss", "certainty": QUICK,
                   "ties": ["criterion:worth", "median", "draw"],
                   "thresholds": [{"on": "estimate", "no_worse_than": 4}, {"on": "reach", "no_worse_than": 5}]}}),
    "raw": Case((0, 5), 1, {
        "estimator": "raw", "min_scores": 2, "divergence": {"share": 0.5},
        "select": {"seats": 7, "decimals": 1, "ties": ["refuse"], "reserve": 4, "line": "draw", "certainty": QUICK,
                   "manual": [{"submission": "P20", "decision": "selected", "reason": "heard in person",
                               "who": "board", "when": "2030-04-01"}]}}),
    "additive": Case((0, 100), 5, {
        "estimator": "additive",
        "select": {"budget": {"total": 9_000_000, "policy": "stop"}, "ties": ["median", "earlier"], "reserve": 2,
                   "certainty": QUICK, "thresholds": [{"on": "worth", "no_worse_than": 40}]}}),
    "median": Case((1, 6), 1, {
        "estimator": "median",
        "select": {"seats": 8, "ties": ["criterion:reach", "median", "fewer_missing"], "line": "extra_readings",
                   "quotas": [{"column": "nomination", "kind": "min", "seats": {"craft": 5}}],
                   "certainty": QUICK, "reserve": 3}}),
    "zscore": Case((1, 10), 1, {
        "estimator": "zscore",
        "select": {"objective": "best_total", "seats": 9, "certainty": QUICK,
                   "budget": {"total": 11_000_000, "policy": "skip"}, "ties": ["median", "draw"]}}),
    "rasch": Case((1, 6), 1, {
        "estimator": "rasch",
        "select": {"seats": 8, "certainty": QUICK, "ties": ["criterion:worth", "earlier"], "reserve": 2,
                   "thresholds": [{"on": "estimate", "no_worse_than": 3}]}}),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def both(request, tmp_path_factory):
    """A contest run both ways."""
    case, patch = CASES[request.param], pytest.MonkeyPatch()
    given = mirror.marks(*case.ends, case.step)
    told = []
    for best in ("high", "low"):
        folder = tmp_path_factory.mktemp(best)
        turned = given.assign(score=sum(case.ends) - given["score"]) if best == "low" else given
        mirror.write(folder, turned.assign(score=turned["score"].astype(int)))
        rules = mirror.rules(best, *case.ends, step=case.step, **case.told)
        told.append(mirror.run(folder, rules, patch))
    patch.undo()
    return case, *told


def test_every_table(both):
    case, high, low = both
    filled = mirror.compare_tables(high, low, sum(case.ends))
    wanted = {
        "estimates",
        "decisions",
        "jurors",
        "juror_findings",
        "days",
        "stability",
        "other_rules",
        "at_the_line",
    }
    assert wanted <= filled
    mirror.compare_notebooks(high, low, sum(case.ends))


def test_every_page_and_sheet(both):
    """In English and in one more language: each sentence that names the direction is said in some contest."""
    case, high, low = both
    for lang in ("en", "ru" if case.ends[0] else "kk"):
        mirror_words.compare_report(high, low, lang, case.ends)


def test_every_letter(both):
    case, high, low = both
    mirror_words.compare_letters(high, low, case.ends)
    said = [b for x in write_letters(low.internal) for b in x.blocks if b.kind == "table"]
    assert said and all("low is best" in b.caption for b in said)
