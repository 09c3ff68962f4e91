"""Which moment did they mean? Dates and times as people and spreadsheets write them, in the contest's zone.

A day and a month both up to 12 between slashes are read day first, as in Kazakhstan, with a code that
says so. Nothing is read relative to today: the same file gives the same dates next year.
"""

import re
import warnings
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import pandas as pd
from babel.dates import get_month_names

from fairlib.intake.columns import distinct
from fairlib.intake.kazakh import comparable

_CLOCK = r"(?:[\sT,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?)?"
_ZONE = r"\s*(?P<zone>z|utc|[+-]\d\d:?\d\d|utc\s*[+-]\d{1,2})?"
_YEAR_WORD = r"\s*(?:жылғы|жылы|жыл|ж|года|год|г)?\.?,?"
_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_NAMED = r"<(?P<month>\d+)>"
_FORMS = [
    re.compile(form + _CLOCK + _ZONE, re.I)
    for form in (
        rf"{_YEAR}[-./]{_MONTH}[-./]{_DAY}",
        rf"{_DAY}(?P<sign>[-./]){_MONTH}[-./](?P<year>\d{{4}}|\d\d){_YEAR_WORD}",
        rf"{_DAY}(?:-?\s*(?:го|і|ы|ші|шы))?\s+{_NAMED}(?:\s+{_YEAR}{_YEAR_WORD})?",
        rf"{_YEAR}{_YEAR_WORD}\s*{_DAY}\s+{_NAMED}",
        rf"{_NAMED}\s+{_DAY},?\s+{_YEAR}",
    )
]
_SERIAL = re.compile(r"[3-5]\d{4}(?:[.,]\d+)?")
_ISO = r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?"
_DAY_FIRST = r"^(\d\d)\.(\d\d)\.(\d{4})(?=$|\s)"
_NOTHING = frozenset(["", "-", "жоқ", "нет", "n/a", "н/а"])
_LETTERS = re.compile(r"[^\W\d_]{3}")
_SERIAL_ZERO = datetime(1899, 12, 30)


def dates(texts: pd.Series, zone: str, default_year: int | None = None) -> pd.DataFrame:
    """Moments in `zone` (an IANA name): value (datetime64[us, zone]), has_time, code.

    A text without an offset is local time of the zone; a date without a time is its midnight and
    has_time is False, so that a deadline can count the whole day. Codes: missing, unreadable,
    no_such_date, ambiguous_order (04/05/2021), year_assumed («14 сәуір», with default_year), serial
    (a spreadsheet's day number), clock_change (an hour that the zone's clocks had twice or never).

    >>> dates(pd.Series(["14.04.21", "2021 жылғы 14 сәуір", "44300"]), "Asia/Almaty")["value"].dt.date.nunique()
    1
    """
    numbers, listed = distinct(texts)
    different = pd.Series(listed, dtype="str")
    iso = different.str.replace(_DAY_FIRST, r"\3-\2-\1", regex=True)
    naive = pd.to_datetime(iso.where(iso.str.fullmatch(_ISO)), format="ISO8601", errors="coerce")
    value = naive.dt.as_unit("us").dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    table = pd.DataFrame({"value": value, "has_time": different.str.len() > 10, "code": ""})
    hard = value.isna()
    read = [_read(text, ZoneInfo(zone), default_year) for text in different[hard]]
    if read:
        moments, has_time, codes = zip(*read, strict=True)
        table.loc[hard, "value"] = pd.to_datetime(list(moments), utc=True).as_unit("us").tz_convert(zone)
        table.loc[hard, "has_time"] = list(has_time)
        table.loc[hard, "code"] = list(codes)
    return table.astype({"code": "str"}).iloc[numbers].set_axis(texts.index)


_Reading = tuple[datetime | None, bool, str]


