"""Why was it decided so? Reasons of decisions, with their numbers, as sentences."""

import re
from datetime import date

from fairlib.facts import Value
from fairlib.report.words.codes import criterion_name, group_name, meanings, word
from fairlib.report.words.locale import Voice
from fairlib.rules import ELIGIBILITY, Contest
from fairlib.selection.reason import Reason, as_code, parse, reasons_in


def reason_sentence(code: object, contest: Contest, say: Voice) -> str:
    """A reason code such as `quota:nomination=legal` as a sentence, several as several; no reason as it stands."""
    if not isinstance(code, str) or not code.strip():
        return ""
    told = [_TELLERS[reason.kind](reason, contest, say) for reason in reasons_in(code)]
    return " ".join(filter(None, told or [say("By the rule with the code: {code}.", code=code)]))


def bare_reason(code: str, keep: tuple[str, ...] = ()) -> str:
    """A reason code without the estimates of criteria and submissions that stand in it.

    For the public, who is told the rule: the numbers are means of a few marks. Kinds in `keep` stay whole.

    >>> bare_reason("quota:nomination=legal 7.1<7.3; tie:social_impact 8.2>8.0")
    'quota:nomination=legal; tie:social_impact'
    >>> bare_reason("rank:7.1<7.3 in nomination=legal"), bare_reason("threshold:estimate 4.1<5")
    ('rank', 'threshold:estimate')
    """
    return as_code(reason if reason.kind in keep else bare(reason) for reason in parse(code))


def bare(reason: Reason) -> Reason:
    """A reason without the estimates that stand in it."""
    if reason.kind in ("rank", "per_organisation"):
        return Reason(reason.kind)
    return reason.without("mine", "sign", "other") if "mine" in reason else reason


def _group(reason: Reason, contest: Contest, say: Voice) -> str:
    column = reason.text("column")
    if "group" not in reason:
        return say("all seats") if column == "seats" else word("column", column, say)
    return f"{word('column', column, say)} {group_name(column, reason.text('group'), contest, say)}"


def _rank(reason: Reason, contest: Contest, say: Voice) -> str:
    if "mine" not in reason:
        return say("By rank.")
    mine, line = (_number(reason[name], say) for name in ("mine", "other"))
    if "column" not in reason:
        return say("By rank: estimate {mine}, the line: {line}.", mine=mine, line=line)
    group = _group(reason, contest, say)
    return say(
        "By rank in its group ({group}): estimate {mine}, the line: {line}.",
        group=group,
        mine=mine,
        line=line,
    )


def _quota(reason: Reason, contest: Contest, say: Voice) -> str:
    group = _group(reason, contest, say)
    if "mine" not in reason:
        return say("By the quota: {group}.", group=group)
    mine, other = (_number(reason[name], say) for name in ("mine", "other"))
    return say(
        "By the quota (this group keeps places of its own: {group}): estimate {mine}, that of the one with "
        "which it changed places: {other}.",
        group=group,
        mine=mine,
        other=other,
    )


def _tie(reason: Reason, contest: Contest, say: Voice) -> str:
    step = criterion_name(reason.text("step"), contest, say)
    if "mine" not in reason or reason["step"] == "draw":  # lots say nothing
        return say("Equal estimates, settled by: {step}.", step=step)
    mine, other = (_number(reason[name], say) for name in ("mine", "other"))
    if reason["step"] == "earlier":
        mine, other = (moment[:19].replace("T", " ") for moment in (mine, other))
    numbers = f"{mine} {reason.told.get('sign', '/')} {other}"
    return say("Equal estimates, settled by: {step} ({numbers}).", step=step, numbers=numbers)


def _open_tie(reason: Reason, contest: Contest, say: Voice) -> str:
    place, n = (str(reason[name]) for name in ("rank", "among"))
    return say("Equal estimates that no rule settles; place: {place}, submissions: {n}.", place=place, n=n)


def _threshold(reason: Reason, contest: Contest, say: Voice) -> str:
    name = criterion_name(reason.text("on"), contest, say)
    if "other" not in reason:
        return say("Worse than the threshold: {what}.", what=name)
    mine, least = reason.told.get("mine"), _number(reason["other"], say)
    found = say("not computed") if mine is None else _number(mine, say)
    if reason.told.get("sign") == ">":
        return say(
            "Above the threshold: {what} – {found}, needed: {least}.", what=name, found=found, least=least
        )
    return say("Below the threshold: {what} – {found}, needed: {least}.", what=name, found=found, least=least)


