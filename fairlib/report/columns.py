"""How is a column of a run told? Its values in words, one way for pages and workbook."""

from collections.abc import Callable, Iterable

from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.figures.base import decision_names
from fairlib.report.words import codes
from fairlib.report.words.reasons import group_name, reason_sentence

WORDS: dict[str, Callable[[object, Context], object]] = {
    "submissions.organisation": common.organisation,
    "submissions.nomination": common.nomination,
    "submissions.region": common.region,
    "submissions.settlement": lambda x, c: group_name("settlement", common.text(x), c.contest, c.say),
    "decisions.decision": lambda x, c: decision_names(c.say.lang).get(str(x), common.text(x)),
    "decisions.reason": lambda x, c: reason_sentence(x, c.contest, c.say),
    "decisions.band": lambda x, c: codes.band_words(x, c.say),
    "estimates.status": lambda x, c: codes.status_words(x, c.say),
    "findings.severity": lambda x, c: codes.level_words(x, c.say),
    "findings.code": lambda x, c: codes.finding_words(x, c.say),
    "findings.found": lambda x, c: codes.found_words(x, c.say),
    "findings.done": lambda x, c: codes.done_words(x, c.contest, c.say),
    "other_rules.status": lambda x, c: codes.status_words(x, c.say),
}


def in_words(name: str, values: Iterable[object], context: Context) -> list:
    """The values of a column by its name in the contract: codes in words, all others as they are."""
    words = WORDS.get(name)
    return [words(x, context) for x in values] if words else list(values)
