"""What does notebook 02 say? Marks, design, agreement, severity and estimates, each in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fairlib.report.words import conclusions
from fairlib.report.words.estimators import estimator_name
from fairlib.scoring.crossed.groupings import STATUS as GROUPINGS
from fairlib.scoring.jurors.sentences import sentence
from fairlib.scoring.result import REASONS, Z95
from fairlib.tell.voice import SAY

if TYPE_CHECKING:  # a notebook loads what it asks for
    from fairlib.intake.sheets.read import Scoresheets
    from fairlib.scoring.agreement.generalizability import Generalizability
    from fairlib.scoring.design import Design
    from fairlib.scoring.jurors.diagnose import Diagnostics
    from fairlib.scoring.result import Statistic
    from fairlib.selection.firm.misfit import Checked
    from fairlib.stage import Found, Stage

SCOPES = {
    "within": " It is that of telling submissions of one nomination or group apart, as each has seats of its own.",
    "across": " It is that of one list over all groups, whose differences are in it.",
}
FAIR = ((0.75, "excellent"), (0.6, "good"), (0.4, "fair"))  # Cicchetti (1994) Psychol. Assess. 6:284


def marks(sheets: Scoresheets) -> str:
    """How many of the marks received could be used."""
    used, scored = len(sheets.ratings), int((sheets.ratings["status"] == "scored").sum())
    told = f"Of {sheets.received} marks received {used} were used and {len(sheets.rejected)} rejected"
    return f"{told}; {scored} are scores."


def round_of(stage: Stage) -> str:
    """The body of a round, its scale and the weights of its criteria."""
    least, most = (SAY.mark(x) for x in (stage.scale.min, stage.scale.max))
    total = sum(stage.weights.values())
    shares = "; ".join(f"{c} {w / total:.0%}" for c, w in stage.weights.items())
    return (
        f"{stage.rules.name.en}: marks from {least} to {most}, best is {stage.scale.best}; weights: {shares}."
    )


def habits(review: Diagnostics, stage: Stage, count: int = 6) -> list[str]:
    """The first findings about jurors, each as a sentence."""
    rows = review.findings.head(count).to_dict("records")
    return [sentence(row, stage.scale.best) for row in rows] or ["Nothing was found."]


def design(found: Design) -> str:
    """What the verdict on the design means, and what it costs."""
    told = conclusions.verdict_words(found.verdict, SAY)
    return f"{told} {conclusions.inflation_words(found.inflation, SAY)}" if found.inflation > 0 else told


def extra_assignments(table: pd.DataFrame) -> str:
    """What the readings proposed would bring."""
    if table.empty:
        return "No further reading is free to be proposed."
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"These {len(table)} readings would bring the standard error from {first['se_before']:.3f} to "
        f"{last['se_after']:.3f} of one mark's."
    )


def agreement(meaning: pd.Series, needed: Statistic, stage: Stage) -> str:
    """How far the jurors agree, what of the choice it carries, and how many jurors a reliability of 0.8 would take."""
    jurors = "" if needed.value is None else f"; {needed.value:.0f} jurors would be needed for 0.8"
    if "reliability" not in meaning or pd.isna(meaning["reliability"]):
        return f"There is no line whose reliability could be told{jurors}."
    r = float(meaning["reliability"])
    name = next((word for least, word in FAIR if r >= least), "poor")
    seats, belongs = int(meaning["n_selected"]), float(meaning["belongs"])
    told = (
        f"The reliability of the final score is {name} ({r:.2f}): about {100 * belongs:.0f} of 100 of the TOP-{seats} "
        f"would stand with perfect marks{jurors}."
    )
    return f"{told}{SCOPES.get(str(meaning.get('scope')), '')}{_unrestricted(meaning)}"


def _unrestricted(meaning: pd.Series) -> str:
    """What the reliability would be without the choice of an earlier round, and what must not be concluded."""
    status = str(meaning.get("unrestricted_status", "first_round"))
    if status == "first_round":
        return ""
    if pd.isna(meaning["unrestricted"]):
        return f" What it would be among all who were marked before cannot be told: {REASONS[status]}."
    x, low, high = (float(meaning[f"unrestricted{end}"]) for end in ("", "_low", "_high"))
    return (
        f" Had these jurors read all from whom the round before chose, it would be {x:.2f} ({low:.2f}–{high:.2f}): "
        "that it is lower here is the work of the choice, and says nothing against the jurors."
    )


def components(parts: Generalizability) -> str:
    """Where most of the variance of a mark lies, and the submission's own share."""
    share = parts.components["share"].dropna().astype(float)
    if share.empty:
        return "The variances cannot be told apart here."
    own = share.get("submission")
    told = "" if own is None else f"; the submission's own share is {own:.0%}"
    return f"The largest part of the variance of a mark is {share.idxmax()} ({share.max():.0%}){told}."


def jurors_needed(needed: Statistic) -> str:
    """How many jurors a submission a reliability of 0.8 would take."""
    if needed.value is None:
        return f"No number of jurors can be told for a reliability of 0.8: {needed.reason}."
    return f"Jurors a submission for a dependability of 0.8: {needed.value:.0f}."


