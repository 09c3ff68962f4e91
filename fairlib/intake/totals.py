"""Which rows are sums? «Итого», «Барлығы» and the like, below the forms or the marks and none of them."""

import re
from collections.abc import Iterable

from fairlib.intake.findings import Remedy, finding

_WORDS = (
    "итого|всего|итог|общий итог|сумма|среднее|средний балл|барлығы|жиыны|жалпы|жалпы саны|қорытынды|орташа|"
    "орташа балл|total|totals|grand total|subtotal|sum|average|mean"
)
_OF = (
    r"заявок|заявки|проектов|форм|баллов|оценок|өтінім\w*|жоба\w*|балл\w*|"
    r"submissions|projects|marks|scores|score"
)
LONGEST = 32  # letters of such a cell: a title is mostly longer, and need not be looked at
_TOTAL = re.compile(rf"\s*(?:{_WORDS})(?:\s+(?:{_OF}))?\s*[:=–—-]?\s*[\d\s.,]*", re.IGNORECASE)

_BEGIN = {word[:3] for word in _WORDS.split("|")}
_FIRST = {letter for begin in _BEGIN for letter in (begin[0], begin[0].upper())} | {" ", "\u00a0"}


def is_total(cells: Iterable[str]) -> bool:
    """Whether one of the cells of a row has nothing but a word for a sum, with or without a number.

    >>> is_total(["", "Итого:", "412"]), is_total(["Всего заявок: 221"]), is_total(["A7", "Всего доброго"])
    (True, True, False)
    """
    return any(_TOTAL.fullmatch(text) for text in cells if 0 < len(text) <= LONGEST)


def totals(texts: list[str]) -> list[str]:
    """Those of many texts that are words for sums, at little cost where hardly any is.

    >>> totals(["21-0001", "итого", "Всего: 7", "Общество"])
    ['итого', 'Всего: 7']
    """
    begun = [text for text in texts if text[:1] in _FIRST and text.lstrip()[:3].lower() in _BEGIN]
    return [text for text in begun if is_total([text])]


def tell_total(found: list[dict], text: str, **where: str) -> None:
    """Say that a row of totals was left out."""
    found.append(finding("totals_row", "info", Remedy("left_out"), found=text, **where))
