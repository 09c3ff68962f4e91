"""Is this number a BIN, and whose? Verdicts on business and personal identification numbers.

Both have 12 digits, the last a check digit: the sum of digits times 1…11 modulo 11, and where that
is 10, the same over 3, 4, …, 11, 1, 2; where that is 10 too, the number is never issued. A BIN
begins with year and month of registration and has 4, 5 or 6 in the fifth place; a personal number
(IIN) begins with the date of birth, so it has 0 to 3 there.
"""

import re
import unicodedata
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from fairlib.intake.cells.columns import read_all, suspects

_WEIGHTS = np.array([range(1, 12), [*range(3, 12), 1, 2]])
_NEVER_ISSUED = 10
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LABEL = re.compile(
    r"^(?:бин|бсн|иин|жсн|bin|iin|bsn|jsn)(?:\s*/\s*(?:бин|бсн|иин|жсн))?[\s:№.\-]*(?=\d)", re.I
)
_SCIENTIFIC = re.compile(r"^\d(?:[.,]\d+)?e\+?\d+$", re.I)
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—.]")
_MISSING = frozenset(["", "-", "–", "—", ".", "жоқ", "жок", "нет", "no", "none", "n/a", "н/а", "н/д", "б/н"])
_LETTERS = str.maketrans("ОоOoЗзIlІі", "0000331111")
_TWELVE = re.compile(r"[0-9]{12}").fullmatch
_VALID = frozenset(["ok", "ok_undetectable", "warn_nonresident", "warn_entrepreneur"])
_DOUBTFUL = frozenset(["attribute_digit", "birth_date"])
_COLUMNS = {"verdict": "str", "number": "str", "code": "str"}
_GAP_SIGNS = "\\s\u00ad\u200b-\u200f\u2060\ufeff\\-‐‑‒–—"
_GAP = f"[{_GAP_SIGNS}]{{0,2}}"
_LONG_NUMBER = re.compile(
    rf"(?<!\d)\d(?:{_GAP}[\dОоOo]){{9,10}}{_GAP}\d(?!\d)|(?<!\d)\d(?:{_GAP}\d){{9}}(?!\d)"
)
_ROUNDED = re.compile(r"(?<![\d.,])(\d)[.,](\d{4,})[eе]\+?1[01](?!\d)", re.I)
_SHORTEST = 9  # of what the two patterns can find: 9,9010E11
# what each of them begins with at least; decimal digits that are not ASCII begin at U+0660
_TRACES = [re.compile(rf"[0-9\u0660-\U0010ffff](?:[\dОоOo{_GAP_SIGNS}]{{9}}|[.,]\d{{4}})[^\0]*")]
MASK = "************"


def check_identifiers(texts: pd.Series, field: str = "BIN") -> pd.DataFrame:
    """The verdict on each identifier typed into a BIN or an IIN field.

    Columns: verdict (valid, repairable, warn, invalid, missing), number (12 digits, or "" where there
    is none to trust) and code, the reason. What is repairable was repaired in a way that the check
    digit confirms. `ok_undetectable` is as good as `ok`: valid, but with a last serial digit that is
    not 0 and that the check digit cannot see (its weight is 11), so that only a registry or a duplicate
    could show a slip in it. An IIN is personal data: `mask` it wherever it is shown.

    >>> check_identifiers(pd.Series(["991240999901", "51240999906.0"])).values.tolist()
    [['valid', '991240999901', 'ok'], ['repairable', '051240999906', 'float_artifact']]
    """
    if field not in ("BIN", "IIN"):
        raise ValueError(f"field is BIN or IIN, not {field!r}.")
    return read_all(texts, lambda different: _verdicts(different, field), _COLUMNS)


def _verdicts(texts: list[str], field: str) -> tuple[list[str], ...]:
    numbers, done = list(texts), [""] * len(texts)
    for at, text in enumerate(texts):
        if not _TWELVE(text):
            numbers[at], done[at] = _candidate(text)
    judged = iter(_judge(_digits([number for number in numbers if number]), field).tolist())
    verdicts = [
        _verdict(next(judged) if number else "", how) for number, how in zip(numbers, done, strict=True)
    ]
    trusted = [number if trust else "" for number, (_, trust, _) in zip(numbers, verdicts, strict=True)]
    return [verdict for verdict, _, _ in verdicts], trusted, [code for _, _, code in verdicts]


def check_digit(first_eleven: str) -> int | None:
    """The twelfth digit that belongs to eleven, or None where such a number is never issued.

    >>> check_digit("99124099990"), check_digit("99124099903")
    (1, None)
    """
    digit = int(_check_digits(_digits([first_eleven]))[0])
    return None if digit == _NEVER_ISSUED else digit


def mask(text: str) -> str:
    """The text with every number that may be an IIN replaced by twelve asterisks; no digit is kept.

    May be one: 12 digits, also with spaces or hyphens between them, that begin with a possible month and
    day, whatever the check digit says, for a mistyped number is personal still; fewer digits, where
    leading zeros put back make the check digit right; and what a spreadsheet rounded (9,90101E+11).
    A BIN (fifth digit 4 to 6) and a telephone number (no such month) stay.

    >>> mask("ЖСН 990101 199901, БСН 991240999901, тел. 87011234567")
    'ЖСН ************, БСН 991240999901, тел. 87011234567'
    """
    if len(text) < _SHORTEST:
        return text
    text = _ROUNDED.sub(lambda m: MASK if _may_begin_iin(m[1] + m[2]) else m[0], text)
    return _LONG_NUMBER.sub(_mask_match, text)


