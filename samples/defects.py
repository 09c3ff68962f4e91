"""What goes wrong in a form: each defect of real spreadsheets, planted a stated number of times.

A defect is a function of a form that returns what is typed and what it must become ("" where nothing can
be recovered), or None where the form does not lend itself to it.
"""

import unicodedata
from collections.abc import Callable
from random import Random

from samples import people
from samples.books import Cell
from samples.forms import Form

Made = tuple[Cell, Cell] | None
Maker = Callable[[Form, Random], Made]
KEYS = {
    "bin",
    "organisation",
    "title",
    "sent_at",
    "requested",
    "nomination",
}  # by which versions are told apart
LATIN = str.maketrans("АВСЕНКМОРТХаеосрхі", "ABCEHKMOPTXaeocpxi")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def plant(
    forms: list[Form], field: str, kind: str, n: int, make: Maker, rng: Random, spoils: str = ""
) -> None:
    """Plant a defect n times, at most one a field and two a form; `spoils` names the rule it breaks.

    Raises ValueError where fewer than n forms lend themselves to it: the plan of the year is wrong.
    """
    left = n
    for form in rng.sample(forms, len(forms)):
        busy = len(form.planted) >= 2 or any(p.field == field for p in form.planted)
        if not left:
            return
        told_apart = field in KEYS and {"edge", "twin"} & form.truth.keys()
        if "fixed" in form.truth or busy or told_apart or (spoils and "spoilt" in form.truth):
            continue
        if (made := make(form, rng)) is None:
            continue
        form.plant(field, kind, *made)
        left -= 1
        if spoils:
            form.truth["spoilt"] = spoils
    if left:
        raise ValueError(f"{left} of {n} forms are wanting for the defect {kind} in {field}.")


def plant_bins(forms: list[Form], counts: dict[str, int], rng: Random, rule: str = "bin_valid") -> None:
    """The defects of business numbers; kinds are the verdict codes of intake. `rule` is what a broken one breaks."""
    for kind, n in counts.items():
        plant(forms, "bin", kind, n, BINS[kind], rng, rule if kind in BROKEN_BINS else "")


def plant_texts(forms: list[Form], counts: dict[tuple[str, str], int], rng: Random) -> None:
    """The defects of texts; keys are (field, kind)."""
    for (field, kind), n in counts.items():
        plant(forms, field, kind, n, _text(field, TEXTS[kind]), rng)


def plant_values(forms: list[Form], values: list[tuple], rng: Random) -> None:
    """Given cells: rows of (field, kind, what the form must mean, typed, becomes, rule it breaks)."""
    for field, kind, wanted, typed, becomes, spoils in values:
        plant(forms, field, kind, 1, _given(field, wanted, typed, becomes), rng, spoils)


def nowhere(typed: Cell) -> Maker:
    """A region that is none, with no place beside it from which it could be told."""

    def make(form: Form, rng: Random) -> Made:
        form.cells["place"] = None
        return typed, ""

    return make


def _given(field: str, wanted: Cell, typed: Cell, becomes: Cell) -> Maker:
    def make(form: Form, rng: Random) -> Made:
        return (typed, becomes) if wanted is None or form.truth[field] == wanted else None

    return make


def _text(field: str, change: Callable[[str], str | None]) -> Maker:
    def make(form: Form, rng: Random) -> Made:
        meant = form.truth[field]
        typed = change(meant)
        return None if typed is None or typed == meant else (typed, meant)

    return make


def _bin(change: Callable[[str], Cell], wanted: Callable[[str], bool] = bool, keeps: bool = True) -> Maker:
    def make(form: Form, rng: Random) -> Made:
        number = form.truth["bin"]
        return (change(number), number if keeps else "") if number and wanted(number) else None

    return make


def _one_zero(number: str) -> bool:
    return number[0] == "0" and number[1] != "0"


def _iin(form: Form, rng: Random) -> Made:
    return people.iin_number(rng), ""


