"""What does everyone who applied get told? One page each: the decision, why, and what the scores can say."""

import json
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import typst

from fairlib.report.blocks import Block, Column, Heading, Text, table
from fairlib.report.chapters.common import Context, interval, number, text
from fairlib.report.disclosure import READERS, withheld
from fairlib.report.figures.base import decision_names
from fairlib.report.html import TEMPLATES, environment, style
from fairlib.report.locale import TAGS, Voice, speak
from fairlib.report.pdf import as_data, breakable, fonts
from fairlib.report.privacy import end_coded, mask
from fairlib.report.reasons import bare_reason, criterion_name, reason_sentence
from fairlib.report.tables import Results, RoundResults

COMMENTS = 1500  # letters of comments that a round has room for on the page


@dataclass(frozen=True)
class Letter:
    """A letter to one applicant, in one language; `blocks` in reading order."""

    submission: str
    lang: str
    contest: str
    year: int
    heading: str
    to: str
    number: str
    title: str
    subtitle: str
    synthetic: str
    blocks: tuple[Block, ...]

    @property
    def stem(self) -> str:
        """The name of its files."""
        return re.sub(r"[^\w.-]+", "_", self.submission)


@dataclass(frozen=True)
class Field:
    """A round as letters need it: rows by submission, with means at the ends of the scale held back."""

    stage: RoundResults
    joined: pd.DataFrame
    hidden: frozenset[str]
    criteria: tuple[str, ...]
    means: pd.Series
    line: float
    comments: dict[str, list[str]]


def write_letters(results: Results, submissions: Iterable[str] | None = None) -> list[Letter]:
    """A letter for each submission (all, or those named), in the language it was written in."""
    fields = [field_of(results, stage) for stage in results.rounds]
    known = results.by_id
    return [
        letter(results, fields, known.loc[s]) for s in (known.index if submissions is None else submissions)
    ]


def field_of(results: Results, stage: RoundResults) -> Field:
    """What all letters of a round share."""
    joined = results.joined(stage).set_index("submission", drop=False)
    criteria = tuple(c for c in joined.columns if c.startswith("by_") and joined[c].notna().any())
    scale = stage.rule.scale
    for column in (*criteria, "estimate", "raw_mean"):
        joined[column] = end_coded(joined[column], scale.min, scale.max)
    chosen = joined.loc[joined["decision"] == "selected", "estimate"]
    said = stage.comments.dropna(subset=["comment"])
    named = sorted(set(stage.ratings["juror"].dropna()) | set(stage.jurors["juror"].dropna()), key=len)
    masked = said.assign(comment=[_anonymous(c, named) for c in said["comment"]])
    return Field(
        stage=stage,
        joined=joined,
        hidden=frozenset(withheld(stage.ratings, scale, results.contest.weights(stage.id))[0]),
        criteria=criteria,
        means=joined[list(criteria)].mean(),
        line=float(chosen.min()) if len(chosen) else float("nan"),
        comments=masked.groupby("submission")["comment"].apply(list).to_dict(),
    )


def letter(results: Results, fields: list[Field], sent: pd.Series) -> Letter:
    """The letter for one row of the submissions table."""
    lang = sent["language"] if sent["language"] in TAGS else results.contest.language
    context = Context(results, speak(lang), "public")
    say = context.say
    mine = [f for f in fields if sent["submission"] in f.joined.index]
    blocks: list[Block] = []
    for field in reversed(mine):
        blocks += _round(field, field.joined.loc[sent["submission"]], context, latest=field is mine[-1])
    if not mine:
        blocks.append(Text(say("This submission has not been decided yet.")))
    name = results.contest.name[lang]
    title = text(sent["title"])
    return Letter(
        submission=sent["submission"],
        lang=lang,
        contest=name,
        year=results.rules.year,
        heading=_shortened(title),
        to=say("To: {who}", who=text(sent["organisation"]) or say("the applicant")),
        number=say("Submission: {id}", id=sent["submission"]),
        title=f"{name}: {_shortened(title)}",
        subtitle=say("Letter on the result"),
        synthetic=say("Synthetic data: scores, people and organisations in this report are invented.")
        if results.contest.synthetic
        else "",
        blocks=tuple(blocks),
    )


def _round(field: Field, row: pd.Series, context: Context, latest: bool) -> list[Block]:
    say, stage = context.say, field.stage
    verdict = say(
        "{round}: {decision}.",
        round=context.stage_name(stage),
        decision=decision_names(say.lang).get(row["decision"], text(row["decision"])),
    )
    keep = () if row["submission"] in field.hidden else ("rank", "quota", "threshold")
    reason = reason_sentence(bare_reason(text(row["reason"]), keep), context.contest, say)
    if not latest:
        return [Heading(verdict), Text(reason), *_scores(field, row, say), *_comments(field, row, context)]
    blocks: list[Block] = [Heading(verdict), Text(reason, "lead"), *_scores(field, row, say)]
    if pd.notna(row["estimate"]) and row["submission"] not in field.hidden:
        blocks += [
            *_criteria(field, row, context),
            Text(_distance(field, row, say)),
            Text(_limits(say), "note"),
        ]
    return blocks + _comments(field, row, context)


