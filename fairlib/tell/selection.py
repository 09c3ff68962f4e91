"""What does notebook 03 say? The rule, who was chosen and why, how firm it is, and what else could have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fairlib.report.words import conclusions
from fairlib.report.words.reasons import reason_sentence
from fairlib.report.words.rules import rule_sentences
from fairlib.tell.voice import SAY

if TYPE_CHECKING:  # a notebook loads what it asks for
    from fairlib.selection.admit.check import Check
    from fairlib.selection.choose import Choice
    from fairlib.selection.firm.certainty import Certainty
    from fairlib.selection.firm.stability import Stability
    from fairlib.selection.otherwise.what_if import Comparison
    from fairlib.stage import Scored, Stage


def rules(stage: Stage) -> list[str]:
    """The rules of a round in words."""
    return rule_sentences(stage.rules, stage.contest, "en")


def reasons(decisions: pd.DataFrame, stage: Stage, *columns: str) -> pd.DataFrame:
    """Rank, estimate, decision, points missing and `columns` of decisions, each with its reason in words."""
    told = [reason_sentence(code, stage.contest, SAY) for code in decisions["reason"]]
    return decisions[["rank", "estimate", "decision", "points_missing", *columns]].assign(reason=told)


def handed_on(scored: Scored) -> str:
    """How many submissions the round is about, and how many have an estimate."""
    here, known = (
        int(scored.roster.submissions["in_round"].sum()),
        int(scored.table["estimate"].notna().sum()),
    )
    return f"Submissions in the round: {here}; with an estimate: {known}."


def decided(choice: Choice) -> str:
    """How many there are of each decision."""
    return conclusions.decided_words(choice.decisions["decision"], SAY)


def seats(choice: Choice) -> str:
    """Whether every bound of the rule is met."""
    table = choice.seats
    met = (table["used"] >= table["at_least"]) & (table["used"] <= table["at_most"])
    if met.all():
        return f"Every bound of the rule is met: {len(table)} of {len(table)}."
    return f"Bounds that are not met: {SAY.listed(list(table.loc[~met, 'code']))}."


def verified(check: Check) -> str:
    """Whether the independent route agrees."""
    if check.agrees:
        return f"The independent route ({check.route}) chooses the same submissions."
    return f"The independent route ({check.route}) differs: {SAY.listed(list(map(str, check.differ)))}."


def line(choice: Choice) -> str:
    """How close the last selected and the first left out are."""
    ranked = choice.decisions.dropna(subset=["rank"]).sort_values("rank")
    inside, out = ranked[ranked["decision"] == "selected"], ranked[ranked["decision"] != "selected"]
    if inside.empty or out.empty:
        return "No line is drawn: nobody is on its other side."
    missing = out["points_missing"].dropna()
    near = f"; the closest of those left out missed it by {missing.min():.2f} points" if len(missing) else ""
    return f"The last selected is {inside.index[-1]}, the first left out {out.index[0]}{near}."


def ties(choice: Choice) -> str:
    """How many estimates are equal, and whether anything is open."""
    table = choice.ties
    if table.empty:
        return "No two estimates are equal."
    left = int((table["open"] != "").sum())
    return f"Sets of equal estimates: {len(table)}; still open: {left}."


def rule_costs(table: pd.DataFrame) -> str:
    """Which rule exchanges most."""
    if table.empty:
        return "There is no rule but the number of seats."
    most = table["n"].astype(int).idxmax()
    return f"The rule that changes most is {most}: without it {table['n'].max()} others would be selected."


def certainty(choice: Choice, sure: Certainty) -> str:
    """How many of the selected are clear, and how many another commission would select too."""
    chosen = choice.decisions.index[choice.decisions["decision"] == "selected"]
    band = sure.table["band"].reindex(chosen)
    if band.isna().all():
        return "The marks leave no error to draw from, so nothing is known of how firm the line is."
    told = f"Clear in: {int((band == 'clear_in').sum())} of {len(chosen)} selected; the others could have been others."
    if sure.twin.overlap is None or pd.isna(sure.twin.overlap):
        return told
    return f"{conclusions.second_words(len(chosen), sure.twin.overlap, SAY)} {told}"


def stability(hangs: Stability, choice: Choice) -> str:
    """What the choice hangs on most."""
    answered = hangs.changes.dropna(subset=["n_changes"])
    if answered.empty:
        return "No question about the choice has an answer here."
    return conclusions.stability_words(int(choice.admitted.sum()), answered, SAY)


def readings(table: pd.DataFrame) -> str:
    """Where one more reading is worth most."""
    if table.empty:
        return "Nothing can be said of further readings here."
    first = table.iloc[0]
    return f"Worth most is {first['submission']} read by {first['juror']}: {first['gain']:.3f} more rightly selected."


def ways(table: pd.DataFrame, stage: Stage) -> str:
    """How the declared way at the line stands beside the best of the others."""
    known = table.dropna(subset=["rightly_chosen"])
    if known.empty:
        return "There is no open band to treat."
    told = f"Declared: {stage.rules.select.line}."
    return f"{told} {conclusions.ways_words(known, SAY)}".rstrip()


def discuss(cases: pd.DataFrame, drawn: bool) -> str:
    """How many are in the open band and what is done about them."""
    return f"{len(cases)} submissions are in the open band; {'lots were drawn' if drawn else 'no lots were drawn'}."


def days(table: pd.DataFrame) -> str:
    """How many effects of day or slot are more than chance, and what could have been found."""
    known = table.dropna(subset=["points"])
    if known.empty:
        return "The marks name no days or slots."
    sure = known[known["p"].astype(float) < 0.05]
    least = known["detectable"].dropna().astype(float)
    told = f"Effects with p below 0.05: {len(sure)} of {len(known)}"
    return (
        f"{told}; smaller ones than {least.min():.2f} points could hardly have been found."
        if len(least)
        else f"{told}."
    )


def what_if(other: Comparison) -> str:
    """Who comes and who goes."""
    come, go = ([str(i) for i in other.moved.index[other.moved["change"] == c]] for c in ("comes", "goes"))
    if not come and not go:
        return "Nobody comes and nobody goes."
    return f"Comes: {SAY.listed(come)}. Goes: {SAY.listed(go)}."


def other_rules(table: pd.DataFrame) -> str:
    """How many neighbours of the rule would choose the same, and which would change most."""
    known = table.dropna(subset=["n"])
    if known.empty:
        return "No neighbour of the rule could be carried out."
    n = known["n"].astype(int)
    most = f"{n.idxmax()} ({n.max()} places)"
    return f"Of {len(known)} neighbours {int((n == 0).sum())} choose the same; most is changed by {most}."
