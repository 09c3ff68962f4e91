"""How people type what they mean: money, dates, telephones, places, nominations as a form export shows them.

Each function takes a meaning and returns what was typed and the name of the habit; `plain` is the tidy one.
"""

from datetime import datetime, timedelta
from random import Random

from samples.bank import table
from samples.books import Cell

Typed = tuple[Cell, str]
MONTHS = {
    "kk": ("қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан",
           "қараша", "желтоқсан"),
    "ru": ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября",
           "ноября", "декабря"),
}  # fmt: skip
NBSP = "\u00a0"
EXCEL_DAY_0 = datetime(1899, 12, 30)


def money(tenge: int, rng: Random) -> Typed:
    """A sum in ₸."""
    grouped = f"{tenge:,}"
    millions = f"{tenge / 1_000_000:g}".replace(".", ",")
    forms: list[Typed] = [
        (grouped.replace(",", " "), "spaces"),
        (grouped.replace(",", NBSP), "nbsp"),
        (grouped.replace(",", " ") + ",00", "decimal_comma"),
        (grouped.replace(",", "."), "dots"),
        (f"{tenge}.0", "float_artifact"),
        (grouped.replace(",", " ") + " ₸", "sign"),
        (grouped.replace(",", " ") + " тг", "tg"),
        (grouped.replace(",", " ") + " теңге", "tenge"),
        (f"{millions} млн", "millions"),
        (f"{millions} млн. тг", "millions_tg"),
    ]
    if rng.random() < 0.72 or tenge < 100_000:
        return tenge, "plain"
    return rng.choice(forms)


def months(n: int, lang: str, rng: Random) -> Typed:
    """A duration in months."""
    if rng.random() < 0.7:
        return n, "plain"
    if n == 12 and rng.random() < 0.5:
        return {"kk": "1 жыл", "ru": "1 год"}[lang], "year"
    return rng.choice(
        [(f"{n} ай", "kk"), (f"{n} мес.", "ru"), (f"{n} {_russian_months(n)}", "ru"), (str(n), "text")]
    )


def telephone(e164: str, rng: Random) -> Typed:
    """A number of a mobile telephone."""
    d = e164[2:]
    split = f"{d[3:6]} {d[6:8]} {d[8:]}"
    return rng.choice(
        [
            (f"+7 {d[:3]} {split}", "plain"),
            (f"+7 {d[:3]} {split}", "plain"),
            (e164, "plain"),
            (f"8 ({d[:3]}) {split.replace(' ', '-')}", "eight"),
            (f"8{d}", "eight"),
            (f"7{d}", "no_plus"),
            (int(f"7{d}"), "number"),
            (d, "ten_digits"),
            (f"7{d}.0", "float_artifact"),
        ]
    )


def moment(when: datetime, lang: str, rng: Random) -> Typed:
    """A moment: nearly always a date cell of the export, else text that somebody typed, to the minute."""
    if rng.random() < 0.9:
        return when, "plain"
    day, clock = f"{when:%d.%m.%Y}", f"{when:%H:%M}"
    forms: list[Typed] = [
        (f"{day} {clock}", "text"),
        (f"{when:%d.%m.%y} {clock}", "two_digit_year"),
        (f"{when:%Y-%m-%d} {clock}", "iso"),
        (excel_serial(when), "excel_serial"),
    ]
    if lang == "kk":
        forms.append(
            (f"{when.year} жылғы {when.day} {MONTHS['kk'][when.month - 1]}, {clock}", "kazakh_words")
        )
    else:
        forms.append((f"{when.day} {MONTHS['ru'][when.month - 1]} {when.year} г., {clock}", "russian_words"))
    if when.day > 12:
        forms.append((f"{when.month}/{when.day}/{when.year} {clock}", "american"))
    return rng.choice(forms)


def excel_serial(when: datetime) -> float:
    """Days since 30 December 1899, as Excel stores a moment (44300 is 14 April 2021).

    >>> excel_serial(datetime(2021, 4, 14))
    44300.0
    """
    return round((when - EXCEL_DAY_0) / timedelta(days=1), 6)


def region(iso: str, lang: str, year: int, rng: Random) -> Typed:
    """A region by its official name, abbreviated, or its centre instead."""
    row = next(r for r in table("regions") if r["iso"] == iso)
    if iso == "KZ-71" and year < 2022 and rng.random() < 0.85:
        return {"kk": ("Нұр-Сұлтан қаласы", "plain"), "ru": ("г. Нур-Султан", "plain")}[lang]
    if rng.random() < 0.12 and (centre := _centre(iso, year)):
        return {
            "kk": (f"{centre['kk']} қ.", "city_for_region"),
            "ru": (f"г. {centre['ru']}", "city_for_region"),
        }[lang]
    return rng.choices([(row[lang], "plain"), (row[f"{lang}_short"], "abbreviated")], (3, 1))[0]


def place(where, lang: str, year: int, rng: Random) -> str:
    """A settlement with its kind."""
    kk, ru = where.kk, where.ru
    if kk == "Астана" and year < 2022:
        kk, ru = "Нұр-Сұлтан", "Нур-Султан"
    kinds = {
        "city": {"kk": (f"{kk} қ.", f"{kk} қаласы"), "ru": (f"г. {ru}", f"город {ru}", ru)},
        "town": {"kk": (f"{kk} қ.", f"{kk} қаласы"), "ru": (f"г. {ru}", f"г.{ru}")},
        "village": {"kk": (f"{kk} ауылы", f"{kk} а."), "ru": (f"с. {ru}", f"село {ru}")},
        "district": {"kk": (f"{kk} ауданы",), "ru": (f"{ru} район", f"{ru} р-н")},
    }
    return rng.choice(kinds[where.kind][lang])


def nomination(nomination_id: str, lang: str, names: dict[str, dict], rng: Random) -> Typed:
    """A nomination by its full name, or by one of the other ways that the rules know."""
    known = names[nomination_id]
    if rng.random() < 0.8:
        return known[lang], "plain"
    short = rng.choice(known["aliases"])
    if short.isdigit():
        return int(short), "number"
    return rng.choice([(short, "alias"), (short[:1].upper() + short[1:], "alias")])


def yes_no(answer: bool, lang: str, rng: Random) -> Typed:
    """An answer to a tick box."""
    words = {True: {"kk": "Иә", "ru": "Да"}, False: {"kk": "Жоқ", "ru": "Нет"}}[answer]
    if rng.random() < 0.8:
        return f"{words['kk']} / {words['ru']}", "plain"
    return rng.choice([(words[lang], "one_language"), (words[lang].lower(), "lower_case")])


def _centre(iso: str, year: int) -> dict | None:
    frame = "iso_2021" if year < 2022 else "iso_2023"
    rows = [p for p in table("places") if p[frame] == iso and p["kind"] == "city"]
    return rows[0] if rows and iso not in ("KZ-71", "KZ-75", "KZ-79") else None


def _russian_months(n: int) -> str:
    return "месяц" if n == 1 else "месяца" if n < 5 else "месяцев"
