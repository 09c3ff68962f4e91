"""One body and its marks: what the design supports, who agrees, who is strict, what adjusting changed."""

import pandas as pd

from fairlib.report.blocks import Block, Cell, Chapter, Column, Heading, Number, Picture, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context, not_computed
from fairlib.report.chapters.consistency import consistency
from fairlib.report.chapters.diagnostics import diagnostics
from fairlib.report.chapters.levels import level_blocks
from fairlib.report.columns import listing
from fairlib.report.figures import plot_agreement, plot_marks, plot_profiles, plot_severity, plot_slopes
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name
from fairlib.report.words.conclusions import inflation_words, verdict_words


def chapter(stage: RoundResults, context: Context) -> Chapter:
    """Design, consistency, severity and what the adjustment changed, for one round."""
    say = context.say
    blocks: list[Block] = [*_design(stage, context), *consistency(stage, context)]
    blocks += _severity(stage, context) + _agreement(stage, context)
    blocks += _adjustment(stage, context) + _profiles(stage, context)
    title = say("How it was scored: {round}", round=stage.rule.name[say.lang])
    return Chapter(f"scoring-{stage.id}", title, tuple(blocks))


def _design(stage: RoundResults, context: Context) -> list[Block]:
    say, scores = context.say, stage.estimates
    items = [Number(say.number(len(stage.jurors)), say("jurors"))] if len(stage.jurors) else []
    items.append(Number(say.number(len(scores)), say("submissions scored")))
    if readings := stage.design.get("n_readings") or stage.design.get("pairs"):
        items.append(Number(say.number(float(readings)), say("readings")))
    readers = scores["n_jurors"].dropna()
    if len(readers):
        low, high = readers.min(), readers.max()
        spread = say.number(low) if low == high else say.interval(low, high, 0)
        items.append(Number(spread, say("readers a submission")))
    blocks: list[Block] = [common.numbers(items)]
    verdict = stage.design.get("verdict", "")
    blocks.append(Text(verdict_words(verdict, say)) if verdict else not_computed(context, say("design")))
    if inflation := stage.design.get("inflation"):
        blocks.append(Text(inflation_words(float(inflation), say)))
    if parts := stage.design.get("components"):
        told = say("Parts that no juror links with each other: {n}; one is best.", n=say.number(float(parts)))
        if tied := stage.design.get("connectivity"):
            told += " " + say(
                "How tightly jurors are tied together, from 0 (not at all) to 1 (all read the same): {x}.",
                x=say.number(float(tied), 2),
            )
        blocks.append(Text(told))
    return blocks + _contrasts(stage, context)


def _contrasts(stage: RoundResults, context: Context) -> list[Block]:
    """How groups of submissions compare, whose jurors differ: by the estimates, else by the design alone."""
    if len(stage.levels):
        return level_blocks(stage, context)
    say, ids = context.say, [n.id for n in context.contest.nominations]
    if stage.contrasts.empty:
        return []
    rows = []
    for c in stage.contrasts.itertuples():
        names = [common.numbered(say, ids.index(g) + 1) if g in ids else g for g in (c.group_a, c.group_b)]
        rows.append((say.dash.join(names), common.number(say, c.se_points, 2)))
    heads = [Column(say("Nominations compared"), "text", 2), Column(say("Standard error, points"), "number")]
    caption = say("How exactly nominations compare: {round}", round=stage.rule.name[say.lang])
    note = say("From the design alone: nominations read by different jurors compare less exactly.")
    return [table(f"contrasts-{stage.id}", caption, heads, rows, note=note)]


