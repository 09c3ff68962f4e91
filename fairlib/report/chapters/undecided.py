"""What is open? The band at the line, ties, decisions of people, and findings that wait for somebody."""

import shlex
from dataclasses import replace

import pandas as pd

from fairlib.contract import column
from fairlib.report.blocks import Block, Cell, Chapter, Column, Heading, Link, Links, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context, not_computed
from fairlib.report.columns import Own, listing
from fairlib.report.results import RoundResults, draw_files, flag
from fairlib.report.words.codes import criterion_name, word
from fairlib.report.words.findings import done_words, finding_words, found_words
from fairlib.report.words.locale import Voice
from fairlib.report.words.reasons import reason_sentence
from fairlib.selection import several
from fairlib.selection.reason import reasons_in, rule_said

BESIDE_RANK = (
    "tie",
    "tie_refused",
    "tie_exhausted",
    "manual",
    "draw",
    "lots_wait",
)  # what decides, where the estimate does not


def chapter(context: Context) -> Chapter:
    """The open band, ties at work, decisions of people, and findings that wait for somebody."""
    say = context.say
    blocks: list[Block] = []
    for stage in context.results.rounds:
        blocks += _open_band(stage, context) + _draw(stage, context) + _ties(stage, context)
        blocks += _unranked(stage, context)
        blocks += _cases(stage, context) + _another_reader(stage, context)
    blocks += _waiting(context) if context.internal else []
    blocks += _warnings(context)
    return Chapter("open", say("What is open"), tuple(blocks))


