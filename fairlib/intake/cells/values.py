"""What number, mark or answer did they mean? Cells of a form and of a scoresheet as values.

Every function takes a Series of text and gives a frame on the same index with a `value` and a `code`:
"" where the reading is certain, otherwise what is doubtful about it or why there is none. A value
that is not there is missing (NaN, NaT or "") with a code, never a zero.
"""

import re
from functools import partial

import numpy as np
import pandas as pd

from fairlib.intake.cells.columns import read_each
from fairlib.intake.cells.mark_words import mark_in_words
from fairlib.intake.texts import comparable, fold
from fairlib.rules import Scale

_NOTHING = frozenset(
    ["", "-", "--", ".", "жоқ", "жок", "нет", "н/а", "н/д", "n/a", "na", "no", "none", "нет данных"]
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)")
_NO_MARK = (
    "б/о|б.о.|без оценки|не оценено|не оцениваю|не оценивал|не оценивала|воздержался|воздержалась|воздержусь|"
    "бағаланбады|бағаланбаған|баға жоқ|бағасыз|қалыс қалды|қалыс|abstain|abstained|not scored|no mark"
)
_ABSTAINED = frozenset(map(fold, _NO_MARK.split("|")))
_RECUSED = re.compile(r"мудделер|мудделик|кактыгыс|конфликт|отвод|бас тарт|conflict|recus|own organisation")
_ERROR_CELL = re.compile(r"^(?:#[A-ZА-Я0-9/_]+[!?]?|Err:\d+)$")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d")
_MARK_UNIT = re.compile(r"\s*(балл(?:а|ов|дар|ы)?|ұпай|points?|б\.?)$")


def marks(texts: pd.Series, scale: Scale | None = None) -> pd.DataFrame:
    """What a juror put into a cell: value (NaN where there is none), status, code.

    Status is scored, abstained («б/о»), missing (an empty cell, «жоқ», «н/а»), recused («мүдделер
    қақтығысы», «самоотвод») or invalid: a text that is no mark, an error, or a date that the
    spreadsheet made of a mark such as 8.5. Words beside a mark are read where only one mark can be meant
    (code in_words: «6 - хорошо», «8 (восемь)», 7½); «8 из 10» is one where 10 is the highest mark of `scale`,
    and other_scale where it is not. Whether a number is on the scale is not asked here.

    >>> marks(pd.Series(["8,5", "б/о", "", "конфликт интересов", "9"]))["status"].tolist()
    ['scored', 'abstained', 'missing', 'recused', 'scored']
    >>> marks(pd.Series(["8 из 10", "9/10", "5 – Excellent", "7-8"]), Scale(min=1, max=10))["value"].tolist()
    [8.0, 9.0, 5.0, nan]
    """
    return read_each(texts, partial(_mark, scale=scale), {"value": "float64", "status": "str", "code": "str"})


def _mark(text: str, scale: Scale | None) -> tuple[float, str, str]:
    plain = comparable(text).rstrip("!").strip()
    if plain in _NOTHING:
        return np.nan, "missing", ""
    number = _MARK_UNIT.sub("", plain)
    if _NUMBER.fullmatch(number):
        code = "decimal_comma" if "," in number else "unit" if number != plain else ""
        return float(number.replace(",", ".")), "scored", code
    if number.endswith("%") and _NUMBER.fullmatch(bare := number[:-1].strip()):
        return float(bare.replace(",", ".")), "scored", "percent"
    if _ERROR_CELL.match(text.strip()):
        return np.nan, "invalid", "error_cell"
    if _DATE.match(plain):
        return np.nan, "invalid", "date_for_mark"
    folded = fold(text)
    if folded in _ABSTAINED:
        return np.nan, "abstained", ""
    if _RECUSED.search(folded):
        return np.nan, "recused", ""
    value, code = mark_in_words(plain, scale)
    return value, "invalid" if np.isnan(value) else "scored", code


