"""Marks are checked all at once; the same is said here mark by mark. And what is told about what is left out."""

import re
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scoresheets import by_cell, contest, make_roster, read, sheet

from fairlib.errors import DataError
from fairlib.intake.cells.values import marks
from fairlib.intake.ids import clean_ids
from fairlib.intake.sheets.jurors import read_conflicts
from fairlib.intake.sheets.read import read_scores
from fairlib.intake.sheets.usable import REASONS, labelled
from fairlib.params import read_params
from fairlib.runs.place import Run, project_root

CRITERIA = ["significance", "novelty"]
IDS = ["A", "B", " B", "a–1", "A0", "L", "N", "Z", ""]
TEXTS = ["7", "7", "7,5", " 7.0", "б/о", "", "99", "8 балл", "конфликт", "2021-05-08", "тамаша"]
CLEAN = {text: clean_ids(pd.Series([text]))[0] for text in IDS}
READ = {text: marks(pd.Series([text])).iloc[0].to_dict() for text in TEXTS}
ROWS = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(TEXTS), st.sampled_from(TEXTS)), max_size=4)
PAIRS = st.lists(st.tuples(st.sampled_from(["E1", "E7"]), st.sampled_from(["A", "N", "Q"])), max_size=2)


def roster_of(conflicts):
    who = make_roster(conflicts=conflicts, submissions=("A", "B", "a-1", "N"), versions={"A0": "A"})
    here = who.submissions.assign(in_round=[True, True, True, False], organisation_id=["JE2", "", "o", "o"])
    return replace(who, submissions=here, set_aside={"A0": "resent", "L": "late"})


def mark_by_mark(sheets, who, first_row):
    """Ratings by cell, rejected by source and the codes told, each mark looked at alone."""
    cells, rejected, told = defaultdict(list), {}, set()
    barred = set(who.conflicts.itertuples(index=False, name=None))
    for juror, rows in sheets.items():
        for column, criterion in zip("CD", CRITERIA, strict=True):
            for n, row in enumerate(rows):
                sent = CLEAN[row[0]]
                if not sent and not row[1] and not row[2]:
                    continue
                read = READ[row[1 + CRITERIA.index(criterion)]]
                submission, source = (
                    who.versions.get(sent, sent),
                    f"{juror}.csv!{juror}!{column}{first_row + n}",
                )
                if submission != sent:
                    told.add(("earlier_version", sent, juror))
                if reason := why_not(submission, juror, who):
                    rejected[source] = reason
                    told.add((reason, submission, juror))
                    continue
                status = "invalid" if read["value"] > 10 else read["status"]
                score = read["value"] if status == "scored" else np.nan
                if (juror, submission) in barred:
                    if status == "scored":
                        told.add(("marked_despite_conflict", submission, juror))
                    status, score = "recused", np.nan
                elif status == "scored" and (juror, submission) == ("E2", "A"):
                    told.add(("own_organisation", submission, juror))
                cells[submission, juror, criterion].append((str(score), score, status, source))
    return cells, rejected, told


def why_not(submission, juror, who):
    if submission in who.set_aside:
        return "set_aside"
    if submission not in who.submissions.index:
        return "unknown_submission"
    if not who.submissions.loc[submission, "in_round"]:
        return "not_in_round"
    return "" if juror in who.jurors.index else "unknown_juror"


@pytest.mark.slow
@settings(max_examples=30)
@given(st.fixed_dictionaries({"E1": ROWS, "E2": ROWS, "E9": ROWS}), PAIRS)
def test_all_at_once_is_mark_by_mark(tmp_path_factory, sheets, conflicts):
    folder, who = tmp_path_factory.mktemp("s"), roster_of(conflicts)
    for juror, rows in sheets.items():
        sheet(folder / f"{juror}.csv", juror, [[r[0], "x", r[1], r[2], ""] for r in rows])
    cells, _, _ = mark_by_mark(sheets, replace(who, conflicts=who.conflicts[:0]), 4)
    if any(len({(score, status) for score, _, status, _ in given}) > 1 for given in cells.values()):
        with pytest.raises(DataError, match="two different marks"):
            read(folder, who)
        return
    cells, rejected, told = mark_by_mark(sheets, who, 4)
    rejected |= {source: "repeated" for given in cells.values() for *_, source in given[1:]}
    if rejected and not cells:
        with pytest.raises(DataError, match=f"none of {len(rejected)} marks"):
            read(folder, who)
        return
    result = read(folder, who)
    wanted = {key: given[0][1:] for key, given in sorted(cells.items())}
    table = by_cell(result)[["score", "status", "source"]]
    assert list(table.index) == list(wanted)
    assert table["score"].fillna(-1).tolist() == [-1 if s != s else s for s, _, _ in wanted.values()]
    assert table[["status", "source"]].values.tolist() == [rest for _, *rest in wanted.values()]
    assert dict(zip(result.rejected["source"], result.rejected["reason"], strict=True)) == rejected
    codes = {*REASONS[2:], "earlier_version", "marked_despite_conflict", "own_organisation"}
    found = result.findings[result.findings["code"].isin(codes)]
    assert sorted(zip(found["code"], found["submission"], found["juror"], strict=True)) == sorted(told)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(["b", "a", "", "ә", "B"]), min_size=1).flatmap(
    lambda labels: st.tuples(st.just(labels), st.lists(st.integers(0, len(labels) - 1)))))  # fmt: skip