def _severity(stage: RoundResults, context: Context) -> list[Block]:
    say, jurors = context.say, stage.jurors
    if jurors["severity"].notna().sum() == 0:
        told = not_computed(context, say("severity of jurors"))
        if not context.internal and len(jurors):
            told = Text(common.withheld_words(say), "note")
        return [Heading(say("Who is strict?")), told]
    withheld = [
        Cell(say.signed(x, 2), x) if pd.notna(x) else Cell(say("withheld")) for x in jurors["severity"]
    ]
    widths = dict.fromkeys((f"jurors.{c}" for c in ("juror", "severity", "se", "n_submissions", "status")), 1)
    caption = say("Severity of jurors: {round}", round=stage.rule.name[say.lang])
    top = jurors.sort_values("severity").dropna(subset=["severity"])
    alt = say(
        "Severity of each juror with its interval. Strictest: {strict}, mildest: {mild}.",
        strict=f"{top['juror'].iloc[-1]} ({say.signed(top['severity'].iloc[-1], 2)})",
        mild=f"{top['juror'].iloc[0]} ({say.signed(top['severity'].iloc[0], 2)})",
    )
    filled = say("A filled mark in the figure: its 95 % interval does not contain zero.")
    lead = f"{severe(stage, context)} {filled}"
    behind = listing(
        f"severity-{stage.id}-data", caption, jurors, widths, context, {"jurors.severity": withheld}
    )
    picture = Picture(
        f"severity-{stage.id}", caption, alt, lambda ax: plot_severity(jurors, ax, say.lang),
        behind, (7.2, 0.9 + 0.25 * len(jurors)),
    )  # fmt: skip
    blocks: list[Block] = [Heading(say("Who is strict?")), Text(lead), picture]
    return blocks + ([*_reliability(stage, context), *_marks(stage, context)] if context.internal else [])


def _reliability(stage: RoundResults, context: Context) -> list[Block]:
    """Noise and slope of each juror, where the estimator weights by them."""
    say, found = context.say, stage.reliability
    if found.empty:
        return []
    ends = [f"{part}{end}" for part in ("noise", "slope") for end in ("", "_low", "_high")]
    widths = {"reliability.juror": 1.6, **{f"reliability.{name}": 1.0 for name in ends}}
    caption = say("Noise and slope of each juror: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Noise 1 and slope 1: as the usual juror. A juror with twice the noise counts a quarter. A slope of zero: "
        "the marks do not follow quality; below zero: they go against it. Few marks, wide intervals."
    )
    return [listing(f"reliability-{stage.id}", caption, found, widths, context, note=note)]


def severe(stage: RoundResults, context: Context) -> str:
    """What severity above zero means for the marks."""
    if stage.rule.scale.best == "low":
        return context.say(
            "Severity above zero means marks higher than other jurors give the same submissions, for low is best. The "
            "estimates take it out."
        )
    return context.say(
        "Severity above zero means marks lower than other jurors give the same submissions. The estimates take it out."
    )


def _marks(stage: RoundResults, context: Context) -> list[Block]:
    say, marks = context.say, stage.ratings.dropna(subset=["score"])
    if marks.empty:
        return []
    grouped = marks.groupby("juror")["score"]
    found = pd.DataFrame(
        {
            "n": grouped.size(),
            "mean": grouped.mean(),
            "sd": grouped.std(),
            "low": grouped.min(),
            "high": grouped.max(),
        }
    )
    rows = [
        (j, common.number(say, r.n), common.number(say, r["mean"], 2), common.number(say, r.sd, 2),
         Cell(f"{say.mark(r.low)}–{say.mark(r.high)}", r.low))
        for j, r in found.iterrows()
    ]  # fmt: skip
    heads = [Column(say("Juror"))]
    heads += [
        Column(h, "number") for h in (say("Marks"), say("Mean"), say("Standard deviation"), say("Range"))
    ]
    caption = say("Marks of each juror: {round}", round=stage.rule.name[say.lang])
    return [
        Picture(
            f"marks-{stage.id}", caption, f"{caption}. " + say("Boxes from the lower to the upper quartile."),
            lambda ax: plot_marks(marks, ax, say.lang),
            table(f"marks-{stage.id}-data", caption, heads, rows), (7.2, 0.9 + 0.28 * len(found)),
        ),
        *diagnostics(stage, context),
    ]  # fmt: skip


def _agreement(stage: RoundResults, context: Context) -> list[Block]:
    say, matrix = context.say, stage.agreement
    if matrix.empty or matrix.notna().sum().sum() == 0:
        return []
    pairs = [(a, b, matrix.loc[a, b]) for i, a in enumerate(matrix.index) for b in matrix.columns[:i]]
    pairs = sorted([p for p in pairs if pd.notna(p[2])], key=lambda p: -p[2])
    caption = say("Rank correlation of every two jurors: {round}", round=stage.rule.name[say.lang])
    heads = [Column(say("Juror")), Column(say("Juror")), Column(say("Rank correlation"), "number")]
    rows = [(a, b, common.number(say, value, 2)) for a, b, value in pairs]
    alt = say(
        "Heat map of rank correlations. Highest: {high}; lowest: {low}.",
        high=f"{pairs[0][0]}{say.dash}{pairs[0][1]}: {say.number(pairs[0][2], 2)}",
        low=f"{pairs[-1][0]}{say.dash}{pairs[-1][1]}: {say.number(pairs[-1][2], 2)}",
    )
    return [
        Picture(
            f"agreement-{stage.id}", caption, alt, lambda ax: plot_agreement(matrix, ax, say.lang),
            table(f"agreement-{stage.id}-data", caption, heads, rows, folded=True), (6.6, 1.0 + 0.34 * len(matrix)),
        ),
        Text(pairs_compared(context), "note"),
    ]  # fmt: skip


