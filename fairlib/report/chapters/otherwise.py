"""What did each rule cost, and what would other rules have chosen?"""

import pandas as pd

from fairlib.report.blocks import Block, Cell, Column, Heading, Picture, Row, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.columns import Own, listing
from fairlib.report.figures import plot_what_if
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, status_words, word
from fairlib.report.words.reasons import reason_sentence
from fairlib.report.words.rules import Quoter
from fairlib.selection import several


def costs(stage: RoundResults, context: Context) -> list[Block]:
    """Every rule left out in turn: who would come and who would go; then who was passed over for whom."""
    say, found = context.say, stage.rule_costs.dropna(subset=["rule"])
    blocks: list[Block] = [Heading(say("What the rules cost"))]
    if len(found):
        blocks += [
            Text(say("Each rule is left out in turn, all others stay. What changes is what the rule costs and what "
                     "it is for.")),
            _each_rule(found, stage, context),
        ]  # fmt: skip
    return blocks + _passed_over(stage, context)


def _each_rule(found: pd.DataFrame, stage: RoundResults, context: Context) -> Table:
    say = context.say
    points = "points" in found and found["points"].notna().any()
    heads = [Column(say("Rule"), "text", 3), Column(say("Places changed"), "number", 0.8),
             Column(say("Would come in without it"), "text", 2.4),
             Column(say("Would drop out without it"), "text", 2.4)]  # fmt: skip
    heads += [Column(say("Costs, points"), "number", 0.8)] if points else []
    rows: list[Row] = []
    for r in found.itertuples():
        changed = named(r.comes, context), named(r.goes, context)
        cost = [Cell(say.signed(r.points, 2), r.points)] if points else []
        rows.append([rule_words(r.rule, stage, context), common.number(say, r.n), *changed, *cost])
    caption = say("The choice without each rule: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Points: the sum of estimates without the rule less the sum with it; below zero where the rule adds places."
    )
    if stage.rule.scale.best == "low":
        note += " " + say("In this sum estimates are turned round, so that high is best.")
    return table(f"costs-{stage.id}", caption, heads, rows, note=note if points else "")


def rule_words(code: str, stage: RoundResults, context: Context) -> str:
    """A rule of selection, as it is called in `rule_costs`, in the words of the rules chapter."""
    quote, select = Quoter(context.contest, context.say), stage.rule.select
    name, _, place = code.rstrip("]").partition("[")
    if name == "quotas" and int(place) < len(select.quotas):
        return quote.quota(select.quotas[int(place)])
    if name == "thresholds" and int(place) < len(select.thresholds):
        return quote.threshold(select.thresholds[int(place)], stage.rule.scale)
    if name == "per_organisation" and select.per_organisation:
        return quote.cap(select.per_organisation)
    if name == "budget" and select.budget:
        return quote.budget(select.budget)
    return code


def named(ids: object, context: Context) -> str:
    """Titles of submissions from a list of ids; a dash for nobody."""
    titles = context.results.by_id["title"]
    return "; ".join(f"{s} {common.text(titles.get(s))}" for s in several.read(ids)) or "–"


def _passed_over(stage: RoundResults, context: Context) -> list[Block]:
    """Who was passed over because of a quota, for whom, and the points that it cost."""
    say, titles = context.say, context.results.by_id["title"]
    joined = context.results.joined(stage)
    out = joined.dropna(subset=["displaced_by"])
    if out.empty:
        return [Text(say("No quota put anybody in the place of a higher-ranked submission."))]
    there = out["displaced_by"].map(joined.set_index("submission")["estimate"])
    rows = [
        (common.number(say, r.rank), common.project(r, context), common.number(say, r.estimate, 2),
         common.text(titles.get(r.displaced_by)), common.number(say, e, 2),
         reason_sentence(r.reason, context.contest, say))
        for r, e in zip(out.itertuples(), there, strict=True)
    ]  # fmt: skip
    heads = [Column(say("Rank"), "number", 0.5), Column(say("Passed over"), "name", 3),
             Column(say("Estimate"), "number"), Column(say("Selected in its place"), "text", 2.4),
             Column(say("Estimate"), "number"), Column(say("Reason"), "text", 2.8)]  # fmt: skip
    given = stage.rule.scale.gain(out["estimate"].to_numpy() - there.to_numpy()).sum()
    told = say("Submissions that a quota put behind a lower-ranked one: {n}.", n=say.number(len(out)))
    if not pd.isna(given):
        told += " " + say("Given up by it, points in all: {points}.", points=say.number(given, 2))
    caption = say("Passed over because of a quota: {round}", round=stage.rule.name[say.lang])
    return [Text(told), table(f"displaced-{stage.id}", caption, heads, rows)]