_SPACES = r"\s\u00a0\u202f\u2009'’"
_AMOUNT = re.compile(
    rf"(\d[\d{_SPACES}.,]*)\s*(млрд|миллиард\w*|млн|миллион\w*|mln|million|тыс|тысяч\w*|мың|мыңдай|к|k)?\.?"
)
_TENGE = re.compile(r"₸|(?<![^\W\d])(?:тенге|теңге|тнг|тңг|тг|kzt|tenge|т(?=\.|$))(?![^\W\d])\.?")
_FOREIGN = re.compile(r"[$€£₽]|(?<![^\W\d])(?:usd|eur|rub|руб|долл|евро|доллар\w*|рубл\w*)(?![^\W\d])")
_TIMES = {"млрд": 1e9, "мил": 1e6, "млн": 1e6, "mln": 1e6, "ты": 1e3, "мы": 1e3, "к": 1e3, "k": 1e3}
_USUAL = re.compile(r"(\d{1,3}(?:[ \u00a0\u202f]\d{3})*|\d+)(?: ?(?:₸|тг|тенге|теңге))?")
_PREFIX = re.compile(r"^(?:сумма|сома|сомасы|около|шамамен|барлығы|итого)\b[\s:\-]*")


def money(texts: pd.Series) -> pd.DataFrame:
    """Sums as people write them, in tenge: value (float), code.

    Codes: missing, unreadable, range, negative, other_currency, scientific_notation (a spreadsheet may
    have rounded it), ambiguous_separator (3.000 is read as three thousand).

    >>> money(pd.Series(["3 000 000,50", "3.000.000", "«3 млн. тг»", "1,5 млн"]))["value"].tolist()
    [3000000.5, 3000000.0, 3000000.0, 1500000.0]
    """
    return read_each(texts, _money, {"value": "float64", "code": "str"})


def _money(text: str) -> tuple[float, str]:
    if usual := _USUAL.fullmatch(text):  # most cells, and the rest costs ten times as much
        return float(re.sub(r"\D", "", usual[1])), ""
    plain = comparable(text).replace('"', "").strip()
    if plain in _NOTHING:
        return np.nan, "missing"
    if re.fullmatch(r"\d[\d.,]*e\+?\d+", plain):
        return float(plain.replace(",", ".")), "scientific_notation"
    if _FOREIGN.search(plain):
        return np.nan, "other_currency"
    plain = _PREFIX.sub("", _TENGE.sub(" ", plain)).strip()
    if plain.startswith("-"):
        return np.nan, "negative"
    if re.search(r"\d[^\d]*(?:-|\bдо\b|\bдейін\b)\s*\d", plain):
        return np.nan, "range"
    found = _AMOUNT.findall(plain)
    if not found or re.search(r"\w", _AMOUNT.sub("", plain)):
        return np.nan, "unreadable"
    return _sum_of_parts(found)


def _sum_of_parts(found: list[tuple[str, str]]) -> tuple[float, str]:
    """3 млн 500 тыс: parts in falling order of their unit; a second part without a unit is no sum."""
    parts = [_grouped(digits, bool(unit)) for digits, unit in found]
    units = [_unit(unit) for _, unit in found]
    values = [value for value, _ in parts if value is not None]
    if len(values) < len(parts) or units != sorted(set(units), reverse=True):
        return np.nan, "unreadable"
    total = sum(value * unit for value, unit in zip(values, units, strict=True))
    return round(total, 2), max(code for _, code in parts)


def _unit(word: str) -> float:
    return next((times for start, times in _TIMES.items() if word.startswith(start)), 1.0)


