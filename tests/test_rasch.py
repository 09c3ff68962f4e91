import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from fairlib.errors import ScoringError
from fairlib.scoring.rasch.data import KINDS, build, peel
from fairlib.scoring.rasch.fit import probabilities
from fairlib.scoring.rasch.joint import fit_joint
from fairlib.scoring.rasch.marginal import Model, _bundles, _nodes, _start, fit_marginal, value_and_gradient
from fairlib.scoring.rasch.measures import rasch
from fairlib.scoring.rasch.sums import observed_sums
from fairlib.scoring.ratings import scored

# Guilford (1954) Psychometric Methods, p. 282: seven junior scientists, five traits, three judges.
GUILFORD = [
    "55353975853337173133977853535177555",
    "65463875724536656455243234464233554",
    "55573775753555553331977773335377757",
]
# Joint and marginal rating-scale estimates of this table, computed outside this project.
JOINT = {
    "loglik": -165.68498402128012,
    "jurors": [-0.023353265425791282, 0.1823721002833347, -0.15901883485754342],
    "criteria": [
        -0.27999670983266434,
        -0.14700950045698385,
        0.21085556457813864,
        -0.30225116244737116,
        0.5184018081588807,
    ],
    "steps": [
        -0.6904937738707826,
        -2.351990120853263,
        0.80932265822551,
        -1.4837458482567965,
        1.7185980251265005,
        -0.978895762618655,
        2.3926156912245706,
        0.5845891310229161,
    ],
    "submissions": [
        -0.13449350729163215,
        0.6008076315792172,
        -0.31845738821007247,
        -0.5445435599125652,
        0.377672258731414,
        -0.6471558137364406,
        0.2249977579708633,
    ],
    "infit": [0.8491842021035871, 1.4752136948135426, 0.6724035519698546],
    "outfit": [0.8801037057372235, 1.524410643079481, 0.6663246482024202],
}
MARGINAL = {
    "deviance": 350.8576636163989,
    "variance": 0.14328646594257038,
    "jurors": [-0.021762936038859558, 0.1697455025567044, -0.14798256651784483],
    "submissions": [
        -0.11519459671525331,
        0.4599538113929482,
        -0.25969411596562086,
        -0.43383277634528816,
        0.2885895702149237,
        -0.511099964985247,
        0.16908075212936713,
    ],
}


def guilford() -> pd.DataFrame:
    return pd.DataFrame(
        [
            (f"junior{i // 5 + 1}", f"senior{j + 1}", "abcde"[i % 5], int(mark))
            for j, line in enumerate(GUILFORD)
            for i, mark in enumerate(line)
        ],
        columns=["submission", "juror", "criterion", "score"],
    )


def table(marks, criterion="all") -> pd.DataFrame:
    """Rows are submissions, columns jurors; None is no mark."""
    return pd.DataFrame(
        [
            (f"s{i:02d}", f"j{j}", criterion, float(m))
            for i, row in enumerate(marks)
            for j, m in enumerate(row)
            if m is not None
        ],
        columns=["submission", "juror", "criterion", "score"],
    )


