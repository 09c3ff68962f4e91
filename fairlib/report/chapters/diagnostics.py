"""What is there to talk about with a juror? For those who decide, never for the public."""

from fairlib.report.blocks import Block, Text
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.columns import listing
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import group_name, word

HABITS = (
    *("spread_ratio", "discrimination", "halo", "central_share", "flat_share", "infit", "outfit"),
    *("order_drift", "day_drift"),
)


def diagnostics(stage: RoundResults, context: Context) -> list[Block]:
    """Numbers of each juror beside the panel's, and the findings worth a conversation."""
    return each_juror(stage, context) + signals(stage, context)


def each_juror(stage: RoundResults, context: Context) -> list[Block]:
    """Numbers of each juror beside the panel's; nothing where none were computed."""
    say, jurors = context.say, stage.jurors
    there = [name for name in HABITS if jurors[name].notna().any()]
    if not there:
        return []
    caption = say("Diagnostics of jurors: {round}", round=stage.rule.name[say.lang])
    note = say("Signals for a conversation with the juror, never an accusation.")
    widths = dict.fromkeys(["jurors.juror", *(f"jurors.{name}" for name in there)], 1.0)
    return [listing(f"diagnostics-{stage.id}", caption, jurors, widths, context, note=note)]


def signals(stage: RoundResults, context: Context) -> list[Block]:
    """The findings worth a conversation, with their numbers; a sentence where there are none."""
    say, found = context.say, stage.juror_findings
    if found.empty:
        return []
    found = found[found["status"].isin(["talk", "own_organisation_marked", "significant"])]
    caption = say("What to talk about with jurors: {round}", round=stage.rule.name[say.lang])
    if found.empty:
        return [Text(caption + say.dash + say("nothing."))]
    widths = {"juror_findings.juror": 1, "juror_findings.signal": 2.4, "juror_findings.about": 1.4}
    widths |= dict.fromkeys((f"juror_findings.{c}" for c in ("value", "panel", "effect", "p_adjusted")), 1)
    own = {
        "juror_findings.juror": [common.text(x) or say("all") for x in found["juror"]],
        "juror_findings.signal": [word("signal", x, say) for x in found["signal"]],
        "juror_findings.about": [about_words(r, context) for r in found.itertuples()],
    }
    return [listing(f"signals-{stage.id}", caption, found, widths, context, own)]


def about_words(r, context: Context) -> str:
    """What a finding is about: a region, a group, another juror, a mark."""
    if r.signal == "region":
        return common.region(r.about, context)
    return group_name(r.signal, common.text(r.about), context.contest, context.say)
