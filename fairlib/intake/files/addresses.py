"""Where does a cell stand? Rows and columns counted from 0 ↔ the addresses that spreadsheets write."""

import re
from collections.abc import Iterable
from itertools import groupby

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]+)")


def cell(row: int, column: int) -> str:
    """The address of a cell counted from 0, as spreadsheets write it.

    >>> cell(6, 1), cell(0, 25), cell(0, 26), cell(99, 702)
    ('B7', 'Z1', 'AA1', 'AAA100')
    """
    return f"{column_letters(column)}{row + 1}"


def column_letters(column: int) -> str:
    """The letters over a column counted from 0.

    >>> column_letters(0), column_letters(51)
    ('A', 'AZ')
    """
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def column_index(letters: str) -> int:
    """The column under these letters, counted from 0.

    >>> column_index("A"), column_index("AZ")
    (0, 51)
    """
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def place(address: str) -> tuple[int, int] | None:
    """Row and column of an address, counted from 0; None if it is none.

    >>> place("AB10"), place("10")
    ((9, 27), None)
    """
    if not (found := _ADDRESS.fullmatch(address)):
        return None
    return int(found[2]) - 1, column_index(found[1])


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers in rising order as runs: the first and the last of each.

    >>> spans([2, 3, 4, 9])
    [(2, 4), (9, 9)]
    """
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda at: at[1] - at[0])]
    return [(run[0], run[-1]) for run in runs]
