"""The contest of 2021 as its office would find it: 239 rows sent, 221 of them submissions."""

from datetime import date, datetime
from random import Random

from fairlib.rules import Contest
from samples import defects, habits
from samples.bank import table
from samples.forms import Form, Plan, draw_forms
from samples.year import (
    Sent,
    empty_row,
    in_order,
    name_projects,
    near_twins,
    out_of_time,
    resend,
    sent_again,
    strangers,
    test_row,
    type_forms,
)

PLAN = Plan(
    year=2021,
    opens=date(2021, 1, 10),
    closes=date(2021, 3, 10),
    nominations={"disability": 112, "legal": 43, "health": 66},
    regions={r["iso"]: int(r["weight_2021"]) for r in table("regions")},
)
BINS = {
    "leading_zero_lost": 5, "two_zeros_lost": 1, "float_artifact": 3, "apostrophe": 1, "separators": 2,
    "separators_nbsp": 1, "separators_hyphen": 1, "label_in_value": 1, "label_in_value_ru": 1,
    "invisible_char": 1, "letter_for_digit": 2, "non_ascii_digits": 1, "number": 18, "warn_nonresident": 1,
    "warn_entrepreneur": 1, "attribute_digit": 1, "check_digit": 3, "scientific_notation": 2, "month": 1,
    "type_digit": 1, "length": 1, "iin_in_bin_field": 2, "missing": 1, "missing_empty": 1, "missing_dash": 1,
}  # fmt: skip
TEXTS = {
    ("title", "nfd"): 2, ("organisation", "nfd"): 2, ("title", "nbsp"): 5, ("organisation", "nbsp"): 4,
    ("summary", "double_space"): 5, ("title", "double_space"): 3, ("title", "look_alike"): 6,
    ("organisation", "look_alike"): 4, ("title", "mojibake_kz1048"): 2, ("organisation", "mojibake_kz1048"): 1,
    ("summary", "mojibake_utf8_cp1251"): 1, ("title", "mojibake_utf8_latin1"): 1, ("summary", "html"): 2,
    ("title", "line_break"): 2,
}  # fmt: skip
FORMULAS = (
    ("title", '=HYPERLINK("https://example.org";"Көмек")'),
    ("summary", "+7 күн ішінде отбасыларға көмек көрсетеміз."),
    ("contact_person", "@SUM(1+1) Контакт (синт.)"),
)
VALUES = [
    ("region", "typo", "KZ-43", "Қызылода облысы", None, ""),
    ("region", "typo", "KZ-35", "Караганинская область", None, ""),
    ("region", "typo", "KZ-55", "Павладарская обл.", None, ""),
    ("region", "typo", "KZ-61", "Түркстан облысы", None, ""),
    ("region", "latin_letter", "KZ-59", "Солтүстiк Қазақстан облысы", None, ""),
    ("region", "latin_letter", "KZ-15", "Aқтөбе облысы", None, ""),
    ("region", "case_ending", "KZ-31", "Жамбыл облысында", None, ""),
    ("region", "case_ending", "KZ-11", "Акмолинской области", None, ""),
    ("region", "nbsp", "KZ-19", "Алматы\u00a0облысы", None, ""),
    ("region", "upper_case", "KZ-23", "АТЫРАУ ОБЛЫСЫ", None, ""),
    ("region", "renamed", "KZ-71", "Астана", None, ""),
    ("region", "mojibake", "KZ-63", "Шыѓыс Ќазаќстан облысы", None, ""),
    ("region", "country_for_region", None, "Қазақстан", None, ""),
    ("nomination", "typo", "legal", "Социально-правовая зашита населения. Защита гражданских прав и инициатив",
     None, ""),
    ("nomination", "upper_case", "health", "ОХРАНА ЗДОРОВЬЯ ЧЕЛОВЕКА И ОКРУЖАЮЩЕЙ СРЕДЫ", None, ""),
    ("nomination", "english", "legal", "Social and legal protection; civil rights and initiatives", None, ""),
    ("nomination", "other_wording", "disability",
     "Қоғамдағы мүмкіндігі шектеулі жандарды әлеуметтік жағынан бейімдеу мен оңалтуға жәрдемдесу", None, ""),
    ("requested", "above", None, 3_500_000, 3_500_000, "requested_within"),
    ("requested", "above", None, "5 млн", 5_000_000, "requested_within"),
    ("requested", "above", None, "12 000 000 ₸", 12_000_000, "requested_within"),
    ("requested", "below", None, 900_000, 900_000, "requested_within"),
    ("requested", "below", None, "300 000 тг", 300_000, "requested_within"),
    ("requested", "at_the_limit", 3_000_000, "3 млн", None, ""),
    ("requested", "at_the_limit", 1_000_000, "1 000 000,00", None, ""),
    ("own_funds", "missing", None, None, "", ""),
    ("own_funds", "missing", None, None, "", ""),
    ("duration", "not_a_number", None, "мамыр – қараша", "", ""),
    ("links", "none", None, None, "", "openness_link"),
    ("links", "none", None, None, "", "openness_link"),
    ("links", "none", None, "жоқ", "", "openness_link"),
    ("links", "none", None, "нет", "", "openness_link"),
    ("links", "none", None, "-", "", "openness_link"),
    ("consent", "missing", None, None, "", ""),
    ("consent", "missing", None, None, "", ""),
    *((field, "formula", None, text, text, "") for field, text in FORMULAS),
    ("email", "no_at", None, "ngo.example.org", "", ""),
]  # fmt: skip


