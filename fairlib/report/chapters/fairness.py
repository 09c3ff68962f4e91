"""Were groups treated alike? Selection rates with intervals; and what remains open at the line."""

import pandas as pd
from scipy.stats import binomtest

from fairlib.report.blocks import Block, Chapter, Column, Heading, Picture, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context, not_computed
from fairlib.report.figures import plot_rates
from fairlib.report.reasons import column_name, reason_sentence
from fairlib.report.tables import RoundResults, flag

SMALL = 5
GROUPS = ("nomination", "region", "settlement", "language", "monotown", "first_time")


def chapter(context: Context) -> Chapter:
    """The share selected of the eligible, by group, for the first round."""
    say, results = context.say, context.results
    blocks: list[Block] = [
        Text(
            say(
                "The share of eligible submissions that the first round selected, by group, with 95 % Wilson "
                "intervals. Groups of fewer than five submissions are put together. A difference between "
                "groups is no proof of unfair treatment, and equal shares are none of fair treatment: groups send "
                "different projects."
            )
        )
    ]
    eligible = results.submissions[flag(results.submissions["eligible"]).fillna(False)]
    chosen = common.chosen_in(results, 0)
    for column in GROUPS:
        labels = _labels(eligible[column], column, context)
        if labels.nunique() > 1:
            blocks.append(_rates(eligible["submission"].isin(chosen), labels, column, context))
    return Chapter("fairness", say("Fairness: who was selected how often"), tuple(blocks))


def selection_rates(selected: pd.Series, groups: pd.Series, rest: str, small: int = SMALL) -> pd.DataFrame:
    """Share selected by group with a 95 % Wilson interval (Wilson 1927), groups under `small` merged as `rest`.

    Columns `group, n, selected, rate, low, high`; the merged group is the last.
    """
    size = groups.map(groups.value_counts())
    merged = groups.where(size >= small, rest)
    rows = []
    for group, mine in selected.groupby(merged):
        k, n = int(mine.sum()), len(mine)
        limits = binomtest(k, n).proportion_ci(method="wilson")
        rows.append((group, n, k, k / n, limits.low, limits.high))
    found = pd.DataFrame(rows, columns=["group", "n", "selected", "rate", "low", "high"])
    order = found.assign(last=found["group"] == rest).sort_values(
        ["last", "rate", "group"], ascending=[True, False, True]
    )
    return order.drop(columns="last").reset_index(drop=True)


def _labels(column: pd.Series, name: str, context: Context) -> pd.Series:
    say = context.say
    known = column.dropna()
    if name == "nomination":
        return known.map(lambda v: f"№ {common.nomination_number(v, context)}")
    if name == "region":
        return known.map(lambda v: common.region(v, say))
    if name in ("monotown", "first_time"):
        return flag(known).dropna().map({True: say("yes"), False: say("no")})
    words = {"kk": "қазақша", "ru": "русский", "en": "English", "city": say("city"), "town": say("town"),
             "village": say("village"), "district": say("district"), "rural": say("village")}  # fmt: skip
    return known.map(lambda v: words.get(v, v))


def _rates(selected: pd.Series, labels: pd.Series, column: str, context: Context) -> Picture:
    say = context.say
    selected = selected.loc[labels.index]
    found = selection_rates(selected, labels, say("small groups together"))
    rows = [
        (r.group, common.number(say, r.n), common.number(say, r.selected), common.Cell(say.percent(r.rate), r.rate),
         f"{say.percent(r.low)}–{say.percent(r.high)}")
        for r in found.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Group"), "text", 2), Column(say("Eligible"), "number"), Column(say("Selected"), "number"),
             Column(say("Share"), "number"), Column(say("95 % interval"), "number")]  # fmt: skip
    caption = say("Share selected by: {column}", column=column_name(column, say))
    overall = float(selected.mean())
    alt = f"{caption}. " + say("All together: {rate}.", rate=say.percent(overall))
    return Picture(
        f"rates-{column}", caption, alt, lambda ax: plot_rates(found, ax, say.lang, overall),
        table(f"rates-{column}-data", caption, heads, rows), (7.2, 0.8 + 0.28 * len(found)),
    )  # fmt: skip


def open_chapter(context: Context) -> Chapter:
    """The open band, ties at work, decisions of people, and findings that wait for somebody."""
    say = context.say
    blocks: list[Block] = []
    for stage in context.results.rounds:
        blocks += _open_band(stage, context) + _another_reader(stage, context)
    blocks += _warnings(context)
    return Chapter("open", say("What is open"), tuple(blocks))


