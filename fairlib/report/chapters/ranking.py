"""The ranking of a round: estimates with intervals, the line, decisions and their reasons; and the grants."""

from dataclasses import replace

import numpy as np
import pandas as pd

from fairlib.report.blocks import (
    Block,
    Cell,
    Chapter,
    Column,
    Heading,
    Number,
    Numbers,
    Picture,
    Row,
    Text,
    table,
)
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context, not_computed
from fairlib.report.chapters.levels import levels_in_short
from fairlib.report.chapters.opening import selected_list
from fairlib.report.columns import Own, listing
from fairlib.report.figures import plot_budget, plot_probabilities, plot_ranking
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, group_name, word
from fairlib.report.words.conclusions import decided_words
from fairlib.report.words.locale import Voice
from fairlib.report.words.reasons import reason_sentence


def chapter(stage: RoundResults, context: Context) -> Chapter:
    """The ranking with its line, the full list, and for the internal report the criteria of each."""
    say = context.say
    joined = context.results.joined(stage)
    title = say("The ranking: {round}", round=stage.rule.name[say.lang])
    if n := stage.rule.select.seats:
        title = say("TOP-{n}: {round}", n=say.number(n), round=stage.rule.name[say.lang])
    blocks: list[Block] = [Text(_lead(stage, context), "lead"), *_figures(stage, joined, context)]
    blocks += levels_in_short(stage, context)
    blocks += _seats(stage, context)
    blocks.append(decisions_table(stage, joined, context))
    if context.internal:
        blocks += _criteria(stage, joined, context)
    return Chapter(f"ranking-{stage.id}", title, tuple(blocks))


def winners(context: Context) -> Chapter | None:
    """Winners and grants of the last round, beside its budget; None where there are neither two rounds nor grants."""
    say, results = context.say, context.results
    if not common.was_last_held(results):
        return None
    stage = results.rounds[-1]
    joined = results.joined(stage)
    joined = joined[joined["decision"] == "selected"]
    grants, alone = joined["grant"].fillna(0).gt(0).any(), len(results.contest.rounds) == 1
    if alone and not grants:
        return None  # the first page and the ranking have said it
    blocks: list[Block] = [selected_list(joined, context, "winners-list", say("Selected in the last round"))]
    if grants:
        blocks = [*_money(stage, joined, context), *blocks]
    title = say("Grants") if alone else say("Winners and grants") if grants else say("Winners")
    return Chapter("winners", title, tuple(blocks))


def _lead(stage: RoundResults, context: Context) -> str:
    if stage.decisions["rank_low"].isna().all():
        return _counts(stage, context)
    places = context.say(
        "A place is known only roughly: with a probability of 95 % the interval of places holds the true place, the "
        "one that all possible jurors together would give. The place that another commission would give can lie "
        "outside it."
    )
    return f"{_counts(stage, context)} {places}"


def _counts(stage: RoundResults, context: Context) -> str:
    """How many there are of each decision."""
    say = context.say
    told = decided_words(stage.decisions["decision"], say)
    return f"{told} {by_people(stage, say)}".strip()


def by_people(stage: RoundResults, say: Voice) -> str:
    """How decisions of people changed the number of those selected; nothing where there are none."""
    people = stage.by_people
    if people.empty:
        return ""
    came = (people["decision"] == "selected") & (people["rule_said"] != "selected")
    went = (people["decision"] != "selected") & (people["rule_said"] == "selected")
    return say(
        "Seats: {seats}; selected by the rule: {rule}; added by a decision of people: {came}; taken out by one: "
        "{went}.",
        seats=say.number(stage.rule.select.seats), rule=say.number(stage.n_by_rule),
        came=say.number(came.sum()), went=say.number(went.sum()),
    )  # fmt: skip