def _open_band(stage: RoundResults, context: Context) -> list[Block]:
    say = context.say
    joined = context.results.joined(stage)
    shown = joined[(joined["band"] == "open") | _says(joined["reason"], *BESIDE_RANK)]
    if shown.empty:
        return []
    heads = [Column(say("Rank"), "number", 0.5), Column(say("Project"), "text", 3),
             Column(say("Probability"), "number"), Column(say("Decision"), "badge", 1.2),
             Column(say("Reason"), "text", 2)]  # fmt: skip
    other = stage.other_chances.set_index("submission")["p_other"]
    if len(other):
        heads.insert(3, Column(say(column("other_chances.p_other").heading), "number"))
    rows = [
        (common.number(say, r.rank), common.text(r.title), common.chance(say, r.p_selected),
         *([common.chance(say, other.get(r.submission, float("nan")))] if len(other) else []),
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
    note = common.chance_words(say) if computed else ""
    if len(other):
        note += " " + say(
            "The other model allows for how the marks differ from the first one; the decisions are by the first."
        )
    return [
        Heading(context.stage_name(stage)),
        Text(lead) if computed else not_computed(context, say("probability of being selected")),
        table(f"open-{stage.id}", caption, heads, rows, folded=len(rows) > 30, note=note),
    ]


def _draw(stage: RoundResults, context: Context) -> list[Block]:
    """The lots at the line, and what anybody needs to draw them again."""
    say, found = context.say, stage.draw.dropna(subset=["submission"])
    if found.empty:
        return []
    titles, decided = context.results.by_id["title"], stage.decisions.set_index("submission")
    chances = found["chance"].notna().any()
    rows = [
        (common.number(say, r.place), Cell(common.text(titles.get(r.submission)), under=r.submission),
         *((Cell(say.percent(r.chance, 1), r.chance),) if chances else ()), _drawn(r.drawn, say),
         _decided(decided.loc[r.submission], context), Cell(common.text(r.lot)))
        for r in found.sort_values("place").itertuples()
    ]  # fmt: skip
    heads = [Column(say("Place in the draw"), "number", 0.6), Column(say("Project"), "name", 2.4),
             *([Column(say("Chance in the lottery"), "number", 0.8)] if chances else []),
             Column(say("Drawn"), "text", 0.6), Column(say("Decision"), "badge", 1.6),
             Column(say("Stretch of the line") if chances else "SHA-256", "code", 2.6)]  # fmt: skip
    list_, result = draw_files(stage)
    caption = say("The draw: {round}", round=stage.rule.name[say.lang])
    shown = table(f"draw-{stage.id}", caption, heads, rows, folded=len(rows) > 30)
    told = Text((_lottery_words if chances else _draw_words)(stage, say))
    if not stage.draw_summary.get("seed"):
        return [told, Links((Link(list_, say("The list of the draw")),)), shown]
    return [
        told,
        Text(say("Anybody can check it with these two files and a program that needs nothing but Python:")),
        Links((Link(list_, say("The list of the draw")), Link(result, say("The result of the draw")))),
        Text(" ".join(["python3 docs/verify_draw.py", list_, stage.draw_summary.get("commitment", "–"),
                       shlex.quote(stage.draw_summary["seed"]), result]), "formula"),
        shown,
    ]  # fmt: skip


def _drawn(value: object, say: Voice) -> str:
    """Whether it was drawn; a dash while nobody is."""
    answer = flag(pd.Series([value])).item()
    return "–" if pd.isna(answer) else say("yes") if answer else say("no")


def _draw_words(stage: RoundResults, say: Voice) -> str:
    return say(
        "A draw decided in the open band. The starting number stands in the rules, which were fixed before any score "
        "was read: {seed}. The list of those who take part has the SHA-256 {commitment}. The lot of a submission is "
        "the SHA-256 of the starting number, a vertical bar and its id; the smaller comes first.",
        commitment=stage.draw_summary.get("commitment", "–"), seed=stage.draw_summary.get("seed", "–"),
    )  # fmt: skip


def _lottery_words(stage: RoundResults, say: Voice) -> str:
    """Where chances come from, how the lots are drawn, and with which number."""
    summary = stage.draw_summary
    told = say(
        "A lottery decided. Chances follow from the intervals of the estimates; of all chances these give the largest "
        "expected number of rightly selected in the worst case that the intervals allow: {sure}. Whoever is not on "
        "the list is selected with certainty or not at all. Laid end to end, the chances make a line; one point falls "
        "in each whole unit of it, and whoever lies under a point is drawn. The list has the SHA-256 {commitment}.",
        sure=say.number(float(summary["sure"]), 1), commitment=summary.get("commitment", "–"),
    )  # fmt: skip
    if summary.get("source"):
        told += " " + say("The public number, named beforehand: {source}.", source=summary["source"])
    if not summary.get("seed"):
        return told + " " + say("It is not known yet; nobody is drawn before.")
    return told + " " + say(
        "The first point comes from the starting number {seed} and the list: {first}.",
        seed=summary["seed"], first=summary.get("first_point", "–"),
    )  # fmt: skip


def _decided(row: pd.Series, context: Context) -> Cell:
    """A decision as it stands in the ranking; who took it, if it was not the draw."""
    say, cell = context.say, common.decision_cell(context.say, row["decision"])
    if rule_said(reasons_in(row["reason"])) is None:
        return cell
    return replace(cell, under=reason_sentence(row["reason"], context.contest, say))


def _says(codes: pd.Series, *kinds: str) -> pd.Series:
    """Of each code whether one of its reasons is of these kinds."""
    return codes.map(lambda code: any(reason.kind in kinds for reason in reasons_in(code))).astype(bool)


def _unranked(stage: RoundResults, context: Context) -> list[Block]:
    """Those whom the rules let in and who have no estimate: somebody must decide about them."""
    say, joined = context.say, context.results.joined(stage)
    found = joined[_says(joined["reason"], "no_estimate")]
    if found.empty:
        return []
    widths = {"decisions.submission": 1, "submissions.title": 3, "decisions.reason": 3}
    own = {"submissions.title": [common.project(r, context) for r in found.itertuples()]}
    caption = say("Eligible, and without a place in the ranking: {round}", round=stage.rule.name[say.lang])
    return [listing(f"unranked-{stage.id}", caption, found, widths, context, own)]


def _waiting(context: Context) -> list[Block]:
    """Those to whom no letter is written before a person has decided."""
    say, titles = context.say, context.results.by_id["title"]
    found = (
        pd.Series(context.results.waiting, name="reason", dtype="str").rename_axis("submission").reset_index()
    )
    if found.empty:
        return []
    found = found.assign(title=found["submission"].map(titles))
    widths = {"decisions.submission": 1, "submissions.title": 3, "decisions.reason": 3}
    told = say(
        "Nothing was decided about these, so no letter is written to them. It is written once the marks are there, or "
        "the params hold a decision of people about each: rounds[].select.manual."
    )
    return [Heading(say("Letters that wait for a person")), Text(told, "warning"),
            listing("waiting", say("No letter yet"), found, widths, context, folded=len(found) > 30)]  # fmt: skip


def _ties(stage: RoundResults, context: Context) -> list[Block]:
    """Equal estimates, and the step of the declared chain that settled them or that none did."""
    say, found = context.say, stage.ties.dropna(subset=["submissions"])
    if found.empty:
        return []
    titles = context.results.by_id["title"]

    def named(ids: object) -> str:
        return "; ".join(common.text(titles.get(s)) for s in several.read(ids))

    def settled(steps: object) -> str:
        return say.listed([criterion_name(s, context.contest, say) for s in several.read(steps)])

    own = {
        "ties.submissions": [named(x) for x in found["submissions"]],
        "ties.settled_by": [settled(x) for x in found["settled_by"]],
        "ties.open": [named(x) or "–" for x in found["open"]],
    }
    widths = {"ties.rank": 0.5, "ties.submissions": 4, "ties.settled_by": 2, "ties.open": 1.4}
    caption = say("Ties and what settled them: {round}", round=stage.rule.name[say.lang])
    return [listing(f"ties-{stage.id}", caption, found, widths, context, own, folded=len(found) > 12)]


def _cases(stage: RoundResults, context: Context) -> list[Block]:
    """Both sides' case for each submission of the open band; there are marks in it."""
    say, found = context.say, stage.discuss.dropna(subset=["submission"])
    if found.empty:
        return []
    titles = context.results.by_id["title"]

    def side(criterion: object, points: float, juror: object, mark: float) -> str:
        name = criterion_name(common.text(criterion), context.contest, say)
        return f"{name} ({say.signed(points, 1)}); {common.text(juror)}: {say.number(mark, 2)}"

    own: Own = {
        "submissions.title": [Cell(common.text(titles.get(x)), under=x) for x in found["submission"]],
        "results.speaks_for": [
            side(r.for_criterion, r.for_points, r.for_juror, r.for_mark) for r in found.itertuples()
        ],
        "results.speaks_against": [
            side(r.against_criterion, r.against_points, r.against_juror, r.against_mark)
            for r in found.itertuples()
        ],
    }
    widths = {"discuss.rank": 0.5, "submissions.title": 3, "discuss.p_selected": 1}
    widths |= {"results.speaks_for": 2, "results.speaks_against": 2}
    caption = say("For the discussion of the open band: {round}", round=stage.rule.name[say.lang])
    note = say(
        "Criteria in points from the mean of those selected; beside them the kindest and the strictest reader."
    )
    return [
        listing(
            f"discuss-{stage.id}", caption, found, widths, context, own, note=note, folded=len(found) > 30
        )
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
    wanted = wanted.assign(title=wanted["submission"].map(titles))
    names = [f"another_reader.{c}" for c in ("low", "low_juror", "high", "high_juror", "gap")]
    widths = {"another_reader.submission": 1, "submissions.title": 3, **dict.fromkeys(names, 1)}
    caption = say("Submissions that want another reader: {round}", round=stage.rule.name[say.lang])
    return [listing(f"another-{stage.id}", caption, wanted, widths, context, folded=len(wanted) > 20)]


def _warnings(context: Context) -> list[Block]:
    say, results = context.say, context.results
    tables = [results.findings.assign(where=say("submissions"))]
    tables += [s.findings.assign(where=s.rule.name[say.lang]) for s in results.rounds]
    found = pd.concat(tables, ignore_index=True)
    if found.empty:
        return [Text(say("Findings in the files: none."))]
    counts = found.groupby(["where", "severity"], sort=False).size()
    rows = [
        (where, word("severity", level, say), common.number(say, n)) for (where, level), n in counts.items()
    ]
    heads = [
        Column(say("Files of"), "text", 2),
        Column(say("Kind"), "text", 2),
        Column(say("Number"), "number"),
    ]
    blocks: list[Block] = [Heading(say("Findings in the files"))]
    blocks.append(table("findings", say("Findings by kind"), heads, rows))
    return blocks + (_each_finding(found, context) if context.internal else [])


def _each_finding(found: pd.DataFrame, context: Context) -> list[Block]:
    say = context.say
    heads = [Column(say("Kind"), "text", 1.2), Column(say("Cell"), "text", 2), Column(say("Submission")),
             Column(say("Code"), "text", 1.4), Column(say("Found"), "text", 2),
             Column(say("Done"), "text", 2)]  # fmt: skip
    order = {"error": 0, "warning": 1, "info": 2}
    ranked = found.assign(at=found["severity"].map(order).fillna(3)).sort_values("at", kind="stable")
    rows = [
        (word("severity", r.severity, say),
         "!".join(filter(None, map(common.text, (r.file, r.sheet, r.cell)))),
         common.text(r.submission), finding_words(r.code, say),
         common.text(found_words(r.code, r.found, say)), common.text(done_words(r.done, context.contest, say)))
        for r in ranked.itertuples()
    ]  # fmt: skip
    return [table("findings-each", say("Every finding"), heads, rows, searchable=True, folded=len(rows) > 40)]
