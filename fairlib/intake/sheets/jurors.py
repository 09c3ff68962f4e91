"""Who marks? The list of a round's jurors, their declared conflicts, and whose sheet this is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.cells.identifiers import mask
from fairlib.intake.file_notes import read_visible, tell_headings
from fairlib.intake.findings import Remedy, finding
from fairlib.intake.headings.find import LOOK, find_headings, likeliest_headings, with_own
from fairlib.intake.headings.known import FULL_NAME, JUROR, JUROR_NAME, NAMING, SUBMISSION
from fairlib.intake.headings.shown import no_table
from fairlib.intake.ids import clean_ids
from fairlib.intake.matching import Fit, fits
from fairlib.intake.sheets.layouts import Body
from fairlib.intake.sheets.side_by_side import bare_juror
from fairlib.intake.sheets.usable import Roster, labelled
from fairlib.intake.texts import fold

_NAMED = re.compile(rf"(?:{'|'.join(NAMING)})\s*[:№#]\s*(?P<juror>\S.*)", re.IGNORECASE)
_WORDS = frozenset(map(fold, NAMING))
_CODES = ("код", "коды", "id", "code")  # of a juror, in a list of nothing else


def read_jurors(
    path: Path, found: list[dict], columns: Mapping[str, tuple[str, ...]] | None = None
) -> pd.DataFrame:
    """The round's jurors, index juror, with what there is of `name, organisation, organisation_id, region`.

    `columns`: more headings by field. A list of names alone is known by its names. Appends to `found` what is
    strange about the file. Raises DataError for a file without a juror column or a juror named twice.
    """
    fields = {
        "juror": (*JUROR, *_CODES),
        "name": FULL_NAME,
        "organisation": ("ұйым", "организация", "organisation"),
        "organisation_id": ("бин", "бсн", "bin"),
        "region": ("өңір", "регион", "region"),
    }
    table = _small_table(path, with_own(fields, columns or {}), "jurors", found)
    twice = table["juror"][table["juror"].duplicated()]
    if len(twice):
        raise DataError(f"{path}: juror {twice.iloc[0]} stands in it twice; keep one row.")
    return table.set_index("juror").sort_index()


def read_conflicts(
    path: Path,
    found: list[dict],
    columns: Mapping[str, tuple[str, ...]] | None = None,
    of_form: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Declared conflicts of interest: columns juror, submission; index row, as a person counts.

    `columns`: more headings by field; `of_form`: those that the form's ids have. Appends to `found` what is
    strange about the file. Raises DataError for a file without these columns.
    """
    fields = {"juror": (*JUROR, *JUROR_NAME), "submission": (*of_form, *SUBMISSION)}
    return _small_table(path, with_own(fields, columns or {}), "conflicts", found)


def _small_table(path: Path, fields: dict, what: str, found: list[dict]) -> pd.DataFrame:
    needed = ["juror"] if what == "jurors" else ["juror", "submission"]
    sheets = read_visible(path, found)
    for sheet in sheets:
        rows = sheet.rows(last=LOOK)
        head = find_headings(rows, fields, needed)
        if head is None and what == "jurors" and (named := find_headings(rows, fields, ["name"])):
            head = replace(named, columns=named.columns | {"juror": named.columns["name"]})
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
    heads = [(sheet, likeliest_headings(sheet.rows(last=LOOK), fields)) for sheet in sheets]
    raise no_table(path, heads, fields, needed)


def juror_of(
    above: Sequence[Sequence[str]],
    file: str,
    sheet: str,
    jurors: pd.DataFrame | None,
    found: list[dict],
    several: bool = False,
) -> str:
    """Whose sheet it is: by the rows `above` the headings («Эксперт: E01»), else by its name or the file's.

    Each is read as an id and then as a name in the list of jurors; a name is told, and so is a file named
    after another juror than the sheet. Where nothing is known the file's name stands for the juror, or the
    sheet's where there is no list and the file has `several` sheets of marks; and where somebody unknown is
    named above the headings, that name.
    """
    stem = Path(file).stem
    said = named_above(above)
    if jurors is None or said in jurors.index:
        return mask(said or (sheet if several and jurors is None else stem))
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
        found.append(finding("juror_doubtful", "error", Remedy("taken_as", what=juror), found=told, **where))
    elif fold(typed) != fold(juror):
        found.append(told_juror(typed, juror, jurors, file=file, sheet=sheet))
    return juror


