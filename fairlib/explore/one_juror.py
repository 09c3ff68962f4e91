"""One juror: marks, severity, what the diagnostics say, agreement with the others, and whom it moved over the line."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from fairlib.explore import scores
from fairlib.explore.display import Display, not_published, parts
from fairlib.explore.place import OpenRun, known, results_of
from fairlib.report.blocks import Block, Cell, Column, Heading, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.diagnostics import about_words, each_juror, signals
from fairlib.report.chapters.scoring import pairs_compared, severe
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, status_words
from fairlib.report.words.locale import speak
from fairlib.rules import Contest, Language
from fairlib.scoring.jurors.sentences import sentence
from fairlib.scoring.result import Z95
from fairlib.selection import several

_MARK = ["submission", "criterion", "score", "status", "source"]
SAID = ("talk", "own_organisation_marked", "no_spread", "significant")  # findings told one by one
MANY = 12  # rows of a table that is not folded


@dataclass(frozen=True, eq=False, repr=False)
class JurorStory(Display):
    """One juror through the rounds; shown as text and HTML, the numbers behind it as tables, each with `round`.

    `severity`: the juror's row of jurors.csv, diagnostics included. `findings`: rows of juror_findings.csv. `marks`:
    `submission, criterion, score, status, source`. `readings`: `submission, score` (of all criteria), `others` (mean
    score of its other readers). `agreement`: `juror, n` (submissions both read), `value` (rank correlation).
    `moved`: `submission, change`, who comes and who goes without the juror, `rank, decision, p_selected` as it is.
    """

    juror: str
    severity: pd.DataFrame
    findings: pd.DataFrame
    marks: pd.DataFrame
    readings: pd.DataFrame
    agreement: pd.DataFrame
    moved: pd.DataFrame


def juror(run: OpenRun | str | Path, juror: str, lang: Language = "en") -> JurorStory:
    """What a juror's marks say, round by round, from `run` (see `open_run`) or a run directory.

    For those who decide: signals for a conversation, never an accusation. Raises RulesError for an id that is not
    there, naming the nearest; see also `results_of`.
    """
    results = results_of(run)
    context = Context(results, speak(lang), "internal")
    there = {s.id: {*s.jurors["juror"].dropna(), *s.ratings["juror"].dropna()} for s in results.rounds}
    asked = known(juror, sorted(set().union(*there.values())), "juror", results)
    rounds = [s for s in results.rounds if asked in there[s.id]]
    say, contest = context.say, context.contest
    told = [block for stage in rounds for block in _in_round(stage, asked, context)]
    signal = Text(say("Signals for a conversation with the juror, never an accusation."), "note")
    return JurorStory(
        blocks=parts(Heading(asked), not_published(say), signal, *told),
        lang=lang,
        juror=asked,
        severity=scores.by_round(rounds, lambda s: s.jurors[s.jurors["juror"] == asked]),
        findings=scores.by_round(rounds, lambda s: _findings(s, asked)),
        marks=scores.by_round(rounds, lambda s: s.ratings.loc[s.ratings["juror"] == asked, _MARK]),
        readings=scores.by_round(rounds, lambda s: _readings(s, asked, contest)),
        agreement=scores.by_round(rounds, lambda s: _agreement(s, asked, contest)),
        moved=scores.by_round(rounds, lambda s: _moved(s, asked)),
    )


def _findings(stage: RoundResults, juror: str) -> pd.DataFrame:
    """What was asked about a juror, also as the other one of a pair."""
    found = stage.juror_findings
    paired = (found["signal"] == "copied") & (found["about"] == juror)
    return found[(found["juror"] == juror) | paired]


def _readings(stage: RoundResults, juror: str, contest: Contest) -> pd.DataFrame:
    """`submission, score, others` of each reading; `others` is missing where nobody else read the submission."""
    every = scores.composites(stage, contest)
    of_all = every.groupby("submission")["score"].agg(["sum", "size"])
    mine = every[every["juror"] == juror].drop(columns="juror").join(of_all, on="submission")
    beside = (mine["size"] - 1).where(mine["size"] > 1)
    return mine.assign(others=(mine["sum"] - mine["score"]) / beside)[["submission", "score", "others"]]


def _agreement(stage: RoundResults, juror: str, contest: Contest) -> pd.DataFrame:
    """`juror, n, value` of each juror who read some of the same submissions, the closest first.

    `value` is that of the report's matrix: missing where it compares the two in nothing.
    """
    every = scores.composites(stage, contest)
    same = every["submission"].isin(every.loc[every["juror"] == juror, "submission"])
    shared = every[same & (every["juror"] != juror)].groupby("juror").size()
    row = stage.agreement.reindex(index=[juror], columns=shared.index).loc[juror].astype(float)
    found = pd.DataFrame({"n": shared, "value": row}).rename_axis("juror").reset_index()
    return found.sort_values(["value", "juror"], ascending=[False, True])


def _moved(stage: RoundResults, juror: str) -> pd.DataFrame:
    """`submission, change, rank, decision, p_selected`: who comes and who goes without the juror."""
    rows = [
        (s, side)
        for _, row in _without(stage, juror).iterrows()
        for side in ("comes", "goes")
        for s in several.read(row[side])
    ]
    about = stage.decisions.set_index("submission")[["rank", "decision", "p_selected"]]
    return pd.DataFrame(rows, columns=["submission", "change"]).join(about, on="submission")


def _without(stage: RoundResults, juror: str) -> pd.DataFrame:
    return stage.stability[(stage.stability["kind"] == "juror") & (stage.stability["what"] == juror)]


def _in_round(stage: RoundResults, juror: str, context: Context) -> list[Block]:
    return [
        Heading(context.stage_name(stage)),
        *_severity(stage, juror, context),
        *_diagnosed(stage, juror, context),
        *_agrees(stage, juror, context),
        *_over_the_line(stage, juror, context),
        *_marks(stage, juror, context),
    ]


def _severity(stage: RoundResults, juror: str, context: Context) -> list[Block]:
    """Severity with its error beside what was marked, in one row."""
    say, row = context.say, stage.jurors[stage.jurors["juror"] == juror]
    given = stage.ratings.loc[stage.ratings["juror"] == juror].dropna(subset=["score"])["score"]
    about = row.iloc[0] if len(row) else pd.Series(dtype=object)
    severity, error = (about.get(name) for name in ("severity", "se"))
    cells = {
        say("Severity, points"): Cell("–" if pd.isna(severity) else say.signed(severity, 2), severity),
        say("95 % interval"): Cell(say.interval(*_ends(severity, error), 2)),
        say("Standard error"): common.number(say, error, 2),
        say("Submissions read"): common.number(say, about.get("n_submissions")),
        say("Marks"): common.number(say, len(given)),
        say("Mean"): common.number(say, given.mean(), 2),
        say("Standard deviation"): common.number(say, given.std(), 2),
        say("Range"): Cell(f"{say.mark(given.min())}–{say.mark(given.max())}" if len(given) else "–"),
    }
    heads = [Column(label, "number") for label in cells]
    caption = say("Severity and marks: {round}", round=stage.rule.name[say.lang])
    told, remark = severe(stage, context), status_words(about.get("status"), say)
    if remark:
        told += " " + say("Remark: {what}.", what=remark)
    return [table(f"severity-{stage.id}", caption, heads, [list(cells.values())], note=told)]


def _ends(severity: float | None, error: float | None) -> tuple[float, float]:
    """The ends of the 95 % interval of a severity; NaN where there is no error."""
    if pd.isna(severity) or pd.isna(error):
        return float("nan"), float("nan")
    return severity - Z95 * error, severity + Z95 * error


def _diagnosed(stage: RoundResults, juror: str, context: Context) -> list[Block]:
    """Numbers beside the panel's, and each finding in a sentence; in other languages than English in a table."""
    say, found = context.say, _findings(stage, juror)
    mine = stage.with_tables(jurors=stage.jurors[stage.jurors["juror"] == juror], juror_findings=found)
    numbers = [b for b in each_juror(mine, context) if isinstance(b, Table)]
    blocks: list[Block] = [replace(t, note="") for t in numbers]  # what it notes is said above
    if found.empty:
        return blocks
    counts = found["status"].value_counts(sort=False)
    answers = "; ".join(f"{status_words(status, say)}: {say.number(n)}" for status, n in counts.items())
    blocks.append(
        Text(
            say(
                "Questions asked about this juror: {n} ({answers}).",
                n=say.number(len(found)),
                answers=answers,
            )
        )
    )
    if say.lang != "en":
        return [*blocks, *signals(mine, context)]
    named = found.assign(about=[about_words(r, context) for r in found.itertuples()])
    told = named[named["status"].isin(SAID)].to_dict("records")
    return [*blocks, *(Text(sentence(f, stage.rule.scale.best)) for f in told)]


