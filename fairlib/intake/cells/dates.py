"""Which moment did they mean? Dates and times as people and spreadsheets write them, in the contest's zone.

One program writes a column, so what one cell proves about the order of day and month (11/25/2023) holds for
the column. Where nothing proves it they are read day first, as in Kazakhstan, with a code that says so.
Nothing is read relative to today: the same file gives the same dates next year.
"""

import re
import warnings
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

import pandas as pd
from babel.dates import get_month_names

from fairlib.intake.cells.columns import distinct
from fairlib.intake.texts import comparable

_WORDS_OF_HALVES = {  # the half of the day that a word beside the clock means
    "am": "am|a.m.|a.m|утра|дп|таңғы|таңертеңгі|түске дейін|түске дейінгі",
    "pm": "pm|p.m.|p.m|вечера|веч.|пп|түстен кейін|түстен кейінгі|кешкі",
    "noon": "дня|түскі",
    "night": "ночи|түнгі",
}
_HALVES = {word: half for half, words in _WORDS_OF_HALVES.items() for word in words.split("|")}
_HALF = "|".join(re.escape(word) for word in sorted(_HALVES, key=len, reverse=True))
_CLOCK = (
    rf"(?:[\sT,]+(?:в\s+|сағат\s+|at\s+)?(?:(?P<early>{_HALF})\s+(?:сағат\s+)?)?"
    rf"(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<half>{_HALF})?)?"
)
_ZONE = r"\s*\(?(?P<zone>z|(?:utc|gmt)\s*(?:[+-]\d{1,2}(?::?\d\d)?)?|[+-]\d\d(?::?\d\d)?|msk|мск)?\)?"
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
_SIGNED = re.compile(r"(?<!\d)(\d{1,2})([/-])(\d{1,2})\2(?:\d{4}|\d\d)(?!\d)")
_DOTTED = re.compile(r"(?<!\d)\d\d?\.\d\d?\.(?:\d{4}|\d\d)(?!\d)")
_DAY_IN_ISO = re.compile(r"\d{4}-(\d\d)-(\d\d)(?!\d)")
_NOTHING = frozenset(["", "-", "жоқ", "нет", "n/a", "н/а"])
_NO_MOMENT = (
    r"(?:1980-01-01|1970-01-01|1899-12-3[01]|1900-01-0[01]|0000-00-00)(?:[ T]00:00(?::00)?)?"  # no clock ran
)
_LETTERS = re.compile(r"[^\W\d_]{3}")
_SERIAL_ZERO = datetime(1899, 12, 30)


def dates(texts: pd.Series, zone: str, default_year: int | None = None, written: str = "") -> pd.DataFrame:
    """Moments in `zone` (an IANA name): value (datetime64[us, zone]), has_time, code.

    A text without an offset is local time of the zone, or of the one that the heading `written` over the
    column names («Submit Date (UTC)»); a date without a time is its midnight and has_time is False, so that a
    deadline can count the whole day. Codes: missing, unreadable, no_such_date, ambiguous_order (04/05/2021,
    where no cell of the column proves the order, or the cells prove both, or a spreadsheet read some of them
    in the other order), order_of_column (the same where one is proved), year_assumed («14 сәуір», with
    default_year), serial (a spreadsheet's day number), clock_change (an hour that the zone's clocks had twice
    or never).

    >>> written = pd.Series(["14.04.21", "2021 жылғы 14 сәуір", "44300"])
    >>> dates(written, "Asia/Almaty")["value"].dt.date.nunique()
    1
    >>> dates(pd.Series(["11/05/2023", "11/25/2023"]), "Asia/Almaty")["value"].dt.month.tolist()
    [11, 11]
    """
    numbers, listed = distinct(texts)
    different = pd.Series(listed, dtype="str")
    different = different.mask(different.str.fullmatch(_NO_MOMENT), "")
    iso = different.str.replace(_DAY_FIRST, r"\3-\2-\1", regex=True)
    naive = pd.to_datetime(iso.where(iso.str.fullmatch(_ISO)), format="ISO8601", errors="coerce")
    local = zone_of(written) or ZoneInfo(zone)
    value = (
        naive.dt.as_unit("us").dt.tz_localize(local, ambiguous="NaT", nonexistent="NaT").dt.tz_convert(zone)
    )
    table = pd.DataFrame({"value": value, "has_time": different.str.len() > 10, "code": ""})
    hard = value.isna()
    order = _orders(listed)
    read = [_read(text, local, default_year, order) for text in different[hard]]
    if read:
        moments, has_time, codes = zip(*read, strict=True)
        table.loc[hard, "value"] = pd.to_datetime(list(moments), utc=True).as_unit("us").tz_convert(zone)
        table.loc[hard, "has_time"] = list(has_time)
        table.loc[hard, "code"] = list(codes)
    bare = ~table["has_time"] & table["value"].notna()
    days = table.loc[bare, "value"].dt.tz_convert(local).dt.tz_localize(None)
    table.loc[bare, "value"] = days.dt.tz_localize(zone, nonexistent="shift_forward", ambiguous=True)
    table.loc[_exchanged(listed), "code"] = "ambiguous_order"
    return table.astype({"code": "str"}).iloc[numbers].set_axis(texts.index)


