"""The whole report: its chapters in the order in which they are read."""

from fairlib.report.blocks import Audience, Report
from fairlib.report.chapters import (
    fairness,
    firmness,
    intake,
    methods,
    opening,
    ranking,
    rules,
    scoring,
    undecided,
)
from fairlib.report.chapters.common import Context
from fairlib.report.results import Results
from fairlib.report.words.locale import speak
from fairlib.rules import Language


def write_report(results: Results, lang: Language, audience: Audience) -> Report:
    """The whole report of one language and audience; `results` are already as the audience may see them."""
    context = Context(results, speak(lang), audience)
    say = context.say
    chapters = [rules.chapter(context), intake.chapter(context)]
    for stage in results.rounds:
        chapters += [scoring.chapter(stage, context), ranking.chapter(stage, context)]
        chapters.append(firmness.chapter(stage, context))
    if won := ranking.winners(context):
        chapters.append(won)
    if results.rounds:
        chapters += [fairness.chapter(context), undecided.chapter(context)]
    chapters += [methods.chapter(context), rules.published(context), methods.record(context)]
    return Report(
        lang=lang,
        audience=audience,
        title=results.contest.name[lang],
        year=results.rules.year,
        subtitle=say("Results report, for the public")
        if audience == "public"
        else say("Results report, internal"),
        synthetic=say("Synthetic data: scores, people and organisations in this report are invented.")
        if results.contest.synthetic
        else "",
        front=opening.front(context),
        chapters=tuple(c for c in chapters if c.blocks),
    )
