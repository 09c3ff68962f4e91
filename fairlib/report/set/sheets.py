"""What stands in the workbook of the office? Decisions, estimates, jurors, rules, findings, sources, and a key."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.diagnostics import about_words
from fairlib.report.chapters.levels import Z95, compared, comparison, level_name, seats_over_all
from fairlib.report.chapters.methods import record_rows
from fairlib.report.chapters.otherwise import change_words, named, rule_words
from fairlib.report.figures.base import decision_names
from fairlib.report.results import DECISION, ESTIMATE, RoundResults
from fairlib.report.words.codes import criterion_name, group_name, status_words, word
from fairlib.report.words.findings import done_words, finding_words, found_words
from fairlib.report.words.reasons import reason_sentence
from fairlib.report.words.rules import Quoter, declared
from fairlib.selection import several

TEXT, ONE, TWO, WHOLE, MONEY = "@", "0.0", "0.00", "0", "#,##0 [$₸]"
CHANCE = '[>=0.995]">99%";[<0.005]"<1%";0%'  # a probability never rounds to certainty
TELLING = ("talk", "own_organisation_marked", "significant")


@dataclass(frozen=True)
class Column:
    """A column: heading, number format, width in letters, what it means, and its values."""

    label: str
    form: str
    width: int
    meaning: str
    values: list


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name and its columns, all of the same length."""

    name: str
    columns: tuple[Column, ...]

    @property
    def n_rows(self) -> int:
        """How many rows stand under the headings."""
        return len(self.columns[0].values)


def sheets(context: Context) -> list[Sheet]:
    """Every sheet of the workbook; columns in which this audience may see nothing are left out."""
    results = context.results
    found = [_about(context)]
    for stage in results.rounds:
        found += [_decisions(stage, context), _estimates(stage, context), _jurors(stage, context)]
        if seats_over_all(stage, context):
            found.append(_levels(stage, context))
        if len(stage.rule_costs.dropna(subset=["rule"])) or len(stage.other_rules.dropna(subset=["change"])):
            found.append(_otherwise(stage, context))
    found.append(_rules(context))
    if context.internal:
        found.append(_findings(context))
    if results.basis:
        found.append(_sources(context))
    return [*found, _key(found, context)]


def _sheet(name: str, columns: Iterable[Column]) -> Sheet:
    """A sheet of the columns in which there is something."""
    listed = [_filled(c) for c in columns]
    return Sheet(name, tuple(c for c in listed if not c.values or any(_there(v) for v in c.values)))


def _name(what: str, stage: RoundResults, context: Context) -> str:
    """A short name for a sheet of a round: names of sheets have no more than 31 letters."""
    rounds = [s.id for s in context.results.rounds]
    return f"{rounds.index(stage.id) + 1}. {what}"


def _filled(column: Column) -> Column:
    return Column(column.label, column.form, column.width, column.meaning, list(column.values))


def _there(value: object) -> bool:
    return not (value is None or value == "" or pd.isna(value))