def _agrees(stage: RoundResults, juror: str, context: Context) -> list[Block]:
    say, found = context.say, _agreement(stage, juror, context.contest).dropna(subset=["value"])
    if found.empty:
        return []
    mean = stage.agreement.stack().mean()
    told = say("Mean rank correlation with the other jurors: {mine}; of all pairs of jurors: {all}.",
               mine=say.number(found["value"].mean(), 2), all=say.number(mean, 2))  # fmt: skip
    rows = [(r.juror, common.number(say, r.n), common.number(say, r.value, 2)) for r in found.itertuples()]
    heads = [Column(say("Juror")), Column(say("Submissions both read"), "number"),
             Column(say("Rank correlation"), "number")]  # fmt: skip
    caption = say("Agreement with the other jurors: {round}", round=stage.rule.name[say.lang])
    return [Text(told), table(f"agreement-{stage.id}", caption, heads, rows, note=pairs_compared(context))]


def _over_the_line(stage: RoundResults, juror: str, context: Context) -> list[Block]:
    """Whom the juror moved over the line: the rule asked again without these marks."""
    say, row, found = context.say, _without(stage, juror), _moved(stage, juror)
    if row.empty:
        return []
    if pd.isna(row["n_changes"].iloc[0]):
        return [Text(say("Without this juror: {why}.", why=status_words(row["status"].iloc[0], say)))]
    if found.empty:
        return [Text(say("Without this juror the same would be selected."))]
    titles, words = context.results.by_id["title"], {"comes": say("comes"), "goes": say("goes")}
    rows = [
        (words[r.change], Cell(common.text(titles.get(r.submission)), under=r.submission), common.number(say, r.rank),
         common.chance(say, r.p_selected), common.decision_cell(say, r.decision))
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Change")), Column(say("Project"), "name", 4), Column(say("Rank"), "number"),
             Column(say("Probability"), "number"), Column(say("Decision"), "badge", 1.6)]  # fmt: skip
    caption = say("Who comes and who goes without this juror: {round}", round=stage.rule.name[say.lang])
    sides = found["change"].value_counts()
    told = say("Without this juror come: {comes}; go: {goes}.",
               comes=say.number(sides.get("comes", 0)), goes=say.number(sides.get("goes", 0)))  # fmt: skip
    return [Text(told), table(f"moved-{stage.id}", caption, heads, rows)]