def told_juror(typed: str, juror: str, jurors: pd.DataFrame, **where: str) -> dict[str, str]:
    """The finding that somebody was known otherwise than by the id as it stands in the list."""
    way = _fit(typed, jurors).way
    code, severity = (way, "info") if way else ("juror_by_name", "warning")
    return finding(code, severity, Remedy("taken_as", what=juror), found=typed, juror=juror, **where)


def named_above(rows: Iterable[Sequence[str]]) -> str:
    """The first juror whom rows of text name, in one cell or in that after the word for juror; "" for none.

    >>> [named_above([row]) for row in (["Contest", "Эксперт: Омаров Е."], ["Judge", "", "Anna"], ["Judge"])]
    ['Омаров Е.', 'Anna', '']
    """
    for row in rows:
        filled = [text.strip() for text in row if text.strip()]
        pairs = [f"{a}: {b}" for a, b in pairwise(filled) if fold(a) in _WORDS]
        for text in (*filled, *pairs):
            if (hit := _NAMED.search(text)) and fold(hit["juror"]):
                return hit["juror"].strip()
    return ""


def known_as(typed: str, jurors: pd.DataFrame) -> str:
    """The one juror whose id, but for what gets lost of one, or whose name this is; "" if not one.

    >>> jurors = pd.DataFrame({"name": ["Иванова Анна Сергеевна", "Омаров Ерлан"]}, index=["E1", "E2"])
    >>> [known_as(t, jurors) for t in ("e2", "Е-02", "Иванова А.С.", "Е. Омаров", "Анна", "Ахметова")]
    ['E2', 'E2', 'E1', 'E2', 'E1', '']
    """
    fit = _fit(typed, jurors)
    if fit.id or fit.perhaps or "name" not in jurors:
        return fit.id
    key = fold(typed).split()
    ids = [j for j, name in jurors["name"].items() if _same_person(key, fold(name).split())]
    return ids[0] if len(ids) == 1 else ""


def _fit(typed: str, jurors: pd.DataFrame) -> Fit:
    return fits([typed], jurors.index)[0]


def _same_person(one: list[str], other: list[str]) -> bool:
    """Whether every word of the shorter name is one of the longer, or its initial; one at least is whole."""
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


def jurors_of_rows(
    rows: pd.DataFrame, bodies: Sequence[Body], roster: Roster, found: list[dict]
) -> pd.Categorical:
    """The juror of each row: whom the row names, by id, else the one of the sheet."""
    sheets = [body.juror for body in bodies]
    if "juror" not in rows:
        return labelled(rows["part"], sheets)
    typed = rows["juror"].cat
    codes = typed.codes.to_numpy(np.intp)
    jurors = [mask(j.strip()) for j in typed.categories]
    listed = set(jurors) if roster.jurors is None else set(roster.jurors.index)
    for n, name in enumerate(jurors):
        if name not in listed:
            where = rows.iloc[(codes == n).argmax()][["file", "sheet"]].to_dict()
            jurors[n] = _known(name, roster, found, where)
    return labelled(np.where(codes >= 0, codes, len(jurors) + rows["part"]), [*jurors, *sheets])


def juror_of_heading(label: str, roster: Roster, found: list[dict], where: dict[str, str]) -> str:
    """The juror whom a heading names, as a whole or without the word for juror."""
    bare = bare_juror(label)
    known = roster.jurors is not None and not known_as(label, roster.jurors) and known_as(bare, roster.jurors)
    return _known(mask(bare if known else label), roster, found, where)


def _known(name: str, roster: Roster, found: list[dict], where: dict[str, str]) -> str:
    """The id of a juror; one known by name in the list of jurors is told."""
    if roster.jurors is None or name in roster.jurors.index or not (juror := known_as(name, roster.jurors)):
        return name
    if fold(name) != fold(juror):
        found.append(told_juror(name, juror, roster.jurors, **where))
    return juror
