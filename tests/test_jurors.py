"""Juror diagnostics: numbers by hand, effects planted and found, silence where there is nothing."""

import time
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_fixture import contest, long, marks, row

from fairlib.errors import ScoringError
from fairlib.scoring.estimators.adjust import estimate
from fairlib.scoring.jurors.against_others import exchange
from fairlib.scoring.jurors.copies import copied
from fairlib.scoring.jurors.diagnose import diagnose, sentence
from fairlib.scoring.jurors.habits import central, digits, discrimination, noise, spread
from fairlib.scoring.jurors.halo import _poisson_binomial, flat, halo
from fairlib.scoring.jurors.multiplicity import adjust
from fairlib.scoring.jurors.readings import readings_of

pytestmark = pytest.mark.filterwarnings("error")
SUBS = [f"s{k}" for k in range(6)]


def of(table, juror):
    return table.set_index("juror").loc[juror]


def pairs_of(ratings):
    return ratings.groupby(["submission", "juror"])["score"].mean().unstack()


# ---- numbers by hand


def flat_table():
    a = {(s, "A"): (5, 5) for s in SUBS}
    b = {(s, "B"): (6, 6) if k < 2 else (6, 8) for k, s in enumerate(SUBS)}
    c = {(s, "C"): (4, 7) for s in SUBS}
    return marks(a | b | c, ("x", "y"))


def test_flat_lines_by_hand():
    found = of(flat(readings_of(flat_table())), "A")
    assert found["value"] == 1 and found["panel"] == pytest.approx(1 / 6)
    assert found["p"] == pytest.approx(
        2 * (2 / 3) ** 2 * (1 / 3) ** 4
    )  # flat among 3: 2 of 3 twice, 1 of 3 else
    reach = (2 * (0 + 3) / 2 + 4 * (2 + 3) / 2) / 6
    assert found["effect"] == pytest.approx((1 - 1 / 6) * reach)


def test_poisson_binomial_against_enumeration():
    rates = np.array([0.25, 0.5, 0.5, 0.75])
    mass = np.zeros(5)
    for bits in np.ndindex(2, 2, 2, 2):
        mass[sum(bits)] += np.prod([r if b else 1 - r for r, b in zip(rates, bits, strict=True)])
    for hits in range(5):
        want = min(1, 2 * min(mass[hits:].sum(), mass[: hits + 1].sum()))
        assert _poisson_binomial(rates, hits) == pytest.approx(want)


def test_exchange_has_the_moments_of_all_relabellings():
    v = np.array([1.0, 4.0, 2.0, 7.0, 5.0, 5.0])
    table = marks({(s, j): x for (s, j), x in zip([(s, j) for s in "st" for j in "ABC"], v, strict=True)})
    got = exchange(readings_of(table), v)
    sums = np.add.outer(v[:3], v[3:]).ravel()  # A may hold any mark of s and any of t
    assert got.z[0] == pytest.approx((v[0] + v[3] - sums.mean()) / sums.std())
    assert (got.own[0], got.other[0]) == (4.0, pytest.approx((3 + 5) / 2))


def test_spread_and_noise_in_a_crossed_table():
    rng = np.random.default_rng(4)
    y = rng.integers(1, 11, (7, 3)).astype(float)
    table = marks({(f"s{i}", "ABC"[j]): y[i, j] for i in range(7) for j in range(3)})
    panel = readings_of(table)
    rest = y[:, 1:] - y[:, 1:].mean(axis=0)
    found = of(spread(panel), "A")
    assert found["effect"] == pytest.approx(y[:, 0].std() - np.sqrt((rest**2).mean()))
    assert found["value"] == pytest.approx(y[:, 0].std() / np.sqrt((rest**2).mean()))
    left = y - y.mean(axis=1, keepdims=True) - y.mean(axis=0) + y.mean()
    found = of(noise(panel), "A")
    assert found["value"] == pytest.approx(np.sqrt((left[:, 0] ** 2).mean()))
    assert found["panel"] == pytest.approx(np.sqrt((left[:, 1:] ** 2).mean()))


