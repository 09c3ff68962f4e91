"""What did they write before a program spoilt it? Repairs of text, each only where something proves it.

Order matters: wrongly decoded bytes first, for they look like other letters; then what is invisible;
then letters of the wrong alphabet. Quotation marks and dashes stay as they were typed (keys of
`kazakh` do not tell them apart). What cannot be repaired is said to be lost, not guessed.
"""

import contextlib
import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from functools import cache

import ftfy
import pandas as pd

from fairlib.intake.cells.columns import read_all, suspects
from fairlib.intake.reference import load
from fairlib.intake.texts import CYRILLIC, KAZAKH_LETTERS, look_alikes

_HOME = "А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі"
_BLANKS = re.compile(r"[^\S\n]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->")
_LEFTOVER = re.compile(r"\s*(?:Түсініктеме қалдыру|Оставить комментарий|Leave a (?:comment|reply))\s*", re.I)
_LOST = re.compile(rf"�|(?<=[{_HOME}])\?(?=[{_HOME}])|(?<!\w)\?(?=[{_HOME}])(?!\?)")
_PLAIN = rf" !\"'()*+,\-./0-9:;=@_«»“”„–—…№₸%{_HOME}"
# what a text shows that is not letters at home, digits apart from them and usual signs; most show nothing
_TRACES = [
    re.compile(rf"[^{_PLAIN}\0][^\0]*"),
    re.compile(" (?=[ \0])"),
    re.compile("\0 "),
    re.compile(rf"[013](?:(?=[{CYRILLIC}])|(?<=[{CYRILLIC}].))"),
]
_SUSPECT = re.compile(rf"(?![{_HOME}])[{CYRILLIC}]|[¤¦±µ‰‡]|[РСТУ][°±µ»]|[ÐÑÒÓ]")
_KAZAKH_ENDS = frozenset(KAZAKH_LETTERS + KAZAKH_LETTERS.upper())
_CLOSING = '.,;:!?»”")'
_ENDS_BACKWARDS = re.compile(f" [{''.join(sorted(_KAZAKH_ENDS))}][^ \0]*")
_APART_FROM_SIGN = re.compile(f" [{_CLOSING}]")
_ADDRESS = re.compile(r"(\S*(?:://|@|www\.)\S*)")
_WORD = re.compile(r"[^\W_]+")
_MIXED = re.compile(rf"[{CYRILLIC}][A-Za-zƏəƟɵƣı013]|[A-Za-zƏəƟɵƣı013][{CYRILLIC}]")
_ABBREVIATIONS = frozenset(["OO", "AO", "PK", "KX"])  # two capitals that mean nothing in Latin letters here
_LATIN_WORD = re.compile("[A-Za-z]+")
_FOREIGN_CYRILLIC = re.compile("[ҡӊӄӯїѳӛ]", re.I)
# what the letters of one encoding look like when read as CP1251; signs only between letters
_AS_CP1251 = {
    encoding: {ord(c.encode(encoding).decode("cp1251")): c for c in "ӘҒҚҢӨҰҮҺәғқңөұүһ"}
    for encoding in ("kz1048", "ptcp154")
}
_UTF8_TRACE = re.compile(
    "[РСТУҐ][\u0080-\u00bf\u0402-\u040f\u0452-\u045f\u2013-\u2122ІіҐґЄєЇї°±µ¶·»]|"
    "[ÐÑÒÓ][\u0080-\u00ff\u0152-\u2122]"
)


