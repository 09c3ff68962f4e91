"""What the stories of submissions, jurors and pairs of runs say is what the tables of the run say."""

import re
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from report_fixture import build_run, rules_2021

import fairlib as fl
from fairlib.errors import DataError, RulesError
from fairlib.explore import scores
from fairlib.explore.place import results_of
from fairlib.report.blocks import Heading, Table, Text
from fairlib.report.blocks import table as block
from fairlib.report.set.text import to_text
from fairlib.report.words.locale import speak
from fairlib.report.words.reasons import reason_sentence
from fairlib.rules import Scale

FIRST, UNREAD = "commission", "S005"
HOSTILE = "<script>alert(1)</script> </div> & co"


def table_of(run, name, stage=FIRST):
    return pd.read_csv(run / stage / f"{name}.csv", dtype={"submission": "str", "juror": "str"})


def rewrite(run, name, change, stage=FIRST):
    changed = change(table_of(run, name, stage))
    changed.to_csv(run / stage / f"{name}.csv", index=False)
    return changed


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with a submission that nobody marked, one that no rule decides, and a juror with a single mark."""
    folder = build_run(tmp_path_factory.mktemp("explore") / "2021", n=90)
    sent = pd.read_csv(folder / "intake" / "submissions.csv", dtype="str")
    sent.loc[sent["submission"] == "S001", "title"] = HOSTILE
    sent.to_csv(folder / "intake" / "submissions.csv", index=False)
    for name in ("ratings", "estimates"):
        rewrite(folder, name, lambda t: t[t["submission"] != UNREAD])
    last = table_of(folder, "ratings")["juror"].max()
    alone = lambda t: t[(t["juror"] != last) | (t.index == t.index[t["juror"] == last][0])]  # noqa: E731
    rewrite(folder, "ratings", alone)
    rewrite(folder, "decisions", undecided)
    return folder


def undecided(decisions):
    """One without an estimate, and one whose tie no rule settles."""
    told = decisions.astype({"reason": "str", "rank": float})
    told.loc[told["submission"] == UNREAD, ["reason", "decision"]] = [
        "no_estimate:no_scored_mark",
        "not_selected",
    ]
    gone = ["rank", "rank_raw", "estimate", "p_selected", "band"]
    told.loc[told["submission"] == UNREAD, gone] = np.nan
    told.loc[told["rank"] == 53, "reason"] = "tie_refused:rank 53 among 2"
    return told


def by_decision(run):
    """The first of those selected and of the others, and the one that is undecided."""
    decisions = table_of(run, "decisions").dropna(subset=["rank"]).sort_values("rank")
    out = decisions[decisions["decision"] == "not_selected"]
    tied = decisions.loc[decisions["reason"].str.startswith("tie_refused"), "submission"].item()
    return [decisions["submission"].iloc[0], out["submission"].iloc[-1], tied]


@pytest.fixture(scope="module")
def stories(run):
    """One selected, one not selected, one undecided, by their ids."""
    return {asked: fl.story(run, asked) for asked in by_decision(run)}


def tables(shown):
    return {b.id: b for b in shown.blocks if isinstance(b, Table)}


@pytest.mark.parametrize("which", range(3), ids=["selected", "not selected", "undecided"])
def test_every_number_of_a_story_is_that_of_the_tables(run, stories, which):
    asked, told = list(stories.items())[which]
    decided = table_of(run, "decisions").set_index("submission").loc[asked]
    scored = table_of(run, "estimates").set_index("submission").loc[asked]
    row = told.decisions.set_index("round").loc[FIRST]
    for name in ("rank", "rank_low", "rank_high", "estimate"):
        assert row[name] == pytest.approx(decided[name], abs=1e-9), name
    for name in ("raw_mean", "se", "low", "high", "n_jurors"):
        assert row[name] == pytest.approx(scored[name], abs=1e-9), name
    assert row["p_selected"] == pytest.approx(decided["p_selected"], abs=0.01)
    given = table_of(run, "ratings")
    given = given.loc[given["submission"] == asked, ["juror", "criterion", "score", "status", "source"]]
    mine = told.marks.loc[told.marks["round"] == FIRST, given.columns]
    pd.testing.assert_frame_equal(
        mine.reset_index(drop=True), given.reset_index(drop=True), check_dtype=False
    )
    text = repr(told)
    for source in given["source"]:
        assert source.rpartition("!")[2] in text and source.rpartition("!")[0] in text
    score = [c.text for c in tables(told)[f"score-{FIRST}"].rows[0]]
    assert score[0] == f"{decided['estimate']:.2f}" and score[2].startswith(f"{decided['rank']:.0f} /")
    assert score[1] == f"{scored['low']:.2f}–{scored['high']:.2f}"


@pytest.mark.parametrize("which", range(3))
def test_a_story_tells_the_whole_reason_in_the_words_of_the_report(run, stories, which):
    asked, told = list(stories.items())[which]
    reason = table_of(run, "decisions").set_index("submission").loc[asked, "reason"]
    words = reason_sentence(reason, rules_2021().contest, speak("en"))
    assert any(words in b.text for b in told.blocks if isinstance(b, Text))


def test_steps_add_up_to_the_estimate_in_the_table_and_as_they_are_shown(run, stories):
    for asked, told in stories.items():
        for stage, steps in told.steps.groupby("round"):
            known = table_of(run, "estimates", stage).set_index("submission").loc[asked]
            assert steps["points"].iloc[0] == known["raw_mean"]
            assert steps["points"].sum() == pytest.approx(known["estimate"], abs=1e-9)
            assert steps["so_far"].iloc[-1] == pytest.approx(known["estimate"], abs=1e-9)
            severity = table_of(run, "jurors", stage).set_index("juror")["severity"]
            who = told.readers[told.readers["round"] == stage].set_index("juror")
            taken = steps[steps["step"] == "severity"].set_index("about")["points"]
            np.testing.assert_allclose(taken, severity[taken.index] / len(who))
            np.testing.assert_allclose(who["adjusted"], who["score"] + severity[who.index])
            cells = [
                [c.text.replace("−", "-") for c in row[1:]] for row in tables(told)[f"steps-{stage}"].rows
            ]
            total = int(round(100 * float(cells[0][1])))
            for points, so_far in cells[1:]:
                total += int(round(100 * float(points)))
                assert total == int(round(100 * float(so_far)))


def test_where_low_is_best_severity_is_taken_from_the_mark():
    low = Scale(min=1, max=6, best="low")
    stage = SimpleNamespace(
        id="r", rule=SimpleNamespace(scale=low, estimator="severity"),
        ratings=pd.DataFrame({"submission": ["A", "A", "B", "B"], "juror": ["J", "K"] * 2, "criterion": "c",
                              "score": [2.0, 1.0, 4.0, 3.0], "status": "scored"}),
        jurors=pd.DataFrame({"juror": ["J", "K"], "severity": [0.5, -0.5], "se": 0.1}),
        estimates=pd.DataFrame({"submission": ["A", "B"], "raw_mean": [1.5, 3.5], "estimate": [1.7, 3.3]}),
    )  # fmt: skip
    contest = SimpleNamespace(weights=lambda r: {"c": 1.0})
    assert scores.readers(stage, "A", contest)["adjusted"].tolist() == [1.5, 1.5]
    told = scores.steps(stage, "A", contest)
    assert told["step"].tolist() == ["raw_mean", "severity", "severity", "estimator"]
    np.testing.assert_allclose(told["points"], [1.5, -0.25, 0.25, 0.2])
    stage.rule.estimator = "median"  # knows no severity
    assert scores.steps(stage, "A", contest)["step"].tolist() == ["raw_mean", "estimator"]


@pytest.mark.slow
def test_a_contest_where_low_is_best_is_told_on_its_own_scale(run, stories, tmp_path):
    there = shutil.copytree(run, tmp_path / "low")
    params = (there / "params.yaml").read_text("utf-8")
    (there / "params.yaml").write_text(params.replace("max: 10", "max: 10, best: low"), "utf-8")
    asked, high = next(iter(stories.items()))
    told = fl.story(there, asked)
    assert "low is best: 1 is the best mark" in repr(told)
    low_steps, steps = (t.steps[t.steps["step"] == "severity"]["points"] for t in (told, high))
    np.testing.assert_allclose(low_steps, -steps)
    assert told.steps["so_far"].iloc[-1] == pytest.approx(high.steps["so_far"].iloc[-1])
    who = table_of(run, "ratings")["juror"].min()
    strict = (
        "Severity above zero means marks higher than other jurors give the same submissions, for low is best."
    )
    assert strict in repr(fl.juror(there, who)).replace("\n", " ")


@pytest.mark.slow
def test_what_would_change_a_decision_is_what_was_tried(run, stories):
    first, told = next(iter(stories.items()))
    here = told.otherwise[told.otherwise["round"] == FIRST]
    goes = table_of(run, "stability").fillna("")
    tried = goes.loc[goes["goes"].astype(str).str.split(", ").map(lambda ids: first in ids), "what"]
    assert set(tried) - {"raw"} <= set(here["what"])
    assert (here["change"] == "goes").all() and len(here)
    shown = tables(told)[f"otherwise-{FIRST}"]
    assert len(shown.rows) == len(here) and {row[2].text for row in shown.rows} == {"goes"}
    middle = table_of(run, "decisions")["submission"].iloc[20]
    assert "under so many of them the decision would be another: 0." in repr(fl.story(run, middle))


@pytest.mark.slow
def test_a_submission_that_nobody_marked_has_a_story_without_numbers(run):
    told = fl.story(run, UNREAD)
    assert "No juror marked it, so it has no place in the ranking." in repr(told)
    assert told.marks.empty and told.steps.empty and told.readers.empty
    assert "nan" not in repr(told).lower() and "<NA>" not in told._repr_html_()


@pytest.mark.slow
def test_a_submission_that_the_rules_kept_out_is_told_so(run):
    out = table_of(run, "decisions").query("decision == 'not_eligible'")["submission"].iloc[0]
    assert "The submission does not meet the conditions of the contest." in repr(fl.story(run, out))


@pytest.mark.slow
def test_a_juror_is_told_with_the_numbers_of_the_tables(run):
    given = table_of(run, "ratings")
    who = given["juror"].min()
    told = fl.juror(run, who)
    row = table_of(run, "jurors").set_index("juror").loc[who]
    assert told.severity.set_index("round").loc[FIRST, "severity"] == pytest.approx(row["severity"])
    pd.testing.assert_series_equal(
        told.marks["score"],
        given.loc[given["juror"] == who, "score"].reset_index(drop=True),
        check_dtype=False,
    )
    tried = table_of(run, "stability").query("kind == 'juror' and what == @who").iloc[0]
    assert told.moved.set_index("change")["submission"].to_dict() == {
        "comes": tried["comes"],
        "goes": tried["goes"],
    }
    shown = [c.text for c in tables(told)[f"severity-{FIRST}"].rows[0]]
    assert shown[0] == speak("en").signed(row["severity"], 2) and shown[2] == f"{row['se']:.2f}"
    mine = given[(given["juror"] == who) & (given["status"] == "scored")]
    assert shown[4] == str(len(mine)) and shown[5] == f"{mine['score'].mean():.2f}"
    assert "not for publication" in repr(told) and "never an accusation" in repr(told)


@pytest.mark.slow
def test_a_juror_agrees_as_the_matrix_of_the_report_says(run):
    results = results_of(run)
    who = results.rounds[0].agreement.index[0]
    told = fl.juror(run, who).agreement.set_index("juror")["value"].dropna()
    matrix = results.rounds[0].agreement.loc[who].dropna()
    pd.testing.assert_series_equal(told.sort_index(), matrix.sort_index(), check_names=False)


@pytest.mark.slow
def test_a_juror_with_one_mark_is_shown_and_compared_with_nobody(run):
    given = table_of(run, "ratings")
    (who,) = (given["juror"].value_counts() == 1).loc[lambda one: one].index
    told = fl.juror(run, who)
    assert len(told.marks) == 1 and told.agreement["value"].isna().all()
    assert "nan" not in repr(told).lower()


@pytest.mark.slow
def test_findings_about_a_juror_are_told_in_sentences(run, tmp_path):
    there = shutil.copytree(run, tmp_path / "found")
    who = table_of(run, "ratings")["juror"].min()
    columns = ["juror", "signal", "about", "value", "panel", "effect", "p", "p_adjusted", "n", "status"]
    rows = [(who, "region", "KZ-11", 1.2, -0.1, 1.3, 0.001, 0.012, 6, "talk"),
            (who, "halo", "", 0.7, 0.7, 0.01, 0.8, 0.9, 40, "quiet"),
            ("J", "copied", who, 0.5, 0.01, 0.3, 0.001, 0.02, 44, "talk"),
            ("J", "halo", "", 0.7, 0.7, 0.01, 0.8, 0.9, 40, "talk")]  # fmt: skip
    pd.DataFrame(rows, columns=columns).to_csv(there / FIRST / "juror_findings.csv", index=False)
    told = fl.juror(there, who)
    assert len(told.findings) == 3
    text = " ".join(b.text for b in told.blocks if isinstance(b, Text))
    assert "Questions asked about this juror: 3 (worth a conversation: 2; nothing to talk about: 1)." in text
    assert (
        re.search(rf"{who} gives 1\.30 points more to submissions from [A-Z][a-z]+", text)
        and "KZ-11" not in text
    )
    assert f"J and {who} have the same marks" in text
    russian = tables(fl.juror(there, who, "ru"))
    assert len(russian[f"signals-{FIRST}"].rows) == 2


@pytest.mark.slow
def test_nothing_differs_between_a_run_and_itself(run):
    told = fl.compare(run, run)
    assert told.same and told.rules.empty and told.files.empty and (told.moves["change"] == "").all()
    assert "Nothing differs" in repr(told) and not tables(told)


@pytest.mark.slow
def test_two_runs_differ_in_rules_and_choice(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    params = (other / "params.yaml").read_text("utf-8")
    (other / "params.yaml").write_text(params.replace("seats: 50", "seats: 49", 1), "utf-8")
    asked, left = (table_of(run, "decisions")["submission"].iloc[k] for k in (48, 49))

    def without_the_last(decisions):
        decisions.loc[decisions["submission"] == left, "decision"] = "reserve"
        decisions.loc[decisions["submission"] == left, "rank"] = 52
        return decisions

    rewrite(other, "decisions", without_the_last)
    told = fl.compare(run, other)
    assert not told.same
    changed = told.rules.set_index("key").loc["rounds.commission.select.seats"]
    assert changed.tolist() == ["Seats: 50.", "Seats: 49."]
    assert told.moves.query("change == 'goes'")["submission"].tolist() == [left]
    row = told.moves.set_index(["round", "submission"]).loc[(FIRST, left)]
    assert (row["rank_before"], row["rank_after"], row["rank_change"]) == (50, 52, -2)
    assert row["p_selected_before"] == row["p_selected_after"]
    assert "go: 1" in repr(told) and asked not in repr(told)
    back = fl.compare(other, run)
    assert back.moves.query("change == 'comes'")["submission"].tolist() == [left]


@pytest.mark.slow
def test_files_of_two_records_are_compared(run, tmp_path):
    import json

    first, second = (shutil.copytree(run, tmp_path / name) for name in ("a", "b"))
    basis = {"inputs": {"x.xlsx": "a" * 64, "y.xlsx": "b" * 64}, "versions": {"numpy": "2.0"}, "rules": "r"}
    (first / "basis.json").write_text(json.dumps(basis))
    basis |= {"inputs": {"x.xlsx": "c" * 64, "z.xlsx": "b" * 64}, "versions": {"numpy": "2.1"}}
    (second / "basis.json").write_text(json.dumps(basis))
    told = fl.compare(first, second)
    assert told.files[["name", "change"]].values.tolist() == [
        ["x.xlsx", "changed"], ["y.xlsx", "removed"], ["numpy", "changed"], ["z.xlsx", "added"],
    ]  # fmt: skip
    assert "The rules are the same." in repr(told) and "2.1" in repr(told)


@pytest.mark.slow
def test_who_is_not_there_is_refused_with_the_nearest(run, tmp_path):
    with pytest.raises(RulesError, match=r"there is no submission 'S1234'; did you mean S\d+, S\d+, S\d+\?"):
        fl.story(run, "S1234")
    with pytest.raises(RulesError, match=r"there is no juror '01'; did you mean Сарапшы 01"):
        fl.juror(run, "01")
    empty = shutil.copytree(run, tmp_path / "empty", ignore=shutil.ignore_patterns("decisions.csv"))
    with pytest.raises(DataError, match="no round has decisions yet"):
        fl.story(empty, "S001")


def test_a_form_that_was_set_aside_names_the_one_that_counts(run, tmp_path):
    there = shutil.copytree(run, tmp_path / "again")
    aside = pd.read_csv(there / "intake" / "set_aside.csv", dtype="str")
    aside.loc[0, "submission"] = "S900"
    aside.to_csv(there / "intake" / "set_aside.csv", index=False)
    with pytest.raises(RulesError, match=rf"S900 was set aside \(resent\).*counts is {aside['kept'][0]}"):
        fl.story(there, "S900")


@pytest.mark.slow
def test_a_run_that_is_open_is_read_by_its_own_rules(run):
    opened = fl.Run(rules_2021(), run, run)
    assert repr(fl.story(opened, "S002")) == repr(fl.story(str(run), "S002"))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["kk", "ru"])
def test_displays_speak_the_languages_of_the_contest(run, stories, lang):
    who = table_of(run, "ratings")["juror"].min()
    asked, english = next(iter(stories.items()))
    for told in (fl.story(run, asked, lang), fl.juror(run, who, lang)):
        assert f'<div class="fairlib" lang="{lang}">' in told._repr_html_()
        names = {b.text for b in told.blocks if isinstance(b, Heading)}
        assert names.isdisjoint({b.text for b in english.blocks[1:] if isinstance(b, Heading)})


@pytest.mark.slow
def test_displays_are_the_same_twice(run, stories):
    for asked, told in list(stories.items())[:1]:
        again = fl.story(run, asked)
        assert again._repr_mimebundle_() == told._repr_mimebundle_()
        assert set(again._repr_mimebundle_()) == {"text/plain", "text/html"}
        assert "0x" not in repr(again)


@pytest.mark.slow
def test_a_card_keeps_its_style_and_strangers_words_to_itself(run, stories):
    page = fl.story(run, "S001")._repr_html_()
    assert "<script" not in page and "&lt;script&gt;" in page
    style = re.search(r"<style>(.*?)</style>", page, flags=re.S)[1]
    assert style.startswith(".fairlib{") and ":root" not in style and "body{" not in style
    depth = np.cumsum([(c == "{") - (c == "}") for c in style])
    assert depth[-1] == 0 and (depth[style.index("{") : -1] > 0).all()
    beside = next(iter(stories.values()))._repr_html_()
    mine, other = (re.findall(r'<table id="([^"]+)"', card) for card in (page, beside))
    assert len(mine) == len(set(mine)) and set(mine).isdisjoint(other)


def test_blocks_as_plain_text():
    shown = block(
        "t", "Marks", ["Who", "n"], [("Ann", "7"), ("Ben and all the others", "10")], note="Of ten."
    )
    told = to_text(
        [Heading("One"), Text("A sentence."), shown, block("f", "Rest", ["x"], [("1",)], folded=True)]
    )
    assert told.split("\n") == [
        "One",
        "---",
        "",
        "A sentence.",
        "",
        "Marks",
        "Who                     n",
        "----------------------  --",
        "Ann                     7",
        "Ben and all the others  10",
        "Of ten.",
        "",
        "Rest (1)",
    ]
