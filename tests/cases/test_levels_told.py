"""What is known of how nominations compare stands beside every number that hangs on it; people are invented."""

import pandas as pd
import pytest
from report_fixture import build_run, rules_2021

from fairlib.report.chapters.common import Context
from fairlib.report.chapters.write import write_report
from fairlib.report.letters.letter import write_letters
from fairlib.report.results import read_results
from fairlib.report.set.sheets import sheets
from fairlib.report.words.locale import speak
from fairlib.rules import Quota

RULES = rules_2021()
LANGUAGES = ["en", "ru", "kk"]
BETWEEN = pd.DataFrame(
    [("disability", "health", 0.125, 0.1, 3), ("disability", "legal", -0.5, 0.2, 0),
     ("health", "legal", -0.625, 0.25, 1)],
    columns=["level_a", "level_b", "difference", "se", "across"],
)  # fmt: skip
EACH = pd.DataFrame(
    [("disability", 6.25, 0.21, 40, 12), ("health", 6.125, 0.22, 20, 9), ("legal", 6.75, 0.31, 15, 4)],
    columns=["level", "mean", "se", "n_submissions", "n_jurors"],
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = build_run(tmp_path_factory.mktemp("levels") / "2021", RULES, n=80)
    BETWEEN.to_csv(folder / "commission" / "levels.csv", index=False)
    EACH.to_csv(folder / "commission" / "level_means.csv", index=False)
    return folder


def told(run, *quotas):
    """Results whose first round shares its seats by these quotas."""
    first, *others = RULES.contest.rounds
    first = first.model_copy(update={"select": first.select.model_copy(update={"quotas": quotas})})
    contest = RULES.contest.model_copy(update={"rounds": (first, *others)})
    return read_results(run, RULES.model_copy(update={"contest": contest}))


def book_of(results, lang="en"):
    return {s.name: s for s in sheets(Context(results, speak(lang), "internal"))}


def out_in_the_first(results):
    """Those whose letter is about the first round, with a nomination and marks that may be told."""
    stage = results.rounds[0]
    out = stage.decisions.loc[stage.decisions["decision"] == "not_selected", "submission"]
    return results.submissions[results.submissions["submission"].isin(out)].set_index("submission")


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_methods_print_the_level_of_each_nomination(run, lang):
    report = write_report(told(run), lang, "internal")
    (methods,) = [c for c in report.chapters if c.id == "methods"]
    (found,) = [b for b in methods.blocks if b.kind == "table"]
    say = speak(lang)
    assert found.id == "level-means-commission"
    assert [[c.text if hasattr(c, "text") else c for c in row] for row in found.rows] == [
        [f"{say('No.')}\xa0{k}", n, say.number(mean, 2), say.number(se, 2)]
        for k, n, mean, se in [("1", "40", 6.25, 0.21), ("2", "15", 6.75, 0.31), ("3", "20", 6.125, 0.22)]
    ]
    assert any(
        b.kind == "text" and b.style == "formula" and b.text.startswith("y = μ_g + a") for b in methods.blocks
    )


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_letters_compare_the_nomination_of_the_project_with_each_other(run, lang):
    results = told(run)
    sent, say = out_in_the_first(results), speak(lang)
    names = {n.id: n.name[lang] for n in results.contest.nominations}
    letters = [x for x in write_letters(results, sent.index) if x.lang == lang]
    said = [(x, b.text) for x in letters for b in x.blocks if b.kind == "text" and " ± " in b.text]
    assert lang == "en" or said
    for letter, text in said:
        mine = sent.loc[letter.submission, "nomination"]
        assert text.count(" ± ") == 2 and f"{names[mine]}:" not in text
        if mine == "legal":
            assert f"{names['health']}: {say.signed(0.625, 2)} ± {say.number(0.49, 2)}" in text


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_workbook_has_a_sheet_and_a_sentence(run, lang):
    results, say = told(run), speak(lang)
    book = book_of(results, lang)
    sheet = book[f"1. {say('Groups compared')}"]
    columns = {c.label: list(c.values) for c in sheet.columns}
    assert columns[say("Difference, points")] == [-0.5, 0.125, 0.625]
    assert columns[say("Half width, 95 %")] == pytest.approx([0.392, 0.196, 0.49], abs=1e-3)
    assert columns[say("Jurors who read both")] == [0, 3, 1]
    about = book[say("About this workbook")].columns[1].values
    assert any(f"{say.signed(-0.5, 2)} ± {say.number(0.392, 2)}" in str(x) for x in about)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["proportional", "fixed"])
def test_nothing_is_said_where_nominations_have_their_own_seats(run, kind):
    seats = {} if kind == "proportional" else {"disability": 20, "health": 15, "legal": 15}
    results = told(run, Quota(column="nomination", kind=kind, seats=seats))
    assert not [x for x in write_letters(results, out_in_the_first(results).index)
                for b in x.blocks if b.kind == "text" and " ± " in b.text]  # fmt: skip
    assert "1. Groups compared" not in book_of(results)


@pytest.mark.slow
def test_a_quota_that_leaves_seats_open_compares_nominations_all_the_same(run):
    some = Quota(column="nomination", kind="min", seats={"legal": 5})
    part = Quota(column="nomination", kind="fixed", seats={"legal": 5})
    for quota in (some, part):
        assert "1. Groups compared" in book_of(told(run, quota))


def test_a_nomination_without_marks_is_compared_with_nothing(run):
    from fairlib.report.chapters.levels import comparison_of

    results = told(run)
    assert comparison_of("sport", results.rounds[0], Context(results, speak("en"), "public")) == ""
