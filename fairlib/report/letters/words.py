"""What does a letter say of one round? The decision and why, the score, the distance to the line, the comments."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from fairlib.report.blocks import Block, Column, Heading, Table, Text, table
from fairlib.report.chapters.common import Context, interval, number, text
from fairlib.report.chapters.levels import comparison_of, seats_over_all
from fairlib.report.public.disclosure import READERS, withheld
from fairlib.report.public.privacy import WITH_NUMBERS, end_coded, mask
from fairlib.report.results import Results, RoundResults
from fairlib.report.words.codes import criterion_name, word
from fairlib.report.words.locale import Voice
from fairlib.report.words.reasons import bare_reason, reason_sentence
from fairlib.report.words.rules import Quoter
from fairlib.rules import Scale

COMMENTS = 1500  # letters of comments that a round has room for on the page


@dataclass(frozen=True)
class Field:
    """A round as letters need it: rows by submission, with means at the ends of the scale held back.

    `lines` has the worst selected estimate of each group of the quota, under "" that of all. `whole` says that nothing
    of the round is held back.
    """

    stage: RoundResults
    joined: pd.DataFrame
    hidden: frozenset[str]
    whole: bool
    criteria: tuple[str, ...]
    means: pd.Series
    lines: dict[str, float]
    comments: dict[str, list[str]]

    def line(self, row: pd.Series) -> float:
        """The worst selected estimate among those with whom this row shared its seats."""
        return self.lines.get(common_group(row, self.stage), self.lines.get("", float("nan")))


def common_group(row: pd.Series, stage: RoundResults) -> str:
    """The group of the only quota that a row belongs to; nothing where there is none, or more than one."""
    quotas = stage.rule.select.quotas
    return text(row.get(quotas[0].column)) if len(quotas) == 1 else ""


def field_of(results: Results, stage: RoundResults) -> Field:
    """What all letters of a round share."""
    joined = results.joined(stage).set_index("submission", drop=False)
    scale = stage.rule.scale
    for column in (*_by_criterion(joined), "estimate", "raw_mean"):
        joined[column] = end_coded(joined[column], scale.min, scale.max)
    said = stage.comments.dropna(subset=["comment"])
    named = sorted(set(stage.ratings["juror"].dropna()) | set(stage.jurors["juror"].dropna()), key=len)
    masked = said.assign(comment=[_anonymous(c, named) for c in said["comment"]])
    hidden, silent = withheld(stage.ratings, scale, results.contest.weights(stage.id))
    masked = masked[~masked["comment"].map(lambda c: _names_a_mark(c, scale)).astype(bool)]
    return _field(stage, joined, masked, frozenset(hidden), not hidden | silent)


def field_in_full(results: Results, stage: RoundResults) -> Field:
    """The same for those who decide: every number as it stands in the tables, and every comment."""
    joined = results.joined(stage).set_index("submission", drop=False)
    return _field(stage, joined, stage.comments.dropna(subset=["comment"]), frozenset(), True)


def _field(
    stage: RoundResults, joined: pd.DataFrame, said: pd.DataFrame, hidden: frozenset[str], whole: bool
) -> Field:
    criteria = _by_criterion(joined)
    return Field(
        stage=stage,
        joined=joined,
        hidden=hidden,
        whole=whole,
        criteria=criteria,
        means=joined[list(criteria)].mean(),
        lines=_lines(joined, stage),
        comments=said.groupby("submission")["comment"].apply(list).to_dict(),
    )


def _by_criterion(joined: pd.DataFrame) -> tuple[str, ...]:
    return tuple(c for c in joined.columns if c.startswith("by_") and joined[c].notna().any())


def _lines(joined: pd.DataFrame, stage: RoundResults) -> dict[str, float]:
    chosen = joined[joined["decision"] == "selected"].dropna(subset=["estimate"])
    if chosen.empty:
        return {}
    worst = "min" if stage.rule.scale.best == "high" else "max"
    groups = pd.Series([common_group(r, stage) for _, r in chosen.iterrows()], index=chosen.index)
    return {"": float(chosen["estimate"].agg(worst))} | chosen.groupby(groups)["estimate"].agg(
        worst
    ).to_dict()


def round_blocks(field: Field, row: pd.Series, context: Context, latest: bool) -> list[Block]:
    """What a letter says of one round; only the latest one is told in full."""
    say, stage = context.say, field.stage
    if row["decision"] == "not_eligible":
        return rules_missed(row, context)
    verdict = say(
        "{round}: {decision}.",
        round=context.stage_name(stage),
        decision=word("decision", row["decision"], say),
    )
    keep = () if row["submission"] in field.hidden else WITH_NUMBERS
    reason = reason_sentence(bare_reason(text(row["reason"]), keep), context.contest, say)
    told = " ".join(filter(None, [meaning(field, row, context) if latest else "", reason]))
    blocks: list[Block] = [Heading(verdict), Text(told, "lead" if latest else "plain")]
    blocks += _scores(field, row, say)
    if latest and pd.notna(row["estimate"]) and row["submission"] not in field.hidden:
        blocks += [
            *best_and_worst(field, row, context),
            Text(distance(field, row, say)),
            Text(firmness(row, say)),
            Text(limits(row, say), "note"),
            Text(_compared(field, row, context), "note"),
        ]
    return [b for b in blocks if not isinstance(b, Text) or b.text] + _comments(field, row, context)


def meaning(field: Field, row: pd.Series, context: Context) -> str:
    """What the decision means for the applicant, in one sentence."""
    say, results = context.say, context.results
    last = field.stage.id == results.contest.rounds[-1].id and len(results.contest.rounds) > 1
    chosen = say.number(field.stage.n_selected)
    if row["decision"] == "selected":
        told = (
            say("The project is among the winners; winners: {n}.", n=chosen)
            if last
            else say("The project was selected; selected in all: {n}.", n=chosen)
        )
        return told + (" " + say("Grant: {sum}.", sum=say.money(row["grant"])) if row["grant"] > 0 else "")
    if row["decision"] == "reserve":
        place = row["reserve_place"]
        told = say("The project is on the reserve list: whoever stands first on it comes if somebody selected "
                   "withdraws.")  # fmt: skip
        if pd.notna(place):
            before = say("Before this project on the list: {n}.", n=say.number(place - 1))
            told += " " + (before if place > 1 else say("It is the first on the reserve list."))
        if field.stage.id != results.rounds[-1].id:
            told += " " + say("The next round has been held since, so the list is closed.")
        return told
    if row["decision"] == "not_selected":
        return say("The project was not selected; selected in all: {n}.", n=chosen)
    return ""


def rules_missed(row: pd.Series, context: Context) -> list[Block]:
    """Each rule of taking part that was not met, as the rules have it, and what the form said."""
    say = context.say
    missed = [r for r in re.split(r"[,;| ]+", text(row["ineligible_by"])) if r]
    asked = {r.value: r.text for r in Quoter(context.contest, say).submissions() if r.value in missed}
    found = [
        " ".join([needed, say("In the form: {value}.", value=_in_form(rule, row, say))])
        for rule, needed in asked.items()
    ]
    told = say(
        "Only a rule of the contest makes a submission not eligible. No score of jurors played a part in it, and the "
        "decision says nothing about the worth of the project."
    )
    lead = say("So it was not given to the jurors, and it has neither a score nor a rank.")
    reason = "" if found else reason_sentence(text(row["reason"]), context.contest, say)
    return [
        Heading(say("The submission does not meet the conditions of the contest.")),
        Text(f"{lead} {reason}".strip(), "lead"),
        *(Text(t) for t in found),
        Text(told, "note"),
    ]


def _in_form(rule: str, row: pd.Series, say: Voice) -> str:
    """What the form said where a rule was not met."""
    if rule == "bin_valid":
        if row["bin_verdict"] == "missing":
            return say("no number")
        return say("a number that cannot be right; perhaps a digit was mistyped")
    columns = {"consent": "consent", "openness_link": "links", "legal_form": "legal_form", "region_known": "place",
               "requested_within": "requested", "duration_within": "duration_months"}  # fmt: skip
    value = row[columns[rule]]
    if pd.isna(value) or rule == "consent":
        return say("not stated")
    numbers: dict[str, Callable[[float], str]] = {
        "requested_within": say.money,
        "duration_within": say.number,
    }
    return numbers.get(rule, text)(value)


def _scores(field: Field, row: pd.Series, say: Voice) -> list[Block]:
    if pd.isna(row["n_jurors"]) or row["n_jurors"] == 0:
        return []
    if row["submission"] in field.hidden or pd.isna(row["estimate"]):
        return [
            Text(
                say("The score is not stated: from so few readers the marks of one of them would follow."),
                "note",
            )
        ]
    return [score_table(field, row, say)]


def score_table(field: Field, row: pd.Series, say: Voice) -> Table:
    """Estimate and rank with their intervals, as far as they are known, in one row."""
    ranked = say.number(field.joined["rank"].notna().sum())
    place = number(say, row["rank"])
    shown = {
        say("Estimate"): number(say, row["estimate"], 2),
        say("95 % interval"): interval(say, row["low"], row["high"], 2),
        say("Rank"): replace(place, text=f"{place.text} / {ranked}"),
        say("True place, 95 %"): interval(say, row["rank_low"], row["rank_high"]),
        say("Readers"): number(say, row["n_jurors"]),
    }
    known = {label: cell for label, cell in shown.items() if cell.sort is not None}
    scale = field.stage.rule.scale
    low, high = say.mark(scale.min), say.mark(scale.max)
    caption = say("Score, {low} to {high}", low=low, high=high)
    if scale.best == "low":
        caption = say("Score, {low} to {high}; low is best: {low} is the best mark", low=low, high=high)
    heads = [Column(label, "number") for label in known]
    return table(f"score-{field.stage.id}", caption, heads, [list(known.values())])


def best_and_worst(field: Field, row: pd.Series, context: Context) -> list[Block]:
    """The strongest and the weakest criterion against the mean of all."""
    say, best = context.say, field.stage.rule.scale.best
    gaps = (row[list(field.criteria)].astype(float) - field.means).dropna()
    if len(gaps) < 2:
        return []
    ends = (gaps.idxmax(), gaps.idxmin()) if best == "high" else (gaps.idxmin(), gaps.idxmax())
    said = [
        f"{criterion_name(c.removeprefix('by_'), context.contest, say)} ({say.signed(gaps[c], 1)})"
        for c in ends
    ]
    told = say("Strongest criterion against the mean of all submissions of the round: {best}. Weakest: {worst}.",
               best=said[0], worst=said[1])  # fmt: skip
    return [Text(told)]


def distance(field: Field, row: pd.Series, say: Voice) -> str:
    """How far from the line, in points and in words; nothing where lots decide, not points."""
    if field.stage.rule.select.by_lot:
        return ""
    scale = field.stage.rule.scale
    gap = scale.gain(row["estimate"] - field.line(row))
    if row["decision"] == "selected":
        points = max(gap, 0)
        told = _ahead(field, row, say.number(points, 2), say)
        return f"{told} {_beside_error(points, row['se'], say)}"
    missing = row["points_missing"] if pd.notna(row["points_missing"]) else -gap
    if pd.isna(missing):
        return ""
    if missing <= 0:
        return say("The estimate alone would have been enough; another rule decided, as said above.")
    if field.stage.rule.select.budget is not None:
        told = say("Points missing to be selected under the whole rule, its budget included: {points}.",
                   points=say.number(missing, 2))  # fmt: skip
    else:
        told = say(
            "Points missing to the line: {points}; the line lies at: {line}.",
            points=say.number(missing, 2), line=say.number(row["estimate"] + scale.gain(missing), 2),
        )  # fmt: skip
    return f"{told} {_beside_error(missing, row['se'], say)}"


def _ahead(field: Field, row: pd.Series, points: str, say: Voice) -> str:
    """How far a selected submission is on the good side of the line."""
    group = common_group(row, field.stage)
    if field.stage.rule.scale.best == "low":
        if group:
            return say("Points below the highest selected estimate of its group: {points}.", points=points)
        return say("Points below the highest selected estimate: {points}.", points=points)
    if group:
        return say("Points above the lowest selected estimate of its group: {points}.", points=points)
    return say("Points above the lowest selected estimate: {points}.", points=points)


def _beside_error(points: float, se: float, say: Voice) -> str:
    """A distance from the line beside what jurors' marks can tell apart."""
    if pd.isna(se):
        return ""
    if points < se:
        return say("That is less than the standard error of the estimate: the marks do not tell such a distance from "
                   "chance.")  # fmt: skip
    if points < 2 * se:
        return say("That is more than the standard error of the estimate, and less than two of them.")
    return say("That is more than two standard errors of the estimate: a distance that chance seldom makes.")


