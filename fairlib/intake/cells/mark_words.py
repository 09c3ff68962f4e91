"""Which mark do words mean? «8 из 10», «5 – Excellent», «8 (восемь)», 7½: read if only one can be meant.

What could mean two marks («7-8», «9+», «8 (девять)», «8 (было 9)»), none («8 - не считать»), or a mark that
the spreadsheet would have to guess («≈7», «8?») is not a mark: a person reads the cell.
"""

import re
import unicodedata

import numpy as np

from fairlib.intake.texts import comparable, fold
from fairlib.intake.totals import is_total
from fairlib.rules import Scale

_N = r"\d+(?:[.,]\d+)?"
_UNIT = r"(?:\s*(?:балл(?:а|ов|дан|дық|дар|ы)?|ұпай(?:дан)?|points?|pts|б\.?))?"
_OF = [
    re.compile(rf"(?P<mark>{_N}){_UNIT}\s*(?:из|out\s+of|of|/|\\)\s*(?P<top>{_N}){_UNIT}"),
    re.compile(
        rf"(?P<top>{_N})(?:\s*-?(?:нан|нен|дан|ден|тан|тен)|\s+ұпайдан|\s+балдан)\s+(?P<mark>{_N}){_UNIT}"
    ),
]
_WORDS = r"[^\W\d_][^\d?=<>≈~→±]*"
_AFTER = re.compile(
    rf"(?P<mark>{_N}){_UNIT}(?:\s*[:;=(\[/–]\s*|\s+-\s*|-\s+|-(?!балл)(?=\w{{4}})|[.,]\s+)"
    rf"(?P<words>{_WORDS})[)\]]?"
)
_BEFORE = re.compile(rf"(?P<words>{_WORDS}?)(?:\s*[:;=(\[]\s*|\s+-\s+|,\s+)(?P<mark>{_N}){_UNIT}[)\]]?")
_MOST_WORDS = 5  # of a label: what is longer is a remark, and may take the mark back
_SHORTEST = 3  # letters: «3-й» is the third
_FRACTION = re.compile(r"(?P<whole>\d+)?\s*(?P<part>[½⅓⅔¼¾⅕⅖⅗⅘⅛⅜⅝⅞])")
_HALF = re.compile(r"(?P<whole>\d+)\s+1/2|(?P<other>\d+)\s+с\s+половиной")
# folded words that take a mark back, or say that it is no more than a guess
_NOT = re.compile(
    r"\b(?:счита|засчи|учитыва|не учит|учте|отмен[аеи]|анну|зачеркн|исправ|ошиб|удали|удален[оа]?\b|"
    r"был[оаи]?\b|стал[оаи]?\b|вместо|или\b|либо\b|около\b|примерн|наверн|возможн|может|"
    r"count(?:ed|s)?\b|cancel|void|ignor|delet|mistake|error|wrong|instead|was\b|or\b|maybe|"
    r"about\b|approx|perhaps|есепт|ескер|жарамсыз|кате\b|"
    r"немесе|болды|шамамен|мумкин)|^(?:нет|жок|no|none|not)$"
)
_BOUND = re.compile(r"\b(?:макс|миним|max|min)")  # «max: 10» is no mark, «1 – minimal» is one
_NUMBERS = {
    fold(word): number
    for words in (
        "ноль один два три четыре пять шесть семь восемь девять десять",
        "нөл бір екі үш төрт бес алты жеті сегіз тоғыз он",
        "zero one two three four five six seven eight nine ten",
    )
    for number, word in enumerate(words.split())
}


def mark_in_words(text: str, scale: Scale | None) -> tuple[float, str]:
    """The mark that a text means, and in_words; NaN with other_scale («4/5» on 1 to 10) or not_a_mark.

    >>> mark_in_words("8 из 10", Scale(min=1, max=10)), mark_in_words("отлично - 5", None)
    ((8.0, 'in_words'), (5.0, 'in_words'))
    >>> mark_in_words("4/5", Scale(min=1, max=10)), mark_in_words("8 (девять)", None)
    ((nan, 'other_scale'), (nan, 'not_a_mark'))
    """
    plain = comparable(text)
    if match := next((m for form in _OF if (m := form.fullmatch(plain))), None):
        return _of_top(_number(match["mark"]), _number(match["top"]), scale)
    spelt = _NUMBERS.get(re.sub(r"\s+(?:балл\w*|упаи\w*|points?)$", "", fold(plain)))
    value = float(spelt) if spelt is not None else _with_fraction(plain)
    if value is None:
        value = _labelled(plain)
    return (np.nan, "not_a_mark") if value is None else (value, "in_words")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _of_top(mark: float, top: float, scale: Scale | None) -> tuple[float, str]:
    """A mark of so many: the scale must end there, and a fraction such as 1/2 must be no mark of its own."""
    if scale is None:
        return np.nan, "not_a_mark"
    if top != scale.max:
        return np.nan, "other_scale"
    if top <= 4 and mark < top and scale.holds(mark / top):
        return np.nan, "not_a_mark"
    return mark, "in_words"


def _with_fraction(plain: str) -> float | None:
    if match := _FRACTION.fullmatch(plain):
        return int(match["whole"] or 0) + unicodedata.numeric(match["part"])
    match = _HALF.fullmatch(plain)
    return int(match["whole"] or match["other"]) + 0.5 if match else None


def _labelled(plain: str) -> float | None:
    """The number beside a label such as «хорошо»; a number in words must be the same one."""
    after = _AFTER.fullmatch(plain)
    match = after or _BEFORE.fullmatch(plain)
    if match is None:
        return None
    words = fold(match["words"])
    if len(words) < _SHORTEST or len(words.split()) > _MOST_WORDS or _NOT.search(words):
        return None
    if after is None and (_BOUND.search(words) or is_total([match["words"].strip()])):
        return None
    value = _number(match["mark"])
    spelt = {_NUMBERS[word] for word in words.split() if word in _NUMBERS}
    return value if spelt <= {value} else None
