"""What the report says of numbers is what they are: marks as given, one rule of agreement, filled marks, one chance."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fixture import ROOT, build_run, rules_2021

from fairlib.report.chapters.common import Context
from fairlib.report.chapters.write import write_report
from fairlib.report.figures import plot_severity
from fairlib.report.letters.letter import write_letters
from fairlib.report.public.privacy import for_public
from fairlib.report.results import in_per_cents, read_results
from fairlib.report.set.sheets import sheets
from fairlib.report.words.codes import word
from fairlib.report.words.locale import speak
from fairlib.rules import Certainty
from fairlib.scoring.agreement.concordance import agreement_matrix, spearman
from fairlib.selection.firm.certainty import band_of

RULES = rules_2021()


def change(path, at):
    """Write a table of a run anew as `at` gives it back."""
    at(pd.read_csv(path, dtype={"submission": str})).to_csv(path, index=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in which marks have quarter points, and one juror left out one criterion of one submission."""
    folder = build_run(tmp_path_factory.mktemp("told") / "2021", RULES, n=80)

    def quarters(ratings):
        ratings["score"] = (ratings["score"] + np.arange(len(ratings)) % 4 / 4).clip(1, 10)
        return ratings.drop(index=1)

    for stage in ("commission", "fair"):
        change(folder / stage / "ratings.csv", quarters)
    return folder


@pytest.fixture(scope="module")
def results(run):
    return read_results(run, RULES)


@pytest.fixture(scope="module")
def letters(results):
    """The letters by submission."""
    return {x.submission: x for x in write_letters(results)}


def tables_of(results, lang="en", audience="internal"):
    """Tables of the report by id, those behind figures too."""
    blocks = list(write_report(results, lang, audience).blocks())
    return {b.id: b for b in blocks if b.kind == "table"} | {
        b.data.id: b.data for b in blocks if b.kind == "picture"
    }


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_marks_stand_as_given_and_in_the_order_of_the_headings(results, lang):
    say, stage = speak(lang), results.rounds[0]
    shown = tables_of(results, lang)["criteria-commission"]
    heads = [c.label for c in shown.columns]
    criteria = list(RULES.contest.weights("commission"))
    names = [n.name[lang] for n in RULES.contest.criteria]
    assert heads[2 : 2 + len(names)] == names
    given = stage.ratings.set_index(["submission", "juror", "criterion"])["score"]
    found = {row[1].text: row[-1].text for row in shown.rows}
    for submission, title in zip(
        results.submissions["submission"], results.submissions["title"], strict=True
    ):
        readers = stage.ratings.loc[stage.ratings["submission"] == submission, "juror"].unique()
        told = [
            f"{j}:\xa0"
            + "\xa0".join(
                "·" if np.isnan(x := given.get((submission, j, c), np.nan)) else say.mark(x) for c in criteria
            )
            for j in sorted(readers)
        ]
        assert found.get(title, "") == "; ".join(told)
    assert any(re.search(r"\d[.,]25\b", text) for text in found.values())
    assert any("·" in text for text in found.values())


@pytest.mark.slow
def test_the_range_of_a_juror_keeps_quarter_points(results):
    stage = results.rounds[0]
    shown = tables_of(results)["marks-commission-data"]
    for row in shown.rows:
        mine = stage.ratings.loc[stage.ratings["juror"] == row[0].text, "score"]
        assert row[-1].text == f"{mine.min():g}–{mine.max():g}"


def test_a_scale_of_half_points_is_told_as_it_is():
    assert speak("en").mark(0.5) == "0.5" and speak("ru").mark(9.5) == "9,5"
    assert speak("en").mark(-0.25) == "−0.25" and speak("en").mark(100.0) == "100"


def test_agreement_is_that_of_the_library_with_the_weights_of_the_round(results):
    for stage in results.rounds:
        weights = RULES.contest.weights(stage.id)
        pd.testing.assert_frame_equal(stage.agreement, agreement_matrix(stage.ratings, weights))
        pairs = spearman(stage.ratings, weights)
        for p in pairs.itertuples():
            shown = stage.agreement.loc[p.juror_a, p.juror_b]
            assert np.isnan(shown) if p.n < 5 or pd.isna(p.value) else shown == p.value


def test_agreement_weighs_criteria_and_centres_one_that_is_missing():
    rng = np.random.default_rng(3)
    rows = [
        (f"P{s}", j, c, int(rng.integers(1, 11)) - (c == "b"), "scored")
        for s in range(9) for j in "XYZ" for c in "ab" if (s, j, c) != (2, "X", "b")
    ]  # fmt: skip
    ratings = pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score", "status"])
    plain, heavy = agreement_matrix(ratings, {"a": 1, "b": 1}), agreement_matrix(ratings, {"a": 3, "b": 1})
    assert not plain.equals(heavy) and (plain.to_numpy() == plain.to_numpy().T)[~np.eye(3, dtype=bool)].all()
    assert np.isnan(agreement_matrix(ratings, {"a": 1, "b": 1}, least=10).to_numpy()).all()


