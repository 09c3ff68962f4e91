"""What does a heading say without remarks: number of a question, range of marks, word for mark?"""

import re
from functools import lru_cache

from fairlib.intake.headings.known import COMMENT, SCORE
from fairlib.intake.texts import fold

_SPLIT = re.compile(r"[/|\n]")
_ASIDE = re.compile(r"\([^()]*\)|^\s*\d+(?:\.\d+)*[.)]\s")  # a remark in brackets; the number of a question
_SQUARE = re.compile(r"\s*\[([^\[\]]*)\]\s*")
_NUMBER = r"\d+(?:[.,]\d+)?"
_UNIT = r"(?:\s*(?:points?|pts|балл\w*|ұпай\w*)\.?)?\s*$"
_RANGE = rf"{_NUMBER}\s*(?:[-–—/]|\.\.|to|до)\s*{_NUMBER}"
_MOST = rf"(?:max(?:imum)?|макс\w*|up to|до|out of|из|/)\.?\s*{_NUMBER}"
_SCALE = re.compile(
    rf"(?:\s*[,;:–—-]\s*(?:{_RANGE}|{_MOST}|{_NUMBER})|\s+{_RANGE}|\s+{_MOST}){_UNIT}", re.IGNORECASE
)
_ORDINAL = re.compile(
    r"^\s*(?:критерий|өлшемшарт|criterion|question|вопрос|сұрақ|q|к|c)\s*[№#]?\s*\d+\s*[.:)–—-]+\s*",
    re.IGNORECASE,
)
_WORD = r"(?:scores?|points?|ratings?|marks?|grades?|балл\w*|оценка|баға|ұпай)"
_BEFORE = re.compile(
    rf"^\s*(?:{_WORD}\s*(?:[-–—:]|\s(?:for|по критерию|за)\s)|(?:please\s+)?rate\s+(?:the\s+)?|оцените\s)\s*",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"\s*(?:\s|[-–—:,])\s*{_WORD}\s*$", re.IGNORECASE)
_SAID = frozenset(map(fold, COMMENT)) | {"feedback", "отзыв", "remarks"}
_MARKS = frozenset(map(fold, SCORE))


@lru_cache(maxsize=65536)
def parts(text: str) -> tuple[str, ...]:
    """The keys by which a heading may be known, the surest first: whole, in parts, without remarks.

    >>> parts("Критерий 1: Новизна, 0-10")[-1], "impact" in parts("Score [Impact]"), parts("Comment [Impact]")
    ('новизна', True, ('comment impact',))
    """
    if not text.strip():
        return ()
    bare = without_brackets(text)
    found = [text, bare, *_SPLIT.split(text), *_SPLIT.split(bare), *_within(bare), trimmed(bare)]
    return tuple(dict.fromkeys(key(p) for p in found if p.strip()))


def key(heading: str) -> str:
    """The folded heading; one of signs alone, such as №, as it is."""
    return fold(heading) or heading.strip()


def without_brackets(text: str) -> str:
    """A heading without what stands in brackets and without the number of a question."""
    return _ASIDE.sub("", text)


def trimmed(text: str) -> str:
    """A heading without its ordinal, without the range of the marks and words for mark around it."""
    text = _SCALE.sub("", _ORDINAL.sub("", text))
    return _AFTER.sub("", _BEFORE.sub("", text))


def is_comment(text: str) -> bool:
    """Whether a heading speaks of what was said, not of a mark.

    >>> is_comment("Feedback"), is_comment("Feedback - Innovation"), is_comment("Innovation")
    (True, True, False)
    """
    return any(fold(part) in _SAID for part in (text, *re.split(r"[-–—:\[\]()/|\n]", text)) if part.strip())


def _within(text: str) -> list[str]:
    """A question and its row, as forms write them: «Rate each [Impact]»; the row first if it is no remark."""
    hit = _SQUARE.search(text)
    if not hit or is_comment(outside := _SQUARE.sub(" ", text)):
        return []
    row = hit[1]
    both = [outside, row] if fold(row) in _MARKS else [row, outside]
    return [*both, trimmed(both[0])]
