"""Do the jurors agree, and what does their agreement support?"""

import re

import pandas as pd

from fairlib.report.blocks import Block, Cell, Column, Heading, Number, Row, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context, not_computed
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, status_words, word


def consistency(stage: RoundResults, context: Context) -> list[Block]:
    """Statistics of the composite with intervals, what they mean, and for those inside each criterion."""
    say = context.say
    found = stage.consistency.dropna(subset=["statistic"])
    blocks: list[Block] = [Heading(say("Do the jurors agree?"))]
    if found.empty:
        return [*blocks, not_computed(context, say("consistency of jurors"))]
    whole = found[found["criterion"].isna() | (found["criterion"] == "composite")]
    caption = say("Consistency of jurors: {round}", round=stage.rule.name[say.lang])
    blocks += [
        _table(whole, f"consistency-{stage.id}", caption, context),
        Text(_usual(stage, context), "note"),
    ]
    blocks += _meaning(stage, context)
    if context.internal and len(whole) < len(found):
        each = found[~found.index.isin(whole.index)]
        caption = say("Consistency by criterion: {round}", round=stage.rule.name[say.lang])
        blocks.append(_table(each, f"consistency-{stage.id}-criteria", caption, context, folded=True))
    return blocks


def statistic_words(name: str, context: Context) -> str:
    """A statistic of consistency in words; its own name where there are none."""
    say, icc = context.say, re.match(r"ICC\(\w,\w\)", name)
    if icc is None:
        return word("statistic", name, say)
    words = word("statistic", icc[0], say)
    return icc[0] if words == icc[0] else f"{words}{say.dash}{icc[0]}"


def _table(found: pd.DataFrame, id: str, caption: str, context: Context, folded: bool = False) -> Table:
    say = context.say
    rows: list[Row] = []
    for r in found.itertuples():
        known = pd.notna(r.value)
        value = Cell(say.number(r.value, 2), r.value) if known else Cell(say("not computed"))
        row: Row = [
            statistic_words(r.statistic, context),
            value,
            common.interval(say, r.low, r.high, 2),
            common.p_value(say, r.p),
            common.number(say, r.n),
        ]
        rows.append([criterion_name(r.criterion, context.contest, say), *row] if folded else row)
    heads = [Column(say("Criterion"), "text", 1.6)] if folded else []
    heads += [Column(say("Statistic"), "text", 3), Column(say("Value"), "number"),
              Column(say("95 % interval"), "number", 1.2), Column("p", "number", 0.8),
              Column("n", "number", 0.6)]  # fmt: skip
    return table(id, caption, heads, rows, folded=folded, note=_remarks(found, context))


def _remarks(found: pd.DataFrame, context: Context) -> str:
    """Every remark once, with the statistics that it is about."""
    about: dict[str, list[str]] = {}
    for r in found.itertuples():
        short = re.match(r"ICC\(\w,\w\)", r.statistic)
        name = short[0] if short else statistic_words(r.statistic, context)
        names = about.setdefault(status_words(r.status, context.say), [])
        names += [name] if name not in names else []
    return " ".join(f"{', '.join(names)}: {told}." for told, names in about.items() if told)


def _usual(stage: RoundResults, context: Context) -> str:
    say = context.say
    told = say(
        "1 would be perfect agreement, 0 none. Grant reviews of the world usually have single-reader agreement "
        "between {low} and {high}.",
        low=say.number(0.19, 2),
        high=say.number(0.46, 2),
    )
    if stage.id == context.contest.rounds[0].id:
        return told
    return f"{told} " + say(
        "Those who were already chosen once are more alike than all who applied, and the more alike they are the "
        "lower these numbers fall: that says nothing against the jurors."
    )


def _scope(values: dict[str, str], context: Context) -> list[Block]:
    """Among whom the reliability tells submissions apart, and what it would be without the choice before."""
    say, found = context.say, values.get("scope")
    told = []
    if found == "within":
        told.append(
            say(
                "The reliability is that of telling submissions of one group apart: each group has seats of its own."
            )
        )
    if found == "across":
        told.append(
            say(
                "The reliability is that of one list over all groups: the differences between groups are in it."
            )
        )
    if values.get("unrestricted"):
        ends = (say.number(float(values[f"unrestricted_{end}"]), 2) for end in ("low", "high"))
        told.append(
            say(
                "Had the same jurors read all from whom the round before chose: reliability {x} (95 %: {low}–{high}). "
                "A lower figure among those chosen is the work of the choice and no sign of worse jurors.",
                x=say.number(float(values["unrestricted"]), 2),
                **dict(zip(("low", "high"), ends, strict=True)),
            )
        )
    elif (why := values.get("unrestricted_status", "first_round")) != "first_round":
        told.append(
            say("What the reliability would be among all cannot be told: {why}.", why=status_words(why, say))
        )
    return [Text(" ".join(told), "note")] if told else []


def _meaning(stage: RoundResults, context: Context) -> list[Block]:
    """Reliability in what it costs: the share that belongs, and the share a second commission would keep."""
    say, values = context.say, stage.meaning | _by_the_whole_rule(stage)
    labels = {
        "reliability": say("reliability of the final score"),
        "belongs": say("of those selected belong there, expected"),
        "overlap": say("of those selected a second commission would keep, expected"),
    }
    items = []
    for key, label in labels.items():
        if not values.get(key):
            continue
        shown = say.number if key == "reliability" else say.percent
        decimals = 2 if key == "reliability" else 0
        note = ""
        if values.get(f"{key}_low"):
            low, high = (shown(float(values[f"{key}_{end}"]), decimals) for end in ("low", "high"))
            note = f" ({say.percent(0.95)}: {low}–{high})"
        items.append(Number(shown(float(values[key]), decimals), label + note))
    if not items:
        return []
    return [Heading(say("What the agreement means")), common.numbers(items), *_scope(stage.meaning, context)]


def _by_the_whole_rule(stage: RoundResults) -> dict[str, str]:
    """The same shares under the whole rule, where they were found: one quantity has one number in a report.

    They take the place of those that follow from reliability alone, whose intervals then say nothing.
    """
    cut = stage.at_the_line.loc[stage.at_the_line["policy"] == "cut", "rightly_chosen"].dropna()
    found = {"belongs": cut.iloc[0] if len(cut) else "", "overlap": stage.certainty.get("twin_overlap") or ""}
    n = stage.n_by_rule
    return {
        name: value
        for key, number in found.items()
        if number != "" and n
        for name, value in ((key, str(float(number) / n)), (f"{key}_low", ""))
    }
