"""How can the sender be reached? Telephone numbers and e-mail addresses, for the organisers only."""

import re
from functools import lru_cache

import pandas as pd
import phonenumbers

from fairlib.intake.cells.columns import read_all, read_each
from fairlib.intake.texts import comparable, look_alikes

_NOTHING = frozenset(["", "-", "жоқ", "нет", "n/a", "н/а"])
_COLUMNS = {"value": "str", "others": "str", "code": "str"}
_NATIONAL = re.compile(r"(?:\+?7|8)?(7\d{9})")
_WRITTEN_OUT = re.compile(r"\+7 ?\(?(7[0-9]{2})\)?[ -]?([0-9]{3})[ -]?([0-9]{2})[ -]?([0-9]{2})")
_USUAL_ADDRESS = re.compile(r"[a-z0-9_.+%-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+").fullmatch
_ADDRESS = re.compile(r"[\w.+%-]+@[a-z0-9а-яё-]+(?:\.[a-z0-9а-яё-]+)+", re.I)


def phones(texts: pd.Series) -> pd.DataFrame:
    """Telephone numbers in international form: value, others (further numbers of the cell), code.

    A number without a country is one of Kazakhstan. Codes: missing, unreadable, two_numbers.

    >>> phones(pd.Series(["8 (701) 123-45-67", "7011234567.0", "жоқ"]))["value"].tolist()
    ['+77011234567', '+77011234567', '']
    """
    return read_each(texts, _phone, _COLUMNS)


def _phone(text: str) -> tuple[str, str, str]:
    usual = _WRITTEN_OUT.fullmatch(text)  # most cells, at a third of the cost
    if usual and _issued(usual[1] + usual[2]):
        return f"+7{''.join(usual.groups())}", "", ""
    return _read_phone(text)


def _read_phone(text: str) -> tuple[str, str, str]:
    plain = re.sub(r"(?<=\d{10})\.0+$", "", text.strip().lstrip("'"))
    if plain.casefold() in _NOTHING:
        return "", "", "missing"
    whole = _quick(plain)
    found = [whole] if whole else _search(plain)
    if not found:
        return "", "", "unreadable"
    return found[0], " ".join(found[1:]), "two_numbers" if len(found) > 1 else ""


def _quick(text: str) -> str:
    """The usual ways to write one Kazakh number, judged by its prefix; "" for all else."""
    match = _NATIONAL.fullmatch(re.sub(r"[\s()\-‐‑‒–—.\u00a0]", "", text))
    return f"+7{match[1]}" if match and _issued(match[1][:6]) else ""


@lru_cache(maxsize=4096)
def _issued(prefix: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(f"+7{prefix}0000"))


def _search(text: str) -> list[str]:
    found = []
    for piece in re.split(r"[,;/\n]|\bили\b|\bнемесе\b|\bжәне\b", text):
        one = _quick(piece)
        numbers = [one] if one else [_international(m) for m in phonenumbers.PhoneNumberMatcher(piece, "KZ")]
        found += [n for n in dict.fromkeys(numbers) if n not in found]
    return found


def _international(match: phonenumbers.PhoneNumberMatch) -> str:
    return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)


def emails(texts: pd.Series) -> pd.DataFrame:
    """E-mail addresses in lower case: value, others (further addresses of the cell), code.

    Codes: missing, unreadable, two_addresses, and the repairs look_alike (a Cyrillic letter in a Latin
    address) and comma_for_dot.

    >>> emails(pd.Series(["Mailto:Kor@Mail.KZ ", "qor@mail,kz", "жоқ"]))["value"].tolist()
    ['kor@mail.kz', 'qor@mail.kz', '']
    """
    return read_all(texts, _emails, _COLUMNS)


def _emails(texts: list[str]) -> tuple[list[str], ...]:
    value, others, code = list(texts), [""] * len(texts), [""] * len(texts)
    for at, text in enumerate(texts):
        if not _USUAL_ADDRESS(text):
            value[at], others[at], code[at] = _read_email(text)
    return value, others, code


def _read_email(text: str) -> tuple[str, str, str]:
    plain = re.sub(r"mailto:|[<>]", " ", comparable(text)).strip()
    if plain in _NOTHING:
        return "", "", "missing"
    latin = plain.translate(_to_latin()) if not plain.isascii() and re.search("[a-z]", plain) else plain
    dotted = re.sub(r"(?<=@)([a-z0-9.-]+),(?=[a-z]{2,4}$)", r"\1.", re.sub(r"\s*@\s*", "@", latin))
    found = list(dict.fromkeys(a.rstrip(".") for a in _ADDRESS.findall(dotted)))
    if not found or re.search("[\u0400-\u052f]", found[0].split("@")[0]):
        return "", "", "unreadable"
    code = "comma_for_dot" if "," in latin and "," not in dotted else "look_alike" if latin != plain else ""
    return found[0], " ".join(found[1:]), "two_addresses" if len(found) > 1 else code


@lru_cache(maxsize=1)
def _to_latin() -> dict[int, str]:
    return {
        ord(cyrillic): chr(latin) for latin, cyrillic in look_alikes().items() if chr(latin) in "aceopxyi"
    }
