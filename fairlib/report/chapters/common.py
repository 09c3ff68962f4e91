"""What chapters share: cells of tables, names of submissions, and the two rounds that frame a contest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from fairlib.contract import column
from fairlib.intake.places.names import region_name
from fairlib.intake.texts import sort_keys
from fairlib.report.blocks import Audience, Cell, Number, Numbers, Text
from fairlib.report.results import Results, RoundResults
from fairlib.report.words.codes import word
from fairlib.report.words.locale import Voice

TURNING = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Context:
    """What a chapter writes from: the results as its audience may see them, and a voice."""

    results: Results
    say: Voice
    audience: Audience

    @property
    def internal(self) -> bool:
        """Whether this is the report for those who decide."""
        return self.audience == "internal"

    @property
    def contest(self):
        """The rules of the contest."""
        return self.results.contest

    def stage_name(self, stage: RoundResults) -> str:
        """The body of a round, with a capital letter."""
        name = stage.rule.name[self.say.lang]
        return name[:1].upper() + name[1:]


def numbers(items: Iterable[Number]) -> Numbers:
    """Numbers side by side, each over a label that stands by itself: «221» over «Заявки», in no grammatical case."""
    return Numbers(tuple(replace(n, label=n.label[:1].upper() + n.label[1:]) for n in items))


def number(say: Voice, value: float | None, decimals: int = 0) -> Cell:
    """A number as a cell that sorts by its value."""
    return Cell(say.number(value, decimals), None if value is None or pd.isna(value) else float(value))


def interval(say: Voice, low: float, high: float, decimals: int = 0) -> Cell:
    """An interval as a cell that sorts by its lower limit."""
    return Cell(say.interval(low, high, decimals), None if pd.isna(low) else float(low))


def chance(say: Voice, p: float) -> Cell:
    """A probability as a cell."""
    return Cell(say.chance(p), None if pd.isna(p) else float(p))


def chance_words(say: Voice) -> str:
    """What the probability of a submission is, on every page the same."""
    return say(column("decisions.p_selected").meaning)


def p_value(say: Voice, p: float) -> Cell:
    """A p-value as a cell that never rounds to nothing."""
    return Cell("<" + say.number(0.001, 3), float(p)) if p < 0.001 else number(say, p, 3)


def numbered(say: Voice, n: int | str) -> str:
    """A number as that of a nomination."""
    return f"{say('No.')}\xa0{n}"


def decision_cell(say: Voice, decision: str) -> Cell:
    """A decision as a badge: shape, word and colour."""
    order = {"selected": 0, "reserve": 1, "not_selected": 2, "not_eligible": 3}
    return Cell(word("decision", decision, say), order.get(decision, 9), badge=decision)


def text(value: object) -> str:
    """A text that may be missing, without the signs that turn the direction of everything after them."""
    return "" if value is None or pd.isna(value) else TURNING.sub("", str(value))


def region(value: object, context: Context) -> str:
    """The name of a region that may be missing, as it was on the contest's day."""
    return "" if pd.isna(value) else region_name(str(value), context.say.lang, context.contest.regions_on)


def organisation(value: object, context: Context) -> str:
    """The organisation, or that its name is not published; nothing in a contest without organisations."""
    return text(value) or (context.say("name not published") if context.results.organisations else "")


def project(r, context: Context) -> Cell:
    """A project with who sent it, from where and in which nomination under its title."""
    say = context.say
    place = region(r.region, context)
    number = nomination_number(r.nomination, context)
    parts = [
        organisation(r.organisation, context),
        place,
        numbered(say, number) if number and context.contest.nominations else "",
    ]
    return Cell(text(r.title), text(r.title), under=" · ".join(filter(None, parts)))


def nomination(value: object, context: Context) -> str:
    """The name of a nomination."""
    for n in context.contest.nominations:
        if n.id == value:
            return n.name[context.say.lang]
    return text(value)


def nomination_number(value: object, context: Context) -> str:
    """A nomination by its number, for narrow columns."""
    ids = [n.id for n in context.contest.nominations]
    return str(ids.index(value) + 1) if value in ids else text(value)


def alphabetical(names: pd.Index, say: Voice) -> pd.Index:
    """Sort keys of names by the alphabet of the language, Kazakh unless it is Russian."""
    return pd.Index(sort_keys(names.to_series(), "ru" if say.lang == "ru" else "kk"))


def not_computed(context: Context, what: str) -> Text:
    """A note that something was not computed in this run."""
    return Text(context.say("Not computed in this run: {what}.", what=what), "note")


def withheld_words(say: Voice) -> str:
    """Why a number is missing from the report for the public."""
    return say(
        "Withheld for the public: numbers from which a single mark would follow, also by subtraction (fewer than "
        "three readers, the same mark from everybody at the end of the scale), and those that would give them back."
    )


def chosen_in(results: Results, place: int) -> set[str]:
    """Ids selected in a round, by its place (0 is the first, -1 the last); empty if it was not held."""
    if not results.rounds:
        return set()
    return set(results.rounds[place].selected()["submission"])


def was_last_held(results: Results) -> bool:
    """Whether the last round of the rules has decisions."""
    return bool(results.rounds) and results.rounds[-1].id == results.contest.rounds[-1].id