def _budget(reason: Reason, contest: Contest, say: Voice) -> str:
    how = reason.told.get("how")
    if how == "stopped":
        return say("The budget ended before this place: the list stops at the first that does not fit.")
    asked, left = (say.money(reason.number(name)) for name in ("grant", "left"))
    sums = say("needed: {asked}, left: {left}", asked=asked, left=left)
    if how == "passed_over":
        return say("Passed over, because others together make more of the budget; {sums}.", sums=sums)
    if how == "waiting":
        return say("What is left of the budget waits for the decision of a tie; {sums}.", sums=sums)
    if how == "kept":
        return say("What is left of the budget is kept for what the quotas promise; {sums}.", sums=sums)
    return say("The budget does not reach; {sums}.", sums=sums)


def _organisation(reason: Reason, contest: Contest, say: Voice) -> str:
    told = say("The organisation already has as many selected as the rules allow.")
    return (
        told + " " + say("Allowed: {n}.", n=say.number(reason.number("most"))) if "most" in reason else told
    )


def _reserve(reason: Reason, contest: Contest, say: Voice) -> str:
    return say("Place on the reserve list: {place}.", place=_number(reason["place"], say))


def _manual(reason: Reason, contest: Contest, say: Voice) -> str:
    """A decision of people with who, when and why."""
    return say(
        "Decided by people ({who}, {when}), with the reason given: {why}",
        who=reason["who"],
        when=say.date(date.fromisoformat(reason.text("when"))),
        why=reason.text("why").rstrip(".") + ".",
    )


def _rule(reason: Reason, contest: Contest, say: Voice) -> str:
    """What the rule alone would have said."""
    return say("By the rule alone: {decision}.", decision=word("decision", reason["decision"], say))


def _draw(reason: Reason, contest: Contest, say: Voice) -> str:
    place, n = (say.number(reason.number(name)) for name in ("place", "among"))
    told = say("By the draw with the published seed.")
    return told + " " + say("Place in the draw: {place}; took part: {n}.", place=place, n=n)


def _lottery(reason: Reason, contest: Contest, say: Voice) -> str:
    """The chance that the intervals gave it; who has all or none of it was not drawn for."""
    chance = reason.number("chance")
    told = say("Chance in the lottery: {chance}.", chance=say.percent(chance, 1))
    if chance == 1:
        return told + " " + say("Its interval stands high enough: no lot was needed.")
    if chance == 0:
        return told + " " + say("Its interval stands too low: no lot was drawn for it.")
    return say("By the lottery with the published number.") + " " + told


def _lots_wait(reason: Reason, contest: Contest, say: Voice) -> str:
    told = say("Chance in the lottery: {chance}.", chance=say.percent(reason.number("chance"), 1))
    return told + " " + say("The lots are drawn when the public number is known.")


def _no_estimate(reason: Reason, contest: Contest, say: Voice) -> str:
    known = ("no_estimate", reason.text("status")) in meanings()
    return word("no_estimate", reason["status"] if known else "", say)


def _ineligible(reason: Reason, contest: Contest, say: Voice) -> str:
    if reason["rules"] == "unstated":
        return say("Not eligible; the reason is not stated.")
    missed = [rule for rule in re.split(r"[;,|+ ]+", reason.text("rules")) if rule in ELIGIBILITY]
    what = say.listed([word("eligibility", rule, say) for rule in missed])
    return say("Not eligible, what is missing: {what}.", what=what) if missed else ""


_TELLERS = {
    "rank": _rank,
    "quota": _quota,
    "tie": _tie,
    "tie_refused": _open_tie,
    "tie_exhausted": _open_tie,
    "threshold": _threshold,
    "budget": _budget,
    "per_organisation": _organisation,
    "reserve": _reserve,
    "draw": _draw,
    "lottery": _lottery,
    "lots_wait": _lots_wait,
    "no_estimate": _no_estimate,
    "ineligible": _ineligible,
    "manual": _manual,
    "rule": _rule,
}


def _number(value: Value, say: Voice) -> str:
    """What a reason tells, numbers with the separators of the language and two decimals at most."""
    if value is None:
        return say("missing")
    if isinstance(value, str):
        return value
    return say.number(value, min(2, len(str(value).partition(".")[2])))
