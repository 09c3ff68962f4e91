"""Whose marks are no juror's own? A copy of another's, the averages of all, and a sheet that nobody filled.

A file's name may tell (`e1 (1)`, `e1_final`, `average`); else the marks do, where two honest jurors would
agree on every one of them less than once in ten thousand contests (docs/decisions.md).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from fairlib.errors import DataError
from fairlib.intake.cells.values import marks
from fairlib.intake.findings import Remedy, finding
from fairlib.intake.sheets.usable import Roster, labelled
from fairlib.intake.texts import fold
from fairlib.rules import Scale

SURE = 1e-4  # the chance, over all pairs of a round, below which marks that agree are no coincidence
DOUBT = 0.05  # the chance below which it is told
_AGREE = 0.5  # how often two honest jurors give the same mark by the merit of a submission alone, at most
_WORDS = (
    "копия|көшірме|copy|final|финал\\w*|окончат\\w*|соңғы|исправ\\w*|corrected|fixed|нов\\w+|new|updated?|"
    "обновл\\w*|old|стар\\w+|ескі|жаңа|версия|version|draft|черновик|v\\.?\\s?\\d+|rev\\.?\\s?\\d+"
)
_NUMBER = re.compile(r"\s*\(\d+\)$")
_BEHIND = re.compile(rf"(?:[\s_.–—-]+\(?(?:{_WORDS})\)?(?:\s*\(?\d+\)?)?)+$", re.IGNORECASE)
_BEFORE = re.compile(r"^(?:копия|көшірме|copy of)\s+", re.IGNORECASE)
_SUMMARY = re.compile(
    r"(?:^|[\W_])(?:summary|averages?|avg|mean|totals?|overall|aggregated?|consensus|средн\w+|свод\w*|"
    r"итог\w*|орташа\w*|қорытынды|жиынтық|барлығы)(?:$|[\W_])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Marks:
    """Numbers by juror and cell: codes of `juror` and `cell` (submission, criterion), `value`, log chances.

    `alone` is the log of the chance that another juror gives the same mark, for its merit or by habit.
    """

    jurors: Sequence[str]
    juror: np.ndarray
    cell: np.ndarray
    value: np.ndarray
    alone: np.ndarray


def without_copies(raw: pd.DataFrame, scale: Scale, roster: Roster, found: list[dict]) -> pd.DataFrame:
    """The marks without sheets that nobody filled; a copy or averages are told or refused.

    `raw` has `juror, submission, criterion, typed, file, sheet` (categories).
    Raises DataError, naming both files, where a name or the marks themselves show that somebody is no juror,
    and there is no list that says otherwise; of jurors in a list it is a finding.
    """
    raw = _without_empty(raw, roster, found)
    given = _numbers(raw, scale)
    places = raw.drop_duplicates("juror").set_index("juror")[["file", "sheet"]].astype("str")
    copies = _copies(given)
    means = _means(given, {copy for _, copy, _ in copies})
    said = [] if roster.jurors is not None else [*_named_as_copies(places), *_named_as_means(places, means)]
    sure = SURE if roster.jurors is None and not _unanimous(given, copies) else 0.0
    for first, second, chance in copies:
        both = f"{_at(places, first)} and {_at(places, second)}"
        if chance < sure:
            said.append(f"{both}: all marks are the same; one is a copy of the other")
        else:
            pair = f"{_place(places, first)} = {_place(places, second)}"
            found.append(_finding("marks_copied", places, second, pair, chance))
    for juror, chance in means.items():
        if chance < sure:
            said.append(f"{_at(places, juror)}: every mark is the mean of the others'; it is no juror")
        else:
            found.append(_finding("marks_are_means", places, juror, _place(places, juror), chance))
    if said:
        raise DataError(
            f"{'; '.join(said)}. Take what is no juror's own sheet out of the folder; if it is one, give the "
            "round a list of jurors that names everybody."
        )
    return raw


def _unanimous(given: _Marks, copies: Sequence) -> bool:
    """Whether a whole jury of three or more gave the same marks, which says they sat together."""
    n = len(given.jurors)
    return n > 2 and len(copies) == n * (n - 1) // 2


def _without_empty(raw: pd.DataFrame, roster: Roster, found: list[dict]) -> pd.DataFrame:
    """Of somebody in no list, a sheet without anything in its cells of marks is a form to fill in."""
    if roster.jurors is not None or raw.empty:
        return raw
    filled = (raw["typed"].cat.categories.str.strip() != "")[raw["typed"].cat.codes]
    sheet = raw.groupby(["file", "sheet"], observed=True).ngroup().to_numpy()
    empty = ~np.isin(sheet, sheet[filled])
    for row in raw[empty].drop_duplicates("juror").to_dict("records"):
        where = {"file": row["file"], "sheet": row["sheet"]}
        found.append(finding("sheet_empty", "warning", Remedy("left_out"), found=row["juror"], **where))
    left = raw[~empty].reset_index(drop=True)
    return left.assign(juror=labelled(*pd.factorize(left["juror"].astype("str")))) if empty.any() else raw


def _numbers(raw: pd.DataFrame, scale: Scale) -> _Marks:
    typed = raw["typed"].cat
    value = marks(pd.Series(typed.categories, dtype="str"), scale)["value"].to_numpy()[typed.codes]
    kept = raw[["juror", "submission", "criterion"]].assign(value=value).dropna(subset="value")
    kept = kept.drop_duplicates(["juror", "submission", "criterion"])
    same = kept.groupby(["criterion", "value"], observed=True)["juror"].transform("size")
    share = same / kept.groupby("criterion", observed=True)["value"].transform("size")
    juror, names = pd.factorize(kept["juror"].astype("str"), sort=True)
    cell = kept.groupby(["submission", "criterion"], observed=True).ngroup().to_numpy()
    alone = np.log(_AGREE + (1 - _AGREE) * share.to_numpy(float))
    return _Marks(list(names), juror, cell, kept["value"].to_numpy(float), alone)


def _copies(given: _Marks) -> list[tuple[str, str, float]]:
    """Pairs of jurors of whom one gave no mark that the other did not give too, with the chance of it."""
    if len(given.jurors) < 2 or not len(given.juror):
        return []
    same = _shared(
        given.juror, pd.DataFrame({"c": given.cell, "v": given.value}).groupby(["c", "v"]).ngroup()
    )
    both = _shared(given.juror, given.cell)
    n, alone = np.bincount(given.juror), np.bincount(given.juror, given.alone)
    i, k = np.triu_indices(len(n), 1)
    whole = (same[i, k] == np.minimum(n[i], n[k])) & (same[i, k] > 0)
    fewer = np.where(n[i] <= n[k], i, k)
    chance = _chance(alone[fewer], n[fewer], same[i, k][~whole], both[i, k][~whole]) * len(i)
    told = np.flatnonzero(whole & (chance < DOUBT))
    pairs = zip(i[told].tolist(), k[told].tolist(), chance[told].tolist(), strict=True)
    return [(given.jurors[one], given.jurors[other], how) for one, other, how in pairs]


def _chance(alone: np.ndarray, n: np.ndarray, hits: np.ndarray, of: np.ndarray) -> np.ndarray:
    """The chance of n agreeing marks: by each alone, or by how often others agree, whichever is more."""
    rate = hits.sum() / of.sum() if hits.any() else np.exp(-99)
    return np.exp(np.maximum(alone, n * np.log(rate)))


def _shared(juror: np.ndarray, what: ArrayLike) -> np.ndarray:
    """How many of `what` each pair of jurors has in common (J × J)."""
    has = csr_array((np.ones(len(juror)), (juror, np.asarray(what))))
    return (has @ has.T).toarray()


def _means(given: _Marks, left_out: set[str]) -> dict[str, float]:
    """Jurors whose every mark is the rounded mean of two others' or more, with the chance of such a one."""
    kept = ~np.isin(given.juror, [n for n, j in enumerate(given.jurors) if j in left_out])
    juror, cell, value = given.juror[kept], given.cell[kept], given.value[kept]
    if not len(juror):
        return {}
    others = np.bincount(cell)[cell] - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.bincount(cell, value)[cell] - value) / others
    step = np.select([value == np.round(value), np.isclose(value * 10, np.round(value * 10))], [1, 0.1], 0.01)
    asked = others > 1
    hit = asked & (np.abs(value - mean) <= step / 2 + 1e-9)
    n, hits = np.bincount(juror, asked), np.bincount(juror, hit)
    whole = (hits == n) & (2 * n > np.bincount(juror))
    alone = np.bincount(juror, np.where(asked, given.alone[kept], 0))
    chance = _chance(alone, n, hits[~whole], n[~whole]) * len(n)
    told = np.flatnonzero(whole & (chance < DOUBT)).tolist()
    return {given.jurors[j]: float(chance[j]) for j in told}