def other_rules(stage: RoundResults, context: Context) -> list[Block]:
    """The neighbours of the declared rule, a fixed list; names only for those who decide."""
    say, found = context.say, stage.other_rules.dropna(subset=["change"])
    if found.empty:
        return []
    known = found["n"].dropna()
    told = say(
        "None of these rules was ever in force, and nobody picked them: the list is fixed and follows from the "
        "declared rule. The fewer places change, the less the choice hangs on values that are ours. Rules tried: {n}; "
        "the same choice: {same}; places changed at most: {most}.",
        n=say.number(len(found)), same=say.number((known == 0).sum()), most=say.number(known.max()),
    )  # fmt: skip
    blocks: list[Block] = [Heading(say("What would other rules have chosen?")), Text(told)]
    blocks.append(_neighbours(found, stage, context))
    blocks += _any_weights(stage, context)
    return blocks + ([_ranks(stage, context)] if len(stage.other_ranks.dropna(subset=["change_of"])) else [])


def _neighbours(found: pd.DataFrame, stage: RoundResults, context: Context) -> Table:
    say = context.say
    inside = context.internal
    widths = {"other_rules.change": 3, "other_rules.selected": 0.8, "other_rules.n": 0.8}
    if inside:
        widths |= {"other_rules.comes": 2.4, "other_rules.goes": 2.4, "other_rules.mean_estimate": 0.8}
    own: Own = {
        "other_rules.change": [change_words(c, stage, context) for c in found["change"]],
        "other_rules.n": [places(r.n, r.status, context) for r in found.itertuples()],
        **sides("other_rules", found, context),
    }
    caption = say("The choice under other rules: {round}", round=stage.rule.name[say.lang])
    note = say("The mean is by the estimates that hold, of those whom the other rule selects.")
    note = note if inside else ""
    return listing(f"others-{stage.id}", caption, found, widths, context, own, note=note)


def places(n: float, status: str, context: Context) -> Cell:
    """How many places change, or why that is not known."""
    return Cell(status_words(status, context.say)) if pd.isna(n) else common.number(context.say, n)


def sides(name: str, found: pd.DataFrame, context: Context) -> dict[str, list[str]]:
    """The cells of those who come and of those who go, for those who may see them."""
    there = [c for c in ("comes", "goes") if c in found]
    return {f"{name}.{c}": [named(ids, context) for ids in found[c]] for c in there}


def change_words(code: str, stage: RoundResults, context: Context) -> str:
    """A neighbour of the rule, as it is called in `other_rules`."""
    say = context.say
    kind, _, value = code.partition(":")
    if kind == "weight":
        return say("counted twice: {criterion}", criterion=criterion_name(value, context.contest, say))
    if kind == "estimator":
        return say("raw means instead of adjusted scores")
    if kind == "quota_method":
        return say("seats shared by: {method}", method=word("method", value, say))
    if kind == "quota_floor":
        return say("no least number of seats a group")
    if kind == "threshold":
        mark = say.mark(float(value))
        if stage.rule.scale.best == "low":
            return say("nobody above the middle of the scale: {mark}", mark=mark)
        return say("nobody below the middle of the scale: {mark}", mark=mark)
    return say("seats: {n}", n=say.number(int(value))) if kind == "seats" else code


def _any_weights(stage: RoundResults, context: Context) -> list[Block]:
    """How many of the selected would be selected whatever the weights of the criteria."""
    say, share = context.say, stage.acceptability.set_index("submission")["acceptability"]
    mine = share.reindex(stage.selected()["submission"]).dropna()
    if mine.empty:
        return []
    told = say(
        "Weights drawn evenly from all that are possible: of those selected, selected under at least 95 % of them: "
        "{sure}; under fewer than half: {rare}.",
        sure=say.number((mine >= 0.95).sum()), rare=say.number((mine < 0.5).sum()),
    )  # fmt: skip
    return [Text(told)]


def _ranks(stage: RoundResults, context: Context) -> Picture:
    """Ranks before and after the change of weights that exchanges most."""
    say, found = context.say, stage.other_ranks
    titles = context.results.by_id["title"]
    change = change_words(found["change_of"].iloc[0], stage, context)
    moved = found[found["change"].isin(["comes", "goes"])].sort_values(["change", "rank_before"])
    words = {"comes": say("comes"), "goes": say("goes")}
    shown = moved.assign(title=moved["submission"].map(titles), change=moved["change"].map(words))
    names = ("change", "rank_before", "rank_after", "estimate_before", "estimate_after")
    widths = {"other_ranks.submission": 1, "submissions.title": 3}
    widths |= dict.fromkeys((f"other_ranks.{c}" for c in names), 1)
    caption = say("Ranks under the weights that change most – {change}: {round}", change=change,
                  round=stage.rule.name[say.lang])  # fmt: skip
    alt = say(
        "Lines from the rank before to the rank after. Those who come: {comes}; those who go: {goes}.",
        comes=say.number((moved["change"] == "comes").sum()),
        goes=say.number((moved["change"] == "goes").sum()),
    )
    drawn = found.assign(change=found["change"].fillna("")).set_index("submission")
    return Picture(
        f"others-{stage.id}-figure", caption, alt, lambda ax: plot_what_if(drawn, ax, say.lang),
        listing(f"others-{stage.id}-data", caption, shown, widths, context), (7.2, 4.6),
    )  # fmt: skip