def _figures(stage: RoundResults, joined: pd.DataFrame, context: Context) -> list[Block]:
    say, rule = context.say, stage.rule.select.certainty
    ranked = joined.dropna(subset=["rank"])
    if ranked["estimate"].notna().sum() == 0:
        return []
    data = ranked[["rank", "estimate", "low", "high", "p_selected", "band", "decision"]]
    heads = [Column(say("Rank"), "number"), Column(say("Estimate"), "number"), Column(say("95 % interval"), "number"),
             Column(say("Probability"), "number"), Column(say("Decision"), "badge")]  # fmt: skip
    rows = [
        (common.number(say, r.rank), common.number(say, r.estimate, 2), common.interval(say, r.low, r.high, 2),
         common.chance(say, r.p_selected), common.decision_cell(say, r.decision))
        for r in data.itertuples()
    ]  # fmt: skip
    caption = say("Estimates with 95 % intervals: {round}", round=stage.rule.name[say.lang])
    behind = table(f"ranking-{stage.id}-data", caption, heads, rows)
    line = say("The dash-dotted line stands after as many places as there are seats.")
    blocks: list[Block] = [
        Picture(f"ranking-{stage.id}-figure", caption, f"{_counts(stage, context)} {line}",
                lambda ax: plot_ranking(data, ax, say.lang, stage.rule.scale.best, stage.seats_given), behind,
                (7.2, 3.9)),
        Text(line, "note"),
    ]  # fmt: skip
    if data["p_selected"].notna().any():
        title = say("Probability of being selected: {round}", round=stage.rule.name[say.lang])
        openly = int((data["band"] == "open").sum())
        alt = say(
            "Probability falls from the first ranks to the last. Between {low} and {high}: {n}.",
            low=say.percent(rule.clear_out), high=say.percent(rule.clear_in), n=say.number(openly),
        )  # fmt: skip
        small = table(
            f"probability-{stage.id}-data",
            title,
            [heads[0], heads[3], heads[4]],
            [(r[0], r[3], r[4]) for r in rows],
        )
        blocks.append(
            Picture(f"probability-{stage.id}", title, alt,
                    lambda ax: plot_probabilities(data, ax, say.lang, rule.clear_in, rule.clear_out, stage.seats_given),
                    small, (7.2, 3.0))
        )  # fmt: skip
        blocks.append(Text(common.chance_words(say), "note"))
    else:
        blocks.append(not_computed(context, say("probability of being selected")))
    return blocks


def _seats(stage: RoundResults, context: Context) -> list[Block]:
    """How many seats each group of a quota had, and how many it used."""
    say, seats = context.say, stage.seats
    if len(seats) < 2:
        return []
    in_order = [f"nomination={n.id}" for n in context.contest.nominations]
    places = [in_order.index(code) if code in in_order else -1 for code in seats["code"]]
    seats = seats.iloc[np.argsort(places, kind="stable")]
    limits = zip(*(_limits(r, say) for r in seats.itertuples()), strict=True)
    own: Own = {"seats.code": [_bound(code, context) for code in seats["code"]]}
    own |= zip(("seats.at_least", "seats.at_most", "seats.used"), limits, strict=True)
    widths = {"seats.code": 3, "seats.eligible": 1, "seats.at_least": 1, "seats.at_most": 1, "seats.used": 1}
    caption = say("Seats and who used them: {round}", round=stage.rule.name[say.lang])
    return [listing(f"seats-{stage.id}", caption, seats, widths, context, own, note=by_people(stage, say))]


def _limits(r, say: Voice) -> tuple[Cell, Cell, Cell]:
    """At least, at most and used: places, or tenge where the group is the budget."""
    if r.code == "budget":
        return Cell("–"), Cell(say.money(r.at_most), r.at_most), Cell(say.money(r.used), r.used)
    return common.number(say, r.at_least), common.number(say, r.at_most), common.number(say, r.used)


def _bound(code: str, context: Context) -> str:
    column, _, value = code.partition("=")
    if not value:
        return {"seats": context.say("all"), "budget": context.say("budget")}.get(code, code)
    return f"{word('column', column, context.say)}: {group_name(column, value, context.contest, context.say)}"


def decisions_table(stage: RoundResults, joined: pd.DataFrame, context: Context):
    """Every submission of the round with estimate, interval, decision and reason."""
    say = context.say
    heads = [Column(say("Rank"), "number", 0.5), Column(say("Project"), "name", 4),
             Column(say("Raw mean"), "number", 0.9), Column(say("Estimate"), "number", 1.1)]  # fmt: skip
    certain = joined["p_selected"].notna().any()
    if certain:
        heads += [Column(say("Probability, places"), "number", 1.25)]
    heads.append(Column(say("Decision"), "badge", 2.5))
    rows = [_decision_row(r, context, certain) for r in joined.itertuples()]
    notes = [say("Under the estimate: its 95 % interval.")]
    if certain:
        notes += [common.chance_words(say), say("Under it: the 95 % interval of the true place.")]
    if not context.internal:
        notes.append(common.withheld_words(say))
    caption = say("All submissions and their decisions: {round}", round=stage.rule.name[say.lang])
    return table(f"decisions-{stage.id}", caption, heads, rows, searchable=True, note=" ".join(notes))