def _named_as_copies(places: pd.DataFrame) -> list[str]:
    """What is to be said of jurors whose names are one but for what a copy or a version adds."""
    bare: dict[str, list[str]] = {}
    for name in places.index:
        bare.setdefault(fold(_original(name)), []).append(name)
    said = []
    for names in bare.values():
        first, *more = sorted(names, key=lambda name: (name != _original(name), len(name), name))
        numbered = first != _original(first) and all(_NUMBER.search(name) for name in names)
        said += [
            f"{_at(places, first)} and {_at(places, name)}: by its name one is a copy or another version of "
            "the other"
            for name in (() if numbered else more)
            if name != _original(name)
        ]
    return said


def _original(name: str) -> str:
    """A file's name without what marks a copy or a version of it.

    >>> [_original(n) for n in ("e1 (1)", "e1_final", "Копия Омаров", "e1 - Copy (2)", "v1", "jury_1")]
    ['e1', 'e1', 'Омаров', 'e1', 'v1', 'jury_1']
    """
    return _BEHIND.sub("", _NUMBER.sub("", _BEFORE.sub("", name)))


def _named_as_means(places: pd.DataFrame, means: dict[str, float]) -> list[str]:
    """What is to be said of jurors who are called averages, or whose marks and sheet's name say so."""
    if len(places) < 2:
        return []
    named = places["sheet"].str.contains(_SUMMARY) & ~places["sheet"].duplicated(keep=False)
    return [
        f"{_at(places, name)}: by its name it sums up the marks of "
        f"{', '.join(sorted(set(places['file']) - {places.loc[name, 'file']})) or 'the others'} and is no "
        "juror's"
        for name in places.index
        if _SUMMARY.search(name) or (named[name] and name in means)
    ]


def _at(places: pd.DataFrame, juror: str) -> str:
    file, sheet = places.loc[juror]
    return f"{file}, sheet {sheet} (juror {juror})"


def _place(places: pd.DataFrame, juror: str) -> str:
    return f"{'!'.join(places.loc[juror])}: {juror}"


def _finding(code: str, places: pd.DataFrame, juror: str, told: str, chance: float) -> dict[str, str]:
    where = {"file": places.loc[juror, "file"], "sheet": places.loc[juror, "sheet"], "juror": juror}
    severity = "error" if chance < SURE else "warning"
    return finding(code, severity, Remedy("whose_marks"), found=told, **where)
