"""What is there to talk about with a juror? For those who decide, never for the public."""

import pandas as pd

from fairlib.report.blocks import Block, Column, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import group_name, word


def diagnostics(stage: RoundResults, context: Context) -> list[Block]:
    """Numbers of each juror beside the panel's, and the findings worth a conversation."""
    return _each_juror(stage, context) + _signals(stage, context)


def _each_juror(stage: RoundResults, context: Context) -> list[Block]:
    say, jurors = context.say, stage.jurors
    heads = {
        "spread_ratio": say("Spread beside the panel"),
        "discrimination": say("Follows the others"),
        "halo": say("Criteria alike"),
        "central_share": say("Middle marks"),
        "flat_share": say("Flat lines"),
        "infit": say("Infit"),
        "outfit": say("Outfit"),
        "order_drift": say("Drift by order"),
        "day_drift": say("Drift by day"),
    }
    there = [c for c in heads if c in jurors and pd.to_numeric(jurors[c], errors="coerce").notna().any()]
    if not there:
        return []
    rows = [
        [r["juror"], *(common.number(say, pd.to_numeric(r[c], errors="coerce"), 2) for c in there)]
        for _, r in jurors.iterrows()
    ]
    caption = say("Diagnostics of jurors: {round}", round=stage.rule.name[say.lang])
    note = say("Signals for a conversation with the juror, never an accusation.")
    columns = [Column(say("Juror")), *(Column(heads[c], "number") for c in there)]
    return [table(f"diagnostics-{stage.id}", caption, columns, rows, note=note)]


def _signals(stage: RoundResults, context: Context) -> list[Block]:
    say, found = context.say, stage.juror_findings
    if found.empty:
        return []
    found = found[found["status"].isin(["talk", "own_organisation_marked", "significant"])]
    caption = say("What to talk about with jurors: {round}", round=stage.rule.name[say.lang])
    if found.empty:
        return [Text(caption + say.dash + say("nothing."))]
    heads = [Column(say("Juror")), Column(say("Signal"), "text", 2.4), Column(say("About"), "text", 1.4),
             Column(say("Value"), "number"), Column(say("Compared with"), "number"),
             Column(say("Effect, points"), "number"), Column(say("p, adjusted"), "number")]  # fmt: skip
    rows = [
        (common.text(r.juror) or say("all"), word("signal", r.signal, say), about_words(r, context),
         common.number(say, r.value, 2), common.number(say, r.panel, 2), common.number(say, r.effect, 2),
         common.p_value(say, r.p_adjusted))
        for r in found.itertuples()
    ]  # fmt: skip
    return [table(f"signals-{stage.id}", caption, heads, rows)]


def about_words(r, context: Context) -> str:
    """What a finding is about: a region, a group, another juror, a mark."""
    if r.signal == "region":
        return common.region(r.about, context)
    return group_name(r.signal, common.text(r.about), context.contest, context.say)
