"""Why was it decided so? Reason codes of decisions, with their numbers, as sentences."""

import re

from fairlib.report.locale import Voice
from fairlib.rules import Contest


def reason_sentence(code: object, contest: Contest, say: Voice) -> str:
    """A reason code such as `quota:nomination=legal` as a sentence; an unknown code is shown as it is.

    Several reasons in one code are separated by `;`.
    """
    if not isinstance(code, str) or not code.strip():
        return ""
    return " ".join(_one(part.strip(), contest, say) for part in code.split(";") if part.strip())


def _one(code: str, contest: Contest, say: Voice) -> str:
    kind, _, detail = code.partition(":")
    teller = _TELLERS.get(kind)
    return teller(detail, contest, say) if teller else say("By the rule with the code: {code}.", code=code)


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
    }
    return words.get(key, key)


def group_name(column: str, value: str, contest: Contest, say: Voice) -> str:
    """A group of a quota in words: the nomination's name, or the value itself."""
    for n in contest.nominations:
        if column == "nomination" and n.id == value:
            return n.name[say.lang]
    return value


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


def _rank(detail: str, contest: Contest, say: Voice) -> str:
    return say("By rank.")


def _quota(detail: str, contest: Contest, say: Voice) -> str:
    group, _, rest = detail.partition(" ")
    column, _, value = group.partition("=")
    text = say(
        "By the quota: {column} – {group}.",
        column=column_name(column, say),
        group=group_name(column, value, contest, say),
    )
    return f"{text} ({rest})" if rest else text


def _tie(detail: str, contest: Contest, say: Voice) -> str:
    step, _, numbers = detail.partition(" ")
    name = criterion_name(step.removeprefix("criterion="), contest, say)
    if not numbers:
        return say("Equal estimates, settled by: {step}.", step=name)
    return say(
        "Equal estimates, settled by: {step} ({numbers}).",
        step=name,
        numbers=_spoken(numbers, say),
    )


def _threshold(detail: str, contest: Contest, say: Voice) -> str:
    found = re.fullmatch(r"(\S+)\s+(\S+?)<(\S+)", detail)
    if not found:
        return say("Below the threshold: {what}.", what=detail)
    name = criterion_name(found[1], contest, say)
    return say(
        "Below the threshold: {what} – {found}, needed: {least}.",
        what=name,
        found=_spoken(found[2], say),
        least=_spoken(found[3], say),
    )


def _ineligible(detail: str, contest: Contest, say: Voice) -> str:
    parts = [eligibility_words(p.strip(), say) for p in re.split(r"[,|+ ]+", detail) if p.strip()]
    return say("Not eligible, what is missing: {what}.", what=say.listed(parts))


def _budget(detail: str, contest: Contest, say: Voice) -> str:
    return say("The budget does not reach: {numbers}.", numbers=_spoken(detail, say))


def _organisation(detail: str, contest: Contest, say: Voice) -> str:
    return say("The organisation already has as many selected as the rules allow.")


def _reserve(detail: str, contest: Contest, say: Voice) -> str:
    return say("Place on the reserve list: {place}.", place=detail)


def _manual(detail: str, contest: Contest, say: Voice) -> str:
    return say("Decided by people, with the reason given: {why}", why=detail)


def _draw(detail: str, contest: Contest, say: Voice) -> str:
    return say("By the draw with the published seed.")


_TELLERS = {
    "rank": _rank,
    "quota": _quota,
    "tie": _tie,
    "threshold": _threshold,
    "ineligible": _ineligible,
    "not_eligible": _ineligible,
    "eligibility": _ineligible,
    "budget": _budget,
    "organisation": _organisation,
    "per_organisation": _organisation,
    "reserve": _reserve,
    "manual": _manual,
    "draw": _draw,
}


def _spoken(text: str, say: Voice) -> str:
    """Numbers of a code with the separators of the language."""
    return re.sub(
        r"\d+(?:\.\d+)?",
        lambda m: say.number(float(m[0]), len(m[0].partition(".")[2])),
        text.replace(">", " > ").replace("<", " < "),
    )