def test_discrimination_is_the_slope_over_its_attenuation():
    rng = np.random.default_rng(5)
    y = rng.normal(5, 2, (12, 1)) + rng.normal(0, 0.5, (12, 4))
    table = marks({(f"s{i:02d}", "ABCD"[j]): y[i, j] for i in range(12) for j in range(4)})
    left = y - y.mean(axis=1, keepdims=True) - y.mean(axis=0) + y.mean()
    noise_of_three = (left**2).sum() / (11 * 3) / 3
    consensus = y[:, 1:].mean(axis=1)
    attenuation = 1 - noise_of_three / consensus.var()
    found = of(discrimination(readings_of(table)), "A")
    assert found["panel"] == pytest.approx(attenuation)
    assert found["value"] == pytest.approx(np.polyfit(consensus, y[:, 0], 1)[0] / attenuation)
    true_sd = np.sqrt(attenuation * consensus.var())
    assert found["effect"] == pytest.approx((found["value"] - 1) * true_sd)


def test_central_share_and_distance_by_hand():
    mine, other = [5, 6, 5, 6, 5, 6], [1, 10, 2, 9, 1, 10]  # the same mean: severity plays no part
    table = marks(
        {(s, j): v for j, col in (("A", mine), ("B", other)) for s, v in zip(SUBS, col, strict=True)}
    )
    found = of(central(readings_of(table, scale=(1, 10))), "A")
    assert (found["value"], found["panel"]) == (1.0, 0.0)
    assert found["effect"] == pytest.approx((4.5 * 4 + 3.5 * 2) / 6 - 0.5)


def test_central_does_not_take_a_harsh_juror_for_a_central_one():
    rng = np.random.default_rng(0)
    quality = rng.normal(8, 1, 60)
    y = quality[:, None] + rng.normal(0, 0.5, (60, 4)) - np.array([2.0, 0, 0, 0])
    table = marks({(f"s{i:02d}", "ABCD"[j]): y[i, j] for i in range(60) for j in range(4)})
    found = of(central(readings_of(table, scale=(1, 10))), "A")
    assert found["value"] > found["panel"] - 0.2 and abs(found["effect"]) < 0.2


def test_halo_is_the_mean_correlation_against_the_other_jurors():
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1, (9, 3, 3))
    x[:, 0] += 3 * rng.normal(0, 1, (9, 1))
    table = marks({(f"s{i}", "ABC"[j]): x[i, j] for i in range(9) for j in range(3)}, ("p", "q", "r"))
    mean = [np.corrcoef(x[:, j].T)[np.triu_indices(3, 1)].mean() for j in range(3)]
    found = of(halo(readings_of(table)), "A")
    assert found["value"] == pytest.approx(mean[0]) and found["panel"] == pytest.approx(np.mean(mean[1:]))
    within = ((x - x.mean(axis=0)) - (x - x.mean(axis=0)).mean(axis=2, keepdims=True)) ** 2
    assert found["effect"] == pytest.approx(np.sqrt(within[:, 1:].mean()) - np.sqrt(within[:, 0].mean()))


@pytest.mark.slow
def test_halo_error_agrees_with_the_jackknife_over_submissions():
    ratings, _, _ = contest(3, n_sub=60, n_jur=4, per=4)
    panel = readings_of(ratings)
    left_out = []
    for s in panel.submissions:
        t = of(halo(readings_of(ratings[ratings["submission"] != s])), "E00")
        left_out.append(t["value"] - t["panel"])
    jackknife = np.sqrt((len(left_out) - 1) * np.var(left_out))
    found = of(halo(panel), "E00")
    from scipy import stats

    t = abs(found["value"] - found["panel"]) / jackknife
    assert found["p"] == pytest.approx(2 * stats.t.sf(t, 58), abs=0.03)


