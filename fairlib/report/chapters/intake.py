"""From received to eligible: what came, what was set aside and why, and where it came from."""

import pandas as pd

from fairlib.report.blocks import Block, Chapter, Column, Heading, Picture, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.figures import plot_counts, plot_funnel, plot_tile_map
from fairlib.report.results import flag
from fairlib.report.words.codes import word


def chapter(context: Context) -> Chapter:
    """The funnel, reasons, nominations, regions, settlements and monotowns."""
    say = context.say
    blocks: list[Block] = [funnel(context)]
    blocks += _reasons(context)
    if context.contest.nominations:
        blocks.append(_nominations(context))
    blocks += _regions(context) + _settlements(context)
    return Chapter("intake", say("From received to eligible"), tuple(blocks))


def steps(context: Context) -> pd.Series:
    """Counts of the contest's steps by their names, in order."""
    say, results = context.say, context.results
    accepted = len(results.submissions)
    eligible = int(flag(results.submissions["eligible"]).fillna(False).sum())
    found = {
        say("forms received"): accepted + len(results.set_aside),
        say("submissions accepted"): accepted,
        say("eligible"): eligible,
    }
    for stage in results.rounds:
        found[say("selected: {round}", round=stage.rule.name[say.lang])] = len(stage.selected())
    return pd.Series(found)


def funnel(context: Context) -> Picture:
    """The funnel from forms received to the selected of the last round."""
    say, counts = context.say, steps(context)
    first = counts.iloc[0] or 1
    rows = [(label, common.number(say, n), say.percent(n / first)) for label, n in counts.items()]
    heads = [Column(say("Step")), Column(say("Number"), "number"), Column(say("Share"), "number")]
    caption = say("Steps of the contest")
    alt = say("Funnel. {steps}.", steps="; ".join(f"{k}: {say.number(n)}" for k, n in counts.items()))
    return Picture(
        "funnel", caption, alt,
        lambda ax: plot_funnel(counts, ax, say.lang),
        table("funnel-data", caption, heads, rows), (7.2, 0.4 + 0.46 * len(counts)),
    )  # fmt: skip


def _reasons(context: Context) -> list[Block]:
    say, results = context.say, context.results
    blocks: list[Block] = []
    heads = [Column(say("Reason")), Column(say("Number"), "number")]
    if len(results.set_aside):
        counts = results.set_aside["reason"].value_counts(sort=False)
        rows = [(word("aside", k, say), common.number(say, counts[k])) for k in sorted(counts.index)]
        blocks.append(table("set-aside", say("Forms set aside, by reason"), heads, rows))
    out = results.submissions[~flag(results.submissions["eligible"]).fillna(False)]
    if len(out):
        named = out["ineligible_by"].fillna("").str.split(r"[,;| ]+", regex=True).explode()
        counts = named[named != ""].value_counts(sort=False)
        rows = [(word("eligibility", k, say), common.number(say, counts[k])) for k in sorted(counts.index)]
        blocks.append(
            table(
                "ineligible", say("Not eligible, by what was missing"), heads, rows,
                note=say("A submission may miss more than one thing. Only a rule of the contest makes a submission "
                         "not eligible."),
            )
        )  # fmt: skip
    return blocks


def _nominations(context: Context):
    say, contest = context.say, context.contest
    column = context.results.submissions["nomination"]
    eligible = flag(context.results.submissions["eligible"]).fillna(False)
    rows = []
    for place, n in enumerate(contest.nominations, 1):
        mine = column == n.id
        row = [str(place), n.name[say.lang], common.number(say, mine.sum())]
        rows.append([*row, common.number(say, (mine & eligible).sum())])
    heads = [Column(say("No."), "number", 0.3), Column(say("Nomination"), "text", 4)]
    heads += [Column(say("Submissions"), "number"), Column(say("Eligible"), "number")]
    told = contest.published
    ours = told is not None and say.lang not in told.languages
    note = say("The names of the nominations in this language are our translation.") if ours else ""
    return table("nominations", say("Submissions by nomination"), heads, rows, note=note)


def _regions(context: Context) -> list[Block]:
    say, sent = context.say, context.results.submissions
    counts = sent["region"].dropna().value_counts()
    if counts.empty:
        return []
    day = context.contest.submissions.regions_on
    unknown = int(sent["region"].isna().sum())
    names = {code: common.region(code, context) for code in counts.index}
    order = sorted(counts.index, key=lambda c: (-counts[c], c))
    rows = [(names[c], common.number(say, counts[c]), say.percent(counts[c] / len(sent))) for c in order]
    if unknown:
        rows.append((say("region not known"), common.number(say, unknown), say.percent(unknown / len(sent))))
    heads = [
        Column(say("Region"), "text", 3),
        Column(say("Submissions"), "number"),
        Column(say("Share"), "number"),
    ]
    caption = say("Submissions by region")
    alt = say(
        "Tile map of the regions. Most submissions: {most}.",
        most="; ".join(f"{names[c]}: {say.number(counts[c])}" for c in order[:3]),
    )
    picture = Picture(
        "regions", caption, alt,
        lambda ax: plot_tile_map(counts, ax, say.lang, day),
        table("regions-data", caption, heads, rows), (7.2, 4.4),
    )  # fmt: skip
    return [Heading(say("Where submissions came from")), picture]


def _settlements(context: Context) -> list[Block]:
    say, sent = context.say, context.results.submissions
    counts = sent["settlement"].dropna().value_counts()
    if counts.empty:
        return []
    counts.index = [word("settlement", k, say) for k in counts.index]
    counts = counts.groupby(level=0).sum()
    counts = counts.sort_index(key=lambda i: common.alphabetical(i, say)).sort_values(
        ascending=False, kind="stable"
    )
    mono = int(flag(sent["monotown"]).fillna(False).sum())
    rows = [(k, common.number(say, n), say.percent(n / len(sent))) for k, n in counts.items()]
    if unknown := len(sent) - int(counts.sum()):
        rows.append((say("not known"), common.number(say, unknown), say.percent(unknown / len(sent))))
    caption = say("Submissions by settlement type")
    heads = [
        Column(say("Settlement type")),
        Column(say("Submissions"), "number"),
        Column(say("Share"), "number"),
    ]
    alt = f"{caption}. " + "; ".join(f"{k}: {say.number(n)}" for k, n in counts.items())
    picture = Picture(
        "settlements", caption, alt, lambda ax: plot_counts(counts, ax, say.lang),
        table("settlements-data", caption, heads, rows), (7.2, 0.4 + 0.36 * len(counts)),
    )  # fmt: skip
    return [picture, Text(say("Submissions from monotowns: {n}.", n=say.number(mono)))]