def test_labels_by_code_keep_their_text_and_sort(drawn):
    labels, codes = drawn
    made = labelled(codes, labels)
    assert list(made) == [labels[c] for c in codes]
    assert list(made.categories) == sorted(set(labels))


@settings(max_examples=100)
@given(st.lists(st.text("A0–\u2212- \t\u00a0\u202fә", max_size=5) | st.just(" 990101199901")))
def test_ids_read_at_once_are_each_id_read_alone(typed):
    ids = clean_ids(pd.Series(typed, dtype="str")).tolist()
    spaced = [" ".join(re.sub("[\u2010-\u2015\u2212]", "-", text).split()) for text in typed]
    plain = [re.sub("(?<=0) ?- ?(?=0)", "-", text) for text in spaced]
    assert ids == ["id-6a05f4" if text == "990101199901" else text for text in plain]


def test_marks_for_one_who_was_set_aside_say_why(tmp_path):
    sheet(tmp_path / "E1.csv", "E1", [["A", "x", 5, 5, ""], ["L", "x", 5, 5, ""], ["Z", "x", 5, 5, ""]])
    result = read(tmp_path, replace(make_roster(), set_aside={"L": "late"}))
    found = result.findings.set_index("code")
    assert found.loc["set_aside", ["cell", "found", "done", "severity"]].tolist() == [
        "C5", "L", "2 mark(s) left out, set aside: late", "warning"]  # fmt: skip
    assert found.loc["unknown_submission", "found"] == "Z"
    assert sorted(result.rejected["reason"]) == ["set_aside"] * 2 + ["unknown_submission"] * 2


def test_the_roster_of_a_run_knows_who_was_set_aside(tmp_path):
    run = Run(read_params(project_root() / "params" / "example-minimal.yaml"), tmp_path, tmp_path / "run")
    (tmp_path / run.contest.submissions.file).write_text(
        "submission;title\nA;Sea\nB;тест\n", encoding="utf-8"
    )
    run.save_intake(run.receive())
    assert run.round(run.contest.rounds[0].id).read_roster().set_aside == {"B": "test_row"}


def test_a_conflict_that_names_nobody_is_told_with_its_row(tmp_path):
    rows = ["Declared;", "juror;submission", "E1;A", "", "E7;A", "E2;Q", "E2;L"]
    (tmp_path / "c.csv").write_text("\n".join(rows), encoding="utf-8")
    sheet(tmp_path / "E1.csv", "E1", [[s, "x", 5, 5, ""] for s in "ABC"])
    c = contest(files="E*.csv")
    r = c.rounds[0].model_copy(update={"conflicts": "declared/c.csv"})
    who = replace(make_roster(), conflicts=read_conflicts(tmp_path / "c.csv", []), set_aside={"L": "late"})
    found = read_scores(c, r, tmp_path, who).findings.query("code.str.startswith('conflict')")
    assert found[["code", "file", "cell", "juror", "submission", "found"]].values.tolist() == [
        ["conflict_unknown_juror", "c.csv", "5", "E7", "A", "E7"],
        ["conflict_unknown_submission", "c.csv", "6", "E2", "Q", "Q"],
    ]
    assert set(found["severity"]) == {"error"}
    assert "conflict_unknown_juror" not in set(
        read_scores(c, r, tmp_path, replace(who, jurors=None)).findings["code"]
    )


@pytest.mark.parametrize(
    ("typed", "received", "codes"), [("", 3, {"no_marks"}), ("7", 6, {"no_marks", "unknown_criterion"})]
)
def test_an_empty_column_for_a_criterion_of_another_round_says_nothing(tmp_path, typed, received, codes):
    sheet(tmp_path / "E1.csv", "E1", [["A", "x", 5, " ", ""], ["B", "x", 6, typed, ""], ["", "", "", "", ""]])
    sheet(tmp_path / "E2.csv", "E2", [["A", "x", 7, "", ""]])
    result = read(tmp_path, weights={"significance": 1})
    assert result.received == received - (typed != "")
    assert set(result.findings["code"]) == codes
    assert set(result.ratings["criterion"]) == {"significance"}


def test_decimal_commas_are_told_once_a_column(tmp_path):
    sheet(
        tmp_path / "E1.csv",
        "E1",
        [["A", "x", "7,5", 5, ""], ["B", "x", 6, "6,5", ""], ["C", "x", "8,5", "9,1", ""]],
    )
    sheet(tmp_path / "E2.csv", "E2", [["A", "x", "7,0", 5, ""]])
    told = read(tmp_path).findings.query("severity == 'info'")
    assert told[["file", "cell", "found", "done"]].values.tolist() == [
        ["E1.csv", "C4", "7,5", "read as 7.5 (the first of 2 in this column)"],
        ["E1.csv", "D5", "6,5", "read as 6.5"],
        ["E2.csv", "C4", "7,0", "read as 7"],
    ]


def test_one_of_two_long_files_may_have_comments_days_and_slots(tmp_path):
    (tmp_path / "a.csv").write_text("juror,submission,criterion,score,comment,day\nE1,A,novelty,7,жақсы,1\n")
    (tmp_path / "b.csv").write_text("juror,submission,criterion,score\nE2,A,novelty,8\n")
    result = read(tmp_path, layout="long")
    assert result.comments.values.tolist() == [["A", "E1", "жақсы", "a.csv!a!D2"]]
    assert by_cell(result)["day"].isna().tolist() == [False, True]
