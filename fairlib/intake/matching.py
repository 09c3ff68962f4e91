"""Which id is meant by one that nobody gave out? The one that is the same but for what gets lost on the way.

Each way forgives more than the one before: signs and capitals, look-alike letters, leading zeros and
separators, letters typed for digits, and then a title beside the id or instead of it. The first way by which
anything fits decides, and only where exactly one id fits; else all that fit are named and none is taken.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from fairlib.intake.reference import load
from fairlib.intake.texts import look_alikes

NEAR = 90  # how alike (0–100) two titles are that are one but for a slip
_CUT = 10  # letters from which the beginning of a title is enough
_WORDS = "заявка|проект|өтінім|жоба|project|application|submission|proposal|entry|ид|id"
_BEFORE = re.compile(rf"^(?:(?:{_WORDS})(?=[\W_]*\d))?(?:[№#'\"«(\[:]|n[o°º]\.|[.\-](?=\d))*", re.IGNORECASE)
_BEHIND = re.compile(r"[.,:;)\]»'\"]+$")
_POINT_ZERO = re.compile(r"^(\d+)\.0+$")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[-_/\\.]+(?=\d)")
_OTHER_SEPARATORS = re.compile(r"(?<!\d)[-_/\\.]+|[-_/\\.]+(?!\d)")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_SIGNS = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
_Indices = dict[str, dict[str, list[str]]]  # way → key → ids


@dataclass(frozen=True)
class Fit:
    """The known `id` that is meant and the `way` by which it fits; or ("", "") and which `perhaps` are."""

    id: str = ""
    way: str = ""
    perhaps: tuple[str, ...] = ()


def fits(typed: Iterable[str], known: Sequence[str], titles: Mapping[str, str] | None = None) -> list[Fit]:
    """What each typed id means among the `known` ones; `titles` of known ids may stand with an id or for it.

    A way is "" where the id is known as typed.

    >>> typed = ["p1.", "Р1", "P-01", "PO1", "P1 - Moss", "moss", "P3"]
    >>> [f.id for f in fits(typed, ["P1", "P2"], {"P1": "Moss"})]
    ['P1', 'P1', 'P1', 'P1', 'P1', 'P1', '']
    >>> fits(["01"], ["1", "001"])
    [Fit(id='', way='', perhaps=('1', '001'))]
    """
    exact, typed = set(known), list(typed)
    index = {} if exact.issuperset(typed) else _indices(known, titles or {})
    return [Fit(text) if text in exact else _fit(text, index, titles or {}) for text in typed]


def squeeze(text: str) -> str:
    """A title as a key: without signs, spaces, capitals and the difference of look-alike letters.

    >>> squeeze("«Тёплый  дом» — 2"), squeeze("тёплый дом 2") == squeeze("Тёплый дом-2")
    ('TЁПЛЫЙДOM2', True)
    """
    return _SIGNS.sub("", _twins(unicodedata.normalize("NFKC", text)))


def by_title(titles: Mapping[str, str]) -> dict[str, list[str]]:
    """The ids of each title, by its key."""
    return _by_key_of((squeeze(title), i) for i, title in titles.items())


def _fit(text: str, index: _Indices, titles: Mapping[str, str]) -> Fit:
    if not text.strip():
        return Fit()
    fit = _by_key(text, index)
    return fit if fit.id or fit.perhaps else _with_rest(text, index, titles)


def _by_key(text: str, index: _Indices) -> Fit:
    """By the first way in which an id fits."""
    for way, ids in index.items():
        if hits := ids.get(_BY_ID.get(way, squeeze)(text)):
            return Fit(hits[0], way) if len(hits) == 1 else Fit(perhaps=tuple(hits))
    return Fit()


def _with_rest(text: str, index: _Indices, titles: Mapping[str, str]) -> Fit:
    """An id before a sign and behind it what is nearly its title; another rest makes the id doubtful."""
    bare = {way: index[way] for way in _BY_ID}
    for sign in reversed(list(_SIGNS.finditer(text))):
        rest = squeeze(text[sign.end() :])
        fit = _by_key(text[: sign.start()], bare) if rest else Fit()
        if fit.id and _is_of(rest, squeeze(titles.get(fit.id, ""))):
            return Fit(fit.id, "id_with_title")
        if fit.id:
            return Fit(perhaps=(fit.id, *index["id_by_title"].get(rest, ())))
    return Fit()


def _is_of(rest: str, title: str) -> bool:
    cut = len(rest) >= _CUT and title.startswith(rest)
    return bool(title) and (cut or fuzz.ratio(rest, title) >= NEAR)


def _indices(known: Iterable[str], titles: Mapping[str, str]) -> _Indices:
    """For each way, in their order, the ids by their keys."""
    keys = {way: [(key(i), i) for i in known] for way, key in _BY_ID.items()}
    named = [(squeeze(i), squeeze(title), i) for i, title in titles.items() if squeeze(title)]
    keys["id_with_title"] = [(key, i) for n, t, i in named for key in {n + t, t + n}]
    keys["id_by_title"] = [(t, i) for _, t, i in named]
    return {way: _by_key_of(pairs) for way, pairs in keys.items()}


def _by_key_of(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for key, i in pairs:
        if key:
            made.setdefault(key, []).append(i)
    return made


def _plain(text: str) -> str:
    """Without what is written around an id, in capitals."""
    bare = _BEHIND.sub("", _BEFORE.sub("", "".join(text.split())))
    return unicodedata.normalize("NFKC", bare).upper()


def _alike(text: str) -> str:
    return _twins(_plain(text))


def _unpadded(text: str) -> str:
    """Without leading zeros and separators, but for those between two digits, of which there is one kind."""
    whole = _BETWEEN_DIGITS.sub("-", _POINT_ZERO.sub(r"\1", _alike(text)))
    return _ZEROS.sub("", _OTHER_SEPARATORS.sub("", whole))


def _as_digits(text: str) -> str:
    """Where there is a digit at all, letters that look like digits are some; "" elsewhere."""
    plain = _alike(text)
    return _unpadded(plain.translate(_digit_twins())) if _DIGIT.search(plain) else ""


_BY_ID: dict[str, Callable[[str], str]] = {
    "id_signs": _plain,
    "look_alike": _alike,
    "id_zeros": _unpadded,
    "letter_for_digit": _as_digits,
}


WAYS = (*_BY_ID, "id_with_title", "id_by_title")


def _twins(text: str) -> str:
    """In capitals, a Cyrillic letter that has a Latin twin as that one."""
    return text.upper().translate(_latin_twins())


@cache
def _latin_twins() -> dict[int, str]:
    """Capital Cyrillic letter → the capital Latin one that looks the same, as itself or as a small letter."""
    pairs = {chr(typed): letter for typed, letter in look_alikes().items()}
    same = [(t, i) for t, i in pairs.items() if t.isascii() and t.islower() == i.islower()]
    # a small У looks like a y, a capital Н like an H: the small letters' twins give way to the capitals'
    return {ord(i.upper()): t.upper() for t, i in sorted(same, key=lambda pair: pair[0].isupper())}


@cache
def _digit_twins() -> dict[int, str]:
    """Capital letter, Latin or Cyrillic → the digit that looks the same."""
    table = load("confusables")
    pairs = [(i, t) for t, i in zip(table["typed"], table["intended"], strict=True) if t.isdigit()]
    return {ord(form): digit for i, digit in pairs for form in (i, _twins(i))} | {ord("L"): "1"}