def _open_band(stage: RoundResults, context: Context) -> list[Block]:
    say = context.say
    joined = context.results.joined(stage)
    special = joined["reason"].fillna("").str.contains(r"\b(?:tie|tie_refused|tie_exhausted|manual|draw)\b")
    shown = joined[(joined["band"] == "open") | special]
    if shown.empty:
        return []
    heads = [Column(say("Rank"), "number", 0.5), Column(say("Project"), "text", 3),
             Column(say("Probability"), "number"), Column(say("Decision"), "badge", 1.2),
             Column(say("Reason"), "text", 2)]  # fmt: skip
    rows = [
        (common.number(say, r.rank), common.text(r.title), common.chance(say, r.p_selected),
         common.decision_cell(say, r.decision), reason_sentence(r.reason, context.contest, say))
        for r in shown.itertuples()
    ]  # fmt: skip
    openly = shown[shown["band"] == "open"]
    lead = say(
        "Submissions whose place above or below the line the scores do not settle: {n}, of them selected: {inside}.",
        n=say.number(len(openly)),
        inside=say.number((openly["decision"] == "selected").sum()),
    )
    caption = say("Open band, ties and decisions of people: {round}", round=stage.rule.name[say.lang])
    computed = joined["band"].notna().any()
    return [
        Heading(context.stage_name(stage)),
        Text(lead) if computed else not_computed(context, say("probability of being selected")),
        table(f"open-{stage.id}", caption, heads, rows, folded=len(rows) > 30),
    ]


def _another_reader(stage: RoundResults, context: Context) -> list[Block]:
    """Submissions whose marks differ by more than the rule allows: for those who call another reader."""
    say, wanted = context.say, stage.another_reader
    wanted = wanted[wanted["status"] == "another_reader"].sort_values(
        ["gap", "submission"], ascending=[False, True]
    )
    if wanted.empty:
        return []
    titles = context.results.by_id["title"]
    rows = [
        (r.submission, common.text(titles.get(r.submission)), common.number(say, r.low, 1), r.low_juror,
         common.number(say, r.high, 1), r.high_juror, common.number(say, r.gap, 1))
        for r in wanted.itertuples()
    ]  # fmt: skip
    heads = [Column(say("Submission")), Column(say("Project"), "name", 3), Column(say("Lowest"), "number"),
             Column(say("Juror")), Column(say("Highest"), "number"), Column(say("Juror")),
             Column(say("Difference"), "number")]  # fmt: skip
    caption = say("Submissions that want another reader: {round}", round=stage.rule.name[say.lang])
    return [table(f"another-{stage.id}", caption, heads, rows, folded=len(rows) > 20)]


def _warnings(context: Context) -> list[Block]:
    say, results = context.say, context.results
    tables = [results.findings.assign(where=say("submissions"))]
    tables += [s.findings.assign(where=s.rule.name[say.lang]) for s in results.rounds]
    found = pd.concat(tables, ignore_index=True)
    if found.empty:
        return [Text(say("Findings in the files: none."))]
    levels = {
        "error": say("a person must act"),
        "warning": say("look at it"),
        "info": say("repaired, provably"),
    }
    counts = found.groupby(["where", "severity"], sort=False).size()
    rows = [(where, levels.get(level, level), common.number(say, n)) for (where, level), n in counts.items()]
    heads = [
        Column(say("Files of"), "text", 2),
        Column(say("Kind"), "text", 2),
        Column(say("Number"), "number"),
    ]
    blocks = [Heading(say("Findings in the files")),
              table("findings", say("Findings by kind"), heads, rows)]  # fmt: skip
    return blocks + (_each_finding(found, levels, context) if context.internal else [])


def _each_finding(found: pd.DataFrame, levels: dict[str, str], context: Context) -> list[Block]:
    say = context.say
    heads = [Column(say("Kind"), "text", 1.2), Column(say("Cell"), "text", 2), Column(say("Submission")),
             Column(say("Code"), "text", 1.4), Column(say("Found"), "text", 2),
             Column(say("Done"), "text", 2)]  # fmt: skip
    order = {"error": 0, "warning": 1, "info": 2}
    ranked = found.assign(at=found["severity"].map(order).fillna(3)).sort_values("at", kind="stable")
    rows = [
        (levels.get(r.severity, common.text(r.severity)),
         "!".join(filter(None, map(common.text, (r.file, r.sheet, r.cell)))),
         common.text(r.submission), common.text(r.code).replace("_", " "), common.text(r.found), common.text(r.done))
        for r in ranked.itertuples()
    ]  # fmt: skip
    return [table("findings-each", say("Every finding"), heads, rows, searchable=True, folded=len(rows) > 40)]