def test_digit_preference_by_hand():
    mine, other = [5, 5, 5, 5, 3, 8], [4, 5, 6, 4, 3, 8]
    table = marks(
        {(s, j): v for j, col in (("A", mine), ("B", other)) for s, v in zip(SUBS, col, strict=True)}
    )
    found = of(digits(readings_of(table)), "A")
    assert (found["about"], found["value"], found["panel"]) == ("5", 4 / 6, pytest.approx(1 / 6))
    mine_heap, other_heap = 4 / 6 - 0, 1 / 6 - (2 / 6 + 1 / 6) / 2  # 5 against its neighbours 4 and 6
    assert found["effect"] == pytest.approx(mine_heap - other_heap)


def test_preference_for_whole_marks_on_a_scale_with_halves():
    mine, other = [5, 6, 7, 5, 3, 8], [4.5, 5.5, 6, 4.5, 3.5, 8]
    table = marks(
        {(s, j): v for j, col in (("A", mine), ("B", other)) for s, v in zip(SUBS, col, strict=True)}
    )
    found = of(digits(readings_of(table)), "A")
    assert (found["about"], found["value"], found["panel"]) == ("whole", 1.0, pytest.approx(2 / 6))


def test_copied_sheets_by_hand():
    same = {(s, j): (k + 1, 9 - k) for j in "AB" for k, s in enumerate(SUBS)}
    other = {(s, "C"): (k + 2, 9 - k) for k, s in enumerate(SUBS)}
    found, unlisted = copied(readings_of(marks(same | other, ("x", "y"))))
    assert len(found) == 1 and unlisted == 2
    first = found.iloc[0]
    assert (first["juror"], first["about"], first["value"], first["n"]) == ("A", "B", 1.0, 6)
    assert first["panel"] == pytest.approx(1 / 6)  # six different sheets in one stratum: one match by chance
    assert first["p"] == pytest.approx(1 - np.exp(-1) * sum(1 / np.prod(range(1, k + 1)) for k in range(6)))
    assert first["effect"] == pytest.approx(0.5)


def test_benjamini_hochberg_counts_unlisted_tests():
    p = np.array([0.001, np.nan, 0.02, 0.03])
    whole = adjust(np.append(p, np.ones(7)))[:4]
    assert adjust(p, unlisted=7) == pytest.approx(whole, nan_ok=True)
    assert np.isnan(adjust(np.array([np.nan]))).all()


# ---- planted effects


def half_of_the_spread(mu, t):
    return np.where(t["j"] == 3, 6 + 0.3 * (mu - 6), mu)


@pytest.mark.slow
def test_a_juror_who_hardly_tells_submissions_apart_is_found():
    found = diagnose(contest(5, plant=half_of_the_spread)[0]).findings
    for signal in ("spread", "discrimination"):
        first = row(found, signal, "E03")
        assert first["status"] == "talk" and first["effect"] < -0.5
    assert row(found, "discrimination", "E03")["value"] == pytest.approx(0.3, abs=0.1)


@pytest.mark.slow
def test_flat_lines_and_halo_are_found():
    ratings = contest(6)[0]
    mine = ratings["juror"] == "E05"
    mean = ratings[mine].groupby("submission")["score"].transform("mean").round()
    ratings.loc[mine, "score"] = mean
    found = diagnose(ratings).findings
    assert {"flat", "halo"} <= set(found[(found["juror"] == "E05") & (found["status"] == "talk")]["signal"])
    others = found[(found["juror"] != "E05") & found["signal"].isin(["flat", "halo"])]
    assert not (others["status"] == "talk").any()


@pytest.mark.slow
def test_noise_is_found():
    rng = np.random.default_rng(0)
    loud = diagnose(contest(7, plant=lambda mu, t: mu + (t["j"] == 2) * rng.normal(0, 2, len(t)))[0]).findings
    assert row(loud, "noise", "E02")["status"] == "talk"


@pytest.mark.slow
def test_severity_keeps_its_sign():
    found = diagnose(contest(8, severity_sd=0.0, plant=lambda mu, t: mu - 1.5 * (t["j"] == 1))[0]).findings
    harsh = row(found, "severity", "E01")
    assert harsh["status"] == "talk" and harsh["effect"] == pytest.approx(1.4, abs=0.3)
    assert "points less than" in sentence(harsh)