def _decision_row(r, context: Context, certain: bool) -> list[Cell | str]:
    say = context.say
    known = pd.notna(r.estimate)
    estimate = Cell(say.number(r.estimate, 2), r.estimate if known else None,
                    under=say.interval(r.low, r.high, 2) if known else "")  # fmt: skip
    row = [
        common.number(say, r.rank),
        common.project(r, context),
        common.number(say, r.raw_mean, 2),
        estimate,
    ]
    if certain:
        there = known and pd.notna(r.p_selected)
        p = float(r.p_selected) if there else None
        places = say.interval(r.rank_low, r.rank_high, 0) if there else ""
        row.append(Cell(say.chance(p), p, under=places))
    verdict = common.decision_cell(say, r.decision)
    return [*row, replace(verdict, under=reason_sentence(r.reason, context.contest, say))]


def _criteria(stage: RoundResults, joined: pd.DataFrame, context: Context) -> list[Block]:
    """Criteria of each submission and each reader's composite: for those who discuss it."""
    say = context.say
    marked = [c for c in context.contest.weights(stage.id) if f"by_{c}" in joined]
    if not marked:
        return []
    names = [criterion_name(c, context.contest, say) for c in marked]
    heads = [Column(say("Rank"), "number", 0.5), Column(say("Project"), "name", 2.6)]
    heads += [Column(n, "number") for n in names]
    heads += [Column(say("Readers"), "number", 0.6), Column(say("Disagreement"), "number", 0.8)]
    heads.append(Column(say("Marks by juror"), "text", 2.6))
    marks = _marks_by_juror(stage, marked, context)
    rows: list[Row] = []
    for _, r in joined.dropna(subset=["n_jurors"]).iterrows():
        row = [common.number(say, r["rank"]), common.project(r, context)]
        row += [common.number(say, r[f"by_{c}"], 1) for c in marked]
        row += [common.number(say, r["n_jurors"]), common.number(say, r["disagreement"], 2)]
        rows.append([*row, marks.get(r["submission"], "")])
    caption = say("Criteria and marks, submission by submission: {round}", round=stage.rule.name[say.lang])
    return [
        Heading(say("Submission by submission")),
        table(f"criteria-{stage.id}", caption, heads, rows, searchable=True,
              note=say("The marks of each juror stand in the order of the criteria above; a dot: no mark.")),
    ]  # fmt: skip


def _marks_by_juror(stage: RoundResults, criteria: list[str], context: Context) -> dict[str, str]:
    """The marks of each reader as they were given, in the order of `criteria`; a dot where there is none."""
    given = stage.ratings[stage.ratings["status"] == "scored"].dropna(subset=["score"])
    if given.empty:
        return {}
    told = given.assign(shown=[context.say.mark(x) for x in given["score"]])
    wide = told.pivot(index=["submission", "juror"], columns="criterion", values="shown")
    named = pd.MultiIndex.from_frame(stage.ratings[["submission", "juror"]].drop_duplicates()).sort_values()
    wide = wide.reindex(index=named, columns=criteria).fillna("·")
    cells = wide.agg("\xa0".join, axis=1)
    lines = [f"{juror}:\xa0{marks}" for (_, juror), marks in cells.items()]
    return (
        pd.Series(lines, index=cells.index.get_level_values(0), dtype="str")
        .groupby(level=0)
        .agg("; ".join)
        .to_dict()
    )


def _money(stage: RoundResults, joined: pd.DataFrame, context: Context) -> list[Block]:
    say, budget = context.say, stage.rule.select.budget
    paid = joined["grant"].dropna()
    items = [
        Number(say.money(paid.sum()), say("grants in all")),
        Number(say.money(paid.median()), say("median grant")),
    ]
    total = float(budget.total) if budget else None
    if total:
        items.append(Number(say.money(total - paid.sum()), say("left of the budget")))
    bars = pd.DataFrame({"label": [say.number(r) for r in joined["rank"]], "grant": joined["grant"]})
    running = joined["grant"].cumsum()
    rows = [
        (common.number(say, r), common.text(t), say.money(g), say.money(s))
        for r, t, g, s in zip(joined["rank"], joined["title"], joined["grant"], running, strict=True)
    ]
    heads = [Column(say("Rank"), "number", 0.5), Column(say("Project"), "text", 3), Column(say("Grant"), "number"),
             Column(say("So far"), "number")]  # fmt: skip
    caption = say("Grants one after another, by rank, and the budget")
    alt = f"{caption}. " + say("Grants in all: {sum}.", sum=say.money(paid.sum()))
    return [
        Numbers(tuple(items)),
        Picture("budget", caption, alt, lambda ax: plot_budget(bars, ax, say.lang, total),
                table("budget-data", caption, heads, rows), (7.2, 0.9 + 0.24 * len(joined))),
    ]  # fmt: skip
