"""Who marks? The list of a round's jurors, their declared conflicts, and whose sheet this is."""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.fields import FULL_NAME, JUROR, NAMING, SUBMISSION
from fairlib.intake.findings import finding
from fairlib.intake.headings import LOOK, find_headings
from fairlib.intake.identifiers import mask
from fairlib.intake.ids import clean_ids
from fairlib.intake.kazakh import fold
from fairlib.intake.told import read_visible, tell_headings

_NAMED = re.compile(rf"(?:{'|'.join(NAMING)})\s*[:№#]\s*(?P<juror>\S.*)", re.IGNORECASE)
_CODES = ("код", "коды", "id", "code")  # of a juror, in a list of nothing else


def read_jurors(path: Path, found: list[dict]) -> pd.DataFrame:
    """The round's jurors, index juror, with whichever of `name, organisation, organisation_id, region` there are.

    Appends to `found` what is strange about the file.
    Raises DataError for a file without a juror column or a juror named twice.
    """
    fields = {
        "juror": (*JUROR, *_CODES), "name": FULL_NAME, "organisation": ("ұйым", "организация", "organisation"),
        "organisation_id": ("бин", "бсн", "bin"), "region": ("өңір", "регион", "region"),
    }  # fmt: skip
    table = _small_table(path, fields, ["juror"], found)
    twice = table["juror"][table["juror"].duplicated()]
    if len(twice):
        raise DataError(f"{path}: juror {twice.iloc[0]} stands in it twice; keep one row.")
    return table.set_index("juror").sort_index()


def read_conflicts(path: Path, found: list[dict]) -> pd.DataFrame:
    """Declared conflicts of interest: columns juror, submission; index row, as a person counts.

    Appends to `found` what is strange about the file. Raises DataError for a file without these columns.
    """
    return _small_table(path, {"juror": JUROR, "submission": SUBMISSION}, ["juror", "submission"], found)


def _small_table(path: Path, fields: dict, needed: list[str], found: list[dict]) -> pd.DataFrame:
    for sheet in read_visible(path, found):
        head = find_headings(sheet.rows(last=LOOK), fields, needed)
        if head:
            tell_headings(sheet, head, found)
            below = {f: sheet.columns[at][head.row + 1 :] for f, at in head.columns.items()}
            table = pd.DataFrame(
                {f: [text.strip() for text in column] for f, column in below.items()}, dtype="str"
            )
            if "submission" in table:
                table["submission"] = clean_ids(table["submission"])
            table.index = pd.RangeIndex(head.row + 2, head.row + 2 + len(table), name="row")
            return table[(table != "").any(axis=1)]
    raise DataError(f"{path}: no heading row with {' and '.join(needed)}; give the columns these names.")


def juror_of(
    above: Iterable[str], file: str, sheet: str, jurors: pd.DataFrame | None, found: list[dict]
) -> str:
    """Whose sheet it is: by what is said `above` the headings («Эксперт: E01»), else by its name or the file's.

    Each is read as an id and then as a name in the list of jurors; a name is told, and so is a file named
    after another juror than the sheet. Where nothing is known the file's name stands for the juror, and
    where somebody unknown is named above the headings, that name.
    """
    stem = Path(file).stem
    said = next((hit["juror"].strip() for text in above if (hit := _NAMED.search(text))), "")
    if jurors is None or said in jurors.index:
        return mask(said or stem)
    if not said and sheet in jurors.index:
        return sheet
    first = said or sheet
    by_first, by_file = known_as(first, jurors), known_as(stem, jurors)
    by_name = bool(by_first) and (bool(said) or stem not in jurors.index)  # an id goes before a name
    juror, typed = (by_first, first) if by_name or said else (by_file, stem)
    if not juror:
        return mask(said or stem)
    where = {"file": file, "sheet": sheet, "juror": juror}
    if by_first and by_file and by_first != by_file:
        told = f"{first}; {stem}"
        found.append(finding("juror_doubtful", "error", f"taken as {juror}", found=told, **where))
    elif fold(typed) != fold(juror):
        found.append(finding("juror_by_name", "warning", f"taken as {juror}", found=typed, **where))
    return juror


def known_as(typed: str, jurors: pd.DataFrame) -> str:
    """The one juror whose id, but for case and spaces, or whose name this is; "" if there is none, or several.

    >>> jurors = pd.DataFrame({"name": ["Иванова Анна Сергеевна", "Омаров Ерлан"]}, index=["E1", "E2"])
    >>> [known_as(t, jurors) for t in ("e2", "Иванова А.С.", "Е. Омаров", "Анна", "Ахметова")]
    ['E2', 'E1', 'E2', 'E1', '']
    """
    key = fold(typed)
    ids = [j for j in jurors.index if fold(j) == key]
    if not ids and "name" in jurors:
        ids = [j for j, name in jurors["name"].items() if _same_person(key.split(), fold(name).split())]
    return ids[0] if len(ids) == 1 else ""


def _same_person(one: list[str], other: list[str]) -> bool:
    """Whether every word of the shorter name is a word of the longer, or its initial; one word at least is whole."""
    short, rest = (one, list(other)) if len(one) <= len(other) else (other, list(one))
    whole = [word for word in short if len(word) > 2 and word in rest]
    for word in whole:
        rest.remove(word)
    for word in (w for w in short if w not in whole):
        hit = next((r for r in rest if r[0] == word[0] and 1 in (len(r), len(word))), None)
        if hit is None:
            return False
        rest.remove(hit)
    return bool(whole)


def without_names(comments: pd.Series, jurors: pd.DataFrame | None) -> pd.Series:
    """Comments in which the words of jurors' names are blotted out, whatever their endings.

    >>> jurors = pd.DataFrame({"name": ["Иванова Анна"]}, index=["E1"])
    >>> without_names(pd.Series(["Согласна с Ивановой."]), jurors).item()
    'Согласна с ▮▮▮.'
    """
    names = jurors["name"].dropna() if jurors is not None and "name" in jurors else ()
    words = {word for name in names for word in re.findall(r"\w{4,}", name)}
    if not words:
        return comments
    stems = sorted((re.escape(word[: max(len(word) - 2, 4)]) for word in words), key=len, reverse=True)
    named = re.compile(rf"\b(?:{'|'.join(stems)})\w*", re.I)
    return comments.map(lambda comment: named.sub("▮▮▮", comment))