def _own_kind(kind: str) -> Maker:
    def make(form: Form, rng: Random) -> Made:
        number = people.bin_number(rng, set(), kind=kind)
        form.truth["bin"] = number
        return number, number

    return make


BINS: dict[str, Maker] = {
    "leading_zero_lost": _bin(int, _one_zero),
    "two_zeros_lost": _bin(int, lambda n: n.startswith("00")),
    "float_artifact": _bin(lambda n: f"{n}.0"),
    "apostrophe": _bin(lambda n: f"'{n}"),
    "separators": _bin(lambda n: f"{n[:6]} {n[6:]}"),
    "separators_nbsp": _bin(lambda n: f"{n[:6]}\u00a0{n[6:]}"),
    "separators_hyphen": _bin(lambda n: f"{n[:4]}-{n[4:6]}-{n[6:]}"),
    "label_in_value": _bin(lambda n: f"БСН: {n}"),
    "label_in_value_ru": _bin(lambda n: f"БИН {n}"),
    "invisible_char": _bin(lambda n: f"{n}\u200b"),
    "letter_for_digit": _bin(lambda n: f"{n[:5]}О{n[6:]}"),
    "non_ascii_digits": _bin(lambda n: n.translate(FULL_WIDTH)),
    "number": _bin(int, lambda n: n[0] != "0"),
    "warn_nonresident": _own_kind("50"),
    "warn_entrepreneur": _own_kind("60"),
    "attribute_digit": _own_kind("47"),
    "check_digit": _bin(people.wrong_check_digit, keeps=False),
    "scientific_notation": _bin(lambda n: f"{n[0]},{n[1:5]}E+11", lambda n: n[0] != "0", keeps=False),
    "month": _bin(lambda n: "123456789012", keeps=False),
    "type_digit": _bin(lambda n: "111111111111", keeps=False),
    "length": _bin(lambda n: f"{n}0", keeps=False),
    "iin_in_bin_field": _iin,
    "missing": _bin(lambda n: "жоқ", keeps=False),
    "missing_empty": _bin(lambda n: None, keeps=False),
    "missing_dash": _bin(lambda n: "-", keeps=False),
}
BROKEN_BINS = {
    "check_digit", "scientific_notation", "month", "type_digit", "length", "iin_in_bin_field", "missing",
    "missing_empty", "missing_dash",
}  # fmt: skip


def _latin(text: str) -> str | None:
    """Latin look-alikes inside one Cyrillic word of at least five letters."""
    for word in text.split():
        typed = word[:1] + word[1:3].translate(LATIN) + word[3:]
        if len(word) > 5 and word.isalpha() and typed != word and typed[3:] == word[3:]:
            return text.replace(word, typed, 1)
    return None


def _as(read: str, written: str) -> Callable[[str], str | None]:
    """Bytes of one encoding read as another; None where that would lose something."""

    def change(text: str) -> str | None:
        try:
            typed = text.encode(written).decode(read)
            return typed if typed.encode(read).decode(written) == text else None
        except UnicodeError:
            return None

    return change


def _kazakh_only(change: Callable[[str], str | None]) -> Callable[[str], str | None]:
    return lambda text: change(text) if len(set(text.lower()) & set("әғқңөұүһ")) >= 3 else None


def _second_space(text: str, gap: str) -> str | None:
    head, space, tail = text.partition(" ")
    return f"{head}{gap}{tail}" if space else None


TEXTS: dict[str, Callable[[str], str | None]] = {
    "nfd": lambda t: unicodedata.normalize("NFD", t),
    "nbsp": lambda t: _second_space(t, "\u00a0"),
    "double_space": lambda t: f"{_second_space(t, '  ')} ",
    "look_alike": _latin,
    "mojibake_kz1048": _kazakh_only(_as("cp1251", "kz1048")),
    "mojibake_utf8_cp1251": _as("cp1251", "utf-8"),
    "mojibake_utf8_latin1": _as("latin-1", "utf-8"),
    "html": lambda t: f"<p>{t}</p>&nbsp;",
    "line_break": lambda t: _second_space(t, "\n"),
}
