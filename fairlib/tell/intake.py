"""What does notebook 01 say? The rules of intake, and what was received, set aside, found and is eligible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fairlib.intake.places.names import region_name
from fairlib.report.words.codes import word
from fairlib.report.words.rules import intake_sentences
from fairlib.tell.voice import SAY

if TYPE_CHECKING:  # a notebook loads what it asks for
    from fairlib.intake.submissions import Intake
    from fairlib.runs.place import Run


def intake_rules(run: Run) -> list[str]:
    """The rules of intake in words."""
    return intake_sentences(run.contest, "en")


def received(intake: Intake) -> str:
    """How many of the forms received were accepted, and how many of these are eligible."""
    accepted = len(intake.submissions)
    return (
        f"Of {intake.received} forms received {accepted} were accepted and {len(intake.set_aside)} set aside; "
        f"{int(intake.submissions['eligible'].sum())} of those accepted are eligible."
    )


def set_aside(intake: Intake) -> str:
    """Why forms were set aside, the most frequent reason first."""
    counts = intake.set_aside["reason"].value_counts()
    told = "; ".join(f"{word('aside', why, SAY)} – {n}" for why, n in counts.items())
    return f"Set aside: {told}." if told else "No form was set aside."


def beside_published(table: pd.DataFrame) -> str:
    """Whether the counts found are those announced."""
    known = table.dropna(subset=["published"])
    apart = known[known["found"] != known["published"]]
    if known.empty:
        return "Nothing was announced to compare with."
    if apart.empty:
        return f"All {len(known)} counts are as announced."
    told = "; ".join(f"{what}: {r.found}, announced {r.published}" for what, r in apart.iterrows())
    return f"Not as announced: {told}."


def by_region(intake: Intake, run: Run) -> str:
    """Where most submissions come from, and how many have no region."""
    counts = intake.by_region
    known = counts.drop("unknown", errors="ignore")
    if known.empty:
        return "No submission has a region."
    most = region_name(str(known.idxmax()), "en", run.contest.regions_on)
    unknown = int(counts.get("unknown", 0))
    return f"{len(known)} regions sent submissions, most {most} ({known.max()}); without a region: {unknown}."


def eligibility(intake: Intake) -> str:
    """How many are not eligible, and the rule that most of them do not meet."""
    out = intake.submissions.loc[~intake.submissions["eligible"], "ineligible_by"]
    if out.empty:
        return "Every accepted submission meets every rule."
    failed = out.str.split(";").explode().value_counts()
    told = "; ".join(f"{word('eligibility', rule, SAY)} – {n}" for rule, n in failed.items())
    return f"{len(out)} of {len(intake.submissions)} are not eligible; what is missing: {told}."


def completeness(table: pd.DataFrame) -> str:
    """How many fields everybody gave, and the one given least."""
    least = table["share"].idxmin()
    full = int((table["share"] == 1).sum())
    return (
        f"{full} of {len(table)} fields are given by all; least often {least} ({table['share'].min():.0%})."
    )


def findings(table: pd.DataFrame) -> str:
    """How many findings want a person, a look, or nothing more."""
    n = table["severity"].value_counts()
    return (
        f"{n.get('error', 0)} findings want a person, {n.get('warning', 0)} a look; {n.get('info', 0)} repairs were "
        "proved and need nothing."
    )
