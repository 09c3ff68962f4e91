"""A column of text read once for each different text."""

from collections.abc import Callable

import pandas as pd


def read_each(texts: pd.Series, read: Callable[[str], tuple], dtypes: dict[str, str]) -> pd.DataFrame:
    """What `read` makes of each text, as columns of the given names and dtypes, on the index of `texts`."""
    codes, different = pd.factorize(texts)
    table = pd.DataFrame([read(text) for text in different], columns=list(dtypes)).astype(dtypes)
    return table.iloc[codes].set_axis(texts.index)
