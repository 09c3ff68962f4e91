"""The story of one submission: from the cells of its marks to its decision, and what would have changed it."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fairlib.errors import RulesError
from fairlib.explore import scores
from fairlib.explore.display import Display, not_published, parts
from fairlib.explore.otherwise import changes, otherwise
from fairlib.explore.place import OpenRun, known, results_of
from fairlib.report.blocks import Block, Cell, Column, Heading, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.otherwise import named
from fairlib.report.letters.words import (
    best_and_worst,
    distance,
    field_in_full,
    firmness,
    limits,
    meaning,
    rules_missed,
    score_table,
)
from fairlib.report.results import Results, RoundResults
from fairlib.report.words.codes import word
from fairlib.report.words.locale import speak
from fairlib.report.words.reasons import reason_sentence
from fairlib.rules import Language

COMMENT = ["juror", "comment", "source"]


@dataclass(frozen=True, eq=False, repr=False)
class Story(Display):
    """One submission through its rounds; shown as text and HTML, the numbers behind it as tables.

    `decisions`, one row a round: `round` and the contract's columns of decisions and estimates. `marks`: `round,
    juror, criterion, score, status, source` as the ratings have them. `readers`: `round, juror, score` (of all
    criteria), its juror's `severity` and `se`, `adjusted` (the score without it). `steps`: `round, step, about, points,
    so_far`, from the raw mean to the estimate. `otherwise`: `round, kind, what, change`, what would let it come or go.
    `comments`: `round, juror, comment, source`. Numbers are on the contest's own scale,
    in points; probabilities in whole per cents, as in the report.
    """

    submission: str
    decisions: pd.DataFrame
    marks: pd.DataFrame
    readers: pd.DataFrame
    steps: pd.DataFrame
    otherwise: pd.DataFrame
    comments: pd.DataFrame


def story(run: OpenRun | str | Path, submission: str, lang: Language = "en") -> Story:
    """What became of a submission and why, round by round, from `run` (see `open_run`) or a run directory.

    It holds marks and names of jurors: it is for those who decide. Raises RulesError for an id that is not there,
    naming the nearest, and for a form that was set aside; see also `results_of`.
    """
    results = results_of(run)
    context = Context(results, speak(lang), "internal")
    asked = _counted(results, submission)
    rounds = [s for s in results.rounds if asked in set(s.decisions["submission"])]
    told = [block for stage in rounds for block in _in_round(stage, asked, context, stage is rounds[-1])]
    undecided = None if rounds else context.say("This submission has not been decided yet.")
    return Story(
        blocks=parts(*_opening(asked, context), *told, undecided),
        lang=lang,
        submission=asked,
        decisions=scores.by_round(rounds, lambda s: _decision(s, asked, results)),
        marks=scores.by_round(rounds, lambda s: scores.marks(s, asked)),
        readers=scores.by_round(rounds, lambda s: scores.readers(s, asked, results.contest)),
        steps=scores.by_round(rounds, lambda s: scores.steps(s, asked, results.contest)),
        otherwise=scores.by_round(rounds, lambda s: otherwise(s, asked)),
        comments=scores.by_round(rounds, lambda s: _comments(s, asked)),
    )


def _counted(results: Results, typed: object) -> str:
    """The id of a submission that counts."""
    aside = results.set_aside.dropna(subset=["submission"]).drop_duplicates("submission")
    found = aside[aside["submission"] == str(typed)]
    if len(found) and str(typed) not in results.by_id.index:
        row = found.iloc[0]
        kept = f"; the one that counts is {row['kept']}" if common.text(row["kept"]) else ""
        raise RulesError(f"{results.run_dir}: the form {typed} was set aside ({row['reason']}){kept}.")
    return known(typed, results.by_id.index, "submission", results)


def _decision(stage: RoundResults, submission: str, results: Results) -> pd.DataFrame:
    joined = results.joined(stage)
    columns = dict.fromkeys([*stage.decisions, *stage.estimates])
    return joined.loc[joined["submission"] == submission, list(columns)]


def _comments(stage: RoundResults, submission: str) -> pd.DataFrame:
    said = stage.comments.dropna(subset=["comment"])
    return said.loc[said["submission"] == submission, COMMENT]


def _opening(submission: str, context: Context) -> list[Block]:
    """What was sent, by whom, and for whom this is."""
    sent = next(context.results.by_id.loc[[submission]].itertuples())
    project = common.project(sent, context)
    return [
        Heading(f"{submission} · {project.text}"),
        Text(project.under),
        not_published(context.say),
    ]


def _in_round(stage: RoundResults, submission: str, context: Context, latest: bool) -> list[Block]:
    """Verdict and reason, score, marks with their cells, steps, what would change it; what numbers can say once."""
    say, field = context.say, field_in_full(context.results, stage)
    row = field.joined.loc[submission]
    if row["decision"] == "not_eligible":
        return rules_missed(row, context)
    decision = word("decision", row["decision"], say)
    verdict = say("{round}: {decision}.", round=context.stage_name(stage), decision=decision)
    reason = reason_sentence(row["reason"], context.contest, say)
    blocks: list[Block] = [Heading(verdict), Text(f"{meaning(field, row, context)} {reason}".strip(), "lead")]
    if pd.notna(row["estimate"]):
        blocks += [
            score_table(field, row, say),
            *best_and_worst(field, row, context),
            Text(firmness(row, say)),
            Text(limits(row, say) if latest else "", "note"),
        ]
    blocks += scores.tables(stage, submission, context)
    away = distance(field, row, say) if pd.notna(row["estimate"]) else ""
    return [*blocks, *_changed(stage, row, away, context), *_said(stage, submission, context)]


def _changed(stage: RoundResults, row: pd.Series, away: str, context: Context) -> list[Block]:
    """What would change the decision: points, whoever has its place, other rules, marks and jurors."""
    say = context.say
    places = {say("Selected in its place"): row["displaced_by"], say("Passed over"): row["displaces"]}
    told = [f"{label}: {named(ids, context)}." for label, ids in places.items() if common.text(ids)]
    return [
        Heading(say("What would change the decision")),
        Text(" ".join(filter(None, [away, *told]))),
        *changes(stage, row["submission"], context),
    ]


def _said(stage: RoundResults, submission: str, context: Context) -> list[Table]:
    """What its readers wrote, with the cells."""
    say, said = context.say, _comments(stage, submission)
    if said.empty:
        return []
    rows = [
        (r.juror, Cell(common.text(r.comment), under=common.text(r.source)))
        for r in said.sort_values("juror").itertuples()
    ]
    heads = [Column(say("Juror")), Column(say("Comment"), "text", 5)]
    return [table(f"comments-{stage.id}", say("What the jurors wrote"), heads, rows)]
