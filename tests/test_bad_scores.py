"""Bad input to every public function of the scoring room: a named error or status that says what to do.

Numpy and pandas warnings are errors throughout, so none can reach a reader.
"""

import inspect
import re

import numpy as np
import pandas as pd
import pytest

import fairlib.scoring as room
from fairlib.errors import ScoringError
from fairlib.rules import Divergence, Scale
from fairlib.scoring.estimators.adjust import METHODS, STATUS
from fairlib.scoring.result import REASONS, Statistic

pytestmark = pytest.mark.filterwarnings("error")
TEN = Scale(min=1, max=10, step=1)
TABLES = {
    "composite": room.composite,
    "consistency": lambda r: room.consistency(r, n_boot=20),
    "brennan_prediger": room.brennan_prediger,
    "cohen_kappa": room.cohen_kappa,
    "compare_estimators": lambda r: room.compare_estimators(r, 2, n_sim=5, folds=2),
    "conger_kappa": room.conger_kappa,
    "decision_study": lambda r: room.decision_study(room.generalizability(r)),
    "design": room.design,
    "diagnose": room.diagnose,
    "divergent": lambda r: room.divergent(r, Divergence(share=0.3), TEN),
    "extra_assignments": lambda r: room.extra_assignments(r, 1),
    "fleiss_kappa": room.fleiss_kappa,
    "friedman": room.friedman,
    "generalizability": room.generalizability,
    "gwet_ac": room.gwet_ac,
    "icc": room.icc,
    "icc_components": room.icc_components,
    "jurors_needed": lambda r: room.jurors_needed(room.generalizability(r)),
    "kappas": room.kappas,
    "kendall_w": lambda r: room.kendall_w(r, n_perm=20),
    "krippendorff_alpha": lambda r: room.krippendorff_alpha(r, n_boot=20, seed=1),
    "light_kappa": room.light_kappa,
    "mean_spearman": room.mean_spearman,
    "model_fit": lambda r: room.model_fit(r, room.estimate(r), scale=(1, 10, 1), seed=0),
    "per_criterion": room.per_criterion,
    "percent_agreement": room.percent_agreement,
    "rank_changes": lambda r: room.rank_changes(room.estimate(r)),
    "rasch": room.rasch,
    "scored": room.scored,
    "spearman": room.spearman,
    "what_it_means": lambda r: room.what_it_means(r, 2, n_sim=20),
}
ESTIMATORS = {f"estimate {m}": (lambda r, m=m: room.estimate(r, m)) for m in METHODS}
CALLS = TABLES | ESTIMATORS
CATEGORICAL = {  # text is a category for these
    "brennan_prediger", "cohen_kappa", "conger_kappa", "fleiss_kappa", "gwet_ac", "kappas", "light_kappa",
    "percent_agreement",
}  # fmt: skip