def severity(jurors: pd.DataFrame) -> str:
    """How far apart the strictest and the mildest juror are, and how many are surely neither."""
    known = jurors.dropna(subset=["severity"])
    if known.empty:
        return "The severity of jurors was not estimated."
    strict, mild = known["severity"].astype(float).idxmax(), known["severity"].astype(float).idxmin()
    sure = int((known["severity"].abs() > Z95 * known["se"]).sum())
    high, low = (SAY.signed(known.loc[j, "severity"], 2) for j in (strict, mild))
    told = f"Strictest is {strict} ({high}), mildest {mild} ({low})"
    return f"{told}; for {sure} of {len(known)} the 95 % interval leaves out zero."


def levels(table: pd.DataFrame) -> str:
    """How many differences of nominations are more than chance."""
    known = table.dropna(subset=["difference", "se"])
    if known.empty:
        return "All submissions have one level."
    sure = int((known["difference"].abs() > Z95 * known["se"]).sum())
    most = known.loc[known["difference"].abs().astype(float).idxmax()]
    told = f"{most['level_a']} less {most['level_b']}: {SAY.signed(most['difference'], 2)} ± {Z95 * most['se']:.2f}"
    return f"Differences whose 95 % interval leaves out zero: {sure} of {len(known)}; the largest is {told}."


def level_means(table: pd.DataFrame) -> str:
    """Which nomination stands highest and lowest."""
    if table.empty:
        return "All submissions have one level."
    told = []
    for name, rows in table.groupby("grouping", sort=False):
        mean = rows.set_index("level")["mean"].astype(float)
        about = f"{name}: f" if table["grouping"].nunique() > 1 else "F"
        told.append(f"{about}rom {mean.idxmin()} ({mean.min():.2f}) to {mean.idxmax()} ({mean.max():.2f}).")
    return " ".join(told)


def groupings(table: pd.DataFrame) -> str:
    """How far the groups of each grouping lie apart, and which the marks cannot tell."""
    if table.empty:
        return "All submissions have one level."
    told = []
    for r in table.itertuples():
        other = f" (with {r.other})" if isinstance(r.other, str) and r.other else ""
        why = "" if r.status == "ok" else f"; {GROUPINGS[r.status]}{other}"
        far = "taken as they are" if r.treated == "fixed" else "no levels"
        if pd.notna(r.sd):
            far = f"{r.sd:.2f} points apart ({r.sd_low:.2f}–{r.sd_high:.2f})"
        told.append(f"{r.grouping}: {far}{why}")
    return ". ".join(told) + "."


def moved(found: Found, seats: int | None) -> str:
    """How far adjusting moves ranks, and how many it takes over the line."""
    table = found.table.dropna(subset=["rank", "rank_raw"])
    if table.empty:
        return "Nobody has a rank."
    far = table["change"].abs().astype(int)
    told = f"Adjusting moves {far.idxmax()} most, by {far.max()} places; half move by {far.median():.0f} or fewer"
    if seats is None or seats >= len(table):
        return f"{told}."
    over = int(((table["rank"] <= seats) & (table["rank_raw"] > seats)).sum())
    return f"{told}; {over} of the first {seats} would not be there by their raw means."


def model_fit(checked: Checked) -> str:
    """Where the marks differ from the model, and how much that moves the chances at the line."""
    return conclusions.fit_words(checked.table.reset_index(), checked.matters, SAY)


def jurors(review: Diagnostics) -> str:
    """How many findings are worth a conversation, and with how many jurors."""
    talk = review.findings[review.findings["status"] == "talk"]
    if talk.empty:
        return f"Of {review.tests} questions none is worth a conversation."
    who = f"{talk['juror'].dropna().nunique()} of {len(review.jurors)} jurors"
    return f"Of {review.tests} questions {len(talk)} are worth a conversation, with {who}."


def divergent(apart: pd.DataFrame, stage: Stage, n: int) -> str:
    """How many submissions want another reader by the rule."""
    if stage.rules.divergence is None:
        return "The rules of this round ask for no other reader."
    return f"{len(apart)} of {n} submissions want another reader by the rule of this round."


def compared(table: pd.DataFrame, stage: Stage) -> str:
    """Which estimator foretells best and which finds the best, beside the declared one."""
    known = table.dropna(subset=["rmse", "hit_rate"]).astype({"rmse": float, "hit_rate": float})
    if known.empty:
        return "There is no line or no model to compare estimators by."
    near, hits = known["rmse"].idxmin(), known["hit_rate"].idxmax()
    mine = stage.rules.estimator
    told = f"Declared: {estimator_name(mine, SAY)}. Hidden marks are foretold best by {estimator_name(near, SAY)}"
    told += f" ({known.loc[near, 'rmse']:.2f} points off); of the truly best most are found by "
    told += f"{estimator_name(hits, SAY)} ({known.loc[hits, 'hit_rate']:.1%}"
    return told + (f", the declared one {known.loc[mine, 'hit_rate']:.1%})." if mine in known.index else ").")


def crossed(table: pd.DataFrame, juror: str) -> str:
    """Who crosses the line without a juror."""
    if table.empty:
        return f"Without {juror}, by raw means, the same submissions stand above the line."
    come = int((table["change"] == "comes").sum())
    return f"Without {juror}, by raw means, {come} come above the line and {len(table) - come} fall below it."
