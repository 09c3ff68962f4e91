"""What stands in the workbook of the office? Decisions, estimates, jurors, rules, findings, sources, and a key."""

import csv
import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fairlib.contract import column
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.diagnostics import about_words
from fairlib.report.chapters.levels import compared, comparison, level_name, seats_over_all
from fairlib.report.chapters.methods import record_rows
from fairlib.report.chapters.otherwise import change_words, named, rule_words
from fairlib.report.columns import in_words
from fairlib.report.results import RoundResults
from fairlib.report.words.codes import criterion_name, status_words, word
from fairlib.report.words.findings import found_words
from fairlib.report.words.rules import Quoter, is_written
from fairlib.scoring.result import Z95
from fairlib.selection import several

TEXT, WHOLE = "@", "0"
CHANCE = '[>=0.995]">99%";[<0.005]"<1%";0%'  # a probability never rounds to certainty
FORMS = {
    "count": WHOLE,
    "rank": WHOLE,
    "mean_rank": "0.0",
    "chance": CHANCE,
    "money": "#,##0 [$₸]",
    **dict.fromkeys(("points", "signed", "number", "share"), "0.00"),
}
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


def _sheet(name: str, columns: list[Column]) -> Sheet:
    """A sheet of the columns in which there is something."""
    return Sheet(name, tuple(c for c in columns if not c.values or any(_there(v) for v in c.values)))


def _name(what: str, stage: RoundResults, context: Context) -> str:
    """A short name for a sheet of a round: names of sheets have no more than 31 letters."""
    rounds = [s.id for s in context.results.rounds]
    return f"{rounds.index(stage.id) + 1}. {what}"


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


def declared() -> dict[str, dict[str, int]]:
    """By sheet, the columns of the contract in it and their widths in letters, from sheets.csv."""
    found: dict[str, dict[str, int]] = {}
    with Path(__file__).with_name("sheets.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["sheet"], {})[row["column"]] = int(row["width"])
    return found


SHEETS = declared()


def _columns(
    sheet: str, table: pd.DataFrame, context: Context, meanings: Mapping[str, str] | None = None
) -> list[Column]:
    """Columns of a sheet that this audience has in a table; `meanings` are those that are not fixed."""
    found, own = [], meanings or {}
    for name, width in SHEETS[sheet].items():
        told = column(name)
        for at in fnmatch.filter(map(str, table.columns), told.name):
            label = context.say(told.heading)
            if at != told.name:  # one of the columns that there are for each criterion
                label = criterion_name(at.removeprefix(told.name[:-1]), context.contest, context.say)
            form, meaning = FORMS.get(told.kind, TEXT), own.get(name) or context.say(told.meaning)
            found.append(Column(label, form, width, meaning, in_words(name, table[at], context)))
    return found


def _decisions(stage: RoundResults, context: Context) -> Sheet:
    table = context.results.joined(stage)
    tied, settled = _ties(stage, context)
    table = table.assign(
        grant=table["grant"].where(table["grant"] > 0),
        tie=table["submission"].map(tied),
        tie_settled_by=table["submission"].map(settled),
    )
    foretold = [c for c in ("p_selected", "band", "p_twin") if c in table]
    table[foretold] = table[foretold].where(table["decision"] != "not_eligible")
    say, levels = context.say, stage.rule.select.certainty
    bands = say(
        column("decisions.band").meaning, high=say.percent(levels.clear_in), low=say.percent(levels.clear_out)
    )
    columns = _columns("decisions", table, context, {"decisions.band": bands})
    return _sheet(_name(context.stage_name(stage), stage, context), columns)


def _ties(stage: RoundResults, context: Context) -> tuple[dict[str, int], dict[str, str]]:
    """The number of the tie that a submission is in, and what settled it."""
    say, group, step = context.say, {}, {}
    for k, r in enumerate(stage.ties.dropna(subset=["submissions"]).itertuples(), 1):
        steps = [criterion_name(s, context.contest, say) for s in several.read(r.settled_by)]
        for submission in several.read(r.submissions):
            group[submission] = k
            step[submission] = ", ".join(steps) or say("nothing")
    return group, step


def _estimates(stage: RoundResults, context: Context) -> Sheet:
    table = context.results.joined(stage).dropna(subset=["n_jurors"])
    share = stage.acceptability.set_index("submission")["acceptability"]
    table = table.assign(
        change=table["rank_raw"] - table["rank"], acceptability=table["submission"].map(share)
    )
    return _sheet(_name(context.say("Estimates"), stage, context), _columns("estimates", table, context))


def _jurors(stage: RoundResults, context: Context) -> Sheet:
    table, meanings = stage.jurors, {}
    half = Z95 * table["se"]
    remarks = [_remarks(r.juror, r.status, stage, context) for r in table.itertuples()]
    table = table.assign(
        severity_low=table["severity"] - half, severity_high=table["severity"] + half, remarks=remarks
    )
    if stage.rule.scale.best == "low":
        meanings["jurors.severity"] = context.say(
            "Above zero: marks higher than others give the same submissions; low is best."
        )
    return _sheet(_name(context.say("Jurors"), stage, context), _columns("jurors", table, context, meanings))


def _levels(stage: RoundResults, context: Context) -> Sheet:
    """How groups with levels of their own compare, where seats go over all of them."""
    table = compared(stage, context)
    first, second = (
        [level_name(x, g, context, whole=True) for x, g in zip(table[c], table["grouping"], strict=True)]
        for c in ("level_a", "level_b")
    )
    table = table.assign(level_a=first, level_b=second, half_width=Z95 * table["se"])
    return _sheet(_name(context.say("Groups compared"), stage, context), _columns("groups", table, context))


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
    both = both.assign(kind_of_rule=kinds, rule=words)
    for side in {"comes", "goes"} & set(both):
        both[side] = [named(x, context) if _there(x) else "" for x in both[side]]
    cost = say(column("rule_costs.points").meaning)
    if stage.rule.scale.best == "low":
        cost += " " + say("In this sum estimates are turned round, so that high is best.")
    columns = _columns("other rules", both, context, {"rule_costs.points": cost})
    return _sheet(_name(say("Other rules"), stage, context), columns)


def _rules(context: Context) -> Sheet:
    say, contest = context.say, context.contest
    quoted = Quoter(contest, say, context.results.organisations).every()

    def origin(ours: bool, key: str) -> str:
        if not is_written(contest, key):
            return say("what the software does by itself")
        return say("our choice") if ours else say("a rule of the contest")

    rows = [(r.text, r.value, r.key, origin(r.ours, r.key)) for r in quoted]
    table = pd.DataFrame(rows, columns=["rule", "value", "key", "whose"])
    return _sheet(say("Rules"), _columns("rules", table, context))


def _findings(context: Context) -> Sheet:
    say, results = context.say, context.results
    parts = [results.findings.assign(files_of=say("submissions"))]
    parts += [s.findings.assign(files_of=s.rule.name[say.lang]) for s in results.rounds]
    found = pd.concat(parts, ignore_index=True)
    told = [found_words(code, x, say) for code, x in zip(found["code"], found["found"], strict=True)]
    return _sheet(say("Findings"), _columns("findings", found.assign(found=told), context))


def _sources(context: Context) -> Sheet:
    table = pd.DataFrame(record_rows(context), columns=["part", "what", "fingerprint"])
    return _sheet(context.say("Sources"), _columns("sources", table, context))


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
