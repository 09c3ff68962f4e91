"""Why was it decided so? Reason codes of decisions, with their numbers, as sentences."""

import re
from datetime import date

from fairlib.intake.places.names import region_name
from fairlib.report.words.locale import NAMES, Voice
from fairlib.rules import ELIGIBILITY, Contest
from fairlib.selection.reason import Reason, parse, parts, unquoted

MANUAL = re.compile(
    r"manual:(?P<decision>\w+) by (?P<who>.*?) on (?P<when>\d{4}-\d\d-\d\d): (?P<why>.*)"
    r"; rule: (?P<before>\w+), (?P<reason>.*?)",
    re.DOTALL,
)


def reason_sentence(code: object, contest: Contest, say: Voice) -> str:
    """A reason code such as `quota:nomination=legal` as a sentence; an unknown code is shown as it is.

    Several reasons in one code are separated by `;`.
    """
    if not isinstance(code, str) or not code.strip():
        return ""
    if people := MANUAL.fullmatch(code.strip()):
        return _manual(people, contest, say)
    sentences: list[str] = []
    failed: list[str] = []
    for part in parts(code):
        kind, _, detail = part.partition(":")
        if kind in ("ineligible", "not_eligible") or part in ELIGIBILITY:
            failed += [
                eligibility_words(p, say) for p in re.split(r"[;,|+ ]+", detail or part) if p in ELIGIBILITY
            ]
            if detail == "unstated":
                sentences.append(say("Not eligible; the reason is not stated."))
            continue
        teller = _TELLERS.get(kind)
        sentences.append(
            teller(detail, contest, say) if teller else say("By the rule with the code: {code}.", code=part)
        )
    if failed:
        sentences.insert(0, say("Not eligible, what is missing: {what}.", what=say.listed(failed)))
    return " ".join(sentences)


def bare_reason(code: str, keep: tuple[str, ...] = ()) -> str:
    """A reason code without the estimates of criteria and submissions that stand in it.

    For the public, who is told the rule: the numbers are means of a few marks. Kinds in `keep` stay whole.

    >>> bare_reason("quota:nomination=legal 7.1<7.3; tie:social_impact 8.2>8.0")
    'quota:nomination=legal; tie:social_impact'
    >>> bare_reason("rank:7.1<7.3 in nomination=legal"), bare_reason("threshold:estimate 4.1<5")
    ('rank', 'threshold:estimate')
    """
    if people := MANUAL.fullmatch(code.strip()):
        start = code.strip()[: people.start("reason")]
        return start + bare_reason(people["reason"], keep)
    bare = []
    for part in parts(code):
        kind, _, detail = part.partition(":")
        if kind in keep:
            pass
        elif kind in ("rank", "per_organisation"):
            detail = ""
        elif kind in ("tie", "quota", "threshold"):
            detail = str(parse(part)[0].without("mine", "sign", "other")).partition(":")[2]
        bare.append(f"{kind}:{detail}" if detail else kind)
    return "; ".join(bare)


def criterion_name(key: str, contest: Contest, say: Voice) -> str:
    """A criterion, the estimate, the median, or any other key, in words."""
    for c in contest.criteria:
        if c.id == key:
            return c.name[say.lang]
    words = {
        "estimate": say("estimate"),
        "median": say("median of marks"),
        "fewer_missing": say("fewer missing marks"),
        "earlier": say("earlier submission"),
        "draw": say("draw by a published seed"),
        "refuse": say("left to the commission"),
        "rank": say("rank"),
    }
    return words.get(key, key)


def method_name(method: str, say: Voice) -> str:
    """A way of sharing seats in proportion."""
    words = {
        "largest_remainder": say("largest remainder"),
        "sainte_lague": "Sainte-Laguë",
        "dhondt": "D'Hondt",
    }
    return words.get(method, method)


def group_name(column: str, value: str, contest: Contest, say: Voice) -> str:
    """A group of a quota or of a table: a nomination by its number, a region, a type, yes and no in words."""
    ids = [n.id for n in contest.nominations]
    if column == "nomination" and value in ids:
        return f"{say('No.')}\xa0{ids.index(value) + 1}"
    if column == "region":
        return region_name(value, say.lang, contest.regions_on)
    if column == "settlement":
        return settlement_name(value, say)
    if column in ("monotown", "first_time", "consent"):
        return {"true": say("yes"), "yes": say("yes"), "false": say("no"), "no": say("no")}.get(
            value.lower(), value
        )
    if column == "language":
        return NAMES.get(value, value).lower() if value != "en" else NAMES[value]
    return value