def mask_all(texts: list[str]) -> list[str]:
    """`mask` of each text, asked only about those with a trace of a number so long."""
    masked = list(texts)
    if max(map(len, texts), default=0) < _SHORTEST:
        return masked
    for at in suspects(texts, _TRACES):
        masked[at] = mask(texts[at])
    return masked


def _mask_match(match: re.Match[str]) -> str:
    digits = "".join(str(unicodedata.digit(c)) for c in match[0].translate(_LETTERS) if c.isdigit())
    if len(digits) == 12:
        return MASK if _may_begin_iin(digits) else match[0]
    padded = digits.zfill(12)
    confirmed = _may_begin_iin(padded) and check_digit(padded[:11]) == int(padded[11])
    return MASK if confirmed else match[0]


def _may_begin_iin(digits: str) -> bool:
    """Whether digits begin with YYMMD of a possible birth date; the sixth is judged where it is there."""
    if not 1 <= int(digits[2:4]) <= 12 or digits[4] > "3":
        return False
    return len(digits) < 6 or 1 <= int(digits[4:6]) <= 31


def _digits(numbers: list[str]) -> np.ndarray:
    """Numbers of equal length as a matrix of their digits."""
    joined = np.frombuffer("".join(numbers).encode("ascii"), dtype=np.uint8)
    return joined.reshape(len(numbers), -1).astype(np.int64) - 48 if numbers else np.zeros((0, 12), np.int64)


def _check_digits(digits: np.ndarray) -> np.ndarray:
    first, second = (digits[:, :11] @ _WEIGHTS.T % 11).T
    return np.where(first < 10, first, second)


def _judge(digits: np.ndarray, field: str) -> np.ndarray:
    """The code of each row of 12 digits, by the first rule that it breaks."""
    month, kind = digits[:, 2] * 10 + digits[:, 3], digits[:, 4]
    expected = _check_digits(digits)
    wrong = expected != digits[:, 11]
    bad_month = (month < 1) | (month > 12)
    day = kind * 10 + digits[:, 5]
    if field == "IIN":
        rules = [
            ((kind >= 4) & (kind <= 6), "bin_in_iin_field"),
            (bad_month, "month"),
            (kind > 6, "type_digit"),
            (expected == _NEVER_ISSUED, "unusable_prefix"),
            (wrong, "check_digit"),
            (_no_such_day(digits), "birth_date"),
        ]
    else:
        personal = (kind <= 3) & (day >= 1) & (day <= 31) & ~wrong
        blind = (digits[:, :11] @ _WEIGHTS[0] % 11 < 10) & (digits[:, 10] > 0)
        rules = [
            (bad_month, "month"),
            (personal, "iin_in_bin_field"),
            ((kind < 4) | (kind > 6), "type_digit"),
            (expected == _NEVER_ISSUED, "unusable_prefix"),
            (wrong, "check_digit"),
            (digits[:, 5] > 3, "attribute_digit"),
            ((kind == 6) | (digits[:, 5] == 3), "warn_entrepreneur"),
            (kind == 5, "warn_nonresident"),
            (blind, "ok_undetectable"),
        ]
    return np.select([broken for broken, _ in rules], [code for _, code in rules], "ok")


def _no_such_day(digits: np.ndarray) -> np.ndarray:
    """Rows whose date of birth is in no calendar; the seventh digit tells the century."""
    return np.array([not _is_date(row) for row in digits], dtype=bool)


def _is_date(digits: np.ndarray) -> bool:
    century = 18 + max(int(digits[6]) - 1, 0) // 2
    year, month, day = (int(digits[i] * 10 + digits[i + 1]) for i in (0, 2, 4))
    try:
        date(century * 100 + year, month, day)
    except ValueError:
        return False
    return True


def _candidate(text: str) -> tuple[str, str]:
    """The 12 digits that were probably meant and what it took, or "" and why there are none."""
    done = []
    rest = text.strip()
    for code, repair in _REPAIRS.items():
        mended = repair(rest)
        if mended != rest:
            done.append(code)
            rest = mended
        if rest.casefold() in _MISSING:
            return "", "missing"
        if _SCIENTIFIC.match(rest):
            return "", "scientific_notation"
    if re.fullmatch(r"[0-9]{9,11}", rest):
        rest = rest.zfill(12)
        done.append("leading_zero_lost")
        if check_digit(rest[:11]) != int(rest[11]):
            return "", "length"
    return (rest, done[0] if done else "") if re.fullmatch(r"[0-9]{12}", rest) else ("", "length")


_REPAIRS = {
    "invisible_char": lambda t: _INVISIBLE.sub("", t).strip(),
    "non_ascii_digits": lambda t: "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in t),
    "apostrophe": lambda t: t.strip("'’`"),
    "label_in_value": lambda t: _LABEL.sub("", t),
    "float_artifact": lambda t: re.sub(r"^([0-9]{9,12})[.,]0+$", r"\1", t),
    "separators": lambda t: _SEPARATORS.sub("", t),
    "letter_for_digit": lambda t: t.translate(_LETTERS) if sum(c.isdigit() for c in t) >= 9 else t,
}  # in the order in which a cell is unwrapped; the first that did something names the repair


@cache
def _verdict(code: str, done: str) -> tuple[str, bool, str]:
    """The verdict, whether to trust the number, and the reason; no `code` where there are no 12 digits."""
    if not code:
        return ("missing" if done == "missing" else "invalid"), False, done
    if code in _VALID:
        return ("repairable", True, done) if done else ("valid", True, code)
    return ("warn", True, code) if code in _DOUBTFUL else ("invalid", False, code)