def zone_of(heading: str) -> tzinfo | None:
    """The zone that a heading names for times below it: UTC, GMT+6, MSK; KoBo's `_submission_time` is UTC.

    >>> zone_of("Submit Date (UTC)"), zone_of("Жіберу уақыты, UTC+5"), zone_of("Timestamp")
    (datetime.timezone.utc, datetime.timezone(datetime.timedelta(seconds=18000)), None)
    """
    if heading.strip() == "_submission_time":
        return UTC
    named = re.search(
        r"(?<![^\W\d_])(?:(?:utc|gmt)\s*(?:[+-]\d{1,2}(?::?\d\d)?)?|msk|мск)(?![^\W\d_])", heading, re.I
    )
    return _offset(named[0].lower()) if named else None


def _proved(texts: list[str]) -> dict[str, set[str]]:
    """For each sign between day and month: what the cells prove (day or month first); some may be open."""
    said: dict[str, set[str]] = {"/": set(), "-": set()}
    for text in texts:
        if found := _SIGNED.search(text):
            first, second = int(found[1]), int(found[3])
            if (first > 12) != (second > 12):
                said[found[2]].add("day" if first > 12 else "month")
            elif first != second:
                said[found[2]].add("open")
    return said


def _orders(texts: list[str]) -> dict[str, str]:
    """For each sign the order that the column proves: day, month, or "" where it proves none, or both."""
    proved = {sign: said - {"open"} for sign, said in _proved(texts).items()}
    return {sign: "".join(orders) if len(orders) == 1 else "" for sign, orders in proved.items()}


def _exchanged(texts: list[str]) -> list[int]:
    """Places of dates that a spreadsheet of another country may have read with day and month exchanged.

    It makes dates of those texts that fit its own order and leaves the rest: 11/25/2023 stays a text beside
    2023-05-11. So all that stayed proves one order, and all that was made has days up to 12.
    """
    proved = set().union(*_proved(texts).values())
    if proved not in ({"month"}, {"day"}):
        return []
    made = {at: found for at, text in enumerate(texts) if (found := _DAY_IN_ISO.match(text))}
    parts = {at: (int(found[1]), int(found[2])) for at, found in made.items()}
    if proved == {"month"}:  # a date that was made is written with dots when the table is saved as text
        dotted = {at: found[0].split(".") for at, text in enumerate(texts) if (found := _DOTTED.match(text))}
        parts |= {at: (int(month), int(day)) for at, (day, month, _) in dotted.items()}
    if any(max(pair) > 12 for pair in parts.values()):
        return []
    return [at for at, (month, day) in parts.items() if month != day]


_Reading = tuple[datetime | None, bool, str]


