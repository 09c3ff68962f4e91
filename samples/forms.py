"""Application forms of a contest that never was: who applies, with what, before anybody mistypes it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product
from random import Random

from samples import people
from samples.bank import table
from samples.books import Cell

FIELDS = (
    "submission", "sent_at", "organisation", "legal_form", "bin", "nomination", "title", "summary", "region",
    "place", "requested", "own_funds", "duration", "links", "contact_person", "phone", "email", "consent",
    "first_time",
)  # fmt: skip
LEGAL_FORMS = {
    "kk": {
        "қоғамдық қор": "қоғамдық қоры",
        "қоғамдық бірлестік": "қоғамдық бірлестігі",
        "жеке мекеме": "жеке мекемесі",
        "корпоративтік қор": "корпоративтік қоры",
        "заңды тұлғалар бірлестігі": "заңды тұлғалар бірлестігі",
    },
    "ru": dict.fromkeys(
        (
            "общественный фонд", "общественное объединение", "частное учреждение", "корпоративный фонд",
            "объединение юридических лиц",
        )
    ),
}  # fmt: skip
GROUP = {"kk": "бастамашыл топ", "ru": "инициативная группа"}


@dataclass
class Planted:
    """One thing that is not as a tidy office would have it, and what must become of it."""

    field: str
    kind: str
    typed: Cell
    becomes: Cell


@dataclass
class Form:
    """One form as sent: `truth` is what it means, `cells` what was typed, by field."""

    truth: dict
    cells: dict[str, Cell] = field(default_factory=dict)
    planted: list[Planted] = field(default_factory=list)
    destination: str = "accepted"
    reason: str = ""
    kept: "Form | None" = None
    id: str = ""

    def plant(self, name: str, kind: str, typed: Cell, becomes: Cell = None) -> None:
        """Type something else into a field and write down what it stands for."""
        self.cells[name] = typed
        self.planted.append(Planted(name, kind, typed, self.truth.get(name) if becomes is None else becomes))


@dataclass(frozen=True)
class Place:
    """A settlement with its region in the frame of the year."""

    iso: str
    kk: str
    ru: str
    kind: str


@dataclass(frozen=True)
class Plan:
    """What a year's contest looks like from outside; `groups` initiative groups have no BIN."""

    year: int
    opens: date
    closes: date
    nominations: dict[str, int]
    regions: dict[str, int]
    frame: str = "iso_2021"
    ids: dict[str, str] = field(default_factory=dict)  # where the contest's ids are not the bank's
    groups: int = 0
    second_projects: int = 12


def draw_forms(plan: Plan, rng: Random) -> list[Form]:
    """The forms that intake must accept, as meant, in random order."""
    taken: set[str] = set()
    regions = [iso for iso, n in plan.regions.items() for _ in range(n)]
    rng.shuffle(regions)
    names = _organisation_names(rng)
    forms: list[Form] = []
    for nomination, n in plan.nominations.items():
        for work, group in _projects(nomination, n, rng):
            place = _place(regions[len(forms)], plan.frame, rng)
            forms.append(_form(plan, nomination, work, group, place, names, taken, rng, len(forms)))
    _second_projects(forms, plan.second_projects, rng)
    rng.shuffle(forms)
    return forms


def sent_at(plan: Plan, rng: Random) -> datetime:
    """A moment in the window, later days likelier, between 8 and 23 o'clock."""
    days = (plan.closes - plan.opens).days
    day = plan.opens + timedelta(days=min(int(days * rng.random() ** 0.55), days))
    return datetime(day.year, day.month, day.day, rng.randint(8, 22), rng.randint(0, 59), rng.randint(0, 59))


def capital(text: str) -> str:
    """The same text with a capital first letter."""
    return text[:1].upper() + text[1:]


def organisation(lang: str, name: str, legal_form: str) -> str:
    """Full name of an organisation: «Үміт» қоғамдық қоры, Общественный фонд «Новый мост»."""
    if lang == "ru":
        return f"{capital(legal_form)} «{name}»"
    return f"«{name}» {LEGAL_FORMS['kk'].get(legal_form, 'бастамашыл тобы')}"


def project_title(lang: str, work: dict, group: dict, rng: Random, place: Place) -> str:
    """A title of a project in kk or ru: plain, with a name of its own, or with its place."""
    kk, ru = f"{group['kk']} арналған {work['kk']}", f"{work['ru']} для {group['ru']}"
    plain = kk if lang == "kk" else ru
    shape = rng.random()
    if shape < 0.25:
        first, second = (
            rng.choice([n[k] for n in table("names") if n["lang"] == lang]) for k in ("first", "second")
        )
        return f"«{first} {second.lower()}»: {plain}"
    if shape < 0.4:
        return f"{capital(plain)} ({getattr(place, lang)})"
    return capital(plain)


