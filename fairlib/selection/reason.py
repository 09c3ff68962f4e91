"""A reason as data, and as the code that stands in a table of decisions.

Reasons of one decision are joined by `; `.
"""

import re
from collections.abc import Iterable

from fairlib.facts import QUOTED, Fact, Value

OPEN = ("no_estimate", "tie_refused", "tie_exhausted", "lots_wait")  # they decide nothing

_SENTENCE = r'[^\s";:]+(?: [^\s";:]+)*?'  # words of people: bare unless they hold what would end them
_PART = re.compile(rf'(?:[^;"]|{QUOTED}|;(?! ))+')

_EARLIER = re.compile(  # words of people that hold `; `, as runs wrote them before they were quoted
    r"manual:(?P<decision>\w+) by (?P<who>.*?) on (?P<when>\d{4}-\d\d-\d\d): (?P<why>.*)"
    r"; rule: (?P<rule>\w+), (?P<reason>.*?)",
    re.DOTALL,
)


class Reason(Fact):
    """Why something was decided.

    >>> str(Reason("quota", column="legal_form", group="public fund", mine=7.0, sign="<", other=8.25))
    'quota:legal_form="public fund" 7<8.25'
    >>> parse('quota:legal_form="public fund" 7<8.25')[0]["group"]
    'public fund'
    """

    forms = {
        "rank": ("rank[:{mine}{sign}{other}]", "rank:{mine}{sign}{other} in {column}={group}"),
        "quota": ("quota:{column}[={group}][ {mine}{sign}{other}]",),
        "tie": ("tie:{step}[ {mine}{sign}{other}]", "tie:{step} {mine} against {other}"),
        "tie_refused": ("tie_refused:rank {rank} among {among}",),
        "tie_exhausted": ("tie_exhausted:rank {rank} among {among}",),
        "threshold": ("threshold:{on}[ {mine}{sign}{other}]", "threshold:{on} missing of {other}"),
        "per_organisation": ("per_organisation[:{column}={group} {used}>={most}]",),
        "budget": ("budget:[{how} ]{grant}{sign}{left}",),
        "reserve": ("reserve:{place}",),
        "draw": ("draw:place {place} of {among}",),
        "lottery": ("lottery:{chance}",),
        "lots_wait": ("lots_wait:{chance}",),
        "no_estimate": ("no_estimate:{status}",),
        "ineligible": ("ineligible:{rules}",),
        "manual": ("manual:{decision} by {who} on {when}: {why}",),
        "rule": ("rule: {decision}",),
    }
    numbers = frozenset(
        {"mine", "other", "rank", "among", "used", "most", "grant", "left", "place", "chance"}
    )
    bare = {
        "": r'[^\s"=<>;]+(?:;[^\s"=<>;]+)*',
        "sign": "[<>]=?|=|<=",
        "who": _SENTENCE,
        "why": _SENTENCE,
    }


def as_code(reasons: Iterable[Reason], digits: str = "") -> str:
    """Reasons of one decision as one code; what the rule alone would have said follows a decision of people.

    `digits` are those of its numbers, such as `.2f`; all of them where it is empty.
    """
    text, before = "", None
    for reason in reasons:
        text += f"{'' if before is None else ', ' if before.kind == 'rule' else '; '}{reason:{digits}}"
        before = reason
    return text


def reasons_in(code: object) -> list[Reason]:
    """The reasons in a cell of a table; none where it is empty or says something else."""
    try:
        return parse(code) if isinstance(code, str) else []
    except ValueError:
        return []


def rule_said(reasons: list[Reason]) -> Value:
    """What the rule alone decided, where people decided otherwise; None where the rule holds."""
    return next((reason["decision"] for reason in reasons if reason.kind == "rule"), None)


def waits(reasons: list[Reason]) -> bool:
    """Whether nothing is decided yet: nobody marked it, or what it hangs on is left to people who were not asked."""
    open_ = any(r.kind in OPEN or r.told.get("how") == "waiting" for r in reasons)
    return open_ and rule_said(reasons) is None


def parse(code: str) -> list[Reason]:
    """The reasons of a code, in their order.

    Raises ValueError for what is no reason.
    """
    parts = _parts(code)
    found = [reason for part in parts if (reason := Reason.of(part)) is not None]
    if len(found) == len(parts):
        return found
    if people := _EARLIER.fullmatch(code.strip()):
        alone = Reason("rule", decision=people["rule"])
        told = {name: people[name] for name in ("decision", "who", "when", "why")}
        return [Reason("manual", **told), alone, *parse(people["reason"])]
    raise ValueError(f"{code!r} is no reason")


def _parts(code: str) -> list[str]:
    """A code taken apart where one reason ends and the next begins, never inside a name."""
    found = []
    for part in filter(None, map(str.strip, _PART.findall(code))):
        rule, comma, after = part.partition(", ")
        found += [rule, after] if comma and rule.startswith("rule: ") else [part]
    return found
