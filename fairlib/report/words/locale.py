"""How is it said in Kazakh, Russian and English? Messages, numbers, dates and money, one voice a language.

Message ids are the English sentences; `locale/{kk,ru}/LC_MESSAGES/fairlib.po` hold the others and are
read as they are, so there is no compiled catalogue to fall behind. Sentences put a number after a
colon, never under a Kazakh suffix.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeGuard

from babel import Locale, dates, numbers
from babel.messages.pofile import read_po

from fairlib.rules import Language

CATALOGUES = Path(__file__).with_name("locale")
TAGS = {"kk": "kk", "ru": "ru_KZ", "en": "en"}
LONG_DATE = {"kk": "y 'жылғы' d MMMM", "ru": "d MMMM y 'г.'", "en": "d MMMM y"}
NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
MINUS = "−"


@dataclass(frozen=True)
class Voice:
    """One language: call it with an English message to get the sentence in its own."""

    lang: Language
    messages: dict[str, str] = field(repr=False, hash=False, compare=False)

    def __call__(self, message: str, **values: Any) -> str:
        """The message in this language, with `{name}` filled in from `values`.

        >>> speak("ru")("Selected")
        'Отобраны'
        """
        text = _joined(self.messages.get(message, message), self.lang)
        # a Russian date ends with the dot of «г.», which is then the sentence's too
        return re.sub(r"г\.\.(?!\.)", "г.", text.format(**values)) if values else text

    @property
    def locale(self) -> Locale:
        """Babel's locale, with the territory where it changes the result."""
        return Locale.parse(TAGS[self.lang])

    @property
    def dash(self) -> str:
        """The dash between parts of a sentence or two names, with its spaces; it never begins a line.

        >>> speak("en").dash.join("ab"), speak("kk").dash.join("ab")
        ('a – b', 'a\\xa0— b')
        """
        return " – " if self.lang == "en" else "\xa0— "

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with this many decimals and the separators of the language; missing is a dash.

        >>> speak("kk").number(1234.5, 1), speak("en").number(-0.25, 2)
        ('1\\xa0234,5', '−0.25')
        """
        if not _known(value):
            return "–"
        return _number(self.lang, round(float(value), decimals) + 0.0, decimals)

    def mark(self, value: float | None) -> str:
        """A mark as it was given, with the decimals that it has, four at most.

        >>> speak("ru").mark(7.25), speak("ru").mark(7)
        ('7,25', '7')
        """
        if not _known(value):
            return "–"
        told = f"{float(value):.4f}".rstrip("0")
        return self.number(value, len(told.partition(".")[2]))

    def signed(self, value: float | None, decimals: int = 1) -> str:
        """A number that always shows its sign."""
        text = self.number(value, decimals)
        return "+" + text if _known(value) and round(float(value), decimals) > 0 else text

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """A share of one as a percentage.

        >>> speak("ru").percent(0.125, 1)
        '12,5\\xa0%'
        """
        if not _known(share):
            return "–"
        gap = "" if self.lang == "en" else "\xa0"
        return f"{self.number(100 * float(share), decimals)}{gap}%"

    def chance(self, share: float | None) -> str:
        """A probability as a percentage that never rounds to certainty: >99 %, <1 %."""
        if not _known(share):
            return "–"
        if float(share) >= 0.995:
            return ">" + self.percent(0.99)
        return "<" + self.percent(0.01) if float(share) <= 0.005 else self.percent(share)

    def money(self, tenge: float | None) -> str:
        """A sum in tenge.

        >>> speak("kk").money(2500000)
        '2\\xa0500\\xa0000\\xa0₸'
        """
        return f"{self.number(tenge)}\xa0₸" if _known(tenge) else "–"

    def interval(self, low: float | None, high: float | None, decimals: int = 1) -> str:
        """Two limits with a dash between them, or with dots where a minus would meet the dash.

        >>> speak("en").interval(1, 2.5), speak("en").interval(-1, 0.5)
        ('1.0–2.5', '−1.0\xa0… 0.5')
        """
        if not _known(low) or not _known(high):
            return "–"
        ends = [self.number(x, decimals) for x in (low, high)]
        return ("\xa0… " if MINUS in "".join(ends) else "–").join(ends)

    def date(self, day: date | None) -> str:
        """A date in words.

        >>> speak("kk").date(date(2021, 4, 14))
        '2021 жылғы 14 сәуір'
        """
        if day is None:
            return "–"
        return dates.format_date(day, LONG_DATE[self.lang], locale=self.locale)

    def listed(self, items: list[str]) -> str:
        """Items with commas between them."""
        return ", ".join(items) if items else "–"


@lru_cache(maxsize=4096)
def _joined(text: str, lang: Language) -> str:
    """The text with its numbers and their per cent signs on one line, set as `percent` sets them, and no line
    that begins with a dash."""
    return re.sub(r"(?<=\d) %", "%" if lang == "en" else "\xa0%", text).replace(" — ", "\xa0— ")


@lru_cache(maxsize=65536)
def _number(lang: Language, value: float, decimals: int) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return numbers.format_decimal(value, format=pattern, locale=TAGS[lang]).replace("-", MINUS)


@lru_cache
def speak(lang: Language) -> Voice:
    """The voice of a language; `en` needs no catalogue, its messages are the ids."""
    path = CATALOGUES / lang / "LC_MESSAGES" / "fairlib.po"
    if lang not in TAGS:
        raise ValueError(f"unknown language {lang!r}: use one of {', '.join(TAGS)}")
    if not path.is_file():
        return Voice(lang, {})
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale=lang)
    told = ((m.id, m.string) for m in catalogue if m.id and m.string)
    return Voice(lang, {i: text for i, text in told if isinstance(i, str) and isinstance(text, str)})


def _known(value: float | None) -> TypeGuard[float]:
    return not (value is None or value != value or (isinstance(value, float) and not math.isfinite(value)))
