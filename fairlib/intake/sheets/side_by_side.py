"""Whose is a column of marks? Jurors over the criteria, under them, in one heading with them, or alone.

Where no list of jurors knows a label, it is one of a juror if it says so («Judge 1», «Эксперт Б»), or if
several labels divide the criteria among them evenly and none is a day, a round or a word for marks.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fairlib.intake.files.tables import Sheet
from fairlib.intake.headings.find import Headings
from fairlib.intake.headings.known import COMMENT, DAY, JUROR, JUROR_NAME, NAMING, SCORE
from fairlib.intake.headings.parts import is_comment, key, parts, trimmed, without_brackets
from fairlib.intake.texts import fold
from fairlib.intake.totals import is_total

_SEPARATORS = " \t\n-–—:|/,;.()[]_"
_NAMING = tuple(sorted(map(fold, NAMING), key=len, reverse=True))
_OTHER = "name id email code number signature weight opinion confidence фио код номер подпись мнение вес қолы"
_NO_JUROR = frozenset(map(fold, (*SCORE, *COMMENT, *DAY, *JUROR, *JUROR_NAME))) | set(_OTHER.split())
_TIMES = re.compile(
    r"\b(?:week|day|round|stage|session|phase|attempt|run|before|after|тур|день|дня|неделя|этап|сессия|"
    r"попытка|до|после|күн|апта|кезең|first|second|third|draft|final|prelim\w*)\b",
    re.IGNORECASE,
)


class Mark(NamedTuple):
    """A column of marks, with the criterion and juror that its heading names; "" where each row says it."""

    column: int
    criterion: str = ""
    juror: str = ""


def side_by_side(
    sheet: Sheet, head: Headings, criteria: Mapping[str, str], known: Callable[[str], bool] | None
) -> tuple[int, tuple[Mark, ...]]:
    """The columns of marks of a sheet in which jurors stand side by side, and the last row of its headings.

    `criteria`: the key of a heading → the criterion. `known`: whether the list of jurors knows a label; None
    where there is no list. No columns if nothing in the headings says whose marks stand where.
    """
    texts = _texts(sheet, head)
    ways = _labels(sheet, head, texts, criteria)
    for last, labels in ways:
        found = tuple(Mark(at, c, label) for at, (c, label) in sorted(labels.items()))
        if found and _of_jurors(found, known, labels is ways[0][1]):
            return last, found
    return head.row, ()


def named_jurors(
    sheet: Sheet, head: Headings, criterion: str, known: Callable[[str], bool] | None
) -> tuple[Mark, ...]:
    """The columns that are headed with a juror alone, each with marks on the one criterion."""
    found = {at: text.strip() for at, text in _texts(sheet, head).items() if at in head.unknown}
    return tuple(Mark(at, criterion, text) for at, text in found.items() if is_juror(text, known))


def is_juror(label: str, known: Callable[[str], bool] | None) -> bool:
    """Whether a label says of itself that it is a juror's, or the list of jurors knows it.

    >>> [is_juror(t, None) for t in ("Judge 1", "A. Referee", "Эксперт № 2")]
    [True, True, True]
    >>> [is_juror(t, None) for t in ("Judge Name", "Expert opinion", "Anna")]
    [False, False, False]
    """
    if known is not None and known(label):
        return True
    words = f" {fold(label)} "
    naming = next((w for w in _NAMING if f" {w} " in words), None)
    if naming is None or fold(label) in _NO_JUROR or is_total([label]) or is_comment(label):
        return False
    rest = words.replace(f" {naming} ", " ", 1).split()
    return bool(rest) and not any(word in _NO_JUROR for word in rest)


def names_juror(text: str) -> bool:
    """Whether a heading has a word for juror in it, whatever it says of one."""
    return any(f" {word} " in f" {fold(text)} " for word in _NAMING)


def bare_juror(label: str) -> str:
    """What a label calls the juror, without the word for juror.

    >>> bare_juror("Эксперт: Омаров Е."), bare_juror("Judge E1"), bare_juror("Anna")
    ('Омаров Е.', 'E1', 'Anna')
    """
    return _WORD.sub("", label).strip(_SEPARATORS.replace(".", "")) or label


_WORD = re.compile(rf"(?<!\w)(?:{'|'.join(NAMING)})(?!\w)\s*[:№#]?", re.IGNORECASE)


def _texts(sheet: Sheet, head: Headings) -> dict[int, str]:
    """The heading of each column that has one."""
    places = {at: head.place(at) for at in range(len(sheet.columns))}
    return {at: text for at, (row, _) in places.items() if (text := sheet.columns[at][row]).strip()}


def _labels(
    sheet: Sheet, head: Headings, texts: Mapping[int, str], criteria: Mapping[str, str]
) -> Sequence[tuple[int, dict[int, tuple[str, str]]]]:
    """Ways to read the headings: the last row of them, and criterion and label of each column."""
    one = {at: pair for at, text in texts.items() if (pair := _split(text, criteria))}
    one = {at: pair for at, pair in one.items() if not is_total([pair[1]])}
    named = {at: c for at, text in texts.items() if (c := _criterion(text, criteria))}
    ways = [(head.row, one if named.keys() <= one.keys() else {})]
    if named:
        ways += [
            (head.row, _under(sheet, row, named)) for row in range(head.row - 1, max(head.row - 4, -1), -1)
        ]
        ways.append((head.row + 1, _over(sheet, head, named, texts)))
    return ways


def _under(sheet: Sheet, row: int, named: Mapping[int, str]) -> dict[int, tuple[str, str]]:
    """Each criterion with the label that stands over it, or over the first of its group, in an upper row."""
    label, found = "", {}
    for at in range(min(named), max(named) + 1):
        label = sheet.columns[at][row].strip() or label
        if at in named and label:
            found[at] = (named[at], label)
    return found if len(found) == len(named) else {}


def _over(
    sheet: Sheet, head: Headings, named: Mapping[int, str], texts: Mapping[int, str]
) -> dict[int, tuple[str, str]]:
    """Each label of the row below with the criterion over it, or over the first of its group."""
    row, sent = head.row + 1, head.columns.get("submission", head.columns.get("title", 0))
    if row >= len(sheet.columns[0]) or sheet.columns[sent][row].strip():
        return {}
    criterion, found = "", {}
    for at in range(min(named), len(sheet.columns)):
        if at in texts:
            criterion = named.get(at, "")
        if criterion and (label := sheet.columns[at][row].strip()):
            found[at] = (criterion, label)
    return found if set(named) <= set(found) else {}


def _criterion(text: str, criteria: Mapping[str, str]) -> str:
    return next((criteria[p] for p in parts(text) if p in criteria), "")


def _split(text: str, criteria: Mapping[str, str]) -> tuple[str, str] | None:
    """The criterion with which a heading ends or begins, and the label before or after it.

    The longest criterion counts: with «Impact» and «Social impact», «Judge 1 - Social impact» is of the
    second.
    """
    if is_comment(text):
        return None
    for plain in dict.fromkeys((text, trimmed(text), trimmed(without_brackets(text)))):
        words = re.findall(r"[^\s\-–—:|/,;()\[\]_]+", plain)
        for size in range(len(words) - 1, 0, -1):
            for some, rest in ((words[-size:], words[:-size]), (words[:size], words[size:])):
                if (c := criteria.get(key(" ".join(some)))) and fold(" ".join(rest)):
                    return c, _as_typed(plain, rest)
    return None


def _as_typed(text: str, words: Sequence[str]) -> str:
    """The stretch of a text from the first to the last of these words of it."""
    spaced = r"[\s\-–—:|/,;()\[\]_]+".join(map(re.escape, words))
    hit = re.search(rf"(?<!\w){spaced}", text)
    return (hit[0] if hit else " ".join(words)).strip(_SEPARATORS.replace(".", ""))


def _of_jurors(found: Sequence[Mark], known: Callable[[str], bool] | None, in_one: bool) -> bool:
    """Whether the labels are jurors': by the list, by what they say, or by how they divide the criteria.

    `in_one`: label and criterion share a cell, where a single criterion divides nothing («Innovation,
    depth»).
    """
    marked = defaultdict(set)
    for mark in found:
        marked[mark.juror].add(mark.criterion)
    if sum(map(len, marked.values())) < len(found):
        return False  # a juror has a criterion twice
    if known is not None:
        return any(known(label) for label in marked)
    if all(is_juror(label, None) for label in marked):
        return True
    each = {frozenset(criteria) for criteria in marked.values()}
    divided = len(marked) > 1 and len(each) == 1 and len(*each) > in_one
    return divided and not any(_is_no_juror(label) for label in marked)


def _is_no_juror(label: str) -> bool:
    if is_juror(label, None):
        return False
    return bool(_TIMES.search(label)) or bool(set(fold(label).split()) & _NO_JUROR) or is_total([label])