def project_summary(lang: str, nomination: str, work: dict, place: Place, rng: Random) -> str:
    """One to three sentences on a project in kk or ru."""
    rows = [s for s in table("sentences") if s["lang"] == lang and s["nomination"] in ("", nomination)]
    parts = (("act",), ("need", "act"), ("need", "act", "end"), ("act", "end"))[rng.randrange(4)]
    numbers = {"n": rng.randint(3, 40) * 10, "m": rng.randint(4, 24), "k": rng.randint(2, 9)}
    where = {"kk": f"{place.kk} жағында", "ru": place.ru}[lang]
    text = [rng.choice([s["text"] for s in rows if s["part"] == part]) for part in parts]
    return " ".join(text).format(place=where, work=work[lang], **numbers)


def _form(plan, nomination, work, group, place, names, taken, rng, n) -> Form:
    lang = "kk" if rng.random() < 0.42 else "ru"
    informal = n % 7 == 3 and n // 7 < plan.groups
    legal_form = GROUP[lang] if informal else rng.choices(list(LEGAL_FORMS[lang]), (50, 30, 10, 5, 5))[0]
    name = names[lang].pop()
    truth = {
        "sent_at": sent_at(plan, rng),
        "organisation": organisation(lang, name, legal_form),
        "legal_form": legal_form,
        "bin": "" if informal else people.bin_number(rng, taken, zeros=_zeros(rng)),
        "nomination": plan.ids.get(nomination, nomination),
        "bank": nomination,
        "title": project_title(lang, work, group, rng, place),
        "summary": project_summary(lang, nomination, work, place, rng),
        "region": place.iso,
        "place": place,
        "requested": rng.choice([1_000_000, 3_000_000, *range(1_200_000, 3_000_001, 50_000)]),
        "own_funds": rng.choice([0, 0, *range(50_000, 900_001, 25_000)]),
        "duration": rng.choice([4, 5, 6, 6, 6, 7, 8, 8, 9, 10, 12]),
        "links": _links(n, rng),
        "contact_person": f"Байланыс {n + 1:03d} (синтетикалық)" if lang == "kk" else f"Контакт {n + 1:03d} (синт.)",
        "phone": people.phone(n),
        "email": f"ngo{n + 1:03d}@example.{rng.choice(('org', 'com'))}",
        "consent": rng.random() < 0.88,
        "first_time": rng.random() < 0.45,
        "lang": lang,
        "work": work,
        "group": group,
    }  # fmt: skip
    return Form(truth)


def _second_projects(forms: list[Form], n: int, rng: Random) -> None:
    """Let n organisations send two quite different projects."""
    able = [f for f in forms if f.truth["bin"]]
    used: set[int] = set()
    for first in rng.sample(able, n):
        for second in rng.sample(able, len(able)):
            fresh = id(first) not in used and id(second) not in used and first is not second
            a, b = first.truth, second.truth
            if fresh and a["lang"] == b["lang"] and a["work"] != b["work"] and a["group"] != b["group"]:
                used |= {id(first), id(second)}
                for key in ("organisation", "legal_form", "bin", "contact_person", "phone", "email"):
                    b[key] = a[key]
                break


def _projects(nomination: str, n: int, rng: Random) -> list[tuple[dict, dict]]:
    works = [w for w in table("works") if w["nomination"] == nomination]
    groups = [g for g in table("groups") if g["nomination"] == nomination]
    pairs = list(product(works, groups))
    rng.shuffle(pairs)
    rounds = sorted(range(len(pairs)), key=lambda k: sum(p[0] is pairs[k][0] for p in pairs[:k]))
    return [pairs[k] for k in rounds[:n]]


def _organisation_names(rng: Random) -> dict[str, list[str]]:
    names = {}
    for lang in ("kk", "ru"):
        rows = [r for r in table("names") if r["lang"] == lang]
        pairs = [
            f"{a['first']} {b['second'].lower() if lang == 'ru' else b['second']}"
            for a, b in product(rows, rows)
        ]
        rng.shuffle(pairs)
        names[lang] = pairs
    return names


def _place(iso: str, frame: str, rng: Random) -> Place:
    rows = [p for p in table("places") if p[frame] == iso]
    weights = [4 if p["kind"] == "city" else 1 for p in rows]
    row = rng.choices(rows, weights)[0]
    return Place(iso, row["kk"], row["ru"], row["kind"])


def _links(n: int, rng: Random) -> str:
    site = f"https://ngo{n + 1:03d}.example.org"
    return rng.choice(
        (site, f"{site}/esep, https://social.example.com/ngo{n + 1:03d}", f"www.example.org/ngo{n + 1:03d}")
    )


def _zeros(rng: Random) -> int:
    return rng.choices((0, 1, 2), (60, 38, 2))[0]
