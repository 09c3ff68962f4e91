"""Where do they come from? Places and regions as typed, in the frame of regions of the contest's day.

Until 19 June 2018 Kazakhstan had 14 regions and 2 cities of republican significance, then 3, since 8 June
2022 17 and 3. Names from the other side of the reform are brought into the frame of the day: what a town was
part of on that day is known from the town, what a region was split from is known from the region.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import product
from typing import NamedTuple

import pandas as pd

from fairlib.intake.cells.repair import repair_text
from fairlib.intake.places.gazetteer import Hit, look_up, name_and_kind
from fairlib.intake.places.names import REFORM, SHYMKENT_APART, former_names
from fairlib.intake.reference import load

_SHYMKENT, _SOUTH = "KZ-79", "KZ-61"
_SPLIT = re.compile(r"\s*[,;/|\n]+\s*|\s+[-–—]\s+")


def resolve(places: pd.Series, regions: pd.Series | None, on: date) -> pd.DataFrame:
    """The region of each row in the frame of the day `on`, from what was typed as place and as region.

    Columns: iso ("" where it is not known), how (alias, town, fuzzy, unknown, missing), settlement (city,
    town, village, district, region or ""), monotown (bool), place (a known town's Kazakh name, else as
    typed), code and detail. Codes: region_fuzzy (a near spelling), region_unknown, region_ambiguous (the
    name has other bearers), region_mismatch (place and region disagree: the region stands), region_former
    (a name or a division of the past), region_later (a region that did not exist on the day).

    >>> resolve(pd.Series(["Семей қ."]), pd.Series(["ШҚО"]), date(2021, 4, 14))["iso"].item()
    'KZ-63'
    """
    regions = pd.Series("", index=places.index, dtype="str") if regions is None else regions
    clean = [repair_text(side)[0].tolist() for side in (places, regions)]
    known = cache(lambda place, region: _resolve(place, region, on))
    parts = list(zip(*map(known, *clean), strict=True)) or [()] * len(_Row._fields)
    dtypes = {c: "bool" if c == "monotown" else "str" for c in _Row._fields}
    columns = zip(dtypes.items(), parts, strict=True)
    return pd.DataFrame({c: pd.Series(part, places.index, dtype) for (c, dtype), part in columns})


class _Row(NamedTuple):
    """What is known of one place: the columns of `resolve`."""

    iso: str
    how: str
    settlement: str
    monotown: bool
    place: str
    code: str
    detail: str


@dataclass(frozen=True)
class _Part:
    """What one part of what was typed may be: the places known by it, likeliest first, and its kind as said."""

    hits: list[Hit]
    level: str
    as_region: bool

    @property
    def is_wide(self) -> bool:
        """Whether it names the region that the rest lies in: typed as one, or known as nothing else."""
        return self.as_region or (self.hits[0].level == "region" and all(h.how != "town" for h in self.hits))


def _resolve(place: str, region: str, on: date) -> _Row:
    typed = [(part, True) for part in _parts(region)] + [(part, False) for part in _parts(place)]
    if not typed:
        return _Row("", "missing", "", False, "", "missing", "")
    settlement, name = _as_typed(place or region)
    known = [_Part(hits, name_and_kind(part)[1], own) for part, own in typed if (hits := _look(part, on))]
    hit, spot = _placed([part for part in known if part.hits[0].iso], on)
    if hit is None:
        why = known[0].hits[0].detail if known else f"nothing known is called {place or region}"
        return _Row("", "unknown", settlement, False, name, "region_unknown", why)
    if not hit.iso:
        return _Row("", "unknown", settlement, False, name, hit.code, hit.detail)
    iso, code, detail = _in_frame(hit, on)
    if settlement in ("village", "district") or spot is None:
        return _Row(iso, hit.how, settlement, False, name, code, detail)
    return _Row(iso, hit.how, spot.level, spot.monotown, _town_name(spot.place, on), code, detail)


def _placed(named: list[_Part], on: date) -> tuple[Hit | None, Hit | None]:
    """The region and the place in it that parts with a known region say together; None without any."""
    if not named:
        return None, None
    wide = next((part for part in named if part.level == "region"), None)
    wide = wide or next((part for part in named if part.is_wide), None)
    narrow = next((part for part in reversed(named) if part is not wide), None)
    if wide and narrow:
        return _agree(wide.hits, narrow.hits, on)
    return _alone((wide or named[-1]).hits)


def _town_name(town: str, on: date) -> str:
    former = former_names(on).set_index("town")["name_kk"]
    return former.get(town, town) if town else town


def _parts(text: str) -> list[str]:
    return [part for part in _SPLIT.split(text) if name_and_kind(part)[0]]


def _look(part: str, on: date) -> list[Hit]:
    return [_by_code(part, on)] if re.fullmatch(r"[0-9]{9}", part) else look_up(part)


def _by_code(code: str, on: date) -> Hit:
    """The place of a nine-digit code of the national classifier, which has used some codes twice."""
    rows = load("kato").query("kato == @code")
    valid = rows[(rows["valid_from"] <= on.isoformat()) & ~rows["valid_until"].between("0", on.isoformat())]
    if len(rows):
        row = (valid if len(valid) else rows).iloc[0]
        towns = load("towns").set_index("name_kk")
        level, mono = (
            towns.loc[row["place"], ["type", "monotown"]] if row["place"] in towns.index else ("city", "")
        )
        hit = Hit(row["iso"], level, row["place"], bool(mono), how="town")
        return (
            hit
            if len(valid)
            else replace(hit, code="region_former", detail=f"{code} is a code of another time")
        )
    prefixes = load("regions").set_index("kato2")["iso"]
    iso = prefixes.get("61" if code.startswith("51") else code[:2], "")
    return (
        Hit(iso, "region")
        if iso
        else Hit("", "", how="unknown", code="region_unknown", detail=f"no such code as {code}")
    )


def _as_typed(text: str) -> tuple[str, str]:
    """The kind and the name of the narrowest part, as they were typed."""
    parts = _parts(text)
    if not parts:
        return "", ""
    level = name_and_kind(parts[-1])[1]
    return ("town" if level == "city" else level), parts[-1]


def _alone(hits: list[Hit]) -> tuple[Hit, Hit]:
    """The likeliest hit; a town is taken for its namesake region, where both are the same region."""
    first = hits[0]
    others = list(dict.fromkeys(h.iso for h in hits if h.iso != first.iso))
    if others and first.level == "district":
        return Hit("", "", code="region_unknown", detail=f"between {first.iso} {' '.join(others)}"), first
    if others and not first.code:
        first = replace(first, code="region_ambiguous", detail=f"also in {' '.join(others)}")
    towns = [h for h in hits if h.iso == first.iso and h.how == "town"]
    return first, (towns or [first])[0]


def _agree(wide: list[Hit], narrow: list[Hit], on: date) -> tuple[Hit, Hit | None]:
    """The first reading of region and place in which one lies in the other, today or before the reform."""
    order = sorted(narrow, key=lambda h: h.how != "town")
    for w, n in product(wide, order):
        if w.iso in (n.iso, _before_reform(n.iso), _on_day(n.iso, on)):
            doubt = next((h for h in (w, n) if h.code == "region_fuzzy"), None) or (w if w == n else None)
            how = doubt.how if doubt else n.how
            code, detail = (doubt.code, doubt.detail) if doubt else ("", "")
            if n.iso != w.iso and on >= REFORM and not code:
                code, detail = "region_former", f"{n.place or n.iso} has been in {n.iso} since {REFORM}"
            return replace(n, how=how, code=code, detail=detail), n
    detail = f"the place is in {narrow[0].iso}, the region is {wide[0].iso}"
    return replace(wide[0], code="region_mismatch", detail=detail), None


def _before_reform(iso: str) -> str:
    return load("regions").set_index("iso").loc[iso, "iso_in_2021_frame"]


def _on_day(iso: str, on: date) -> str:
    """The region of a day in which one of today's lies."""
    iso = iso if on >= REFORM else _before_reform(iso)
    return _SOUTH if iso == _SHYMKENT and on < SHYMKENT_APART else iso


def _in_frame(hit: Hit, on: date) -> tuple[str, str, str]:
    iso = _on_day(hit.iso, on)
    if iso != hit.iso and hit.level == "region" and not hit.code:
        return iso, "region_later", f"{hit.iso} has existed only since {REFORM}"
    return iso, hit.code, hit.detail