def draw(contest: Contest, rng: Random) -> Sent:
    """All rows of the export of 2021."""
    forms = draw_forms(PLAN, rng)
    name_projects(forms, PLAN, rng)
    near_twins(forms, rng, similar=3, languages=2)
    _edges(forms)
    type_forms(forms, PLAN, contest, rng)
    _note_twins(forms)
    again = _again(forms, rng)
    aside = _aside(forms)
    defects.plant_bins(forms, BINS, rng)
    defects.plant_texts(forms, TEXTS, rng)
    defects.plant_values(forms, VALUES, rng)
    defects.plant(forms, "region", "unknown", 1, defects.nowhere("Қазақстан"), rng)
    defects.plant(forms, "title", "lossy", 1, _question_marks, rng)
    defects.plant(forms, "phone", "two_numbers", 3, _two_numbers, rng)
    defects.plant(
        forms, "email", "upper_case", 2, lambda f, r: (f.truth["email"].upper(), f.truth["email"]), rng
    )
    return in_order(PLAN, [*forms, *again, *aside])


def _plain(forms: list[Form]) -> list[Form]:
    return [f for f in forms if not {"fixed", "twin", "edge"} & f.truth.keys()]


def _edges(forms: list[Form]) -> None:
    """Three forms at the very edges of the window; the third wrote its moment in universal time."""
    moments = (
        datetime(2021, 1, 10, 0, 0, 20),
        datetime(2021, 3, 10, 23, 59, 30),
        datetime(2021, 3, 10, 23, 40),
    )
    for form, when in zip(_plain(forms)[:3], moments, strict=True):
        form.truth |= {"sent_at": when, "edge": True}


def _note_twins(forms: list[Form]) -> None:
    for form in forms:
        if "edge" in form.truth:
            when = form.truth["sent_at"]
            utc = when == datetime(2021, 3, 10, 23, 40)
            form.plant("sent_at", "utc_in_time" if utc else "edge", "2021-03-10T17:40:00Z" if utc else when)
        if "twin" in form.truth:
            form.plant("title", f"twin_{form.truth['twin'][1]}", form.cells["title"])


def _again(forms: list[Form], rng: Random) -> list[Form]:
    """Nine earlier versions of eight forms."""
    edits = [None, None, None, None, None, str.upper, lambda t: f"{t}.", lambda t: t.replace("а", "о", 1)]
    versions = resend(forms, rng, edits, datetime(2021, 2, 10))
    return [*versions, sent_again(versions[0].kept, rng, days=25)]


def _aside(forms: list[Form]) -> list[Form]:
    """Late, early, test and empty rows; one of the late ones is a form sent again after the deadline."""
    a, b, c, d, e = _plain(forms)[:5]
    for form in (a, b, c, d, e):
        form.truth["edge"] = True
    numbers = ("991240999901", "051240999906", "991241999907", "991240999089")
    others = strangers((b, c, d, e), numbers)
    return [
        out_of_time(a, "late", datetime(2021, 3, 12, 10, 15)),
        out_of_time(others[0], "late", datetime(2021, 3, 11, 0, 0, 4)),
        out_of_time(others[1], "late", datetime(2021, 3, 11, 0, 31), "2021-03-10T18:31:00Z"),
        out_of_time(others[2], "late", datetime(2021, 3, 15, 9, 2), "15 марта 2021 г., 09:02"),
        out_of_time(others[3], "early", datetime(2021, 1, 9, 22, 15)),
        test_row(datetime(2021, 1, 10, 9, 1), "тест", "Тест"),
        test_row(datetime(2021, 1, 10, 9, 14), "Сынақ", "test test"),
        empty_row(datetime(2021, 2, 17, 12, 0), bare=False),
        empty_row(datetime(2021, 2, 21, 12, 0), bare=True),
    ]


def _question_marks(form: Form, rng: Random):
    title = form.truth["title"]
    typed = "".join("?" if c in "әғқңөұүһӘҒҚҢӨҰҮҺ" else c for c in title)
    return (typed, typed) if typed.count("?") >= 3 else None


def _two_numbers(form: Form, rng: Random):
    first, _ = habits.telephone(form.truth["phone"], Random(1))
    return f"{first}, 8 (700) 001-99-99", form.truth["phone"]