def settlement_name(value: str, say: Voice) -> str:
    """A type of settlement."""
    words = {
        "city": say("city"), "town": say("town"), "village": say("village"), "rural": say("village"),
        "district": say("district"), "region": say("only the region is named"),
        "region_centre": say("region centre"), "capital": say("city of republican significance"),
    }  # fmt: skip
    return words.get(value, value)


def column_name(column: str, say: Voice) -> str:
    """A column of the submissions in words."""
    words = {
        "nomination": say("nomination"),
        "region": say("region"),
        "settlement": say("settlement type"),
        "monotown": say("monotown"),
        "language": say("language of the submission"),
        "first_time": say("first application"),
        "legal_form": say("legal form"),
    }
    return words.get(column, column)


def eligibility_words(rule: str, say: Voice) -> str:
    """What an eligibility rule asks for."""
    words = {
        "bin_valid": say("a valid business identification number (BIN)"),
        "consent": say("consent to publication"),
        "openness_link": say("a link that shows the openness of the organisation"),
        "requested_within": say("a requested sum within the limits"),
        "duration_within": say("a duration within the limits"),
        "legal_form": say("a legal form that the contest admits"),
        "region_known": say("a known region"),
    }
    return words.get(rule, rule)


def _group(reason: Reason, contest: Contest, say: Voice) -> str:
    column = reason["column"]
    if "group" not in reason:
        return say("all seats") if column == "seats" else column_name(column, say)
    return f"{column_name(column, say)} {group_name(column, reason['group'], contest, say)}"


def _two(reason: Reason, say: Voice) -> dict[str, str]:
    """The own number and the one it stands against, as they are spoken."""
    return {name: _spoken(str(reason[name]), say) for name in ("mine", "other")}


def _rank(detail: str, contest: Contest, say: Voice) -> str:
    if not detail:
        return say("By rank.")
    (reason,) = parse(f"rank:{detail}")
    mine, line = _two(reason, say).values()
    if "column" not in reason:
        return say("By rank: estimate {mine}, the line: {line}.", mine=mine, line=line)
    return say(
        "By rank in its group ({group}): estimate {mine}, the line: {line}.",
        group=_group(reason, contest, say),
        mine=mine,
        line=line,
    )


def _quota(detail: str, contest: Contest, say: Voice) -> str:
    (reason,) = parse(f"quota:{detail}")
    group = _group(reason, contest, say)
    if "mine" not in reason:
        return say("By the quota: {group}.", group=group)
    mine, other = _two(reason, say).values()
    return say("By the quota (this group keeps places of its own: {group}): estimate {mine}, that of the one with "
               "which it changed places: {other}.",
               group=group, mine=mine, other=other)  # fmt: skip


def _tie(detail: str, contest: Contest, say: Voice) -> str:
    step, _, numbers = detail.partition(" ")
    name = criterion_name(step, contest, say)
    told = _compared(step, numbers, say)
    if not told:
        return say("Equal estimates, settled by: {step}.", step=name)
    return say("Equal estimates, settled by: {step} ({numbers}).", step=name, numbers=told)


def _compared(step: str, numbers: str, say: Voice) -> str:
    """The two values that a step of the tie chain compared; lots say nothing and are left out."""
    found = re.fullmatch(r"(.+?)( against |[<>=])(.+)", numbers)
    if step == "draw" or not found:
        return ""
    mine, sign, other = found.groups()

    def shown(value: str) -> str:
        if value == "missing":
            return say("missing")
        return value[:19].replace("T", " ") if step == "earlier" else _spoken(value, say)

    return f"{shown(mine)} {sign.strip() if len(sign) == 1 else '/'} {shown(other)}"


def _open_tie(detail: str, contest: Contest, say: Voice) -> str:
    found = re.fullmatch(r"rank (\d+) among (\d+)", detail)
    place, n = found.groups() if found else ("–", "–")
    return say("Equal estimates that no rule settles; place: {place}, submissions: {n}.", place=place, n=n)


