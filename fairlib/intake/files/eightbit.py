"""Which letters did these bytes mean? Encodings of one byte a letter, told apart by what comes out.

CP1251, KZ-1048 and PTCP-154 share nearly every byte; KOI8-R, CP866, ISO 8859-5 and the Macintosh's have the
same letters at other places, CP1252 and its neighbours have Latin ones there. The text is read in each, and
the reading with the fewest strange letters wins; among letters of one alphabet, the one whose letters are
the usual ones. A reading that rests on few letters is said to be uncertain.
"""

import contextlib
import math
import re
from collections import Counter

from fairlib.errors import DataError
from fairlib.intake.findings import Evidence

_CYRILLIC = ("cp1251", "kz1048", "ptcp154", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
_LATIN = ("cp1252", "cp1250", "cp1254", "cp850", "mac-roman")
_SELDOM = ("iso8859-5", "mac-cyrillic", "mac-roman")  # hardly anybody saves in these: they need a letter more
_ENOUGH = 3  # letters of difference between two readings
_TOLERATED = 0.2  # share of strange letters beyond which no reading is believed

# letters of Russian and Kazakh in a thousand of both; those of one alphabet read as another are not so
_IN_A_THOUSAND = (
    "а105 е87 о60 н68 и45 т61 р53 ы48 л49 с48 і25 д37 в24 к35 м32 ү7 ұ6 у15 ғ10 п17 қ17 я14 з14 б16 ң8 ь9 "
    "ө5 ә8 г13 й12 ш9 ж7 ч7 х6 ю3 ц3 щ2 э2 ф2 ё1 ъ1 һ1"
)
_USUAL = {word[0]: int(word[1:]) for word in _IN_A_THOUSAND.split()}
# 0 for the most usual, below 1 for any
_RARITY = {letter: math.log(105 / n) / 6 for letter, n in _USUAL.items()}
_RARITY |= dict.fromkeys("éèàáíóöüäçñãßåøêłąęğşıčšžřě", 0.1)
_RARITY |= dict.fromkeys("ìòùúâôîõæńśżźćůýïëœ", 0.5)
_RARE = 0.8  # any other letter

_SIGNS = "«»“”„’‘–—…№§•·©®™€₸°×±½ªº\u00a0\u00ad"  # that stand in tables, between words
_SIGN_INSIDE = re.compile(
    r"(?<=\w)[«»“”„…№§•©®™€₸°×±½](?=\w)|[°×±½ªº©®™•·§€](?=[^\W\d_])|(?<=[a-zа-я])[–—‘](?=[a-zа-я])"
)
_CASE_INSIDE = re.compile("(?<=[a-zа-яёәғқңөұүһі])(?![A-Z])[^\\W\\d_]")
_TWO_ALPHABETS = re.compile("(?<=[A-Za-z])[Ѐ-ӿ]|[Ѐ-ӿ](?=[A-Za-z])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_HIGH = re.compile("[^\x00-\x7f]")
_HIGH_WORD = re.compile(rb"[^\s;,|\"\x80-\xff]*[\x80-\xff][^\s;,|\"]*")
_TIMES = 12  # that a byte is looked at
_CONTROL = re.compile("[\x80-\x9f]")


def read_eight_bit(data: bytes, name: str) -> tuple[str, list[tuple[str, str]]]:
    """The text of bytes of which each is a letter, and (code, text) where the encoding is not certain.

    Raises DataError, naming `name`, if no reading gives words.
    """
    words = _telling(data)
    readings = {}
    for encoding in (*_CYRILLIC, *_LATIN):
        with contextlib.suppress(UnicodeDecodeError):
            if not _CONTROL.search(text := words.decode(encoding)):
                readings[encoding] = text
    strange = {encoding: _strange(text, encoding) for encoding, text in readings.items()}
    cost = {e: strange[e] + _rarity(text) + (e in _SELDOM) for e, text in readings.items()}
    best = min(cost, key=cost.__getitem__, default=None)
    if best is None or strange[best] > _TOLERATED * sum(map(str.isalpha, readings[best])):
        raise DataError(f"{name}: the encoding of this file is not known; save it as CSV UTF-8 or .xlsx.")
    said = readings[best].lower()
    rivals = [cost[encoding] for encoding, other in readings.items() if other.lower() != said]
    if rivals and min(rivals) - cost[best] < _ENOUGH:
        return data.decode(best), [("encoding_uncertain", str(Evidence("encoding_uncertain", encoding=best)))]
    return data.decode(best), []


def _telling(data: bytes) -> bytes:
    """Words that have every byte beyond ASCII a few times: enough to choose by, however long the file is."""
    times: Counter[int] = Counter()
    words = []
    for word, n in Counter(_HIGH_WORD.findall(data)).items():
        here = {byte for byte in word if byte > 0x7F}
        if any(times[byte] < _TIMES for byte in here):
            n = min(n, _ENOUGH)
            times.update(dict.fromkeys(here, n))
            words += [word] * n
    return b"\n".join(words)


def _strange(text: str, encoding: str) -> int:
    """How many letters cannot be meant: of no language here, in words of two alphabets, or signs."""
    high = Counter(_HIGH.findall(text))
    found = sum(n for c, n in high.items() if not c.isalpha() and c not in _SIGNS) + len(
        _SIGN_INSIDE.findall(text)
    )
    found += sum(c.isupper() for c in _CASE_INSIDE.findall(text))
    if encoding in _LATIN:
        words = ((len(_HIGH.findall(word)), len(word)) for word in _WORD.findall(text))
        return found + sum(n for n, length in words if 2 * n > length)
    alien = sum(n for c, n in high.items() if c.isalpha() and c.lower() not in _USUAL)
    return found + alien + len(_TWO_ALPHABETS.findall(text))


def _rarity(text: str) -> float:
    """How unusual the letters outside ASCII are, all together, in letters."""
    letters = Counter(c for c in text.lower() if c > "\x7f" and c.isalpha())
    return sum(n * _RARITY.get(letter, _RARE) for letter, n in letters.items())
