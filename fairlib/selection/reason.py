"""A reason as data, and as the code that stands in a table: `str(reason)` and `parse` are each other's inverse.

One table of forms serves both directions. A value stands bare where it can be read back; else it is quoted as in
JSON, so that a group may be called "public fund" or "a=b; c". Reasons of one decision are joined by `; `.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

FORMS = {
    "rank": ("rank", "rank:{mine}{sign}{other}", "rank:{mine}{sign}{other} in {column}={group}"),
    "quota": (
        "quota:{column}={group}", "quota:{column}={group} {mine}{sign}{other}",
        "quota:{column}", "quota:{column} {mine}{sign}{other}",
    ),
    "tie": ("tie:{step}", "tie:{step} {mine}{sign}{other}", "tie:{step} {mine} against {other}"),
    "tie_refused": ("tie_refused:rank {rank} among {among}",),
    "tie_exhausted": ("tie_exhausted:rank {rank} among {among}",),
    "threshold": (
        "threshold:{on}", "threshold:{on} {mine}{sign}{other}", "threshold:{on} missing of {other}",
    ),
    "per_organisation": ("per_organisation", "per_organisation:{column}={group} {used}>={most}"),
    "budget": ("budget:{grant}{sign}{left}", "budget:{how} {grant}{sign}{left}"),
    "reserve": ("reserve:{place}",),
    "draw": ("draw:place {place} of {among}",),
    "no_estimate": ("no_estimate:{status}",),
    "ineligible": ("ineligible:{rules}",),
    "manual": ("manual:{decision} by {who} on {when}: {why}",),
    "rule": ("rule: {decision}",),
}  # fmt: skip
NUMBERS = {"mine", "other", "rank", "among", "used", "most", "grant", "left", "place"}
SENTENCES = {"who", "why"}  # words of people: bare unless they hold what would end them
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BARE = r'[^\s"=<>;]+(?:;[^\s"=<>;]+)*'
_SENTENCE = r'[^\s";:]+(?: [^\s";:]+)*?'
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_PART = re.compile(rf'(?:[^;"]|{_QUOTED}|;(?! ))+')
Value = str | int | float | None


@dataclass(frozen=True, init=False)
class Reason:
    """Why something was decided: a `kind`, a key of `FORMS`, and what is told with it.

    Numbers are rounded to the ten digits that tables have; None is a number that is missing. Two reasons that
    tell the same are equal.

    >>> str(Reason("quota", column="legal_form", group="public fund", mine=7.0, sign="<", other=8.25))
    'quota:legal_form="public fund" 7<8.25'
    >>> parse('quota:legal_form="public fund" 7<8.25')[0]["group"]
    'public fund'
    """

    kind: str
    told: dict[str, Value] = field(hash=False)

    def __init__(self, kind: str, **told: Value):
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "told", {name: _plain(value) for name, value in told.items()})

    def __getitem__(self, name: str) -> Value:
        return self.told[name]

    def __contains__(self, name: str) -> bool:
        return name in self.told

    def without(self, *names: str) -> "Reason":
        """The same reason with less told."""
        return Reason(self.kind, **{k: v for k, v in self.told.items() if k not in names})

    def __str__(self) -> str:
        for form in FORMS[self.kind]:
            if set(_fields(form)) == set(self.told):
                return form.format(**{name: _written(name, value) for name, value in self.told.items()})
        raise ValueError(f"a reason of kind {self.kind} does not tell {', '.join(self.told)}")


def joined(reasons: Iterable[Reason]) -> str:
    """Reasons of one decision as one code; what the rule alone would have said follows a decision of people."""
    text, before = "", None
    for reason in reasons:
        text += f"{'' if before is None else ', ' if before.kind == 'rule' else '; '}{reason}"
        before = reason
    return text


def parse(code: str) -> list[Reason]:
    """The reasons of a code, in their order.

    Raises ValueError for what is no reason.
    """
    return list(chain.from_iterable(_parsed(part) for part in parts(code)))


def parts(code: str) -> list[str]:
    """A code taken apart where one reason ends and the next begins, never inside a name."""
    return [part.strip() for part in _PART.findall(code) if part.strip()]


def _parsed(part: str) -> list[Reason]:
    before, comma, after = part.partition(", ")
    if comma and before.startswith("rule: "):
        return [*_parsed(before), *_parsed(after)]
    for form in FORMS.get(re.match(r"\w*", part)[0], ()):
        if found := _pattern(form).fullmatch(part):
            kind = re.match(r"\w+", form)[0]
            return [Reason(kind, **{name: _read(name, text) for name, text in found.groupdict().items()})]
    raise ValueError(f"{part!r} is no reason")


def _fields(form: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", form)


def _pattern(form: str) -> re.Pattern:
    pieces = re.split(r"\{(\w+)\}", form)
    for k in range(1, len(pieces), 2):
        name = pieces[k]
        bare = "[<>]=?|=|<=" if name == "sign" else _SENTENCE if name in SENTENCES else _BARE
        pieces[k] = f"(?P<{name}>{_QUOTED}|{bare})"
    return re.compile("".join(p if k % 2 else re.escape(p) for k, p in enumerate(pieces)), re.DOTALL)


def _plain(value: Value) -> Value:
    """A value as it is told: whole numbers without a fraction, ten digits of others."""
    if isinstance(value, float):
        if value != value:
            return None
        value = float(f"{value:.10g}")
        return int(value) if value.is_integer() and abs(value) < 1e10 else value
    return value


def _written(name: str, value: Value) -> str:
    if value is None:
        return "missing"
    if not isinstance(value, str):
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    bare = re.fullmatch(_SENTENCE if name in SENTENCES else _BARE, value)
    number = name in NUMBERS and (value == "missing" or _NUMBER.fullmatch(value))
    return value if name == "sign" or (bare and not number) else json.dumps(value, ensure_ascii=False)


def unquoted(text: str) -> str:
    """Words of people as they said them, whether they stand bare or quoted."""
    return json.loads(text) if re.fullmatch(_QUOTED, text) else text


def _read(name: str, text: str) -> Value:
    if text.startswith('"'):
        return json.loads(text)
    if name not in NUMBERS:
        return text
    if text == "missing":
        return None
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if re.search("[.e]", text) else int(text)