def _threshold(detail: str, contest: Contest, say: Voice) -> str:
    (reason,) = parse(f"threshold:{detail}")
    name = criterion_name(reason["on"], contest, say)
    if "other" not in reason:
        return say("Worse than the threshold: {what}.", what=name)
    mine, least = reason.told.get("mine"), _spoken(str(reason["other"]), say)
    found = say("not computed") if mine is None else _spoken(str(mine), say)
    if reason.told.get("sign") == ">":
        return say(
            "Above the threshold: {what} – {found}, needed: {least}.", what=name, found=found, least=least
        )
    return say("Below the threshold: {what} – {found}, needed: {least}.", what=name, found=found, least=least)


def _budget(detail: str, contest: Contest, say: Voice) -> str:
    how = detail.split(" ")[0]
    numbers = re.findall(r"\d+(?:\.\d+)?", detail)
    if len(numbers) != 2 or how == "stopped":
        told = say("The budget does not reach.")
        if how == "stopped":
            told = say("The budget ended before this place: the list stops at the first that does not fit.")
        return told
    asked, left = (say.money(float(n)) for n in numbers)
    sums = say("needed: {asked}, left: {left}", asked=asked, left=left)
    words = {
        "passed_over": say(
            "Passed over, because others together make more of the budget; {sums}.", sums=sums
        ),
        "waiting": say("What is left of the budget waits for the decision of a tie; {sums}.", sums=sums),
        "kept": say("What is left of the budget is kept for what the quotas promise; {sums}.", sums=sums),
    }
    return words.get(how, say("The budget does not reach; {sums}.", sums=sums))


def _organisation(detail: str, contest: Contest, say: Voice) -> str:
    told = say("The organisation already has as many selected as the rules allow.")
    found = re.search(r"(\d+)>=(\d+)$", detail)
    return told + " " + say("Allowed: {n}.", n=say.number(int(found[2]))) if found else told


def _reserve(detail: str, contest: Contest, say: Voice) -> str:
    return say("Place on the reserve list: {place}.", place=_spoken(detail, say))


def _manual(people: re.Match, contest: Contest, say: Voice) -> str:
    """A decision of people with who, when and why, and what the rule alone would have said."""
    who, why = (unquoted(people[name]) for name in ("who", "why"))
    told = say("Decided by people ({who}, {when}), with the reason given: {why}", who=who,
               when=say.date(date.fromisoformat(people["when"])), why=why.rstrip(".") + ".")  # fmt: skip
    alone = say("By the rule alone: {decision}.", decision=_decided(people["before"], say))
    return " ".join(filter(None, (told, alone, reason_sentence(people["reason"], contest, say))))


def _decided(decision: str, say: Voice) -> str:
    words = {
        "selected": say("selected"),
        "reserve": say("reserve"),
        "not_selected": say("not selected"),
        "not_eligible": say("not eligible"),
    }
    return words.get(decision, decision)


def _draw(detail: str, contest: Contest, say: Voice) -> str:
    told = say("By the draw with the published seed.")
    found = re.fullmatch(r"place (\d+) of (\d+)", detail)
    if not found:
        return told
    place, n = (say.number(int(x)) for x in found.groups())
    return told + " " + say("Place in the draw: {place}; took part: {n}.", place=place, n=n)


def _no_estimate(detail: str, contest: Contest, say: Voice) -> str:
    words = {
        "too_few_jurors": say(
            "Fewer jurors marked it than the rules ask for, so it has no place in the ranking."
        ),
        "no_marks": say("No juror marked it, so it has no place in the ranking."),
        "no_scored_mark": say("No juror marked it, so it has no place in the ranking."),
    }
    return words.get(detail, say("Too few marks for an estimate."))


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
    "no_estimate": _no_estimate,
}


def _spoken(text: str, say: Voice) -> str:
    """Numbers of a code with the separators of the language and two decimals at most."""
    spaced = re.sub(r"\s*([<>]=?|=)\s*", r" \1 ", text)
    return re.sub(
        r"\d+(?:\.\d+)?", lambda m: say.number(float(m[0]), min(len(m[0].partition(".")[2]), 2)), spaced
    )
