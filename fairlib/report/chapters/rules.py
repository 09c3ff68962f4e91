"""How was it decided? Every rule of the params file in plain words, with the key that it quotes."""

from fairlib.params import list_ours
from fairlib.report.blocks import Block, Chapter, Column, Heading, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.words.rules import Quoter, is_written


def chapter(context: Context) -> Chapter:
    """The rules that were fixed before any score was read, part by part."""
    say = context.say
    quote = Quoter(context.contest, say, context.results.organisations)
    blocks: list[Block] = [
        Text(say("What stands in the params file was written down before any score was read. Beside each rule stands "
                 "its key there; a diamond ◆ marks what was not published and is our choice, also where nobody wrote "
                 "anything."), "lead"),
        Heading(say("Who may take part")),
        *quote.submissions(),
        *quote.general(),
    ]  # fmt: skip
    for stage in context.contest.rounds:
        name = stage.name[say.lang]
        blocks += [Heading(name[:1].upper() + name[1:]), *quote.round(stage)]
    return Chapter("rules", say("How it was decided"), tuple(blocks))


def published(context: Context) -> Chapter:
    """What was announced beside what was found, and every value that is ours."""
    say, contest = context.say, context.contest
    blocks: list[Block] = []
    if contest.published:
        blocks.append(_announced(context))
    quoted = list(
        {(r.text, r.key): r for r in Quoter(contest, say, context.results.organisations).every()}.values()
    )
    ours = [r for r in quoted if r.ours and is_written(contest, r.key)]
    told = {r.key for r in ours}
    rows = [(r.text, r.value, r.key) for r in ours]
    rows += [
        ("–", as_typed(o.value), o.key)
        for o in list_ours(context.results.rules)
        if not any(within(o.key, key) for key in told)
    ]
    silent = [(r.text, r.value, r.key) for r in quoted if not is_written(contest, r.key)]
    heads = [
        Column(say("Rule"), "text", 3.4),
        Column(say("Value"), "code", 1.7),
        Column(say("Key"), "code", 2.5),
    ]
    if rows:
        blocks += [
            Heading(say("What is our choice")),
            Text(say("These values were not published by the contest. They stand in the params file of this year and "
                     "can be changed there; the result then changes with them.")),
            table("ours", say("Values that were not published"), heads, rows),
        ]  # fmt: skip
    if silent:
        blocks += [
            Text(say("Where the params file says nothing, the software does what is usual:")),
            table("defaults", say("Values that nobody wrote down"), heads, silent),
        ]
    return Chapter("published", say("What is published and what is our choice"), tuple(blocks))


def within(key: str, other: str) -> bool:
    """Whether one of two keys of a params file leads through the other."""
    return key == other or key.startswith(other + ".") or other.startswith(key + ".")


def _announced(context: Context):
    say, results, told = context.say, context.results, context.contest.published
    sent = results.submissions
    rows = []

    def line(label: str, announced: int | None, found: int) -> None:
        if announced is not None:
            same = say("yes") if announced == found else say("no")
            rows.append((label, common.number(say, announced), common.number(say, found), same))

    line(say("submissions"), told.submissions, len(sent))
    for n in context.contest.nominations:
        line(n.name[say.lang], told.nominations.get(n.id), int((sent["nomination"] == n.id).sum()))
    for code, count in told.regions.items():
        line(common.region(code, context), count, int((sent["region"] == code).sum()))
    line(say("finalists"), told.finalists, len(common.chosen_in(results, 0)))
    if common.was_last_held(results):
        line(say("winners"), told.winners, len(common.chosen_in(results, -1)))
    heads = [Column(say("What"), "text", 3), Column(say("Announced"), "number"), Column(say("Found"), "number"),
             Column(say("The same"))]  # fmt: skip
    note = say("Source of what was announced: {source}.", source=told.source[say.lang])
    return table("announced", say("Announced and found"), heads, rows, note=note)


def as_typed(value: object) -> str:
    """A value of the params file as it would be typed there."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, tuple):
        value = [
            v.model_dump(mode="json", exclude_defaults=True) if hasattr(v, "model_dump") else v for v in value
        ]
    if isinstance(value, dict):
        return ", ".join(f"{k}: {as_typed(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "; ".join(as_typed(v) for v in value)
    return str(value)
