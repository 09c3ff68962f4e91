"""A finding about a juror as one plain English sentence; reports in other languages use the codes.

The words describe marks, never motives.
"""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

_SAID = {
    "severity": "gives {abs_effect} points {lower} than a juror of the panel's mean severity would",
    "spread": "spreads marks {wider} than the other readers of the same submissions: the standard deviation is "
    "{value} times theirs, {abs_effect} points {more}",
    "discrimination": "tells better submissions from worse ones {more} sharply than the others: for a submission "
    "one standard deviation better the mark moves {abs_effect} points {more} (slope {value} of the usual 1)",
    "noise": "is {further} from what quality and severity explain: {value} points on average, the other "
    "readers of the same submissions {panel}",
    "halo": "marks the criteria of a submission {alike}: their mean correlation is {value}, the other jurors' "
    "{panel}; within a submission they lie {abs_effect} points {closer}",
    "central": "keeps {nearer} the middle of the scale than the other readers of the same submissions by "
    "{abs_effect} points; {value_pct} of the marks are in its middle third, theirs {panel_pct}",
    "flat": "gave all criteria the same mark in {value_pct} of submissions, the other readers of the same ones "
    "in {panel_pct}: {abs_effect} points {less} of difference between criteria on average",
    "digits": "gave the mark {about} in {value_pct} of cases, the other readers of the same submissions in "
    "{panel_pct}; it moves a mark by {abs_effect} points on average",
    "order": "became {generous} in the order of scoring: {abs_effect} points from the first to the last",
    "day": "became {generous} over the days: {abs_effect} points from the first to the last",
    "nomination": "gives {abs_effect} points {higher} in nomination {about} than elsewhere",
    "region": "gives {abs_effect} points {higher} to submissions from {about} than to others",
    "legal_form": "gives {abs_effect} points {higher} to organisations of type {about} than to others",
    "own_region": "gives {abs_effect} points {higher} to submissions from the own region than to others",
    "own_affiliation": "gives {abs_effect} points {higher} to submissions of the own organisation than to others",
    "copied": "and {about} have the same marks on all criteria in {value_pct} of {n} common submissions, where "
    "{panel_pct} would be expected by chance",
}
_UNTOLD = {
    "no_marks": "has no mark",
    "one_submission": "marked one submission only, which shows no habit",
    "no_other_reader": "marked only submissions that nobody else read, so there is nothing to compare with",
    "no_spread": "gave marks without any difference to {n} submissions, which then cannot be told apart by them",
    "too_few": "has too few marks for this question ({n})",
    "cannot_tell": "cannot be told apart from the other readers on this question by these marks",
    "confounded": "cannot be asked this: the design does not separate it from severity and quality",
    "none_of_own": "marked nothing of this kind",
    "no_severity": "cannot be given a severity: the table is too small for the model that estimates it",
    "one_criterion": "marked on a single criterion, so criteria cannot be compared",
}
_VERDICT = {
    "talk": "Chance alone would hardly do it (adjusted p {p}): worth a conversation.",
    "significant": "Chance alone would hardly do it (adjusted p {p}), but it is too small to matter.",
    "large": "Chance alone could do it (adjusted p {p}).",
    "quiet": "Nothing to talk about (adjusted p {p}).",
}
_UP = {
    "less": ("more", "less"),
    "wider": ("closer together", "wider"),
    "more": ("less", "more"),
    "further": ("nearer", "further"),
    "alike": ("less alike", "more alike"),
    "closer": ("further apart", "closer together"),
    "nearer": ("further from", "nearer to"),
    "generous": ("harsher", "more generous"),
}


_MARKS = {"lower": ("more", "less"), "higher": ("less", "more")}  # named as they are where high is best


def sentence(finding: Mapping, best: Literal["high", "low"] = "high") -> str:
    """Say one row of `Diagnostics.findings` in English; `best` is the end of the scale that is.

    Severity and leniency are numbers that do not turn with the scale; how they show in the marks does.

    >>> told = sentence({"juror": "E07", "signal": "region", "about": "Abai", "value": 1.2, "panel": -0.1,
    ...           "effect": 1.3, "p": 0.0001, "p_adjusted": 0.012, "n": 6, "status": "talk"})
    >>> told.partition(". ")[0]
    'E07 gives 1.30 points more to submissions from Abai than to others (6 submissions)'
    >>> told.partition(". ")[2]
    'Chance alone would hardly do it (adjusted p 0.012): worth a conversation.'
    """
    who = "The panel as a whole" if _missing(finding["juror"]) else str(finding["juror"])
    status, n = finding["status"], int(finding["n"])
    if status == "own_organisation_marked":
        return f"{who} marked {_count(n)} of the own organisation; a recusal may have been forgotten."
    if status not in _VERDICT:
        told = _UNTOLD.get(status, f"has no answer here ({status})")
        return f"{who}, {finding['signal']}: {told.format(n=_count(n))}."
    said = _SAID[finding["signal"]].format(**_words(finding, best))
    told = "" if finding["signal"] == "copied" else f" ({_count(n)})"
    return f"{who} {said}{told}. {_VERDICT[status].format(p=_p(finding['p_adjusted']))}"


def _words(finding: Mapping, best: str) -> dict[str, str]:
    effect = 0.0 if _missing(finding["effect"]) else float(finding["effect"])
    words = {k: pair[effect >= 0] for k, pair in _UP.items()} | {"abs_effect": f"{abs(effect):.2f}"}
    words |= {k: pair[(effect >= 0) == (best == "high")] for k, pair in _MARKS.items()}
    for name in ("value", "panel"):
        known = not _missing(finding[name])
        words[name] = f"{finding[name]:.2f}" if known else "not known"
        words[f"{name}_pct"] = f"{100 * finding[name]:.0f} %" if known else "an unknown share"
    return words | {"about": str(finding["about"]), "n": str(int(finding["n"]))}


def _missing(value) -> bool:
    return value is None or value is pd.NA or value != value


def _count(n: int) -> str:
    return "one submission" if n == 1 else f"{n} submissions"


def _p(p) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"
