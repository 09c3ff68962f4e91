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

from fairlib.intake.cells.columns import distinct, number
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
# letters of which each goes to one letter of a key, and signs that go to none
_RUSSIAN_LETTERS = "".join(map(chr, range(0x410, 0x450))) + "Ёё"
_USUAL_SIGNS = "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»“”„–—…№₸\u00a0\n"
_USUAL = _RUSSIAN_LETTERS + KAZAKH_LETTERS + KAZAKH_LETTERS.upper() + _USUAL_SIGNS
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


def fold_all(texts: list[str]) -> list[str]:
    """`fold` of each text: usual letters and signs through a table, all at once, other texts one by one."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.intp, len(texts)) + 1)
    codes = _code_points("\n".join(["", *texts, ""]))
    keys = _usual_keys()[np.minimum(codes, len(_usual_keys()) - 1)]
    unusual = np.unique(np.searchsorted(ends, np.flatnonzero(keys == 0)))
    keys[[0, *ends]] = ord("\n")
    joined = keys.tobytes().decode("utf-32-le")
    while "  " in joined:
        joined = joined.replace("  ", " ")
    folded = joined.replace("\n ", "\n").replace(" \n", "\n").split("\n")[1:-1]
    for at in unusual.tolist():
        folded[at] = fold(texts[at])
    return folded


@cache
def _usual_keys() -> np.ndarray:
    """The key of each usual letter by its code point, a space for a sign, 0 for what is not usual."""
    keys = np.zeros(max(map(ord, _USUAL)) + 2, dtype="<u4")
    for sign in _USUAL:
        keys[ord(sign)] = ord(fold(sign) or " ")
    return keys


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


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


def guess_language(*columns: pd.Series) -> pd.Series:
    """The language of each row of texts: kk, ru, en, or "" where there is nothing to tell by.

    Evidence is the letters that only one language has and its most frequent small words.

    >>> guess_language(pd.Series(["Балаларға арналған орталық", "Центр для детей", "12"])).tolist()
    ['kk', 'ru', '']
    """
    kk, ru, letters, latin, en = np.sum([_evidence_in(column) for column in columns], axis=0)
    # a Russian sentence may hold a Kazakh name; a Kazakh text has such a letter in every few
    kazakh = (kk > ru) & (kk * 25 > letters)
    russian = ~kazakh & ((ru > 0) | (letters >= 12))
    english = (latin > 2 * letters) & ((latin >= 12) | (en > 0))
    chosen = np.select([english, kazakh & (letters > 0), russian & (letters > 0)], ["en", "kk", "ru"], "")
    return pd.Series(chosen, index=columns[0].index, dtype="str")


def _evidence_in(texts: pd.Series) -> np.ndarray:
    """Evidence for kk, for ru, letters, Latin letters, small English words: a row of counts each.

    No pattern reaches over a blank, so each word is looked at once, however often it is used.
    """
    numbers, different = distinct(texts)
    words = " \0 ".join(text.replace("\0", " ") for text in different).lower().split()
    word_numbers, vocabulary = number(words)
    text_numbers = np.cumsum(np.array([word == "\0" for word in vocabulary], dtype=bool)[word_numbers])
    counts = [
        np.bincount(text_numbers, weights=per_word[word_numbers], minlength=len(different))
        for per_word in _evidence(vocabulary)
    ]
    return np.array(counts)[:, numbers]


def _evidence(words: list[str]) -> list[np.ndarray]:
    joined = " ".join([*words, ""])
    ends = np.cumsum(np.fromiter(map(len, words), np.intp, len(words)) + 1)

    def count(pattern: re.Pattern[str]) -> np.ndarray:
        at = [match.start() for match in pattern.finditer(joined)]
        return np.bincount(np.searchsorted(ends, at, side="right"), minlength=len(words))

    codes = _code_points(joined)
    until = [
        np.append(0, np.cumsum(kind)[ends - 1])
        for kind in (
            np.isin(codes, _KAZAKH_CODES),
            (codes >= 0x400) & (codes <= 0x52F),
            (codes >= 0x61) & (codes <= 0x7A),
        )
    ]
    kazakh, letters, latin = map(np.diff, until)
    kk, ru, en = (count(small) for small in _SMALL_WORDS)
    return [kazakh + 3 * kk, 2 * count(_RUSSIAN_MARKS) + 3 * ru, letters, latin, en]


_SMALL_WORDS = [re.compile(rf"\b(?:{'|'.join(words.split())})\b") for words in _WORDS.values()]
_KAZAKH_CODES = [ord(letter) for letter in KAZAKH_LETTERS]