def repair_text(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Texts as they were meant, and the codes of what was done to each, joined by ";", "" where nothing.

    Repairs: mojibake (KZ-1048 or PTCP-154 read as CP1251, UTF-8 read as CP1251 or Latin-1), html,
    nfc, invisible, spaces (no-break, double, at the ends), look_alike, split_word (a space after a Kazakh
    letter). Findings: lossy (letters are gone: ask the sender), mixed_script (a word of two alphabets
    that nothing settles), foreign_letters (Cyrillic of neither Kazakh nor Russian). Web and mail
    addresses are left as they are.

    >>> text, codes = repair_text(pd.Series(["Ќазаќстан", "Aршалы  ауданы", "аза?стан"]))
    >>> text.tolist(), codes.tolist()
    (['Қазақстан', 'Аршалы ауданы', 'аза?стан'], ['mojibake', 'spaces;look_alike', 'lossy'])
    """
    table = read_all(texts, repair_all, {"text": "str", "codes": "str"})
    return table["text"].rename(texts.name), table["codes"].rename(None)


def repair_all(texts: list[str]) -> tuple[list[str], list[str]]:
    """As `repair_text`, of a list: a plain text may only have words to join, the rest takes every step."""
    mended, codes = list(texts), [""] * len(texts)
    for at in suspects(texts, _traces_of_split_words(texts)):
        mended[at] = _join_split_words(texts[at])
        codes[at] = "split_word" if mended[at] != texts[at] else ""
    for at in suspects(texts, _TRACES):
        mended[at], codes[at] = _repair(texts[at])
    return mended, codes


def _repair(text: str) -> tuple[str, str]:
    codes = []
    for code, step in _STEPS.items():
        mended = step(text)
        if mended != text:
            codes.append(code)
            text = mended
    prose = _ADDRESS.sub(" ", text)
    if _LOST.search(prose):
        codes.append("lossy")
    if re.search(f"[{CYRILLIC}][A-Za-z]|[A-Za-z][{CYRILLIC}]", prose):
        codes.append("mixed_script")
    elif not _is_home(prose):
        codes.append("foreign_letters")
    return text, ";".join(codes)


def _decode_again(text: str) -> str:
    """Undo a wrong decoding where the result has only letters of Kazakh and Russian."""
    if not _SUSPECT.search(text):
        return text
    if (again := decode_twice(text)) != text:
        return again
    if len(_UTF8_TRACE.findall(text)) > 1:
        mended = ftfy.fix_encoding(text)
        if re.search(f"[{_HOME}]", mended) and len(_UTF8_TRACE.findall(mended)) == 0:
            return mended
    readings = {mended for table in _AS_CP1251.values() if (mended := _translate_words(text, table)) != text}
    unlike_ukrainian = re.search("[ЈјЌќЅѕЋћЎўЃѓЊњ¤¦±µ‰‡]", text)
    proven = [m for m in readings if _is_home(m) and (unlike_ukrainian or _known(m) > _known(text))]
    if len(proven) > 1:
        proven = [mended for mended in proven if _known(mended) == max(map(_known, proven))]
    return proven[0] if len(proven) == 1 else text


def decode_twice(text: str) -> str:
    """A whole file whose UTF-8 was read as CP1251 and saved so; any other text as it is.

    >>> decode_twice("РђР№РіТЇР»"), decode_twice("Роза; Рига")
    ('Айгүл', 'Роза; Рига')
    """
    if len(_UTF8_TRACE.findall(text)) > 1:
        with contextlib.suppress(UnicodeError):
            return _cp1251_bytes(text).decode("utf-8")
    return text


def _cp1251_bytes(text: str) -> bytes:
    """The bytes that CP1251 showed as this text; 98 is the one byte it has no letter for, and shows as �."""
    return b"\x98".join(piece.encode("cp1251") for piece in re.split("[�\x98]", text))


def _translate_words(text: str, table: dict[int, str]) -> str:
    return re.sub(
        rf"[{CYRILLIC}¤¦±µ‰‡]+",
        lambda m: m[0].translate(table) if re.search(f"[{_HOME}]", m[0]) else m[0],
        text,
    )


def _is_home(text: str) -> bool:
    """Every Cyrillic letter is one of Kazakh or Russian, and no sign stands between letters."""
    return not re.search(rf"(?![{_HOME}])[{CYRILLIC}]|(?<=\w)[¤¦±µ‰‡]|[¤¦±µ‰‡](?=\w)", text)


def _known(text: str) -> int:
    return sum(word.lower() in lexicon() for word in _WORD.findall(text))


def _strip_html(text: str) -> str:
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", text))
    return _LEFTOVER.sub(" ", text).strip() if _LEFTOVER.search(text) else text


def _tidy_spaces(text: str) -> str:
    lines = (
        _BLANKS.sub(" ", line).strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )
    return "\n".join(line for line in lines if line)


def _one_alphabet(text: str) -> str:
    """Letters that look like another alphabet's, where the rest of the word or a dictionary settles it."""
    if not re.search(f"[{CYRILLIC}]", text):
        return text
    return "".join(p if i % 2 else _settle_all(p) for i, p in enumerate(_ADDRESS.split(text)))


def _settle_all(text: str) -> str:
    if _MIXED.search(text):
        text = _WORD.sub(lambda m: _settle(m[0]) if _MIXED.search(m[0]) else m[0], text)
    text = _LATIN_WORD.sub(lambda m: _cyrillic_if_known(m, text), text)
    return _WORD.sub(lambda m: _home_letters(m[0]), text) if _FOREIGN_CYRILLIC.search(text) else text


def _settle(word: str) -> str:
    """A word of two alphabets in the one that can hold it; if both can, the dictionary's or the usual one."""
    cyrillic, latin = _to_cyrillic(word), word.translate(_to_latin())
    known = cyrillic.lower() in lexicon()
    holds = not re.search("[A-Za-zƏəƟɵƣı0-9]", cyrillic)  # digits go only with a word of the dictionary
    if holds and (known or not latin.isascii() or 2 * len(re.findall(f"[{CYRILLIC}]", word)) >= len(word)):
        return cyrillic
    return latin if latin.isascii() and not re.search("[0-9]", word) else word


def _to_cyrillic(word: str) -> str:
    for table in (look_alikes() | {ord("Y"): "У"}, look_alikes(), look_alikes() | _digit_letters()):
        mended = word.translate(table)
        mended = (
            mended if word.isupper() else mended[:1] + mended[1:].lower() if word[1:].islower() else mended
        )
        if mended.lower() in lexicon():
            return mended
    return word.translate(look_alikes())


def _cyrillic_if_known(match: re.Match[str], text: str) -> str:
    """A word all in Latin letters that is a Cyrillic word of the dictionary, such as TOO or a lone c."""
    word = match[0]
    cyrillic = word.translate(look_alikes())
    if cyrillic not in lexicon():
        return word
    around = text[max(match.start() - 1, 0) : match.end() + 1]
    alone = not re.search(r"[^\W_]|[@./-]", around.replace(word, "", 1).strip())
    return cyrillic if alone and (len(word) > 2 or word.islower() or word in _ABBREVIATIONS) else word


def _home_letters(word: str) -> str:
    """Letters of other Cyrillic alphabets made Kazakh in a word that has Kazakh ones or is then known."""
    mended = word.translate(look_alikes())
    proven = mended.lower() in lexicon() or re.search(f"[{KAZAKH_LETTERS}]", word, re.I)
    return mended if proven else word


def _join_split_words(text: str) -> str:
    """Take out a space after a Kazakh letter where only the joined word is in the dictionary."""
    words = text.split(" ")
    for at in range(len(words) - 2, -1, -1):
        if words[at][-1:] not in _KAZAKH_ENDS:
            continue
        for end in range(at + 4, at + 1, -1):
            if _are_one_word(words[at:end]):
                words[at:end] = ["".join(words[at:end])]
                break
    return " ".join(words)


def _are_one_word(pieces: list[str]) -> bool:
    if len(pieces) < 2 or any(piece[-1:] not in _KAZAKH_ENDS for piece in pieces[:-1]):
        return False
    bare = "".join(pieces).rstrip(_CLOSING).lower()
    return bare in lexicon() and any(piece.lower() not in lexicon() for piece in pieces)


def _traces_of_split_words(texts: list[str]) -> list[re.Pattern[str]]:
    """Patterns without which plain texts have no words to join: a space before what goes on a word."""
    backwards = "\0".join(texts)[::-1]  # a pattern that begins with a space, which is rare, is quick
    apart = {word[:0:-1] for word in _ENDS_BACKWARDS.findall(backwards)}
    begun = [
        rf"{re.escape(word)} [{_goes_on()[word.lower()]}]"
        for word in sorted(apart)
        if word.lower() in _goes_on()
    ]
    return [_APART_FROM_SIGN] + ([re.compile("|".join(begun))] if begun else [])


@cache
def _goes_on() -> dict[str, str]:
    """Beginnings of words of the dictionary up to any Kazakh letter → the letters that come next there."""
    letters: dict[str, set[str]] = defaultdict(set)
    for word in lexicon():
        for at in range(1, len(word)):
            if word[at - 1] in _KAZAKH_ENDS:
                letters[word[:at]] |= {word[at].lower(), word[at].upper()}
    return {beginning: re.escape("".join(sorted(found))) for beginning, found in letters.items()}


@cache
def lexicon() -> frozenset[str]:
    """Words of Kazakh and Russian that prove a repair; abbreviations in capitals stand as they are."""
    return frozenset(load("lexicon")["word"])


@cache
def _to_latin() -> dict[int, str]:
    pairs = {ord(c): chr(latin) for latin, c in look_alikes().items() if chr(latin).isascii()}
    return pairs | {ord("І"): "I", ord("У"): "Y"}


@cache
def _digit_letters() -> dict[int, str]:
    return {ord("0"): "О", ord("1"): "І", ord("3"): "З"}


_STEPS: dict[str, Callable[[str], str]] = {
    "mojibake": _decode_again,
    "html": _strip_html,
    "nfc": lambda text: unicodedata.normalize("NFC", text),
    "invisible": lambda text: _UNSEEN.sub("", text),
    "spaces": _tidy_spaces,
    "look_alike": _one_alphabet,
    "split_word": _join_split_words,
}
