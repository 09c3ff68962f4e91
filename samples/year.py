"""A contest year as forms: meant, typed, spoilt, put in the order of sending, and written down as truth."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from rapidfuzz import fuzz

from fairlib.rules import Contest
from samples import habits
from samples.bank import table
from samples.books import Cell
from samples.forms import Form, Place, Plan, project_title


@dataclass(frozen=True)
class Sent:
    """The forms in the order of the export, with the position of each row (0 is the first form)."""

    plan: Plan
    forms: list[Form]

    @property
    def accepted(self) -> list[Form]:
        """Those that intake must accept."""
        return [f for f in self.forms if f.destination == "accepted"]

    @property
    def eligible(self) -> list[Form]:
        """Those that the commission reads."""
        return [f for f in self.accepted if not f.truth.get("spoilt")]


def name_projects(forms: list[Form], plan: Plan, rng: Random) -> None:
    """Give the ten published titles, with places as published, to forms of their nominations."""
    for row in table(f"named_{plan.year}"):
        form = next(f for f in forms if f.truth["nomination"] == row["nomination"] and "fixed" not in f.truth)
        city = row["place_as_written"].removesuffix(" қ.")
        known = [p for p in table("places") if p["kk"] == city and p[plan.frame] == row["iso"]]
        centre = next(p for p in table("places") if p[plan.frame] == row["iso"])
        where = known[0] if known else centre
        lang = form.truth["lang"]
        form.truth |= {
            "fixed": row["place_as_written"],
            "title": row[lang],
            "region": row["iso"],
            "place": Place(row["iso"], where["kk"], where["ru"], where["kind"]),
        }


def near_twins(forms: list[Form], rng: Random, *, similar: int, languages: int) -> None:
    """Make some second projects look like the first: similar titles, or one project told in two languages.

    Neither may be merged: both stay, with a finding. `twin` in the truth is the other form.
    """
    for kind, n in (("similar", similar), ("languages", languages)):
        for _ in range(n):
            first, second = _pair(forms, rng)
            while kind == "similar" and not _similar_title(first.truth):
                first, second = _pair(forms, rng)
            a, b = first.truth, second.truth
            keys = (
                "organisation",
                "legal_form",
                "bin",
                "nomination",
                "bank",
                "lang",
                "work",
                "contact_person",
                "phone",
                "email",
            )
            b |= {key: a[key] for key in keys}
            if kind == "similar":
                a["title"] = _plain_title(a)
                b["title"], b["group"] = _similar_title(a)[0]
            else:
                b["lang"] = "ru" if a["lang"] == "kk" else "kk"
                b |= {key: a[key] for key in ("group", "requested", "duration", "region", "place")}
                a["title"], b["title"] = (_plain_title(t) for t in (a, b))
            a["twin"], b["twin"] = (second, kind), (first, kind)


def type_forms(forms: list[Form], plan: Plan, contest: Contest, rng: Random) -> None:
    """Fill the cells of every form as its sender would, and cut the truth to what can still be known."""
    names = {
        n.id: {"kk": n.name.kk, "ru": n.name.ru, "aliases": list(n.aliases)} for n in contest.nominations
    }
    for form in forms:
        t, lang = form.truth, form.truth["lang"]
        when, habit = habits.moment(t["sent_at"], lang, rng)
        if habit != "plain":
            t["sent_at"] = t["sent_at"].replace(second=0)
            when = when if habit != "excel_serial" else habits.excel_serial(t["sent_at"])
        same = ("organisation", "legal_form", "title", "summary", "links", "contact_person", "email")
        form.cells = {key: t[key] for key in same} | {
            "sent_at": when,
            "bin": t["bin"] or rng.choice([None, "жоқ", "нет", "-"]),
            "nomination": habits.nomination(t["nomination"], lang, names, rng)[0] if names else None,
            "region": habits.region(t["region"], lang, plan.year, rng)[0],
            "place": habits.place(t["place"], lang, plan.year, rng),
            "requested": habits.money(t["requested"], rng)[0],
            "own_funds": habits.money(t["own_funds"], rng)[0],
            "duration": habits.months(t["duration"], lang, rng)[0],
            "phone": habits.telephone(t["phone"], rng)[0],
            "consent": habits.yes_no(t["consent"], lang, rng)[0],
            "first_time": habits.yes_no(t["first_time"], lang, rng)[0],
        }
        if "fixed" in t:
            form.cells["region"] = t["fixed"]
            form.cells["place"] = t["fixed"] if t["fixed"].endswith("қ.") else None


def sent_again(form: Form, rng: Random, *, days: int, title: str | None = None) -> Form:
    """An earlier version of a form, which intake must set aside for the later one."""
    earlier = copy(form, form.truth["sent_at"] - timedelta(days=days, minutes=rng.randint(1, 500)))
    earlier.destination, earlier.reason, earlier.kept = "set_aside", "resent", form
    earlier.plant("title", "resent" if title is None else "resent_edited", title or form.cells["title"], "")
    return earlier


def resend(forms: list[Form], rng: Random, edits: list, after: datetime) -> list[Form]:
    """Earlier versions of as many forms as there are `edits` of titles (None: none), sent after a moment.

    The chosen forms are marked so that no defect makes them another organisation's.
    """
    late = [f for f in forms if f.truth["sent_at"] > after and not {"fixed", "twin", "edge"} & f.truth.keys()]
    chosen = rng.sample(late, len(edits))
    for form in chosen:
        form.truth["edge"] = True
    return [
        sent_again(form, rng, days=rng.randint(1, 20), title=edit and edit(form.cells["title"]))
        for form, edit in zip(chosen, edits, strict=True)
    ]


def strangers(forms: Iterable[Form], numbers: Sequence[str]) -> list[Form]:
    """Forms of other organisations, a number each, made of the first forms: of those that stay."""
    found = []
    for n, (form, number) in enumerate(zip(forms, numbers, strict=False), 1):
        cells = {"organisation": f"«Кешіккен {n}» қоғамдық қоры", "bin": number}
        found.append(Form({**form.truth, **cells}, {**form.cells, **cells}))
    return found


def out_of_time(form: Form, reason: str, when: datetime, typed: Cell = None) -> Form:
    """A form sent too early or too late."""
    other = copy(form, when)
    other.destination, other.reason = "set_aside", reason
    other.plant("sent_at", reason, typed if typed is not None else when, "")
    return other


def test_row(when: datetime, title: str, organisation: str) -> Form:
    """A row by which somebody tried the form."""
    form = Form(
        {"sent_at": when, "lang": "ru"}, {"sent_at": when}, destination="set_aside", reason="test_row"
    )
    form.cells |= {"organisation": organisation, "bin": "111111111111", "requested": 1, "phone": "123"}
    form.plant("title", "test_row", title, "")
    return form


def empty_row(when: datetime, *, bare: bool) -> Form:
    """A form sent empty, or, where `bare`, a row without anything at all, which is no form."""
    form = Form({"sent_at": when, "lang": "ru", "bare": bare}, {}, destination="set_aside", reason="empty")
    if bare:
        form.destination, form.reason = "ignored", "blank"
    form.plant("sent_at", "empty_row" if bare else "empty_form", None if bare else when, "")
    return form


def in_order(plan: Plan, forms: list[Form]) -> Sent:
    """Forms in the order of sending, each with its number."""
    ordered = sorted(forms, key=lambda f: f.truth["sent_at"])
    number = 0
    for form in ordered:
        if not form.truth.get("bare"):
            number += 1
            form.id = f"{plan.year % 100}-{number:04d}"
            form.cells["submission"] = form.id
    return Sent(plan, ordered)


def copy(form: Form, when: datetime) -> Form:
    """The same form sent at another moment."""
    cells = deepcopy({**form.cells, "sent_at": when})
    return replace(form, truth={**form.truth, "sent_at": when}, cells=cells, planted=[])


def _pair(forms: list[Form], rng: Random) -> tuple[Form, Form]:
    bins = [f.truth["bin"] for f in forms]
    free = [
        f
        for f in forms
        if f.truth["bin"] and bins.count(f.truth["bin"]) == 1 and not {"fixed", "twin"} & f.truth.keys()
    ]
    first = rng.choice(free)
    rest = [f for f in free if f is not first and f.truth["bank"] == first.truth["bank"]]
    return first, rng.choice(rest)


def _plain_title(t: dict) -> str:
    return project_title(t["lang"], t["work"], t["group"], Random(0), t["place"])


def _similar_title(a: dict) -> list[tuple[str, dict]]:
    """Titles of the same work for other people that are similar to the first, in the band of doubt."""
    own = _plain_title(a)
    groups = [g for g in table("groups") if g["nomination"] == a["bank"]]
    titles = [(_plain_title(a | {"group": g}), g) for g in groups]
    alike = (fuzz.ratio, fuzz.token_sort_ratio)
    return [(t, g) for t, g in titles if all(78 <= like(t.lower(), own.lower()) <= 87 for like in alike)]