def _scores(field: Field, row: pd.Series, say: Voice) -> list[Block]:
    if pd.isna(row["n_jurors"]):
        return []
    if row["submission"] in field.hidden or pd.isna(row["estimate"]):
        return [
            Text(
                say("The score is not stated: from so few readers the marks of one of them would follow."),
                "note",
            )
        ]
    shown = {
        say("Estimate"): number(say, row["estimate"], 2),
        say("95 % interval"): interval(say, row["low"], row["high"], 2),
        say("Rank"): number(say, row["rank"]),
        say("Places"): interval(say, row["rank_low"], row["rank_high"]),
        say("Readers"): number(say, row["n_jurors"]),
    }
    known = {label: cell for label, cell in shown.items() if cell.sort is not None}
    caption = say("Score, {low} to {high}", low=say.number(field.stage.rule.scale.min),
                  high=say.number(field.stage.rule.scale.max))  # fmt: skip
    heads = [Column(label, "number") for label in known]
    return [table(f"score-{field.stage.id}", caption, heads, [list(known.values())])]


def _criteria(field: Field, row: pd.Series, context: Context) -> list[Block]:
    """The strongest and the weakest criterion against the mean of all."""
    say = context.say
    gaps = (row[list(field.criteria)].astype(float) - field.means).dropna()
    if len(gaps) < 2:
        return []
    best, worst = gaps.idxmax(), gaps.idxmin()
    said = [
        f"{criterion_name(c.removeprefix('by_'), context.contest, say)} ({say.signed(gaps[c], 1)})"
        for c in (best, worst)
    ]
    return [
        Text(
            say(
                "Strongest criterion against the mean of all submissions: {best}. Weakest: {worst}.",
                best=said[0],
                worst=said[1],
            )
        )
    ]


def _distance(field: Field, row: pd.Series, say: Voice) -> str:
    """How far from the line, in points and in words."""
    known = pd.notna(row["points_missing"])
    missing = row["points_missing"] if known else field.line - row["estimate"]
    if row["decision"] == "selected":
        above = row["estimate"] - field.line
        return say(
            "Points above the lowest selected estimate: {points}.", points=say.number(max(above, 0), 2)
        )
    if pd.isna(missing):
        return ""
    if missing <= 0:
        return say("The estimate alone would have been enough; another rule decided, as said above.")
    near = pd.notna(row["se"]) and missing < row["se"]
    words = (
        say("That is less than the standard error of the estimate: other jurors could well have decided otherwise.")
        if near
        else say("That is more than the standard error of the estimate.")
    )  # fmt: skip
    return say("Points missing to the line: {points}.", points=say.number(missing, 2)) + " " + words


def _limits(say: Voice) -> str:
    return say(
        "The numbers say how jurors saw this project beside others of this year. They do not say that it is good or "
        "bad in itself, and with other jurors of the same quality the rank could lie anywhere within the places given."
    )


def _comments(field: Field, row: pd.Series, context: Context) -> list[Block]:
    say, found = context.say, field.comments.get(row["submission"], [])
    if not found:
        return []
    head = Heading(say("What the jurors wrote"))
    if pd.isna(row["n_jurors"]) or row["n_jurors"] < READERS:
        why = say(
            "Comments are withheld: fewer than three read the submission, and their author would be known."
        )
        return [head, Text(why, "note")]
    order = sorted(found)
    random.Random(f"{context.contest.seed} {field.stage.id} {row['submission']}").shuffle(order)
    room = max(COMMENTS // len(order), 120)
    return [head, *(Text(f"– {_shortened(text(c), room)}") for c in order)]


def _anonymous(comment: str, named: list[str]) -> str:
    for name in reversed(named):
        comment = comment.replace(name, "▮▮▮")
    return mask(comment)


def _shortened(long: str, most: int = 200) -> str:
    return long if len(long) <= most else long[:most] + "…"


def letter_html(letter: Letter) -> str:
    """A letter as a page that needs nothing else."""
    return environment().get_template("letter.html.j2").render(
        letter=letter, say=speak(letter.lang), style=style(), drawings={}
    )  # fmt: skip


class LetterPress:
    """Sets letters as PDF/UA-1, one after another, with the fonts read once."""

    def __init__(self):
        self._press = typst.Compiler(
            TEMPLATES / "letter.typ", root=TEMPLATES, font_paths=fonts(), ignore_system_fonts=True
        )

    def pdf(self, letter: Letter) -> bytes:
        """One letter as a tagged one-page A4 file."""
        shown = replace(letter, blocks=())
        data = {k: breakable(v) if isinstance(v, str) else v for k, v in vars(shown).items() if k != "blocks"}
        data["blocks"] = [as_data(b) for b in letter.blocks]
        return self._press.compile(
            format="pdf", pdf_standards=["ua-1"], timestamp=0,
            sys_inputs={"letter": json.dumps(data, ensure_ascii=False)},
        )  # fmt: skip


def save_letters(letters: Iterable[Letter], folder: Path) -> list[Path]:
    """Write each letter as `ID.html` and `ID.pdf` and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    press, paths = LetterPress(), []
    for one in letters:
        page, print_ = folder / f"{one.stem}.html", folder / f"{one.stem}.pdf"
        page.write_text(letter_html(one), "utf-8", newline="\n")
        print_.write_bytes(press.pdf(one))
        paths += [page, print_]
    return paths