def test_a_round_without_marks_has_no_agreement(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    change(copy / "fair" / "ratings.csv", lambda r: r.assign(status="missing", score=np.nan))
    assert read_results(copy, RULES).rounds[1].agreement.empty


def test_a_filled_mark_is_one_whose_interval_does_not_contain_zero():
    jurors = pd.DataFrame(
        {"juror": list("ABCDE"), "severity": [0.5, 0.3, -0.4, 0.1, 0.9], "se": [0.2, 0.2, 0.2, 0.2, np.nan]}
    )
    ax = plot_severity(jurors)
    filled = {float(x) for line in ax.lines if line.get_marker() == "D" for x in line.get_xdata()}
    assert filled == {0.5, -0.4}
    outside = jurors[(jurors["severity"].abs() > 1.959964 * jurors["se"])]
    assert filled == set(outside["severity"])


@pytest.mark.slow
@given(
    st.lists(st.integers(0, 20000), min_size=1, max_size=30),
    st.sampled_from([(0.9, 0.1), (0.8, 0.2), (0.95, 0.05), (0.905, 0.333), (0.999, 0.001)]),
)
def test_whole_per_cents_stay_on_their_side_of_an_edge(times, edges):
    levels = Certainty(clear_in=edges[0], clear_out=edges[1])
    p = pd.Series(times) / 20000
    told = in_per_cents(p, levels)
    assert np.abs(told - p).max() < 0.01 and (told * 100 - (told * 100).round()).abs().max() < 1e-9
    assert (band_of(told.to_numpy(), levels) == band_of(p.to_numpy(), levels)).all()
    assert (told.diff()[p.diff() >= 0] >= 0).all()


def test_no_probability_stays_unknown():
    assert in_per_cents(pd.Series([np.nan, 0.5]), Certainty()).isna().tolist() == [True, False]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "kk", "ru"])
def test_a_project_has_one_chance_on_page_in_workbook_and_letter(results, letters, lang):
    say, public = speak(lang), for_public(results)
    for seen, audience in ((results, "internal"), (public, "public")):
        books = {s.name: s for s in sheets(Context(seen, say, audience))}
        tables = tables_of(seen, lang, audience)
        for k, stage in enumerate(results.rounds, 1):
            shown = tables[f"decisions-{stage.id}"]
            at = [c.label for c in shown.columns].index(say("Probability, places"))
            page = {row[1].text: row[at].text for row in shown.rows if row[at].text != "–"}
            book = next(s for name, s in books.items() if name.startswith(f"{k}. ") and len(s.columns) > 15)
            columns = {c.label: c.values for c in book.columns}
            for title, p, band, submission in zip(
                *(columns[say(x)] for x in ("Project", "Probability", "Firmness", "Submission")), strict=True
            ):
                if pd.isna(p):
                    assert title not in page
                    continue
                assert page[title] == say.chance(p)
                letter, mine = letters[submission], speak(letters[submission].lang)
                if submission in set(results.rounds[-1].decisions["submission"]) and k == 1:
                    continue  # only the latest round is told in full
                told = " ".join(b.text for b in letter.blocks if b.kind == "text")
                assert f": {mine.chance(p)}. " in told
                code = next(b for b in ("clear_in", "open", "clear_out") if word("band", b, say) == band)
                assert mine("In the report that is called: {band}.", band=word("band", code, mine)) in told


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "kk", "ru"])
def test_nobody_is_promised_the_places_of_other_jurors(results, lang):
    say = speak(lang)
    told = " ".join(b.text for b in write_report(results, lang, "public").blocks() if b.kind == "text")
    assert say(
        "A place is known only roughly: with a probability of 95 % the interval of places holds the true place, the "
        "one that all possible jurors together would give. The place that another commission would give can lie "
        "outside it."
    ) in told  # fmt: skip


@pytest.mark.slow
def test_the_share_that_a_second_commission_keeps_has_one_number(results):
    for stage in results.rounds:
        numbers = [
            n for b in write_report(results, "en", "internal").blocks() if b.kind == "numbers" for n in b.items
            if n.label.startswith("Of those selected a second commission would keep")
        ]  # fmt: skip
        share = float(stage.certainty["twin_overlap"]) / stage.n_by_rule
        assert speak("en").percent(share) in [n.value for n in numbers]


def _with_decisions(run, folder, at):
    """A copy of the run whose decisions of the first round are as `at` gives them back."""
    copy = folder / "run"
    shutil.copytree(run, copy)
    change(copy / "commission" / "decisions.csv", at)
    return read_results(copy, RULES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "waits"),
    [
        ("no_estimate:no_marks", True),
        ("reserve:1; tie_refused:rank 50 among 2", True),
        ("budget:waiting 5<=7", True),
        (
            "manual:not_selected by board on 2021-04-01: absent; rule: not_selected, no_estimate:no_marks",
            False,
        ),
        ("rank", False),
    ],
)
def test_a_letter_waits_until_somebody_has_decided(run, tmp_path, reason, waits):
    def last(d):
        d.loc[d.index[d["decision"] == "not_selected"][-1], "reason"] = reason
        return d

    results = _with_decisions(run, tmp_path, last)
    who = results.rounds[0].decisions.query("decision == 'not_selected'")["submission"].iloc[-1]
    assert (who in results.addressees) is (who in {x.submission for x in write_letters(results)}) is not waits
    shown = tables_of(results).get("waiting")
    assert ([row[0].text for row in shown.rows] == [who]) if waits else shown is None
    assert "waiting" not in tables_of(for_public(results), audience="public")