def firmness(row: pd.Series, say: Voice) -> str:
    """The probability that stands in the report, what it is, and the report's word for it."""
    if pd.isna(row["p_selected"]):
        return ""
    told = say(
        "Probability that the rule would select this project if the true score of every project were known, the one "
        "that all possible jurors together would give: {p}.", p=say.chance(row["p_selected"]),
    )  # fmt: skip
    return told + " " + say("In the report that is called: {band}.", band=word("band", row["band"], say))


def limits(row: pd.Series, say: Voice) -> str:
    """What the numbers can say, and what the interval of places holds."""
    told = say(
        "The numbers say how jurors saw this project beside others of this year. They do not say that it is good or "
        "bad in itself."
    )
    if pd.isna(row["rank_low"]):
        return told
    return told + " " + say(
        "With a probability of 95 % the true place, the one that all possible jurors together would give, lies within "
        "the places given. The place that another commission would give can lie outside them."
    )  # fmt: skip


def _compared(field: Field, row: pd.Series, context: Context) -> str:
    """How the group of the project compares with the others, where seats go over all groups."""
    if not (field.whole and seats_over_all(field.stage, context)):
        return ""
    column = context.contest.levels(field.stage.id)
    return comparison_of(text(row.get(column)), field.stage, context)


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
    return [head, *(Text(f"{say.dash.lstrip()}{shortened(text(c), room)}") for c in order)]


def _names_a_mark(comment: str, scale: Scale) -> bool:
    """Whether a number that could be a mark stands in a comment: beside the mean it would tell of the others."""
    numbers = (
        float(n.replace(",", ".")) for n in re.findall(r"(?<![\w.,])\d{1,3}(?:[.,]\d+)?(?!\d)", comment)
    )
    return any(scale.min <= n <= scale.max for n in numbers)


def _anonymous(comment: str, named: list[str]) -> str:
    for name in reversed(named):
        comment = comment.replace(name, "▮▮▮")
    return mask(comment)


def shortened(long: str, most: int = 200) -> str:
    """A text of at most so many letters."""
    return long if len(long) <= most else long[:most] + "…"
