"""Why was it decided so? Reason codes of decisions, with their numbers, as sentences."""

import re

from fairlib.report.locale import Voice
from fairlib.rules import ELIGIBILITY, Contest


def reason_sentence(code: object, contest: Contest, say: Voice) -> str:
    """A reason code such as `quota:nomination=legal` as a sentence; an unknown code is shown as it is.

    Several reasons in one code are separated by `;`.
    """
    if not isinstance(code, str) or not code.strip():
        return ""
    sentences: list[str] = []
    failed: list[str] = []
    for part in filter(None, (p.strip() for p in code.split(";"))):
        kind, _, detail = part.partition(":")
        if kind in ("ineligible", "not_eligible") or part in ELIGIBILITY:
            failed += [
                eligibility_words(p, say) for p in re.split(r"[,|+ ]+", detail or part) if p in ELIGIBILITY
            ]
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
    parts = []
    for part in code.split(";"):
        kind, _, detail = part.strip().partition(":")
        if kind in keep:
            pass
        elif kind == "rank":
            detail = ""
        elif kind in ("tie", "quota", "threshold"):
            detail = detail.split(" ")[0]
        parts.append(f"{kind}:{detail}" if detail else kind)
    return "; ".join(parts)


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


def estimator_name(method: str, say: Voice) -> str:
    """A way of estimating, in short."""
    words = {
        "raw": say("mean of scores"),
        "median": say("median of scores"),
        "trimmed": say("mean without the highest and the lowest"),
        "zscore": say("standard scores of each juror"),
        "additive": say("severity by least squares"),
        "severity": say("severity with shrinkage"),
        "rasch": say("many-facet Rasch model"),
    }
    return words.get(method, method)


def group_name(column: str, value: str, contest: Contest, say: Voice) -> str:
    """A group of a quota: the nomination's number, or the value itself."""
    ids = [n.id for n in contest.nominations]
    return f"№ {ids.index(value) + 1}" if column == "nomination" and value in ids else value


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


def _group(code: str, contest: Contest, say: Voice) -> str:
    column, _, value = code.partition("=")
    if not value:
        return column_name(column, say)
    return f"{column_name(column, say)} {group_name(column, value, contest, say)}"


def _rank(detail: str, contest: Contest, say: Voice) -> str:
    numbers, _, group = detail.partition(" in ")
    if not numbers:
        return say("By rank.")
    mine, _, line = (_spoken(part, say) for part in re.split("([<>])", numbers, maxsplit=1))
    if not group:
        return say("By rank: estimate {mine}, the line: {line}.", mine=mine, line=line)
    return say(
        "By rank in its group ({group}): estimate {mine}, the line: {line}.",
        group=_group(group, contest, say),
        mine=mine,
        line=line,
    )


def _quota(detail: str, contest: Contest, say: Voice) -> str:
    code, _, numbers = detail.partition(" ")
    group = _group(code, contest, say)
    if not numbers:
        return say("By the quota: {group}.", group=group)
    return say("By the quota: {group} ({numbers}).", group=group, numbers=_spoken(numbers, say))


def _tie(detail: str, contest: Contest, say: Voice) -> str:
    step, _, numbers = detail.partition(" ")
    name = criterion_name(step, contest, say)
    if not numbers:
        return say("Equal estimates, settled by: {step}.", step=name)
    return say("Equal estimates, settled by: {step} ({numbers}).", step=name, numbers=_spoken(numbers, say))


def _open_tie(detail: str, contest: Contest, say: Voice) -> str:
    found = re.fullmatch(r"rank (\d+) among (\d+)", detail)
    place, n = found.groups() if found else ("–", "–")
    return say("Equal estimates that no rule settles; place: {place}, submissions: {n}.", place=place, n=n)


def _threshold(detail: str, contest: Contest, say: Voice) -> str:
    key, _, numbers = detail.partition(" ")
    name = criterion_name(key, contest, say)
    if not numbers:
        return say("Below the threshold: {what}.", what=name)
    found, _, least = re.split("([<>])", numbers, maxsplit=1)
    found = say("not computed") if found == "missing" else _spoken(found, say)
    return say("Below the threshold: {what} – {found}, needed: {least}.", what=name, found=found,
               least=_spoken(least, say))  # fmt: skip


def _budget(detail: str, contest: Contest, say: Voice) -> str:
    numbers = re.findall(r"\d+(?:\.\d+)?", detail)
    if detail.startswith("stopped"):
        return say("The budget ended before this place: the list stops at the first that does not fit.")
    if len(numbers) != 2:
        return say("The budget does not reach.")
    asked, left = (say.money(float(n)) for n in numbers)
    return say("The budget does not reach; needed: {asked}, left: {left}.", asked=asked, left=left)


def _organisation(detail: str, contest: Contest, say: Voice) -> str:
    return say("The organisation already has as many selected as the rules allow.")


def _reserve(detail: str, contest: Contest, say: Voice) -> str:
    return say("Place on the reserve list: {place}.", place=_spoken(detail, say))


def _manual(detail: str, contest: Contest, say: Voice) -> str:
    return say("Decided by people, with the reason given: {why}", why=detail)


def _draw(detail: str, contest: Contest, say: Voice) -> str:
    return say("By the draw with the published seed.")


def _no_estimate(detail: str, contest: Contest, say: Voice) -> str:
    return say("Too few marks for an estimate.")


_TELLERS = {
    "rank": _rank,
    "quota": _quota,
    "tie": _tie,
    "tie_refused": _open_tie,
    "tie_exhausted": _open_tie,
    "threshold": _threshold,
    "budget": _budget,
    "organisation": _organisation,
    "reserve": _reserve,
    "manual": _manual,
    "draw": _draw,
    "no_estimate": _no_estimate,
}


def _spoken(text: str, say: Voice) -> str:
    """Numbers of a code with the separators of the language and two decimals at most."""
    spaced = re.sub(r"\s*([<>]=?|=)\s*", r" \1 ", text)
    return re.sub(
        r"\d+(?:\.\d+)?", lambda m: say.number(float(m[0]), min(len(m[0].partition(".")[2]), 2)), spaced
    )