def test_copies_between_two_jurors_are_found_and_name_both():
    ratings = contest(9)[0]
    wide = ratings.pivot(index=["submission", "juror"], columns="criterion", values="score")
    both = sorted(set(wide.xs("E02", level=1).index) & set(wide.xs("E07", level=1).index))
    for s in both[::2]:
        wide.loc[(s, "E07")] = wide.loc[(s, "E02")].to_numpy()
    found = diagnose(wide.stack().rename("score").reset_index()).findings
    first = row(found, "copied", "E02", "E07")
    assert first["status"] == "talk" and first["value"] >= 0.5
    assert "E02 and E07 have the same marks" in sentence(first)
    assert (found[found["signal"] == "copied"]["status"] == "talk").sum() == 1


@pytest.mark.slow
def test_two_jurors_who_always_draw_flat_lines_are_not_called_copies():
    rng = np.random.default_rng(3)
    ratings = contest(10)[0]
    mine = ratings["juror"].isin(["E02", "E07"])
    flat_mark = rng.integers(5, 8, 10_000)
    code = ratings.groupby(["submission", "juror"]).ngroup()
    ratings.loc[mine, "score"] = flat_mark[code[mine]]
    found = diagnose(ratings).findings
    assert not (found[found["signal"] == "copied"]["status"] == "talk").any()


@pytest.mark.slow
def test_a_preferred_mark_is_found():
    ratings = contest(11)[0]
    mine = (ratings["juror"] == "E04") & ratings["score"].isin([4, 6])
    ratings.loc[mine, "score"] = 5.0
    first = row(diagnose(ratings).findings, "digits", "E04")
    assert first["about"] == "5" and first["p_adjusted"] < 0.001


# ---- nothing planted


@pytest.mark.slow
def test_null_contests_give_uniform_p_and_no_false_talk():
    p, talk = {}, 0
    for seed in range(25):
        ratings, submissions, jurors = contest(100 + seed, n_sub=80, n_jur=8, severity_sd=0.0)
        found = diagnose(ratings, submissions, jurors, permutations=199).findings
        talk += (found["status"] == "talk").sum()
        for signal, part in found[found["p"].notna()].groupby("signal"):
            p.setdefault(signal, []).extend(part["p"].astype(float))
    for signal in set(p) - {
        "copied",
        "severity",
        "flat",
        "digits",
    }:  # conditional, shrunken, discrete, one-sided
        share = np.mean(np.array(p[signal]) <= 0.1)
        error = np.sqrt(0.09 / len(p[signal]))
        assert abs(share - 0.1) < 4 * error + 0.02, (signal, share)
    for signal in ("flat", "digits", "severity"):
        assert np.mean(np.array(p[signal]) <= 0.05) < 0.1, signal
    assert talk <= 3


# ---- edges


def status_of(found, signal, juror):
    return row(found, signal, juror)["status"]


def test_one_juror_alone():
    d = diagnose(marks({(s, "A"): k for k, s in enumerate(SUBS)}))
    assert d.jurors.loc["A", "status"] == "ok"
    habits = ("spread", "noise", "discrimination", "central", "digits")
    assert {status_of(d.findings, s, "A") for s in habits} == {"no_other_reader"}
    assert d.findings["p"].isna().all()


def test_one_mark_in_all():
    d = diagnose(marks({("s", "A"): 5}))
    assert d.jurors.loc["A", "status"] == "one_submission"
    assert status_of(d.findings, "spread", "A") == "one_submission"
    assert [sentence(r) for r in d.findings.to_dict("records")]


def test_juror_without_a_mark_and_juror_with_one():
    ratings = marks({(s, j): 3 + k + (j == "B") * (k % 2) for j in "ABC" for k, s in enumerate(SUBS)})
    extra = pd.DataFrame(
        {"submission": ["s0", "s0"], "juror": ["D", "Z"], "criterion": "c", "score": [5.0, np.nan]}
    )
    d = diagnose(pd.concat([ratings, extra]))
    assert d.jurors.loc["D", "status"] == "one_submission" and d.jurors.loc["Z", "status"] == "no_marks"
    assert status_of(d.findings, "noise", "Z") == "no_marks"
    assert pd.isna(d.jurors.loc["Z", "mean"])