def _about(context: Context) -> Sheet:
    say, results = context.say, context.results
    rows = [
        (say("Contest"), f"{results.contest.name[say.lang]} {results.rules.year}"),
        (say("For whom"), say("for those who decide: not for publication") if context.internal
         else say("for the public")),
        (say("Submissions"), len(results.submissions)),
    ]  # fmt: skip
    rows += [
        (say("selected: {round}", round=s.rule.name[say.lang]), len(s.selected())) for s in results.rounds
    ]
    rows += [
        (s.rule.name[say.lang], comparison(s, context)) for s in results.rounds if seats_over_all(s, context)
    ]
    if results.contest.synthetic:
        rows.append(
            (
                say("Note"),
                say("Synthetic data: scores, people and organisations in this report are invented."),
            )
        )
    rows.append((say("Columns"), say("The last sheet says what every column means.")))
    return Sheet(
        say("About this workbook"),
        (
            Column(say("What"), TEXT, 34, "", [k for k, _ in rows]),
            Column(say("Value"), TEXT, 90, "", [v for _, v in rows]),
        ),
    )


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an empty column for each that this audience does not get."""
    return table.reindex(columns=list(dict.fromkeys([*table.columns, *DECISION, *ESTIMATE])))


def _project(table: pd.DataFrame, context: Context) -> list[Column]:
    """Which submission a row is about."""
    say = context.say
    return [
        Column(say("Submission"), TEXT, 12, say("The number of the submission."), table["submission"]),
        Column(say("Project"), TEXT, 48, say("The title as it was sent."), table["title"]),
    ]


def _decisions(stage: RoundResults, context: Context) -> Sheet:
    say, table = context.say, _whole(context.results.joined(stage))
    contest, names = context.contest, decision_names(say.lang)
    tied, settled = _ties(stage, context)
    group, step = table["submission"].map(tied), table["submission"].map(settled)
    columns = [
        Column(say("Rank"), WHOLE, 8, say("The place by the estimate, after ties."), table["rank"]),
        *_project(table, context),
        Column(say("Organisation"), TEXT, 34, say("Who sent it; without recorded consent the public sees no name."),
               [common.organisation(x, context) for x in table["organisation"]]),
        Column(say("Nomination"), TEXT, 28, say("The nomination it was sent to."),
               [common.nomination(x, context) for x in table["nomination"]]),
        Column(say("Region"), TEXT, 24, say("The region that the place belongs to."),
               [common.region(x, context) for x in table["region"]]),
        Column(say("Settlement type"), TEXT, 14, say("City, town or village, as far as the place is known."),
               [group_name("settlement", common.text(x), contest, say) for x in table["settlement"]]),
        Column(say("Decision"), TEXT, 17, say("What the rules, or people by their leave, decided."),
               [names.get(x, common.text(x)) for x in table["decision"]]),
        Column(say("Reason"), TEXT, 60, say("The rule that decided, with its numbers where they may be told."),
               [reason_sentence(x, contest, say) for x in table["reason"]]),
        Column(say("Estimate"), TWO, 11, say("The score by the declared estimate, on the scale of the contest."),
               table["estimate"]),
        Column(say("Interval from"), TWO, 10, say("Lower end of the 95 % interval of the estimate."), table["low"]),
        Column(say("Interval to"), TWO, 10, say("Upper end of the 95 % interval of the estimate."), table["high"]),
        Column(say("Expected rank"), ONE, 10, say("The mean of its ranks over all draws."), table["expected_rank"]),
        Column(say("True place from"), WHOLE, 10,
               say("The best place in the 95 % interval of the true place, the one that all possible jurors together "
                   "would give."),
               table["rank_low"]),
        Column(say("True place to"), WHOLE, 10, say("The worst place in that interval."), table["rank_high"]),
        Column(say("Rank set from"), WHOLE, 10, say("Best rank, by intervals that hold for all submissions at once."),
               table["set_low"]),
        Column(say("Rank set to"), WHOLE, 10, say("Worst rank, by intervals that hold for all submissions at once."),
               table["set_high"]),
        Column(say("Probability"), CHANCE, 13, common.chance_words(say),
               table["p_selected"].where(table["decision"] != "not_eligible")),
        Column(say("Firmness"), TEXT, 16, _bands(stage, context),
               [word("band", x, say) for x in table["band"].where(table["decision"] != "not_eligible")]),
        Column(say("Second commission"), CHANCE, 13,
               say("The share of second commissions of the same kind that would select it; another question than the "
                   "probability, and nearer to the middle."),
               table["p_twin"].where(table["decision"] != "not_eligible")),
        Column(say("Points missing"), TWO, 10, say("Points that would surely have been enough."),
               table["points_missing"]),
        Column(say("Reserve place"), WHOLE, 10, say("Its place on the reserve list."), table["reserve_place"]),
        Column(say("Tie group"), WHOLE, 9, say("Submissions with the same number have the same estimate."), group),
        Column(say("Tie settled by"), TEXT, 24, say("The step of the declared chain that settled the tie."), step),
        Column(say("Displaced by"), TEXT, 13, say("Who was selected in its place because of a quota."),
               table["displaced_by"]),
        Column(say("In the place of"), TEXT, 13, say("In whose place it was selected because of a quota."),
               table["displaces"]),
        Column(say("Amount requested"), MONEY, 17, say("The sum that it asks for, in tenge."), table["requested"]),
        Column(say("Grant"), MONEY, 17, say("The sum granted, in tenge."), table["grant"].where(table["grant"] > 0)),
    ]  # fmt: skip
    return _sheet(_name(context.stage_name(stage), stage, context), columns)


def _bands(stage: RoundResults, context: Context) -> str:
    say, levels = context.say, stage.rule.select.certainty
    return say("Certain from {high} up, certainly not up to {low}, open between.",
               high=say.percent(levels.clear_in), low=say.percent(levels.clear_out))  # fmt: skip


def _ties(stage: RoundResults, context: Context) -> tuple[dict[str, int], dict[str, str]]:
    """The number of the tie that a submission is in, and what settled it."""
    say, group, step = context.say, {}, {}
    for k, r in enumerate(stage.ties.dropna(subset=["submissions"]).itertuples(), 1):
        steps = [
            criterion_name(s.removeprefix("criterion:"), context.contest, say)
            for s in common.text(r.settled_by).split(", ")
            if s
        ]
        for submission in several.read(r.submissions):
            group[submission] = k
            step[submission] = ", ".join(steps) or say("nothing")
    return group, step


def _estimates(stage: RoundResults, context: Context) -> Sheet:
    say, table = context.say, _whole(context.results.joined(stage)).dropna(subset=["n_jurors"])
    share = stage.acceptability.set_index("submission")["acceptability"]
    by = [c for c in table.columns if c.startswith("by_")]
    columns = [
        *_project(table, context),
        Column(say("Raw mean"), TWO, 11, say("The mean of its jurors' scores as they were given."), table["raw_mean"]),
        Column(say("Raw median"), TWO, 11, say("The median of its jurors' scores as they were given."),
               table["raw_median"]),
        Column(say("Estimate"), TWO, 11, say("The score by the declared estimate, on the scale of the contest."),
               table["estimate"]),
        Column(say("Standard error"), TWO, 12, say("The standard error of the estimate."), table["se"]),
        Column(say("Interval from"), TWO, 10, say("Lower end of the 95 % interval of the estimate."), table["low"]),
        Column(say("Interval to"), TWO, 10, say("Upper end of the 95 % interval of the estimate."), table["high"]),
        Column(say("Rank by raw mean"), WHOLE, 10,
               say("The rank that the raw mean alone would give, ties settled by the same steps."), table["rank_raw"]),
        Column(say("Adjusted rank"), WHOLE, 10, say("The place by the estimate, after ties."), table["rank"]),
        Column(say("Places gained"), WHOLE, 10, say("Places that the adjustment gained or, below zero, cost."),
               table["rank_raw"] - table["rank"]),
        Column(say("Readers"), WHOLE, 9, say("How many jurors' scores there are."), table["n_jurors"]),
        Column(say("Disagreement"), TWO, 12, say("Standard deviation of its jurors' scores."),
               table["disagreement"]),
        Column(say("Marks missing"), WHOLE, 9, say("Marks that are missing or could not be read."),
               table["n_missing"]),
        *(Column(criterion_name(c.removeprefix("by_"), context.contest, say), TWO, 14,
                 say("The estimate on this criterion alone."), table[c]) for c in by),
        Column(say("Under any weights"), CHANCE, 12,
               say("The share of all weightings of the criteria under which it would be selected."),
               table["submission"].map(share)),
        Column(say("Remark"), TEXT, 40, say("What to know of the numbers."),
               [status_words(x, say) for x in table["status"]]),
    ]  # fmt: skip
    return _sheet(_name(say("Estimates"), stage, context), columns)


def _jurors(stage: RoundResults, context: Context) -> Sheet:
    say, table = context.say, stage.jurors
    half = Z95 * table["se"]
    told = say("The juror's own number beside that of the other readers; see the report.")
    habits = {
        "mean": say("Mean mark"), "spread_ratio": say("Spread beside the panel"),
        "discrimination": say("Follows the others"), "halo": say("Criteria alike"),
        "central_share": say("Middle marks"), "flat_share": say("Flat lines"), "infit": say("Infit"),
        "outfit": say("Outfit"), "order_drift": say("Drift by order"), "day_drift": say("Drift by day"),
    }  # fmt: skip
    columns = [
        Column(say("Juror"), TEXT, 26, say("The juror; in public a code."), table["juror"]),
        Column(say("Severity, points"), TWO, 12, _severe(stage, context), table["severity"]),
        Column(say("Standard error"), TWO, 12, say("The standard error of the severity."), table["se"]),
        Column(say("Interval from"), TWO, 10, say("Lower end of the 95 % interval of the severity."),
               table["severity"] - half),
        Column(say("Interval to"), TWO, 10, say("Upper end of the 95 % interval of the severity."),
               table["severity"] + half),
        Column(say("Submissions read"), WHOLE, 13, say("How many submissions the juror marked."),
               table["n_submissions"]),
        *(Column(label, TWO, 12, told, pd.to_numeric(table[c], errors="coerce"))
          for c, label in habits.items() if c in table),
        Column(say("Remark"), TEXT, 70, say("What to know of the numbers and to talk about; never an accusation."),
               [_remarks(r.juror, r.status, stage, context) for r in table.itertuples()]),
    ]  # fmt: skip
    return _sheet(_name(say("Jurors"), stage, context), columns)


def _levels(stage: RoundResults, context: Context) -> Sheet:
    """How groups with levels of their own compare, where seats go over all of them."""
    say, table = context.say, compared(stage, context)
    first, second = (
        [level_name(x, stage, context, whole=True) for x in table[c]] for c in ("level_a", "level_b")
    )
    columns = [
        Column(say("Group"), TEXT, 40, say("A group of submissions with a level of its own."), first),
        Column(say("Compared with"), TEXT, 40, say("Another such group."), second),
        Column(say("Difference, points"), TWO, 12,
               say("The mean estimate of the first group less that of the second."), table["difference"]),
        Column(say("Standard error"), TWO, 12, say("The standard error of the difference."), table["se"]),
        Column(say("Half width, 95 %"), TWO, 12, say("Half the width of the 95 % interval of the difference."),
               Z95 * table["se"]),
        Column(say("Jurors who read both"), WHOLE, 12, say("Jurors by whom the two groups can be compared."),
               table["across"]),
    ]  # fmt: skip
    return _sheet(_name(say("Groups compared"), stage, context), columns)


def _severe(stage: RoundResults, context: Context) -> str:
    if stage.rule.scale.best == "low":
        return context.say("Above zero: marks higher than others give the same submissions; low is best.")
    return context.say("Above zero: marks lower than others give the same submissions.")


def _remarks(juror: str, status: object, stage: RoundResults, context: Context) -> str:
    """The status of a juror in words and, for those who decide, what there is to talk about."""
    say, found = context.say, stage.juror_findings
    mine = found[(found["juror"] == juror) & found["status"].isin(TELLING)]
    told = [status_words(status, say)]
    for r in mine.itertuples():
        about = about_words(r, context)
        what = word("signal", r.signal, say) + (f" ({about})" if about else "")
        told.append(f"{what}: {say.signed(r.effect, 2)}{say.dash}{status_words(r.status, say)}")
    return "; ".join(filter(None, told))


def _otherwise(stage: RoundResults, context: Context) -> Sheet:
    """The choice without each rule and under the rule's neighbours."""
    say = context.say
    without = stage.rule_costs.dropna(subset=["rule"])
    other = stage.other_rules.dropna(subset=["change"])
    kinds = [say("without this rule")] * len(without) + [say("another rule")] * len(other)
    words = [rule_words(r, stage, context) for r in without["rule"]]
    words += [change_words(c, stage, context) for c in other["change"]]
    both = pd.concat([without.assign(status="ok"), other], ignore_index=True)
    sides = [[named(x, context) if _there(x) else "" for x in both[c]] if c in both else [None] * len(both)
             for c in ("comes", "goes")]  # fmt: skip
    cost = [say("The sum of estimates without the rule less the sum with it.")]
    if stage.rule.scale.best == "low":
        cost.append(say("In this sum estimates are turned round, so that high is best."))
    columns = [
        Column(say("Kind"), TEXT, 20, say("Whether a rule is left out or changed."), kinds),
        Column(say("Rule"), TEXT, 60, say("The rule in words."), words),
        Column(say("Places changed"), WHOLE, 10, say("How many of the selected would be others."), both["n"]),
        Column(say("Comes"), TEXT, 60, say("Who would be selected then and is not."), sides[0]),
        Column(say("Goes"), TEXT, 60, say("Who is selected and would not be then."), sides[1]),
        Column(say("Costs, points"), TWO, 12, " ".join(cost),
               both.get("points", [None] * len(both))),
        Column(say("Mean estimate"), TWO, 12, say("Of those whom the other rule selects, by the estimates that hold."),
               both.get("mean_estimate", [None] * len(both))),
        Column(say("Remark"), TEXT, 40, say("What to know of the numbers."),
               [status_words(x, say) for x in both["status"]]),
    ]  # fmt: skip
    return _sheet(_name(say("Other rules"), stage, context), columns)


