"""Which end of the scale is best changes marks and nothing else: each contest beside its mirror image."""

from dataclasses import dataclass

import mirror
import mirror_words
import pytest

pytestmark = pytest.mark.slow

QUICK = {"draws": 200}


@dataclass(frozen=True)
class Case:
    """A contest: the ends of its scale, its step, and the keys of its round and of a second one."""

    ends: tuple[float, float]
    step: float
    told: dict
    then: dict | None = None


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
    "ordinal": Case((1, 5), 1, {
        "estimator": "ordinal",
        "select": {"seats": 7, "certainty": QUICK, "ties": ["criterion:worth", "draw"], "reserve": 2, "line": "discuss",
                   "thresholds": [{"on": "estimate", "no_worse_than": 2}]}}),
    "trimmed": Case((1, 9), 1, {
        "estimator": "trimmed",
        "select": {"seats": 12, "per_organisation": 2, "reserve": 2, "line": "discuss", "certainty": {"draws": 100},
                   "ties": ["median", "criterion:reach", "draw"]}},
        then={"estimator": "severity", "divergence": {"share": 0.5},
              "select": {"seats": 5, "certainty": {"draws": 100}, "ties": ["median", "draw"]}}),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def both(request, tmp_path_factory):
    """A contest run both ways."""
    case, patch = CASES[request.param], pytest.MonkeyPatch()
    given = mirror.marks(*case.ends, case.step)
    final = mirror.marks(*case.ends, case.step, seed=9, readers=5)
    told = []
    for best in ("high", "low"):
        folder = tmp_path_factory.mktemp(best)
        rules = mirror.rules(best, *case.ends, step=case.step, then=case.then, **case.told)
        mirror.write(folder, mirror.as_given(given, best, sum(case.ends)))
        if case.then:
            mirror.write_final(folder, mirror.as_given(final, best, sum(case.ends)), rules)
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
    if case.then:
        wanted |= {"levels", "level_means", "rule_costs"}
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
    said = [b for x in low.letters for b in x.blocks if b.kind == "table"]
    assert said and all("low is best" in b.caption for b in said)