def _read(text: str, zone: ZoneInfo, default_year: int | None) -> _Reading:
    plain = comparable(text).replace('"', "").strip()
    if plain in _NOTHING:
        return None, False, "missing"
    if _SERIAL.fullmatch(plain):
        days = float(plain.replace(",", "."))
        moment = _SERIAL_ZERO + timedelta(seconds=round(days * 86400))
        return _local(moment, zone)[0], days != int(days), "serial"
    named = _month_word().sub(lambda m: f"<{_months()[m[1]]}>", plain) if _LETTERS.search(plain) else plain
    match = next((m for form in _FORMS if (m := form.fullmatch(named))), None)
    return _from_parts(match, zone, default_year) if match else _residue(text, zone)


def _from_parts(match: re.Match[str], zone: ZoneInfo, default_year: int | None) -> _Reading:
    part = match.groupdict()
    year, code = part["year"], ""
    if year is None:
        if default_year is None:
            return None, False, "unreadable"
        year, code = str(default_year), "year_assumed"
    day, month = int(part["day"]), int(part["month"])
    if part.get("sign") == "/" and day <= 12 and month <= 12 and day != month:
        code = "ambiguous_order"
    elif part.get("sign") == "/" and month > 12:
        day, month = month, day
    try:
        moment = datetime(int(year) + 2000 * (len(year) == 2), month, day, *_clock(part))
    except ValueError:
        return None, False, "no_such_date"
    has_time = part["hour"] is not None
    if part["zone"]:
        return moment.replace(tzinfo=_offset(part["zone"])), has_time, code
    local, trouble = _local(moment, zone)
    return local, has_time, trouble or code


def _clock(part: dict[str, str | None]) -> tuple[int, int, int]:
    hour = int(part["hour"] or 0)
    if part["half"]:
        hour = hour % 12 + 12 * part["half"].lower().startswith("p")
    return hour, int(part["minute"] or 0), int(part["second"] or 0)


def _offset(text: str) -> timezone:
    sign_and_digits = re.sub(r"[^\d+-]", "", text)
    if not sign_and_digits:
        return UTC
    digits = sign_and_digits[1:]
    hours, minutes = (int(digits[:2]), int(digits[2:])) if len(digits) == 4 else (int(digits), 0)
    return timezone((-1 if sign_and_digits[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _local(moment: datetime, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """The moment in the zone, or None where its clocks showed it twice or never."""
    offsets = {moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    return (moment.replace(tzinfo=zone), "") if len(offsets) == 1 else (None, "clock_change")


@cache
def _months() -> dict[str, int]:
    """Month names and their short forms in Kazakh, Russian and English (CLDR, through Babel) → number."""
    found = {}
    for lang in ("kk", "ru", "en"):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context=context, locale=lang)
                found |= {comparable(name).rstrip("."): number for number, name in names.items()}
    return found | {"сен": 9, "sep": 9}


@cache
def _month_word() -> re.Pattern[str]:
    names = sorted(_months(), key=len, reverse=True)
    return re.compile(rf"(?<![^\W\d])({'|'.join(names)})(?:да|де|та|те)?\.?(?![^\W\d])")


def _residue(text: str, zone: ZoneInfo) -> _Reading:
    """What no form above covers, if it names day, month and year; never relative to the day of the run."""
    import dateparser  # takes half a second to load, and hardly any file needs it

    settings = {
        "PARSERS": ["absolute-time"],
        "STRICT_PARSING": True,
        "REQUIRE_PARTS": ["day", "month", "year"],
        "DATE_ORDER": "DMY",
        "RELATIVE_BASE": datetime(2000, 1, 1),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moment = dateparser.parse(text, languages=["ru", "en", "kk"], settings=settings)
    if moment is None:
        return None, False, "unreadable"
    has_time = (moment.hour, moment.minute, moment.second) != (0, 0, 0)
    if moment.tzinfo is not None:
        return moment, has_time, ""
    local, trouble = _local(moment, zone)
    return local, has_time, trouble
