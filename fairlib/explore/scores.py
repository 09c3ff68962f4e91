"""From the marks of one submission to its estimate: what each reader gave, severity taken out, and the rest."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.report.blocks import Cell, Column, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, word
from fairlib.report.words.estimators import estimators
from fairlib.report.words.locale import Voice
from fairlib.report.words.rules import Quoter
from fairlib.rules import Contest
from fairlib.scoring.estimators.table import estimator
from fairlib.scoring.ratings import composite

_MARK = ["juror", "criterion", "score", "status", "source"]
READER = ["juror", "score", "severity", "se", "adjusted"]
STEP = ["step", "about", "points", "so_far"]


def by_round(rounds: Sequence[RoundResults], of: Callable[[RoundResults], pd.DataFrame]) -> pd.DataFrame:
    """The tables of several rounds below each other, `round` before their columns."""
    tables = [of(s).assign(round=s.id) for s in rounds] or [pd.DataFrame(columns=["round"])]
    joined = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    return joined[["round", *(c for c in joined if c != "round")]]


def marks(stage: RoundResults, submission: str) -> pd.DataFrame:
    """`juror, criterion, score, status, source` of a submission, in the order of the ratings."""
    return stage.ratings.loc[stage.ratings["submission"] == submission, _MARK]


def readers(stage: RoundResults, submission: str, contest: Contest) -> pd.DataFrame:
    """`juror, score, severity, se, adjusted` of each juror whose marks count, by juror.

    `score` is the composite of the criteria; `adjusted` is the score with the juror's severity taken out.
    """
    scores = composites(stage, contest)
    mine = scores[scores["submission"] == submission].drop(columns="submission")
    mine = mine.join(stage.jurors.set_index("juror")[["severity", "se"]], on="juror")
    return mine.assign(adjusted=mine["score"] + stage.rule.scale.gain(mine["severity"].fillna(0.0)))[READER]


def composites(stage: RoundResults, contest: Contest) -> pd.DataFrame:
    """`submission, juror, score`: every reading of a round with its composite; no rows where nobody marked."""
    try:
        pairs = composite(stage.ratings, contest.weights(stage.id))
    except ScoringError:
        return pd.DataFrame({"submission": [], "juror": [], "score": np.array([], dtype=float)})
    return pd.DataFrame(
        {
            "submission": pairs.submissions[pairs.submission],
            "juror": pairs.jurors[pairs.juror],
            "score": pairs.y,
        }
    )


def steps(stage: RoundResults, submission: str, contest: Contest) -> pd.DataFrame:
    """`step, about, points, so_far` from the raw mean to the estimate, in points that add up to it.

    Steps are `raw_mean`; `severity`, the share of each reader in the mean severity of all, where the estimator takes
    that out evenly; and `estimator`, what else it does (as `rank_changes` has it). Without an estimate: the mean alone.
    """
    known = stage.estimates[stage.estimates["submission"] == submission].dropna(subset=["raw_mean"])
    if known.empty:
        return pd.DataFrame(columns=STEP)
    raw, estimate = (float(known[name].iloc[0]) for name in ("raw_mean", "estimate"))
    rows = [("raw_mean", "", raw)]
    if estimate == estimate:
        rows += _taken_out(stage, readers(stage, submission, contest))
        rest = estimate - sum(points for *_, points in rows)
        rows += [("estimator", "", rest)] if abs(rest) > 1e-9 else []
    table = pd.DataFrame(rows, columns=STEP[:3])
    return table.assign(so_far=table["points"].cumsum())


def _taken_out(stage: RoundResults, who: pd.DataFrame) -> list[tuple[str, str, float]]:
    asked = estimator(stage.rule.estimator)
    if not (asked.compares_jurors and asked.takes_out) or who.empty:
        return []
    shares = stage.rule.scale.gain(who["severity"].fillna(0.0)) / len(who)
    return [("severity", juror, float(share)) for juror, share in zip(who["juror"], shares, strict=True)]


def tables(stage: RoundResults, submission: str, context: Context) -> list[Table | Text]:
    """The marks with their cells, and the way from their mean to the estimate; nothing where there are no marks."""
    found = marks(stage, submission)
    if found.empty:
        return []
    return [_marks(stage, submission, found, context), *_steps(stage, submission, context)]


def _marks(stage: RoundResults, submission: str, found: pd.DataFrame, context: Context) -> Table:
    say, contest = context.say, context.contest
    criteria = [c for c in contest.weights(stage.id) if (found["criterion"] == c).any()]
    who = readers(stage, submission, contest).set_index("juror")
    adjusts = estimator(stage.rule.estimator).compares_jurors
    heads = [Column(say("Juror"), "name", 2.2)]
    heads += [Column(criterion_name(c, contest, say), "number") for c in criteria]
    heads.append(Column(say("Score"), "number"))
    heads += (
        [Column(h, "number") for h in (say("Severity, points"), say("Without severity"))] if adjusts else []
    )
    rows = []
    for juror, given in found.groupby("juror"):
        numbers = who.loc[juror] if juror in who.index else pd.Series(dtype=float)
        row = [*marked(juror, given, criteria, say), common.number(say, numbers.get("score"), 2)]
        if adjusts:
            severity = numbers.get("severity")
            row += [Cell(say.signed(severity, 2), severity), common.number(say, numbers.get("adjusted"), 2)]
        rows.append(row)
    caption = say("Marks and their cells: {round}", round=stage.rule.name[say.lang])
    return table(f"marks-{stage.id}", caption, heads, rows, note=Quoter(contest, say).shares(stage.rule))


def marked(name: str, given: pd.DataFrame, criteria: list[str], say: Voice) -> list[Cell]:
    """A name and its mark on each criterion, each over the place it came from; a sheet that all share is told once."""
    sheets = {common.text(s).rpartition("!")[0] for s in given["source"]}
    sheet = sheets.pop() if len(sheets) == 1 else ""
    by = given.drop_duplicates("criterion").set_index("criterion")
    cells = [_mark(by.loc[c], sheet, say) if c in by.index else Cell("–") for c in criteria]
    return [Cell(name, name, under=sheet), *cells]


def _mark(row: pd.Series, sheet: str, say: Voice) -> Cell:
    place = common.text(row["source"])
    under = place.rpartition("!")[2] if sheet else place
    if row["status"] == "scored":
        return Cell(say.mark(row["score"]), float(row["score"]), under=under)
    unusable = row["status"] == "invalid"
    return Cell(say("cannot be read") if unusable else word("mark", row["status"], say), under=under)


def _steps(stage: RoundResults, submission: str, context: Context) -> list[Table | Text]:
    say, contest = context.say, context.contest
    found = steps(stage, submission, contest)
    told = estimators(say)[stage.rule.estimator].rule
    if len(found) < 2:
        return [Text(told, "note")] if len(found) else []
    severity = stage.jurors.set_index("juror")["severity"]
    n = (found["step"] == "severity").sum()
    sums = found["so_far"].round(2)
    rows: list[tuple[Cell | str, ...]] = []
    for r, points, so_far in zip(found.itertuples(), sums.diff(), sums, strict=True):
        told_of = {"juror": r.about, "severity": say.signed(severity.get(r.about), 2), "n": n}
        label = word("step", r.step, say, **told_of)
        added = Cell("") if r.step == "raw_mean" else Cell(say.signed(points, 2), r.points)
        rows.append((label, added, common.number(say, so_far, 2)))
    heads = [Column(say("Step"), "name", 4), Column(say("Points"), "number"), Column(say("So far"), "number")]
    caption = say("From the raw mean to the estimate: {round}", round=stage.rule.name[say.lang])
    adds_up = say("Each step is the difference of two sums as they are shown, so that the steps add up.")
    return [
        table(f"steps-{stage.id}", caption, heads, rows, note=f"{told} {adds_up}"),
        *_concluded(sums.diff().groupby(found["step"]).sum(), say),
    ]


def _concluded(moved: pd.Series, say: Voice) -> list[Text]:
    """What severity did and what the rest, where the estimator takes severity out."""
    if "severity" not in moved:
        return []
    told = say("Moved by the severity of its readers: {readers} points; by the rest of the way of estimating: {rest}.",
               readers=say.signed(moved["severity"], 2), rest=say.signed(moved.get("estimator", 0.0), 2))  # fmt: skip
    return [Text(told)]
