"""What is known beforehand: places, letters and words as tables, each read once."""

from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def load(name: str) -> pd.DataFrame:
    """A reference table by its name, every cell str, empty cells ""; shared, so not to be changed.

    >>> load("kk_alphabet").loc[1, "upper"]
    'Ә'
    """
    with (files(__name__) / f"{name}.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str", keep_default_na=False)
