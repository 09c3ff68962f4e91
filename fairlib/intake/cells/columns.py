"""A column of text read once for each different text, and searched through as one text."""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd


def distinct(texts: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The different texts of a column in the order in which they come, and the number of each row's.

    >>> numbers, different = distinct(pd.Series(["b", "a", "b"]))
    >>> numbers.tolist(), different
    ([0, 1, 0], ['b', 'a'])
    """
    return number(texts.tolist())


def number(texts: list[str]) -> tuple[np.ndarray, list[str]]:
    """As `distinct`, of a list."""
    different = list(dict.fromkeys(texts))
    if len(different) == len(texts):
        return np.arange(len(texts)), different
    numbers = dict(zip(different, range(len(different)), strict=True))
    return np.fromiter(map(numbers.__getitem__, texts), np.intp, len(texts)), different


def read_each(texts: pd.Series, read: Callable[[str], tuple], dtypes: dict[str, str]) -> pd.DataFrame:
    """What `read` makes of each text, as columns of the given names and dtypes, on the index of `texts`."""
    return read_all(texts, lambda different: list(zip(*map(read, different), strict=True)), dtypes)


def read_all(
    texts: pd.Series, read: Callable[[list[str]], Sequence[Sequence]], dtypes: dict[str, str]
) -> pd.DataFrame:
    """As `read_each`, where `read` takes all different texts at once and gives the columns for them."""
    numbers, different = distinct(texts)
    parts = read(different) if different else [()] * len(dtypes)
    columns = zip(dtypes.items(), parts, strict=True)
    table = pd.DataFrame({name: pd.Series(list(part), dtype=dtype) for (name, dtype), part in columns})
    return table.iloc[numbers].set_axis(texts.index)


def map_each(texts: pd.Series, read: Callable[[list[str]], list[str]]) -> pd.Series:
    """The column of what `read` makes of its different texts, all at once, in their order."""
    numbers, different = distinct(texts)
    made = np.array([*read(different), None], dtype=object)[numbers]  # None: an array of texts and no other
    return pd.Series(made, index=texts.index, name=texts.name, dtype="str")


def suspects(texts: list[str], traces: Iterable[re.Pattern[str]]) -> list[int]:
    """Places in the list of the texts in which one of the patterns is found, by one pass over all of them.

    A text stands between two \\0 here: a pattern may look for these, and ends within the text it is
    about. Where a text has a \\0 of its own, every text is suspect.

    >>> suspects(["ab", "", " b", "c"], [re.compile("\\0 "), re.compile("c(?=\\0)")])
    [2, 3]
    """
    joined = "\0" + "\0".join(texts) + "\0"
    if joined.count("\0") != len(texts) + 1:
        return list(range(len(texts)))
    last = [match.end() - 1 for trace in traces for match in trace.finditer(joined)]
    if not last:
        return []
    ends = np.cumsum(np.fromiter(map(len, texts), np.intp, len(texts)) + 1)
    return np.unique(np.searchsorted(ends, last)).tolist()