def _read(text: str, zone: tzinfo, default_year: int | None, order: dict[str, str]) -> _Reading:
    plain = comparable(text).replace('"', "").strip()
    if plain in _NOTHING:
        return None, False, "missing"
    if _SERIAL.fullmatch(plain):
        days = float(plain.replace(",", "."))
        moment = _SERIAL_ZERO + timedelta(seconds=round(days * 86400))
        return _local(moment, zone)[0], days != int(days), "serial"
    named = _month_word().sub(lambda m: f"<{_months()[m[1]]}>", plain) if _LETTERS.search(plain) else plain
    match = next((m for form in _FORMS if (m := form.fullmatch(named))), None)
    return _from_parts(match, zone, default_year, order) if match else _residue(text, zone, order)


def _from_parts(
    match: re.Match[str], zone: tzinfo, default_year: int | None, order: dict[str, str]
) -> _Reading:
    part = match.groupdict()
    year, code = part["year"], ""
    if year is None:
        if default_year is None:
            return None, False, "unreadable"
        year, code = str(default_year), "year_assumed"
    day, month = int(part["day"]), int(part["month"])
    if part.get("sign") in order:
        code = _doubt(day, month, order[part["sign"]])
        if (code and order[part["sign"]] == "month") or month > 12:
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


def _doubt(first: int, second: int, order: str) -> str:
    """What to say of two numbers of which either could be the day."""
    either = first <= 12 and second <= 12 and first != second
    return ("order_of_column" if order else "ambiguous_order") if either else ""


def _clock(part: dict[str, str | None]) -> tuple[int, int, int]:
    """Hour, minute and second. Raises ValueError where the part of the day contradicts the hour."""
    hour = int(part["hour"] or 0)
    if word := part["half"] or part["early"]:
        half = _HALVES[word.lower()]
        late = half == "pm" or (half == "noon" and not 6 <= hour < 12) or (half == "night" and 6 <= hour < 12)
        if hour > 12 and not late:
            raise ValueError(f"{hour} {word}")
        hour = hour % 12 + 12 * late
    return hour, int(part["minute"] or 0), int(part["second"] or 0)


def _offset(text: str) -> timezone:
    if text in ("msk", "мск"):
        return timezone(timedelta(hours=3))
    sign_and_digits = re.sub(r"[^\d+-]", "", text)
    if not sign_and_digits:
        return UTC
    digits = sign_and_digits[1:]
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    return timezone((-1 if sign_and_digits[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _local(moment: datetime, zone: tzinfo) -> tuple[datetime | None, str]:
    """The moment in the zone, or None where its clocks showed it twice or never."""
    offsets = {moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    return (moment.replace(tzinfo=zone), "") if len(offsets) == 1 else (None, "clock_change")


@cache
def _months() -> dict[str, int]:
    """Month names and their short forms in Kazakh, Russian and English (CLDR, through Babel) → number."""
    found: dict[str, int] = {}
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


def _residue(text: str, zone: tzinfo, order: dict[str, str]) -> _Reading:
    """What no form above covers, if it names day, month and year; never relative to the day of the run."""
    import dateparser  # takes half a second to load, and hardly any file needs it

    signed = _SIGNED.search(text)
    by_column = order[signed[2]] if signed else ""
    code = _doubt(int(signed[1]), int(signed[3]), by_column) if signed else ""
    settings = {
        "PARSERS": ["absolute-time"],
        "STRICT_PARSING": True,
        "REQUIRE_PARTS": ["day", "month", "year"],
        "DATE_ORDER": "MDY" if by_column == "month" else "DMY",
        "RELATIVE_BASE": datetime(2000, 1, 1),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moment = dateparser.parse(text, languages=["ru", "en", "kk"], settings=settings)
    if moment is None:
        return None, False, "unreadable"
    has_time = (moment.hour, moment.minute, moment.second) != (0, 0, 0)
    if moment.tzinfo is not None:
        return moment, has_time, code
    local, trouble = _local(moment, zone)
    return local, has_time, trouble or code
