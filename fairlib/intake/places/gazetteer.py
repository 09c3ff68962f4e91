"""Which places bear this name? The regions, cities, towns and districts of Kazakhstan by any spelling.

A name is parsed into what kind of place it says it is («облысы», «г.», «ауданы») and the bare name,
both without regard to case, case endings and missing Kazakh letters; then looked up, and only if that
fails compared with near names.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache

from rapidfuzz import fuzz, process

from fairlib.intake.reference import load
from fairlib.intake.texts import fold

_LEVELS = {
    "region": r"облыс\w*|обл|област\w*|region|oblast|province",
    "city": r"кала(?:сы\w*|да|дан|дагы|нын|га)?|к|г|гор|город\w*|city|town",
    "district": r"аудан\w*|район\w*|р н|district",
    "village": r"ауыл\w*|а|с|село|селе|села|аул|кент[иы]?|п|пос|посел\w*|ст|станц\w*|округ\w*|"
    r"village|settlement",
}
_KINDS = {level: re.compile(rf"\b(?:{words})\b") for level, words in _LEVELS.items()}
_COUNTRY = re.compile(r"\b(?:республика казахстан|казакстан республикасы\w*|рк|кр|of|в|во|из)\b")
_KAZAKH_CASE = re.compile(r"(?:сы)?н?(?:[дт][ае](?:г[ыи]|н)?|нан|нен|[дтн][ыи]н|[гк][ае]|на|не)$")
_RUSSIAN_CASE = re.compile(r"(?:ая|ой|ую|ою|ом|е|у|и|ы|а)$")
_NEAR, _MARGIN, _SHORTEST = 75.0, 8.0, 4  # similarity, lead over the next region, letters


@dataclass(frozen=True)
class Hit:
    """A place that a name may mean: its region today, its kind, its name, how it was found, and a doubt."""

    iso: str
    level: str
    place: str = ""
    monotown: bool = False
    how: str = "alias"
    code: str = ""
    detail: str = ""


def name_and_kind(text: str) -> tuple[str, str]:
    """The bare name and the kind of place that a text says it is, "" where it does not say.

    >>> name_and_kind("Қарағанды облысында"), name_and_kind("г.Алматы"), name_and_kind("Алматы")
    (('караганды', 'region'), ('алматы', 'city'), ('алматы', ''))
    """
    folded = _COUNTRY.sub(" ", fold(text))
    for level, words in _KINDS.items():
        bare = " ".join(words.sub(" ", folded).split())
        if bare and bare != " ".join(folded.split()):
            return bare, level
    return " ".join(folded.split()), ""


def look_up(text: str) -> list[Hit]:
    """The places that a text may mean, likeliest first; empty for an unknown name.

    >>> [(hit.iso, hit.how) for hit in look_up("Каммола обл.")]
    [('KZ-11', 'fuzzy')]
    """
    bare, level = name_and_kind(text)
    if not bare:
        return []
    for name in dict.fromkeys([bare, _KAZAKH_CASE.sub("", bare), _RUSSIAN_CASE.sub("", bare)]):
        hits = _exact(name, level)
        if hits:
            return hits
    return _near(bare, level) if level in ("", "region", "city") and len(bare) >= _SHORTEST else []


def _exact(bare: str, level: str) -> list[Hit]:
    """Hits of the level; for a name without a level, everything of that name."""
    found = _index().get(bare, ())
    if level:
        fitting = [h for h in found if h.level == level or (level == "city" and h.level == "town")]
        return sorted(fitting, key=lambda h: h.code == "region_ambiguous")  # a stated level leaves no doubt
    return list(found)


def _near(bare: str, level: str) -> list[Hit]:
    names = [n for n, hits in _index().items() if len(n) >= _SHORTEST and any(_fits(h, level) for h in hits)]
    scored = process.extract(bare, names, scorer=fuzz.ratio, score_cutoff=_NEAR - _MARGIN, limit=8)
    best: dict[str, tuple[float, Hit]] = {}
    for name, score, _ in scored:
        for hit in _index()[name]:
            if _fits(hit, level) and hit.iso not in best:
                best[hit.iso] = (score, hit)
    ranked = sorted(best.values(), key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < _NEAR:
        return []
    score, hit = ranked[0]
    if len(ranked) > 1 and score - ranked[1][0] < _MARGIN:
        candidates = " ".join(h.iso for s, h in ranked if score - s < _MARGIN)
        return [Hit("", level, how="unknown", code="region_unknown", detail=f"between {candidates}")]
    named = hit.place or hit.iso
    return [replace(hit, how="fuzzy", code="region_fuzzy", detail=f"nearest is {named} ({score:.0f} of 100)")]


def _fits(hit: Hit, level: str) -> bool:
    kinds = {"": ("region", "city", "town"), "region": ("region",), "city": ("city", "town")}[level]
    return hit.level in kinds and hit.how != "fuzzy"


@cache
def _index() -> dict[str, tuple[Hit, ...]]:
    """Bare name → places that bear it: aliases without a level, other aliases, regions, towns, districts."""
    index: dict[str, dict[Hit, None]] = defaultdict(dict)
    kinds = load("regions").set_index("iso")["type"]
    aliases = [(*name_and_kind(row.alias), row) for row in load("region_aliases").itertuples()]
    for bare, level, row in sorted(aliases, key=lambda parsed: parsed[1] != ""):
        hit = _alias_hit(row, level or kinds[row.iso])
        index[bare].setdefault(hit)
        if bare.endswith(("ская", "ской")):
            index[_RUSSIAN_CASE.sub("", bare)].setdefault(hit)
    for row in load("regions").itertuples():
        for name in (row.name_kk, row.name_ru, row.name_en, row.iso):
            index[name_and_kind(name)[0]].setdefault(Hit(row.iso, row.type))
    for row in load("towns").itertuples():
        town = Hit(row.iso, row.type, row.name_kk, bool(row.monotown), how="town")
        for name in (row.name_kk, row.name_ru, row.name_en, *filter(None, row.other_names.split(" / "))):
            index[fold(name)].setdefault(town)
            index[_RUSSIAN_CASE.sub("", fold(name))].setdefault(town)
    for row in load("districts").itertuples():
        for iso in row.iso.split():
            for name in (row.name_kk, *row.name_ru.split(" / ")):
                index[fold(name)].setdefault(Hit(iso, "district", row.name_kk, how="alias"))
    return {name: tuple(hits) for name, hits in index.items()}


def _alias_hit(row, level: str) -> Hit:
    if row.kind.startswith("typo"):
        return Hit(row.iso, level, how="fuzzy", code="region_fuzzy", detail="a known misspelling")
    if row.kind == "bare" and row.ambiguity.startswith("also") or row.ambiguity == "ambiguous":
        return Hit(row.iso, level, code="region_ambiguous", detail=row.ambiguity)
    if row.kind.startswith(("historic name", "name until", "abbr until")):
        return Hit(row.iso, level, code="region_former", detail=row.kind)
    return Hit(row.iso, level)