def contest(criteria=("use", "team"), n=10, k=4, seed=1) -> pd.DataFrame:
    """A crossed contest of whole marks."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"s{i}", f"j{j}", c, float(np.clip(round(4 + 0.6 * i - 0.7 * j + rng.normal()), 1, 10)))
        for i in range(n)
        for j in range(k)
        for c in criteria
    ]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


def one_value(r):
    return r.assign(score=r.score.where(r.criterion != "team", 5.0))


def all_equal(r):
    return r.assign(score=5.0)


def juror_missing(r):
    return r.assign(score=r.score.where(r.juror != "j1"))


def only_one_juror_left(r):
    return r.assign(score=r.score.where(r.juror == "j1"))


def one_submission(r):
    return r[r.submission == "s2"]


def one_mark(r):
    return r.iloc[:1]


def flat_juror(r):
    return r.assign(score=r.score.where(r.juror != "j1", 7.0))


def holes(r):
    return r[np.arange(len(r)) % 5 != 3]


def submission_recused(r):
    gone = r.submission == "s3"
    return r.assign(score=r.score.mask(gone), status=np.where(gone, "recused", "scored"))


def apart(r):
    other = r.assign(submission="t" + r.submission, juror="k" + r.juror)
    return pd.concat([r, other], ignore_index=True)


POOR = [one_value, all_equal, juror_missing, only_one_juror_left, one_submission, one_mark, flat_juror, holes,
        submission_recused, apart]  # fmt: skip
BROKEN = {
    "strings": (lambda r: r.assign(score=r.score.astype(int).astype(str)), "Scores must be numbers.*parse"),
    "mixed text": (
        lambda r: r.assign(score=[*r.score.astype(object).iloc[:-1], "seven"]), "Scores must be numbers.*parse"
    ),
    "duplicates": (lambda r: pd.concat([r, r.iloc[[3]]], ignore_index=True), "has two marks.*decide"),
    "infinite": (lambda r: r.assign(score=r.score.where(r.index != 2, np.inf)), "infinite.*invalid or mend"),
    "minus infinite": (lambda r: r.assign(score=r.score.where(r.index != 2, -np.inf)), "infinite.*invalid or mend"),
    "no marks": (lambda r: r.assign(score=np.nan), "no scored mark"),
    "no rows": (lambda r: r.iloc[:0], "no scored mark"),
    "no juror column": (lambda r: r.drop(columns="juror"), "no column juror; it needs"),
    "unknown status": (lambda r: r.assign(status="done"), "Unknown status.*one of"),
}  # fmt: skip


def numbers(found) -> list[tuple[str, object, str]]:
    """Every number of a result with the status that stands beside it."""
    if isinstance(found, Statistic):
        return [(n, getattr(found, n), found.status) for n in ("value", "low", "high", "p", "df")]
    if isinstance(found, pd.DataFrame):
        status = [c for c in found.columns if c == "status" or c.endswith("_status")]
        beside = found[status[0]].astype(str) if status else pd.Series("", index=found.index)
        return [
            (str(column), value, state)
            for column in found.columns
            if pd.api.types.is_numeric_dtype(found[column])
            for value, state in zip(found[column].array, beside, strict=True)
        ]
    if hasattr(found, "__dataclass_fields__"):
        parts = [getattr(found, name) for name in found.__dataclass_fields__ if not name.startswith("_")]
        return [item for part in parts if isinstance(part, pd.DataFrame) for item in numbers(part)]
    return []


def checked(call, table):
    """The result, its input untouched and without NaN as an answer, or the ScoringError it raised."""
    before = table.copy(deep=True)
    try:
        found = call(table)
    except ScoringError as error:
        pd.testing.assert_frame_equal(table, before)
        words = str(error)
        assert len(words.split()) > 6 and words.rstrip()[-1] in ".)?", words
        return error
    pd.testing.assert_frame_equal(table, before)
    for name, value, status in numbers(found):
        if isinstance(value, float) and not np.isfinite(value):
            assert np.isnan(value) and status not in ("", "ok"), f"{name} is {value}, status {status!r}"
        if value is None:
            assert status not in ("", "ok") or name in ("low", "high", "p", "df"), f"{name} without a reason"
    return found


def test_every_public_function_is_called_here():
    functions = {name for name in room.__all__ if inspect.isfunction(getattr(room, name))}
    assert functions - {"estimate"} == set(TABLES)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("what", BROKEN)
def test_broken_tables_are_refused_by_name(name, what):
    spoil, words = BROKEN[what]
    table = spoil(contest(("use",) if name in CATEGORICAL else ("use", "team")))
    if name in CATEGORICAL and what in ("strings", "mixed text"):
        assert checked(CALLS[name], table) is not None
        return
    with pytest.raises(ScoringError, match=f"(?s){words}"):
        CALLS[name](table)


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("criteria", [("team",), ("use", "team")], ids=["one", "two"])
@pytest.mark.parametrize("poor", POOR)
def test_poor_tables_give_a_number_or_a_reason(name, criteria, poor):
    checked(CALLS[name], poor(contest(criteria)))


@pytest.mark.parametrize("name", sorted(CATEGORICAL | {"krippendorff_alpha"}))
def test_text_of_several_criteria_has_no_composite(name):
    call = CALLS[name] if name in CATEGORICAL else lambda r: room.krippendorff_alpha(r, "nominal")
    with pytest.raises(ScoringError, match="no composite; choose one"):
        call(contest().assign(score=list("ab" * 40)))


WEIGHTED = [
    n for n in room.__all__ if "weights" in getattr(inspect.signature(getattr(room, n)), "parameters", {})
]
ARGUMENTS = {"compare_estimators": (2,), "divergent": (Divergence(share=0.3), TEN), "what_it_means": (2,)}
NAMED = {"model_fit": {"scale": (1, 10, 1), "seed": 0}}


@pytest.mark.parametrize("name", WEIGHTED)
@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"use": 0, "team": 0}, "sum to zero.*give"),
        ({"use": 0.0, "tema": 1.0}, "No weight for criterion team"),
        ({"use": -1, "team": 2}, "not negative"),
        ({"use": np.inf, "team": 1}, "finite"),
        ({"use": np.nan, "team": 1}, "finite"),
    ],
)
def test_weights_that_mean_nothing_are_refused(name, weights, words):
    if name in CATEGORICAL:  # theirs weigh categories
        weights, words = "cubic", "(?i)unknown weights.*linear"
    given = (room.estimate(contest()),) if name == "model_fit" else ARGUMENTS.get(name, ())
    with pytest.raises(ScoringError, match=words):
        getattr(room, name)(contest(), *given, **NAMED.get(name, {}), weights=weights)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda r: room.estimate(r, "magic"), "Unknown estimator 'magic'; it is one of raw"),
        (lambda r: room.per_criterion(r, "magic"), "Unknown estimator 'magic'; it is one of raw"),
        (lambda r: room.compare_estimators(r, 2, ["raw", "magic"]), "(?i)magic.*raw"),
        (lambda r: room.compare_estimators(r, 0), "(?i)between|from 1|at least"),
        (lambda r: room.compare_estimators(r, 99), "(?i)between|from 1|submissions"),
        (lambda r: room.krippendorff_alpha(r, "magic"), "Unknown level.*nominal"),
        (lambda r: room.rasch(r, "magic"), "Unknown thresholds.*rating_scale"),
        (lambda r: room.rasch(r, method="magic"), "Unknown method.*joint"),
        (lambda r: room.estimate(r).draws(0, 1), "at least 1"),
        (lambda r: room.extra_assignments(r, 0), "at least 1"),
        (lambda r: room.extra_assignments(r, 1), "nothing can be added"),
        (lambda r: room.what_it_means(r, 0), "cannot be chosen|between"),
        (lambda r: room.what_it_means(r, 99), "cannot be chosen|between"),
        (lambda r: room.jurors_needed(room.generalizability(r), 1.5), "between 0 and 1"),
        (lambda r: room.decision_study(room.generalizability(r), []), "one or more"),
        (lambda r: room.decision_study(room.generalizability(r), criteria="magic"), "(?i)fixed"),
        (lambda r: room.jurors_needed(room.generalizability(r), panels="magic"), "own or same"),
        (lambda r: room.design(r, pd.Series({"s0": "a"})), "no group; give every"),
    ],
)
def test_unknown_options_name_the_known_ones(call, words):
    with pytest.raises(ScoringError, match=words):
        call(contest())


@pytest.mark.parametrize("method", METHODS)
def test_a_juror_whose_marks_are_all_missing_stays_in_the_table(method):
    found = room.estimate(juror_missing(contest()), method)
    assert found.jurors.loc["j1", "status"] == "no_scored_mark" and found.jurors.loc["j1"].isna().sum() >= 2
    assert found.submissions["estimate"].notna().all()


def test_a_criterion_with_one_value_has_a_status_and_the_others_their_estimates():
    found = room.per_criterion(one_value(contest()))
    assert (found.loc["team", "status"] == "not_estimable").all() and found.loc[
        "team", "estimate"
    ].isna().all()
    assert (found.loc["use", "status"] == "ok").all()


@pytest.mark.parametrize("table", [STATUS, REASONS])
def test_every_status_is_explained_in_words(table):
    assert all(len(words.split()) > 3 for status, words in table.items() if status != "ok")


SOURCE = re.compile(r"\b(1[89]|20)\d\d\b|see `?\w+")


@pytest.mark.parametrize("name", [n for n in room.__all__ if inspect.isfunction(getattr(room, n))])
def test_the_docstring_names_its_source(name):
    function = getattr(room, name)
    if name in ("scored", "composite"):  # bookkeeping: no formula of anybody's
        return
    words = inspect.getdoc(function) or ""
    assert SOURCE.search(words), f"{name} names neither a year nor where to look"