def pairs_compared(context: Context) -> str:
    """Which pairs of jurors are compared."""
    if context.internal:
        return context.say("Only pairs of jurors who share at least five submissions are compared.")
    return context.say(
        "Only pairs of jurors who share at least ten submissions are compared; rounded to tenths, so that nobody's "
        "marks can be worked out."
    )


def _adjustment(stage: RoundResults, context: Context) -> list[Block]:
    say = context.say
    joined = context.results.joined(stage).dropna(subset=["rank", "rank_raw"])
    if joined.empty or stage.rule.estimator == "raw":
        return []
    seats = stage.seats_given
    up = joined[(joined["rank"] <= seats) & (joined["rank_raw"] > seats)]
    down = joined[(joined["rank"] > seats) & (joined["rank_raw"] <= seats)]
    crossed = pd.concat([up, down]).sort_values("rank")
    rows = [
        (common.text(r.title), common.number(say, r.rank_raw), common.number(say, r.rank),
         common.number(say, r.raw_mean, 2), common.number(say, r.estimate, 2))
        for r in crossed.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Project"), "text", 3), Column(say("Rank by raw mean"), "number"),
             Column(say("Adjusted rank"), "number"), Column(say("Raw mean"), "number"),
             Column(say("Estimate"), "number")]  # fmt: skip
    caption = say(
        "Submissions that the adjustment moved over the rank that is the number of seats: {round}",
        round=stage.rule.name[say.lang],
    )
    text = say(
        "Submissions whose rank the adjustment changed: {n}. Moved over rank {seats}, which is the number of seats, "
        "up: {up}; down: {down}.",
        n=say.number((joined["rank"] != joined["rank_raw"]).sum()),
        seats=say.number(seats),
        up=say.number(len(up)),
        down=say.number(len(down)),
    )
    if len(up) != len(down):
        text += " " + say("The two numbers differ because equal scores that no rule settles share a rank.")
    other = stage.other_rules.set_index("change")["n"].dropna()
    if "estimator:raw" in other:
        text += " " + say("Places that the whole rule, quotas included, would fill otherwise on raw means: {n}.",
                          n=say.number(other["estimator:raw"]))  # fmt: skip
    data = table(f"slopes-{stage.id}-data", caption, heads, rows)
    picture = Picture(
        f"slopes-{stage.id}", say("Ranks before and after the adjustment: {round}", round=stage.rule.name[say.lang]),
        text, lambda ax: plot_slopes(joined, ax, say.lang, seats), data, (7.2, 4.4),
    )  # fmt: skip
    return [Heading(say("What the adjustment changed")), Text(text), picture]


def _profiles(stage: RoundResults, context: Context) -> list[Block]:
    say, found = context.say, stage.profiles
    if found.empty:
        return []
    named = found.rename(index=lambda c: criterion_name(c, context.contest, say))
    rows = [
        (name, common.number(say, r.selected, 2), common.number(say, r.not_selected, 2),
         Cell(say.signed(r.selected - r.not_selected, 2), r.selected - r.not_selected))
        for name, r in named.iterrows()
    ]  # fmt: skip
    heads = [Column(say("Criterion"), "text", 2), Column(say("Selected"), "number"),
             Column(say("Others"), "number"), Column(say("Difference"), "number")]  # fmt: skip
    caption = say("Criteria, selected and others: {round}", round=stage.rule.name[say.lang])
    alt = f"{caption}. " + "; ".join(
        f"{name}: {say.number(r.selected, 1)} / {say.number(r.not_selected, 1)}"
        for name, r in named.iterrows()
    )
    return [
        Picture(
            f"profiles-{stage.id}", caption, alt, lambda ax: plot_profiles(named, ax, say.lang),
            table(f"profiles-{stage.id}-data", caption, heads, rows), (7.2, 0.9 + 0.4 * len(named)),
        )
    ]  # fmt: skip