@pytest.mark.slow
def test_a_decision_of_people_over_the_seats_is_told_and_leaves_the_number_of_seats(run, tmp_path):
    def one_more(d):
        at = d.index[d["decision"] == "not_selected"][0]
        d.loc[at, ["decision", "reason"]] = [
            "selected", "manual:selected by board on 2021-04-01: visit; rule: broken; rule: not_selected, rank",
        ]  # fmt: skip
        return d

    results = _with_decisions(run, tmp_path, one_more)
    stage = results.rounds[0]
    assert (stage.n_selected, stage.n_by_rule, stage.seats_given) == (51, 50, 50)
    report = write_report(results, "en", "public")
    assert next(c for c in report.chapters if c.id == "ranking-commission").title.startswith("TOP-50")
    told = " ".join(b.text for b in report.blocks() if b.kind == "text")
    assert (
        "Seats: 50; selected by the rule: 50; added by a decision of people: 1; taken out by one: 0." in told
    )
    card = next(b for b in report.front if b.kind == "twin")
    assert card.headline.startswith("Selected: 50.") and sum(n for _, n, _ in card.dots) == 50


@pytest.mark.slow
def test_a_round_without_seats_has_no_top(run, tmp_path):
    from dataclasses import replace

    results = read_results(run, RULES)
    stage = results.rounds[0]
    rule = stage.rule.model_copy(update={"select": stage.rule.select.model_copy(update={"seats": None})})
    results = replace(results, rounds=(replace(stage, rule=rule), results.rounds[1]))
    assert "ranking: expert" in write_report(results, "en", "public").chapters[3].title


@pytest.mark.slow
def test_a_draw_can_be_checked_from_what_lies_beside_the_public_page(run, tmp_path):
    from fairlib.report.files import draws
    from fairlib.report.parallel import Job
    from fairlib.selection.firm.draw import published_list
    from fairlib.selection.rule.ties import lot

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    path = copy / "commission" / "decisions.csv"
    table = pd.read_csv(path)
    ids = table.loc[table["band"] == "open", "submission"]
    lots = sorted((lot(7, s), s) for s in ids)
    drawn = pd.DataFrame([(s, k, h, k <= 3) for k, (h, s) in enumerate(lots, 1)],
                         columns=["submission", "place", "lot", "drawn"])  # fmt: skip
    drawn.to_csv(copy / "commission" / "draw.csv", index=False)
    _, commitment = published_list(ids)
    summary = {"commitment": commitment, "seed": 7, "on_the_list": len(ids), "drawn": 3}
    pd.Series(summary, name="value").rename_axis("key").to_csv(copy / "commission" / "draw_summary.csv")
    results = for_public(read_results(copy, RULES))
    report = write_report(results, "en", "public")
    shown = next(b for b in report.blocks() if b.kind == "table" and b.id == "draw-commission")
    decided = results.rounds[0].decisions.set_index("submission")["decision"]
    assert [row[3].badge for row in shown.rows] == [decided[s] for _, s in lots]
    call = next(
        b.text for b in report.blocks() if b.kind == "text" and b.text.startswith("python3 docs/verify")
    )
    links = [x.href for b in report.blocks() if b.kind == "links" for x in b.items]
    draws(Job({"public": results}, tmp_path / "out", ("en",)))
    where = tmp_path / "out" / "public"
    assert sorted(links) == sorted(p.name for p in where.iterdir())
    script, *given = call.split()[1:]
    done = subprocess.run(
        [sys.executable, str(ROOT / script), *given], cwd=where, capture_output=True, text=True
    )
    assert done.returncode == 0 and "is the result of this draw" in done.stdout, done.stdout
    assert (where / "draw-commission.txt").read_bytes() == published_list(ids)[0].encode()


def test_as_many_go_up_as_go_down_where_the_chain_settles_raw_ties():
    from fairlib.rules import Selection
    from fairlib.selection import choose

    table = pd.DataFrame(
        {"estimate": [5.0, 4.0, 3.0, 2.0, 1.0], "raw_mean": [3.0, 3.0, 3.0, 3.0, 4.0], "eligible": True,
         "by_q": [1.0, 2.0, 3.0, 4.0, 0.0]}, index=list("ABCDE"))  # fmt: skip
    select = Selection(seats=2, ties=("criterion:q",))
    ranks = choose(table, select, seed=1).decisions
    assert ranks["rank_raw"].tolist() == [5, 4, 3, 2, 1]
    up, down = (ranks["rank"] <= 2) & (ranks["rank_raw"] > 2), (ranks["rank"] > 2) & (ranks["rank_raw"] <= 2)
    assert up.sum() == down.sum() == 2
    assert choose(table.drop(columns="raw_mean"), select, seed=1).decisions["rank_raw"].isna().all()
