"""A fact as data, and as the words that stand for it in a table: `str(fact)` and `of` are each other's inverse.

A family of facts is a class with one table of forms, which serves both directions. A value stands bare where it can
be read back, else it is quoted as in JSON, so that a name may be anything.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import ClassVar, Self

Value = str | int | float | None
QUOTED = r'"(?:[^"\\]|\\.)*"'
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@dataclass(frozen=True, init=False)
class Fact:
    """What is told: a `kind`, a key of `forms`, and its values by name.

    `forms` has the ways to write each kind, told apart by the names in them; what stands in brackets may be left
    out, and of those that fit a text the first counts, longest first. `numbers` are the names of numbers, `bare`
    says what may stand unquoted under a name, or under any other (""), and `apart` that a text comes with its kind.
    Numbers are rounded to the ten digits that tables have; None is a number that is missing. Two facts that tell
    the same are equal.
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    numbers: ClassVar[frozenset[str]] = frozenset()
    bare: ClassVar[Mapping[str, str]] = {"": ".+?"}
    apart: ClassVar[bool] = False

    kind: str
    told: dict[str, Value] = field(hash=False)

    def __init__(self, kind: str, /, **told: Value):
        if not any(told.keys() == _names(way) for way in self.ways(kind)):
            raise ValueError(f"no {type(self).__name__} {kind!r} tells {', '.join(told) or 'nothing'}")
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "told", {name: _plain(value) for name, value in told.items()})

    def __getitem__(self, name: str) -> Value:
        return self.told[name]

    def __contains__(self, name: str) -> bool:
        return name in self.told

    def text(self, name: str) -> str:
        """A value as a text; a number as it is written."""
        value = self.told[name]
        return value if isinstance(value, str) else _quoted(value)

    def number(self, name: str) -> float | None:
        """A value as a number; None where it is missing or none."""
        value = self.told[name]
        return None if isinstance(value, str) else value

    def without(self, *names: str) -> Self:
        """The same fact with less told."""
        return type(self)(self.kind, **{k: v for k, v in self.told.items() if k not in names})

    def __str__(self) -> str:
        return format(self)

    def __format__(self, digits: str) -> str:
        """How it is written; with digits such as `.2f`, which then numbers with a fraction have."""
        told = {name: self._written(name, value) for name, value in self.told.items()}
        if self.of(self.form.format(**told), self.kind if self.apart else "") != self:
            told = {name: _quoted(value) for name, value in self.told.items()}
        if digits:
            told |= {k: format(v, digits) for k, v in self.told.items() if isinstance(v, float)}
        return self.form.format(**told)

    @property
    def form(self) -> str:
        """How it is written, with the names of its values in braces."""
        return next(way for way in self.ways(self.kind) if self.told.keys() == _names(way))

    @classmethod
    @cache
    def ways(cls, kind: str) -> tuple[str, ...]:
        """The forms of a kind with and without what may be left out."""
        return tuple(way for form in cls.forms.get(kind, ()) for way in _ways(form))

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, text: str, kind: str = "") -> Self | None:
        """The fact, of any kind or of one, that a text is written for; None if it is none."""
        for one in [kind] if kind else cls.forms:
            for way in cls.ways(one):
                if found := cls._pattern(way).fullmatch(text):
                    return cls(
                        one, **{name: cls._read(name, said) for name, said in found.groupdict().items()}
                    )
        return None

    @classmethod
    @cache
    def _pattern(cls, form: str) -> re.Pattern:
        """What a form looks like when it is filled in."""
        pieces = re.split(r"\{(\w+)\}", form)
        for k, piece in enumerate(pieces):
            pieces[k] = f"(?P<{piece}>{QUOTED}|{_bare(cls, piece)})" if k % 2 else re.escape(piece)
        return re.compile("".join(pieces), re.DOTALL)

    def _written(self, name: str, value: Value) -> str:
        if not isinstance(value, str):
            return _quoted(value)
        bare = re.fullmatch(_bare(type(self), name), value, re.DOTALL) and self._read(name, value) == value
        return value if bare else _quoted(value)

    @classmethod
    def _read(cls, name: str, text: str) -> Value:
        if name not in cls.numbers or text.startswith('"'):
            return unquoted(text)
        if text == "missing":
            return None
        if not _NUMBER.fullmatch(text):
            return text
        return float(text) if re.search("[.e]", text) else int(text)


def unquoted(text: str) -> str:
    """What is quoted as it was said; any other text as it is."""
    return json.loads(text) if re.fullmatch(QUOTED, text, re.DOTALL) else text


def _ways(form: str) -> list[str]:
    fixed, *more = re.split(r"\[(.*?)\]", form, maxsplit=1)
    return [fixed + part + rest for part in (more[0], "") for rest in _ways(more[1])] if more else [form]


@cache
def _names(form: str) -> frozenset[str]:
    return frozenset(re.findall(r"\{(\w+)\}", form))


def _bare(family: type[Fact], name: str) -> str:
    return family.bare.get(name, family.bare[""])


def _plain(value: Value) -> Value:
    """A value as it is told: ten digits of a number."""
    if isinstance(value, float):
        return None if value != value else float(f"{value:.10g}")
    return value


def _quoted(value: Value) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:.10g}" if isinstance(value, float) else str(value)
