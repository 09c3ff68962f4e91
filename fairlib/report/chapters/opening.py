"""The first page: the contest in numbers, who was selected, and the second commission."""

import pandas as pd

from fairlib.report.blocks import Block, Heading, Number, Text, Twin
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.columns import listing
from fairlib.report.results import RoundResults
from fairlib.report.words.conclusions import second_words
from fairlib.report.words.locale import Voice
from fairlib.rules import Award


def front(context: Context) -> tuple[Block, ...]:
    """Numbers, the cards of every round, and the list of those whom the last round selected."""
    blocks: list[Block] = [common.numbers(_numbers(context))]
    if told := _announced(context):
        blocks.append(Text(told, "note"))
    blocks += [card for stage in context.results.rounds if (card := twin_card(stage, context))]
    blocks += _who(context)
    return tuple(blocks)


def _numbers(context: Context):
    say, results = context.say, context.results
    sent = results.submissions
    yield Number(say.number(len(sent)), say("submissions"))
    for column, label in (("nomination", say("nominations")), ("region", say("regions"))):
        if n := sent[column].dropna().nunique():
            yield Number(say.number(n), label)
    for stage in results.rounds:
        last = stage is results.rounds[-1] and common.was_last_held(results)
        label = say("winners") if last else say("finalists")
        if len(results.contest.rounds) == 1:
            label = say("selected")
        elif len(results.contest.rounds) > 2 and not last:
            label = say("selected: {round}", round=stage.rule.name[say.lang])
        yield Number(say.number(len(stage.selected())), label)
    if len(results.rounds) > 1 and (days := results.rounds[-1].n_days) > 1:
        yield Number(say.number(days), say("days: {round}", round=results.rounds[-1].rule.name[say.lang]))
    if results.rounds and (total := results.rounds[-1].decisions["grant"].sum()):
        yield Number(say.money(total), say("grants in all"))


def _announced(context: Context) -> str:
    """What was announced beside figures: who organises, how each round is held, where winners are named."""
    say, told, lang = context.say, context.contest.published, context.say.lang
    if told is None:
        return ""
    parts = [say("Organised by: {who}.", who=told.organiser[lang])] if told.organiser else []
    for stage in context.contest.rounds:
        if held := told.rounds.get(stage.id):
            facts = [
                say("online") if held.online else "",
                say("days: {n}", n=say.number(held.days)) if held.days else "",
                say("from: {day}", day=say.date(held.begins)) if held.begins else "",
                say("members: {who}", who=held.members[lang]) if held.members else "",
            ]
            name = stage.name[lang]
            parts.append(f"{name[:1].upper()}{name[1:]}{say.dash}{'; '.join(filter(None, facts))}.")
    if award := told.award:
        where = [award.event[lang], _days(award, say), award.place[lang] if award.place else ""]
        parts.append(say("Winners are named at: {event}.", event=", ".join(filter(None, where))))
    return " ".join(parts)  # the source stands beside the figures that were announced


def _days(award: Award, say: Voice) -> str:
    """The days of an event; of one month it is named once."""
    first, last = award.begins, award.ends or award.begins
    if first == last:
        return say.date(first)
    if (first.year, first.month) == (last.year, last.month):
        return say.date(last).replace(f"{last.day} ", f"{first.day}–{last.day} ", 1)
    return f"{say.date(first)}{say.dash}{say.date(last)}"


def twin_card(stage: RoundResults, context: Context) -> Twin | None:
    """What a second, equally qualified commission would have kept; None where it was not computed."""
    say, n = context.say, stage.n_by_rule
    found = _overlap(stage, n)
    if not found or not n:
        return None
    overlap, low, high = found
    certain, close = _seats_by_band(stage)
    dots: tuple[tuple[str, int, str], ...] = (
        ("certain", certain, say("certain")),
        ("close", close, say("close")),
    )
    text = say(
        "Of those selected, by the marks of this commission – certain: {certain}; close: {close}. 95 % interval of the "
        "number that a second commission would also select: {interval}.",
        certain=say.number(certain),
        close=say.number(close),
        interval=say.interval(low, high, 0),
    )
    if stage.selected_by_rule()["band"].isna().all():
        dots = ()
        text = say(
            "95 % interval of the number that a second commission would also select: {interval}.",
            interval=say.interval(low, high, 0),
        )
    if len(stage.by_people):
        text += " " + say("Here those count whom the rule selected, without decisions of people.")
    return Twin(
        title=say("A second commission · {round}", round=stage.rule.name[say.lang]),
        headline=second_words(n, overlap, say),
        text=text,
        dots=dots,
    )


def _overlap(stage: RoundResults, n: int) -> tuple[float, float, float] | None:
    """Seats that a second commission would fill alike with an interval: simulated, else from reliability."""
    sure, rough = stage.certainty, stage.meaning
    if stage.rule.select.by_lot:  # a second commission is foretold for the cut by rank only
        return None
    if sure.get("twin_overlap"):
        return float(sure["twin_overlap"]), float(sure["twin_low"]), float(sure["twin_high"])
    if rough.get("overlap") and rough.get("overlap_low"):
        return n * float(rough["overlap"]), n * float(rough["overlap_low"]), n * float(rough["overlap_high"])
    return None


def _seats_by_band(stage: RoundResults) -> tuple[int, int]:
    chosen = stage.selected_by_rule()
    certain = int((chosen["band"] == "clear_in").sum())
    return certain, len(chosen) - certain


def _who(context: Context) -> list[Block]:
    say, results = context.say, context.results
    if not results.rounds:
        return [Text(say("No round has been decided yet."), "warning")]
    last = results.rounds[-1]
    winners = common.was_last_held(results)
    title = say("Winners") if winners and len(results.rounds) > 1 else say("Selected")
    joined = results.joined(last)
    joined = joined[joined["decision"] == "selected"]
    caption = say("selected: {round}", round=last.rule.name[say.lang])
    return [
        Heading(title),
        selected_list(joined, context, f"front-{last.id}", caption[:1].upper() + caption[1:]),
    ]


def selected_list(joined: pd.DataFrame, context: Context, id: str, caption: str):
    """Those selected, in the order of ranks: project, organisation, region and, where there is one, grant."""
    widths = {"decisions.rank": 0.5, "submissions.title": 5}
    if joined["grant"].fillna(0).gt(0).any():
        widths["decisions.grant"] = 1.3
    own = {"submissions.title": [common.project(r, context) for r in joined.itertuples()]}
    return listing(id, caption, joined, widths, context, own)