def test_juror_without_spread_and_everybody_without_spread():
    rows = {(s, j): 3 + (k * 2 + (j == "B")) % 5 for j in "ABC" for k, s in enumerate(SUBS)}
    d = diagnose(marks(rows | {(s, "D"): 7 for s in SUBS}))
    assert d.jurors.loc["D", "status"] == "no_spread" and d.jurors.loc["D", "spread_ratio"] == 0
    found = row(d.findings, "spread", "D")
    assert found["status"] == "no_spread" and "without any difference" in sentence(found)
    nothing = diagnose(marks({(s, j): 7 for j in "ABC" for s in SUBS}))
    assert nothing.findings["p"].isna().all()


def test_two_readers_a_submission_cannot_show_who_is_noisy():
    ratings = contest(1, n_sub=40, n_jur=4, per=2)[0]
    assert status_of(diagnose(ratings).findings, "noise", "E00") == "cannot_tell"


@pytest.mark.slow
def test_disconnected_panels_are_diagnosed_within_themselves():
    one, two = contest(1, n_sub=30, n_jur=4)[0], contest(2, n_sub=30, n_jur=4)[0]
    two = two.assign(submission="t" + two["submission"], juror="F" + two["juror"])
    d = diagnose(pd.concat([one, two]))
    alone = diagnose(one)
    for column in ("spread_ratio", "discrimination", "noise", "flat_share", "order_drift"):
        got = d.jurors.loc[alone.jurors.index, column].astype(float)
        if column != "discrimination":  # its residual variance is pooled over the panels
            assert got.to_numpy() == pytest.approx(alone.jurors[column].astype(float).to_numpy()), column


def test_missing_criteria_and_statuses_do_not_stop_anything():
    ratings = contest(12, n_sub=40, n_jur=5)[0].assign(status="scored")
    ratings.loc[::17, ["score", "status"]] = [np.nan, "missing"]
    ratings.loc[::31, ["score", "status"]] = [np.nan, "recused"]
    d = diagnose(ratings)
    assert (d.jurors["n_marks"] < 5 * d.jurors["n_submissions"]).all()
    assert (
        d.findings.loc[d.findings["status"].isin(["quiet", "large", "talk", "significant"]), "p"]
        .notna()
        .all()
    )


def test_no_marks_at_all_is_an_error():
    with pytest.raises(ScoringError, match="no scored mark"):
        diagnose(marks({("s", "A"): 5}).assign(score=np.nan))


@pytest.mark.slow
def test_infit_comes_from_rasch_and_severity_may_be_given():
    ratings = contest(13, n_sub=40, n_jur=5)[0]
    given = estimate(ratings)
    fit = pd.DataFrame({"infit": 1.2, "outfit": 0.9}, index=given.jurors.index)
    d = diagnose(ratings, severity=given, rasch=SimpleNamespace(jurors=fit))
    assert (d.jurors["infit"] == 1.2).all() and (d.jurors["outfit"] == 0.9).all()
    assert d.jurors["severity"].to_numpy() == pytest.approx(given.jurors["severity"].to_numpy())


@pytest.mark.slow
def test_every_tested_finding_has_its_numbers_and_every_other_a_reason():
    found = diagnose(*contest(14, n_sub=60, n_jur=6)).findings
    tested = found["status"].isin(["talk", "significant", "large", "quiet"])
    assert found.loc[tested, ["effect", "p", "p_adjusted", "value"]].notna().all().all()
    assert found.loc[~tested, "p"].isna().all()
    assert all(sentence(r) and "not known" not in sentence(r) for r in found.to_dict("records"))


@pytest.mark.slow
def test_a_round_of_800_pairs_takes_less_than_a_processor_second():
    ratings, submissions, jurors = contest(15, n_sub=200)
    diagnose(ratings, submissions, jurors, permutations=9)
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        diagnose(ratings, submissions, jurors)
        best = min(best, time.process_time() - start)
    assert best < 1.0


# ---- invariants


