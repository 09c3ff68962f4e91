"""What do the notebooks say? The rules in words, and after each table the one sentence it comes to, with its numbers.

In English; where a report says the same it is the report's own sentence (`report/words`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fairlib.intake.places.names import region_name
from fairlib.report.words import conclusions
from fairlib.report.words.codes import word
from fairlib.report.words.estimators import estimator_name
from fairlib.report.words.locale import speak
from fairlib.report.words.reasons import reason_sentence
from fairlib.report.words.rules import intake_sentences, rule_sentences
from fairlib.scoring.jurors.sentences import sentence

if TYPE_CHECKING:  # a notebook loads what it asks for
    from fairlib.intake.sheets.read import Scoresheets
    from fairlib.intake.submissions import Intake
    from fairlib.runs.place import Run
    from fairlib.scoring.agreement.generalizability import Generalizability
    from fairlib.scoring.design import Design
    from fairlib.scoring.jurors.diagnose import Diagnostics
    from fairlib.scoring.result import Statistic
    from fairlib.selection.admit.check import Check
    from fairlib.selection.choose import Choice
    from fairlib.selection.firm.certainty import Certainty
    from fairlib.selection.firm.stability import Stability
    from fairlib.selection.otherwise.what_if import Comparison
    from fairlib.stage import Found, Scored, Stage

SAY = speak("en")
FAIR = ((0.75, "excellent"), (0.6, "good"), (0.4, "fair"))  # Cicchetti (1994) Psychol. Assess. 6:284


def intake_rules(run: Run) -> list[str]:
    """The rules of intake in words."""
    return intake_sentences(run.contest, "en")


def rules(stage: Stage) -> list[str]:
    """The rules of a round in words."""
    return rule_sentences(stage.rules, stage.contest, "en")


def habits(review: Diagnostics, stage: Stage, count: int = 6) -> list[str]:
    """The first findings about jurors, each as a sentence."""
    rows = review.findings.head(count).to_dict("records")
    return [sentence(row, stage.scale.best) for row in rows] or ["Nothing was found."]


def reasons(decisions: pd.DataFrame, stage: Stage, *columns: str) -> pd.DataFrame:
    """Rank, estimate, decision, points missing and `columns` of decisions, each with its reason in words."""
    told = [reason_sentence(code, stage.contest, SAY) for code in decisions["reason"]]
    return decisions[["rank", "estimate", "decision", "points_missing", *columns]].assign(reason=told)


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


def handed_on(scored: Scored) -> str:
    """How many submissions the round is about, and how many have an estimate."""
    here, known = (
        int(scored.roster.submissions["in_round"].sum()),
        int(scored.table["estimate"].notna().sum()),
    )
    return f"Submissions in the round: {here}; with an estimate: {known}."


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
    return (
        f"The reliability of the final score is {name} ({r:.2f}): about {100 * belongs:.0f} of 100 of the TOP-{seats} "
        f"would stand with perfect marks{jurors}."
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
    sure = int((known["severity"].abs() > 1.96 * known["se"]).sum())
    high, low = (SAY.signed(known.loc[j, "severity"], 2) for j in (strict, mild))
    told = f"Strictest is {strict} ({high}), mildest {mild} ({low})"
    return f"{told}; for {sure} of {len(known)} the 95 % interval leaves out zero."


def levels(table: pd.DataFrame) -> str:
    """How many differences of nominations are more than chance."""
    known = table.dropna(subset=["difference", "se"])
    if known.empty:
        return "All submissions have one level."
    sure = int((known["difference"].abs() > 1.96 * known["se"]).sum())
    most = known.loc[known["difference"].abs().astype(float).idxmax()]
    told = f"{most['level_a']} less {most['level_b']}: {SAY.signed(most['difference'], 2)} ± {1.96 * most['se']:.2f}"
    return f"Differences whose 95 % interval leaves out zero: {sure} of {len(known)}; the largest is {told}."


def level_means(table: pd.DataFrame) -> str:
    """Which nomination stands highest and lowest."""
    if table.empty:
        return "All submissions have one level."
    mean = table.set_index("level")["mean"].astype(float)
    return f"From {mean.idxmin()} ({mean.min():.2f}) to {mean.idxmax()} ({mean.max():.2f})."


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
    told = conclusions.stability_words(int(choice.admitted.sum()), answered, SAY)
    return f"{told} {conclusions.weighted_words(answered, SAY)}".rstrip()


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
    mine = stage.rules.select.line
    others = known.drop(index=mine, errors="ignore")["rightly_chosen"].astype(float)
    told = f"Declared: {mine}"
    if mine in known.index:
        told += f", {known.loc[mine, 'rightly_chosen']:.1f} rightly selected"
    return (
        f"{told}; of the others at best {others.idxmax()}, {others.max():.1f}." if len(others) else f"{told}."
    )


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