def _rules(context: Context) -> Sheet:
    say, contest = context.say, context.contest
    quoted = Quoter(contest, say, context.results.organisations).every()

    def origin(ours: bool, key: str) -> str:
        if not declared(contest, key):
            return say("what the software does by itself")
        return say("our choice") if ours else say("a rule of the contest")

    columns = [
        Column(say("Rule"), TEXT, 90, say("The rule in words."), [r.text for r in quoted]),
        Column(say("Value"), TEXT, 34, say("The value in the params file."), [r.value for r in quoted]),
        Column(say("Key"), TEXT, 40, say("Where it stands in the params file."), [r.key for r in quoted]),
        Column(say("Whose"), TEXT, 26, say("The contest's, our choice where nothing was published, or the software's."),
               [origin(r.ours, r.key) for r in quoted]),
    ]  # fmt: skip
    return _sheet(say("Rules"), columns)


def _findings(context: Context) -> Sheet:
    say, results = context.say, context.results
    parts = [results.findings.assign(where=say("submissions"))]
    parts += [s.findings.assign(where=s.rule.name[say.lang]) for s in results.rounds]
    found = pd.concat(parts, ignore_index=True)
    columns = [
        Column(say("Files of"), TEXT, 20, say("The step whose files were read."), found["where"]),
        Column(say("Kind"), TEXT, 20, say("Whether somebody must act."),
               [word("severity", x, say) for x in found["severity"]]),
        Column(say("File"), TEXT, 26, say("The file as it was sent."), found["file"]),
        Column(say("Sheet"), TEXT, 18, say("The sheet in the file."), found["sheet"]),
        Column(say("Cell"), TEXT, 9, say("The cell in the sheet."), found["cell"]),
        Column(say("Submission"), TEXT, 12, say("The number of the submission."), found["submission"]),
        Column(say("Juror"), TEXT, 22, say("The juror; in public a code."), found["juror"]),
        Column(say("What"), TEXT, 40, say("What is strange about the cell."),
               [finding_words(x, say) for x in found["code"]]),
        Column(say("Found"), TEXT, 40, say("What was typed."),
               [found_words(code, x, say) for code, x in zip(found["code"], found["found"], strict=True)]),
        Column(say("Done"), TEXT, 50, say("What was done about it."),
               [done_words(x, context.contest, say) for x in found["done"]]),
    ]  # fmt: skip
    return _sheet(say("Findings"), columns)


def _sources(context: Context) -> Sheet:
    say, rows = context.say, record_rows(context)
    columns = [
        Column(say("Part"), TEXT, 24, say("What the line belongs to."), [part for part, _, _ in rows]),
        Column(say("What"), TEXT, 44, say("A file, a package or a rule."), [what for _, what, _ in rows]),
        Column("SHA-256 / " + say("version"), TEXT, 70, say("Its fingerprint or its version."),
               [value for _, _, value in rows]),
    ]  # fmt: skip
    return _sheet(say("Sources"), columns)


def _key(found: list[Sheet], context: Context) -> Sheet:
    """What every column of every sheet means."""
    say = context.say
    rows = [(s.name, c.label, c.meaning) for s in found for c in s.columns if c.meaning]
    columns = [
        Column(say("Sheet"), TEXT, 40, "", [r[0] for r in rows]),
        Column(say("Column"), TEXT, 30, "", [r[1] for r in rows]),
        Column(say("Meaning"), TEXT, 90, "", [r[2] for r in rows]),
    ]
    return Sheet(say("Columns"), tuple(columns))
