"""Which nomination is meant? Named in any language, shortened, misspelt or by its number."""

import pandas as pd
from rapidfuzz import fuzz, process

from fairlib.intake.cells.columns import read_each
from fairlib.intake.texts import fold
from fairlib.rules import Nomination

_NEAR = 85
_MARGIN = 8


def resolve_nominations(typed: pd.Series, nominations: tuple[Nomination, ...]) -> pd.DataFrame:
    """The id of each nomination typed, and how it was found: exact, fuzzy, unknown or missing.

    A fuzzy hit is taken only if it is well ahead of the next nomination.
    """
    known = {
        fold(n): nom.id
        for nom in nominations
        for n in (nom.id, nom.name.kk, nom.name.ru, nom.name.en, *nom.aliases)
    }
    return read_each(typed, lambda text: _resolve(text, known), {"nomination": "str", "how": "str"})


def _resolve(text: str, known: dict[str, str]) -> tuple[str, str]:
    key = fold(text)
    if not key:
        return "", "missing"
    if key in known:
        return known[key], "exact"
    best: dict[str, float] = {}
    for name, score, _ in process.extract(key, list(known), scorer=fuzz.token_set_ratio, limit=None):
        if len(name) > 3:
            best[known[name]] = max(best.get(known[name], 0), score)
    ranked = sorted(best.items(), key=lambda item: -item[1])
    second = ranked[1][1] if len(ranked) > 1 else 0
    if ranked and ranked[0][1] >= _NEAR and ranked[0][1] - second >= _MARGIN:
        return ranked[0][0], "fuzzy"
    return "", "unknown"
