"""How are two texts compared, ordered, and in which language is one written?

Nothing here changes what is shown: these are keys to compare by. Kazakh has nine letters that Russian
has not (ә ғ қ ң ө ұ ү һ і); people type them, drop them for plain ones, or put Latin letters that look
the same, so there are two keys: `comparable` keeps every letter apart, `fold` does not.
"""

import re
import unicodedata
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from fairlib.intake.reference import load

KAZAKH_LETTERS = "әғқңөұүһі"
CYRILLIC = "\u0400-\u052f"
_PLAIN = str.maketrans("әғқңөұүһіёў", "агкноуухиеу")
_SIGNS = re.compile(r"[^\w]+|_")
_QUOTES = str.maketrans(dict.fromkeys("«»„“”‟‹›‘’‚‛`´", '"') | dict.fromkeys("‐‑‒–—―−", "-"))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_WORDS = {
    "kk": "және мен бен пен үшін арналған бойынша туралы арқылы бар емес осы болып деген жоқ иә",
    "ru": "и в во на для по с со от до из о об не что как при или это за к их",
    "en": "the of and for in to with on by from a an",
}
_RUSSIAN_MARKS = re.compile(r"[щцъё]|(?:ого|его|ний|ной|ция|ции|ости|ский|ская|ение|ения|ать|ить)\b")


@lru_cache(maxsize=65536)
def comparable(text: str) -> str:
    """The text with one kind of quote, dash and space, in lower case: the same words give the same key.

    >>> comparable("«Қамқор»  қоры — Ақтау") == comparable('"қамқор" қоры - ақтау')
    True
    """
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_QUOTES)
    return " ".join(plain.casefold().split())


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """A key that forgives case, signs, spaces, look-alike letters and missing Kazakh letters.

    >>> fold("Өтінім  берушінің БСН-і"), fold("Отиним берушинин БСН-и")
    ('отиним берушинин бсн и', 'отиним берушинин бсн и')
    """
    words = _SIGNS.sub(" ", comparable(text)).split()
    return " ".join(_one_script(word).translate(_PLAIN) for word in words)


def _one_script(word: str) -> str:
    """A word of both scripts in Cyrillic, so far as its Latin letters have Cyrillic twins."""
    if word.isascii() or not re.search(f"[{CYRILLIC}]", word):
        return word
    return word.translate(look_alikes())


@cache
def look_alikes() -> dict[int, str]:
    """Letters that look like a Kazakh Cyrillic one → that letter, for `str.translate`; digits left out."""
    table = load("confusables")
    # several rows share a capital: the first, whose case agrees, is kept; l is a capital I only in capitals
    pairs = {t: i for t, i in zip(table["typed"], table["intended"], strict=True) if not t.isdigit()}
    return {ord(t): i.lower() if t.islower() else i for t, i in pairs.items()}


def sort_keys(texts: pd.Series, lang: str = "kk") -> pd.Series:
    """Keys that put texts in the order of the Kazakh (kk) or Russian (ru) alphabet; latin comes after.

    For `Series.sort_values(key=...)`. In Kazakh ё is a letter of its own, in Russian it is a е.
    Code points would put Ә Ғ Қ Ң Ө Ұ Ү Һ І behind Я.

    >>> sort_keys(pd.Series(["яблоко", "әже", "апа"])).sort_values().index.tolist()
    [2, 1, 0]
    """
    table = _collation(lang)
    return texts.map(lambda text: f"{comparable(text).replace(chr(34), '').translate(table)}\0{text}")


@cache
def _collation(lang: str) -> dict[int, str]:
    letters = load("kk_alphabet")
    table = {ord(c): chr(0x100 + int(n)) for n, c in zip(letters["order"], letters["lower"], strict=True)}
    if lang != "kk":
        table[ord("ё")] = table[ord("е")]
    return table | {ord(c): chr(0x200 + i) for i, c in enumerate("abcdefghijklmnopqrstuvwxyz")}


def guess_language(texts: pd.Series) -> pd.Series:
    """The language of each text: kk, ru, en, or "" where there is nothing to tell by.

    Evidence is the letters that only one language has and its most frequent small words.

    >>> guess_language(pd.Series(["Балаларға арналған орталық", "Центр для детей", "12"])).tolist()
    ['kk', 'ru', '']
    """
    low = texts.str.lower()
    kk = low.str.count(f"[{KAZAKH_LETTERS}]") + 3 * _small_words(low, "kk")
    ru = 2 * low.str.count(_RUSSIAN_MARKS.pattern) + 3 * _small_words(low, "ru")
    letters = low.str.count(f"[{CYRILLIC}]")
    latin = low.str.count("[a-z]")
    # a Russian sentence may hold a Kazakh name; a Kazakh text has such a letter in every few
    kazakh = (kk > ru) & (kk * 25 > letters)
    russian = ~kazakh & ((ru > 0) | (letters >= 12))
    english = (latin > 2 * letters) & ((latin >= 12) | (_small_words(low, "en") > 0))
    chosen = np.select([english, kazakh & (letters > 0), russian & (letters > 0)], ["en", "kk", "ru"], "")
    return pd.Series(chosen, index=texts.index, dtype="str")


def _small_words(low: pd.Series, lang: str) -> pd.Series:
    return low.str.count(rf"\b(?:{'|'.join(_WORDS[lang].split())})\b")