def same(a, b, keys=("juror", "signal", "about")):
    a, b = (
        f[f["signal"] != "copied"].astype({"juror": str}).set_index(list(keys)).sort_index() for f in (a, b)
    )
    assert a.index.equals(b.index)
    for column in ("effect", "p", "p_adjusted", "value", "panel"):
        x, y = (f[column].to_numpy(dtype=float, na_value=np.nan) for f in (a, b))
        assert x == pytest.approx(y, nan_ok=True, abs=1e-9), column


@pytest.mark.slow
@settings(max_examples=5)
@given(st.integers(0, 10_000))
def test_order_of_rows_changes_nothing(seed):
    ratings, submissions, jurors = contest(seed, n_sub=24, n_jur=5)
    a = diagnose(ratings, submissions, jurors, permutations=99)
    shuffled = ratings.sample(frac=1, random_state=seed)
    b = diagnose(shuffled, submissions.iloc[::-1], jurors.iloc[::-1], permutations=99)
    pd.testing.assert_frame_equal(a.findings, b.findings)
    pd.testing.assert_frame_equal(a.jurors, b.jurors)


@pytest.mark.slow
@settings(max_examples=5)
@given(st.integers(0, 10_000))
def test_names_change_nothing(seed):
    ratings, submissions, jurors = contest(seed, n_sub=24, n_jur=5)
    rng = np.random.default_rng(seed)
    who = dict(zip(jurors.index, rng.permutation([f"Q{k}" for k in range(5)]), strict=True))
    what = dict(zip(submissions.index, rng.permutation([f"t{k}" for k in range(24)]), strict=True))
    a = diagnose(ratings, submissions, jurors, permutations=99)
    renamed = ratings.assign(juror=ratings["juror"].map(who), submission=ratings["submission"].map(what))
    b = diagnose(renamed, submissions.rename(index=what), jurors.rename(index=who), permutations=99)
    same(a.findings.assign(juror=a.findings["juror"].map(who)), b.findings)


@pytest.mark.slow
@settings(max_examples=5)
@given(st.integers(0, 10_000), st.sampled_from([-3.0, 2.0, 10.0]))
def test_a_shift_of_all_marks_moves_no_effect(seed, shift):
    ratings = contest(seed, n_sub=24, n_jur=5)[0]
    a = diagnose(ratings, permutations=99).findings
    b = diagnose(ratings.assign(score=ratings["score"] + shift), permutations=99).findings
    keep = ~a["signal"].isin(["digits", "severity"])
    same(a[keep], b[~b["signal"].isin(["digits", "severity"])])


@pytest.mark.slow
@settings(max_examples=15)
@given(st.data())
def test_any_small_table_gives_numbers_or_reasons_and_no_warning(data):
    cells = data.draw(
        st.dictionaries(
            st.tuples(st.sampled_from("stuv"), st.sampled_from("ABC")),
            st.tuples(*[st.integers(1, 4)] * 2),
            min_size=1,
        )
    )
    unknown = pd.DataFrame({"severity": np.nan, "se": np.nan, "status": "no_severity"}, index=list("ABC"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d = diagnose(marks(cells, ("x", "y")), severity=SimpleNamespace(jurors=unknown), permutations=9)
    assert set(d.jurors.index) == {j for _, j in cells}
    tested = d.findings["p"].notna()
    assert d.findings.loc[tested, "status"].isin(["talk", "significant", "large", "quiet"]).all()
    assert np.isfinite(d.findings.loc[tested, ["p", "effect"]].astype(float)).all().all()


def test_the_input_is_left_alone():
    ratings, submissions, jurors = contest(16, n_sub=24, n_jur=5)
    before = ratings.copy(), submissions.copy(), jurors.copy()
    diagnose(ratings, submissions, jurors, permutations=9)
    for a, b in zip(before, (ratings, submissions, jurors), strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_long_keeps_every_pair():
    t = pd.DataFrame({"i": [0, 0], "j": [0, 1], "order": [0.0, 0.0], "day": [1, 1]})
    assert len(long(t, np.ones((2, 3)))) == 6