def _grouped(digits: str, with_unit: bool) -> tuple[float | None, str]:
    """A number with separators: a group has three digits, what follows the last other sign is decimals."""
    pieces = re.split(rf"[{_SPACES}]+", digits.strip().rstrip(".,"))
    if len(pieces) > 1 and not _are_groups([*pieces[:-1], re.split("[.,]", pieces[-1])[0]]):
        return None, ""
    bare = "".join(pieces)
    signs = re.findall(r"[.,]", bare)
    if not signs:
        return float(bare), ""
    head, tail = re.split(r"[.,](?=[^.,]*$)", bare)
    if len(signs) == 1:
        three = len(tail) == 3 and 1 <= len(head) <= 3 and head != "0" and not with_unit
        return (float(head + tail), "ambiguous_separator") if three else (float(f"{head}.{tail}"), "")
    if len(set(signs)) == 1:
        groups = re.split(r"[.,]", bare)
        return (float("".join(groups)), "") if _are_groups(groups) else (None, "")
    groups = re.split(r"[.,]", head)
    if len(set(signs[:-1])) > 1 or not _are_groups(groups):
        return None, ""
    return float(f"{''.join(groups)}.{tail}"), ""


def _are_groups(groups: list[str]) -> bool:
    return 1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])


_HALF_YEAR = frozenset(["полгода", "жарты жыл", "half a year"])
_DURATION = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d]*)\.?(?:\s+(?:ішінде|бойы))?")
_DAYS_IN_MONTH = 30.4375
_MONTHS_IN = dict.fromkeys(("ай", "мес", "mon", "mo"), 1.0)
_MONTHS_IN |= dict.fromkeys(("жыл", "год", "лет", "year"), 12.0)
_MONTHS_IN |= dict.fromkeys(("апта", "нед", "week"), 7 / _DAYS_IN_MONTH)
_MONTHS_IN |= dict.fromkeys(("кун", "дн", "ден", "day"), 1 / _DAYS_IN_MONTH)


def durations(texts: pd.Series) -> pd.DataFrame:
    """Lengths of a project in months: value (float), code; a bare number is months.

    Codes: missing, unreadable, range, and converted (days or weeks, at 30.4375 days a month).

    >>> durations(pd.Series(["6 ай", "12 мес.", "1 год", "полгода"]))["value"].tolist()
    [6.0, 12.0, 12.0, 6.0]
    """
    return read_each(texts, _duration, {"value": "float64", "code": "str"})


def _duration(text: str) -> tuple[float, str]:
    plain = comparable(text)
    if plain in _NOTHING:
        return np.nan, "missing"
    if plain in _HALF_YEAR:
        return 6.0, ""
    if re.search(r"\d\s*(?:-|до|дейін)\s*\d", plain):
        return np.nan, "range"
    match = _DURATION.fullmatch(plain)
    unit = fold(match[2]) if match else ""
    months = next((m for start, m in _MONTHS_IN.items() if unit.startswith(start)), None) if unit else 1
    if match is None or months is None:
        return np.nan, "unreadable"
    return round(float(match[1].replace(",", ".")) * months, 2), "" if months >= 1 else "converted"


_NO = re.compile(
    r"^(?:жок|нет|no|не соглас\w*|не даю|келиспе\w*|келисим бермей\w*|карсы\w*|отказ\w*|против|false|0)\b"
)
_YES = re.compile(
    r"^(?:иа|ия|ие|да|yes|y|келис\w*|соглас\w*|даю согласие|рухсат|руксат\w*|разреша\w*|"
    r"i agree|agree|true|1)\b"
)
_TICKS = {"+": "yes", "✓": "yes", "✔": "yes", "☑": "yes", "v": "yes", "-": "no", "☐": "no"}


def consents(texts: pd.Series) -> pd.DataFrame:
    """Answers to a yes-or-no question in Kazakh, Russian or English: value ("yes", "no" or ""), code.

    Codes: missing, unreadable. What is not a clear yes is not consent.

    >>> consents(pd.Series(["Иә", "не согласен", "Да, согласна", "кейін"]))["value"].tolist()
    ['yes', 'no', 'yes', '']
    """
    return read_each(texts, _consent, {"value": "str", "code": "str"})


def _consent(text: str) -> tuple[str, str]:
    if not text.strip():
        return "", "missing"
    if text.strip() in _TICKS:
        return _TICKS[text.strip()], ""
    folded = fold(text)
    if _NO.match(folded):
        return "no", ""
    return ("yes", "") if _YES.match(folded) else ("", "unreadable")