def simulated(seed=0, n_sub=30, n_jur=6, n_cri=3, k=4, share=0.6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    theta, beta, delta = rng.normal(size=n_sub), rng.normal(size=n_jur) * 0.5, np.linspace(-0.4, 0.4, n_cri)
    rows = []
    for i in range(n_sub):
        for j in range(n_jur):
            if rng.random() > share and j not in (i % n_jur, (i + 1) % n_jur):
                continue
            for c in range(n_cri):
                p, _ = probabilities(theta[[i]] - beta[j] - delta[c], np.linspace(-1, 1, k))
                rows.append((f"s{i:02d}", f"j{j}", f"c{c}", 1.0 + rng.choice(k + 1, p=p[:, 0])))
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


def design_of(ratings, partial_credit=False, kinds=KINDS):
    marks = scored(ratings)
    return build(marks, peel(marks, partial_credit, kinds), partial_credit)


def test_joint_likelihood_of_guilford():
    fit = rasch(guilford())
    assert fit.loglik == pytest.approx(JOINT["loglik"], abs=1e-9)
    for name in ("jurors", "criteria", "submissions"):
        assert getattr(fit, name).measure.to_numpy() == pytest.approx(JOINT[name], abs=1e-8)
    assert fit.steps.threshold.to_numpy() == pytest.approx(JOINT["steps"], abs=1e-8)
    assert fit.jurors.infit.to_numpy() == pytest.approx(JOINT["infit"], abs=1e-7)
    assert fit.jurors.outfit.to_numpy() == pytest.approx(JOINT["outfit"], abs=1e-7)
    assert (fit.submissions.status == "ok").all()


def test_marginal_likelihood_of_guilford():
    fit = rasch(guilford(), method="marginal")
    assert -2 * fit.loglik == pytest.approx(MARGINAL["deviance"], abs=1e-5)
    assert fit.sd**2 == pytest.approx(MARGINAL["variance"], abs=1e-5)
    for name in ("jurors", "submissions"):
        assert getattr(fit, name).measure.to_numpy() == pytest.approx(MARGINAL[name], abs=1e-5)


def full_information(design, p):
    """Information of all parameters, built mark by mark from the definition."""
    n_s, k, j, c = design.n_structures, design.n_steps, design.n_jur, design.n_cri
    size = design.n_sub + j + c + n_s * k
    total = np.zeros((size, size))
    for m in range(len(design.x)):
        i, jj, cc = design.sub[m], design.cell[m] // c, design.cell[m] % c
        s = 0 if n_s == 1 else cc
        prob, _ = probabilities(np.array([p.theta[i] - p.beta[jj] - p.delta[cc]]), p.tau[s])
        h = np.arange(k + 1.0)
        g = np.zeros((k + 1, size))
        g[:, i] = h
        g[:, design.n_sub + jj] = g[:, design.n_sub + j + cc] = -h
        at = design.n_sub + j + c + s * k
        g[:, at : at + k] = -(h[:, None] >= np.arange(1, k + 1)).astype(float)
        mean = prob[:, 0] @ g
        total += (g - mean).T @ (prob * (g - mean))
    return total


@pytest.mark.slow
@pytest.mark.parametrize("partial_credit", [False, True])
def test_errors_are_those_of_the_whole_information(partial_credit):
    design = design_of(simulated(), partial_credit)
    fit = fit_joint(design)
    info = full_information(design, fit.params)
    n, j, c, k = design.n_sub, design.n_jur, design.n_cri, design.n_steps
    constraints = [np.r_[np.zeros(n), np.ones(j), np.zeros(len(info) - n - j)]]
    constraints.append(np.r_[np.zeros(n + j), np.ones(c), np.zeros(len(info) - n - j - c)])
    for s in range(design.n_structures):
        row = np.zeros(len(info))
        row[n + j + c + s * k : n + j + c + (s + 1) * k] = 1
        constraints.append(row)
    a = np.array(constraints)
    bordered = np.block([[info, a.T], [a, np.zeros((len(a), len(a)))]])
    want = np.sqrt(np.maximum(np.diag(np.linalg.inv(bordered))[: len(info)], 0))
    got = np.concatenate([fit.se.theta, fit.se.beta, fit.se.delta, fit.se.tau.ravel()])
    assert got == pytest.approx(want, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("partial_credit", [False, True])
def test_gradient_of_marginal_likelihood(partial_credit):
    design = design_of(simulated(3, n_sub=12), partial_credit, KINDS[1:])
    model = Model(design, observed_sums(design), _bundles(design))
    point, theta = _start(model)
    nodes = _nodes(model, point, theta)
    v = point.vector()
    gap = check_grad(
        lambda u: value_and_gradient(model, point.at(u), nodes)[0],
        lambda u: value_and_gradient(model, point.at(u), nodes)[1],
        v,
    )
    assert gap < 1e-3


@pytest.mark.slow
def test_marginal_is_close_to_truth_where_joint_is_too_wide():
    ratings = simulated(5, n_sub=400, n_jur=8, n_cri=2, share=0.0)
    joint, marginal = rasch(ratings), rasch(ratings, method="marginal")
    assert joint.steps.threshold.abs().sum() > 1.1 * marginal.steps.threshold.abs().sum()
    assert marginal.steps.threshold.to_numpy() == pytest.approx(np.linspace(-1, 1, 4), abs=0.25)
    assert marginal.sd == pytest.approx(1, abs=0.15)
    assert "few_marks" in set(joint.findings.code)
    assert "few_marks" not in set(marginal.findings.code)


def test_extremes_are_found_one_after_another_and_placed():
    marks = [[3, 3, 3], [1, 2, 3], [2, 1, 3], [2, 3, 3], [3, 2, 3], [1, 1, None], [1, 3, None], [2, 2, None]]
    marks += [[3, 1, None], [2, 2, 3], [1, 2, None]]
    fit = rasch(table(marks))
    assert fit.submissions.status["s00"] == "extreme_high"
    assert fit.submissions.status["s05"] == "extreme_low"
    assert fit.jurors.status["j2"] == "extreme_high"
    rest = fit.submissions[fit.submissions.status == "ok"].measure
    assert fit.submissions.measure["s00"] > rest.max()
    assert fit.submissions.measure["s05"] < rest.min()
    assert fit.jurors.measure["j2"] < fit.jurors.measure[["j0", "j1"]].min()
    assert fit.submissions.infit[["s00", "s05"]].isna().all()
    assert np.isfinite(fit.submissions[["measure", "se", "fair_average", "fair_se"]].to_numpy()).all()
    assert {"extreme_high", "extreme_low"} <= set(fit.findings.code)


def test_extreme_score_is_adjusted_by_three_tenths():
    marks = [[3, 3], [1, 2], [2, 3], [2, 1], [3, 2], [2, 2], [1, 3], [3, 1]]
    fit = rasch(table(marks))
    tau = fit.steps.threshold.to_numpy()
    p, _ = probabilities(fit.submissions.measure["s00"] - fit.jurors.measure.to_numpy(), tau)
    assert (np.arange(3) @ p).sum() == pytest.approx(2 * 2 - 0.3, abs=1e-8)


def test_extreme_submission_stays_in_the_marginal_fit():
    fit = rasch(table([[3, 3], [1, 2], [2, 3], [2, 1], [3, 2], [2, 2], [1, 3], [3, 1]]), method="marginal")
    assert fit.submissions.status["s00"] == "extreme_high"
    assert fit.submissions.measure.idxmax() == "s00"
    assert fit.submissions.notna()[["measure", "se", "fair_average"]].all(axis=None)


def test_juror_seen_only_with_extremes_has_no_measure():
    marks = [[3, 3, None, 3], [1, 2, 1, None], [2, 3, 2, None], [2, 1, 3, None], [3, 2, 1, None]]
    fit = rasch(table([*marks, [1, 2, 2, None], [2, 2, 1, None]]))
    assert fit.jurors.status["j3"] == "not_estimable"
    assert np.isnan(fit.jurors.measure["j3"])
    assert np.isfinite(fit.submissions.measure["s00"])


@pytest.mark.slow
def test_unused_value_is_closed_up_for_all_with_a_finding():
    ratings = simulated(1)
    gap = ratings.assign(score=ratings.score.where(ratings.score < 3, ratings.score + 1))
    a, b = rasch(ratings), rasch(gap)
    assert a.submissions.measure.to_numpy() == pytest.approx(b.submissions.measure.to_numpy(), abs=1e-9)
    assert "3" in b.findings.set_index("code").found["unused_category"]
    assert list(b.steps.index.get_level_values("score")) == [2, 4, 5, 6]


def test_partial_credit_collapses_for_all_criteria():
    ratings = simulated(2, n_sub=60)
    top = (ratings.criterion == "c0") & (ratings.score == 5)
    fit = rasch(ratings.assign(score=ratings.score.mask(top, 4.0)), "partial_credit")
    assert (fit.steps.groupby(level=0).size() == 3).all()
    assert fit.findings.set_index("code").found["collapsed_category"] == "marks 4, 5"
    values = fit.steps.index.get_level_values("score").unique()
    assert 4 < values[-1] < 5


def test_half_points_are_categories():
    ratings = simulated(1)
    half = rasch(ratings.assign(score=ratings.score / 2))
    whole = rasch(ratings)
    assert half.submissions.measure.to_numpy() == pytest.approx(whole.submissions.measure.to_numpy())
    assert (half.submissions.fair_average * 2).to_numpy() == pytest.approx(
        whole.submissions.fair_average.to_numpy()
    )


def test_a_hundred_and_one_categories():
    rng = np.random.default_rng(0)
    base = rng.normal(50, 15, size=(150, 1)) + rng.normal(0, 8, size=(150, 8))
    fit = rasch(table(np.clip(base.round(), 0, 100)))
    assert np.isfinite(fit.submissions.measure).all()
    wide, _ = probabilities(np.array([-40.0, 0.0, 40.0]), np.zeros(100))
    assert wide.sum(axis=0) == pytest.approx(1)


@pytest.mark.slow
def test_fair_average_undoes_the_draw_of_jurors():
    ratings = simulated(4, n_sub=200, n_jur=5)
    fit = rasch(ratings)
    raw = ratings.groupby("submission").score.mean()
    gap = (fit.submissions.fair_average - raw)[fit.submissions.status == "ok"]
    harsh = ratings.assign(b=ratings.juror.map(fit.jurors.measure)).groupby("submission").b.mean()
    assert np.corrcoef(gap, harsh[gap.index])[0, 1] > 0.8
    assert np.sign(fit.jurors.severity).equals(np.sign(fit.jurors.measure))
    assert fit.submissions.fair_average.between(1, 5).all()


def test_one_juror_one_criterion():
    with pytest.raises(ScoringError, match="separated|nothing to compare"):
        rasch(table([[1], [2], [3]]))
    fit = rasch(guilford().query("juror == 'senior2'"))
    assert fit.jurors.status.tolist() == ["only_juror"]
    assert fit.jurors.measure.tolist() == pytest.approx([0], abs=1e-9)
    assert fit.separation.status["juror"] == "too_few"
    single = rasch(simulated(1, n_sub=60, n_cri=1))
    assert single.criteria.status.tolist() == ["only_criterion"]
    assert single.criteria.se.tolist() == pytest.approx([0], abs=1e-6)


def test_statuses_of_thin_jurors_and_submissions():
    ratings = simulated(1)
    extra = pd.DataFrame(
        [("s99", "j0", "c0", 3.0)]
        + [(f"s{i:02d}", "jx", c, 3.0) for i in range(4) for c in ("c0", "c1")]
        + [("s98", "j1", "c0", None), ("s01", "jy", "c2", 2.0)],
        columns=ratings.columns,
    )
    fit = rasch(pd.concat([ratings, extra]))
    assert fit.submissions.status["s99"] == "one_mark"
    assert fit.submissions.status["s98"] == "unscored"
    assert fit.jurors.status[["jx", "jy"]].tolist() == ["no_spread", "one_mark"]
    assert len(fit.submissions) == 32


@pytest.mark.slow
@pytest.mark.parametrize("method", ["joint", "marginal"])
def test_disconnected_subsets_are_named(method):
    one = simulated(1)
    two = simulated(2).assign(juror=lambda t: "x" + t.juror, submission=lambda t: "x" + t.submission)
    fit = rasch(pd.concat([one, two]), method=method)
    assert set(fit.submissions.status[fit.submissions.infit.notna()]) == {"disconnected"}
    assert fit.jurors.groupby("component").size().tolist() == [6, 6]
    assert "disconnected" in set(fit.findings.code)
    if method == "joint":
        assert fit.jurors.groupby("component").measure.sum().tolist() == pytest.approx([0, 0], abs=1e-8)


def test_criteria_confounded_with_jurors_are_refused():
    ratings = simulated(1)
    own = ratings[(ratings.juror < "j3") == (ratings.criterion == "c0")]
    with pytest.raises(ScoringError, match="difficulty cannot be told"):
        rasch(own)


def test_criteria_on_their_own_pairs_may_still_be_linked():
    ratings = simulated(1, n_sub=80, share=1.0).query("criterion != 'c2'")
    odd = ratings.juror.str[1].astype(int) + ratings.submission.str[1:].astype(int)
    fit = rasch(ratings[(odd % 2 == 0) == (ratings.criterion == "c0")])
    assert np.isfinite(fit.criteria.se).all()


def test_refusals_by_name():
    ratings = simulated(1)
    with pytest.raises(ScoringError, match="nothing to compare"):
        rasch(ratings.assign(score=3.0))
    with pytest.raises(ScoringError, match="different values"):
        rasch(ratings.assign(score=np.linspace(0, 1, len(ratings))))
    with pytest.raises(ScoringError, match="Unknown thresholds"):
        rasch(ratings, thresholds="steps")
    with pytest.raises(ScoringError, match="Unknown method"):
        rasch(ratings, method="bayes")
    with pytest.raises(ScoringError, match="separated"):
        rasch(table([[1, 2, 2, 2], [2, 1, 2, 2], [1, 1, 1, 2], [1, 1, 2, 1]]))


def test_steps_that_run_apart_are_refused():
    # every submission has marks on two neighbouring categories only: the steps separate without end
    with pytest.raises(ScoringError, match="separated"):
        rasch(table([[1, 2], [2, 1], [2, 3], [3, 2], [1, 2]]))


def test_marginal_needs_two_marks_somewhere():
    with pytest.raises(ScoringError, match="two marks"):
        rasch(table([[1], [2], [3], [2]]), method="marginal")


def test_submissions_all_alike_in_the_marginal_fit():
    rng = np.random.default_rng(3)
    fit = rasch(table(rng.integers(1, 5, size=(40, 6))), method="marginal")
    assert fit.sd < 0.5
    assert fit.submissions.measure.std() < 0.2


def shuffled(ratings, seed):
    return ratings.sample(frac=1, random_state=seed)


@pytest.mark.slow
@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(["joint", "marginal"]))
def test_order_of_rows_changes_nothing(seed, method):
    ratings = simulated(seed % 7, n_sub=15)
    a, b = rasch(ratings, method=method), rasch(shuffled(ratings, seed), method=method)
    for name in ("submissions", "jurors", "criteria", "steps"):
        pd.testing.assert_frame_equal(getattr(a, name), getattr(b, name), check_exact=True)


@pytest.mark.slow
@settings(max_examples=10)
@given(st.permutations(range(6)), st.permutations(range(15)), st.sampled_from(["joint", "marginal"]))
def test_names_change_nothing(jurors, submissions, method):
    ratings = simulated(6, n_sub=15)
    juror = {f"j{i}": f"j{n}" for i, n in enumerate(jurors)}
    submission = {f"s{i:02d}": f"s{n:02d}" for i, n in enumerate(submissions)}
    other = ratings.assign(juror=ratings.juror.map(juror), submission=ratings.submission.map(submission))
    a, b = rasch(ratings, method=method), rasch(other, method=method)
    tolerance = 1e-7 if method == "joint" else 1e-4
    for name, names in (("submissions", submission), ("jurors", juror)):
        left = getattr(a, name).rename(names).sort_index()
        right = getattr(b, name)
        assert left.measure.to_numpy() == pytest.approx(right.measure.to_numpy(), abs=tolerance)
        assert left.status.tolist() == right.status.tolist()


@pytest.mark.slow
@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=3, max_size=3), min_size=2, max_size=12
    ),
    st.sampled_from(["joint", "marginal"]),
)
def test_any_small_table_gives_numbers_or_a_reason(marks, method):
    ratings = table(marks)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            fit = rasch(ratings, method=method)
        except ScoringError:
            return
    assert list(fit.submissions.index) == sorted(ratings.submission.unique())
    known = ~fit.submissions.status.isin(["unscored", "not_estimable"])
    assert np.isfinite(fit.submissions.loc[known, ["measure", "se", "fair_average", "fair_se"]]).all(
        axis=None
    )
    assert (fit.submissions.se[known] >= 0).all()
    assert fit.submissions.n.sum() == fit.jurors.n.sum() == len(ratings)


def test_input_is_left_alone():
    ratings = simulated(1)
    copy = ratings.copy(deep=True)
    rasch(ratings)
    fit_marginal(design_of(ratings, kinds=KINDS[1:]))
    pd.testing.assert_frame_equal(ratings, copy)