def _marks(stage: RoundResults, juror: str, context: Context) -> list[Table]:
    """Every mark with its cell, beside the mean score of the other readers."""
    say, contest, titles = context.say, context.contest, context.results.by_id["title"]
    given = stage.ratings[stage.ratings["juror"] == juror]
    if given.empty:
        return []
    criteria = [c for c in contest.weights(stage.id) if (given["criterion"] == c).any()]
    beside = _readings(stage, juror, contest).set_index("submission")
    heads = [Column(say("Submission"), "name", 2.6)]
    heads += [Column(criterion_name(c, contest, say), "number") for c in criteria]
    heads += [Column(say("Score"), "number"), Column(say("Mean of the other readers"), "number")]
    rows = []
    for submission, marks in given.groupby("submission"):
        title = f"{submission} {common.text(titles.get(submission))}"
        name, *cells = scores.marked(title, marks, criteria, say)
        numbers = beside.loc[submission] if submission in beside.index else pd.Series(dtype=float)
        more = [common.number(say, numbers.get(c), 2) for c in ("score", "others")]
        rows.append([name, *cells, *more])
    caption = say("Marks and their cells: {round}", round=stage.rule.name[say.lang])
    return [table(f"marks-{stage.id}", caption, heads, rows, folded=len(rows) > MANY)]
