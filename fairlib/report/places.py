"""Where on the page is a region, and what is it called? The tile map's grid and names."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from fairlib.rules import Language


@lru_cache
def places() -> pd.DataFrame:
    """Regions with their place on the grid (`column`, `row`), `since` and names; index: region code."""
    path = Path(__file__).with_name("places.csv")
    return pd.read_csv(path, dtype={"since": "str"}, keep_default_na=False, index_col="region")


def frame(day: date | None) -> pd.DataFrame:
    """The regions that there were on a day; today's if no day is given."""
    table = places()
    if day is None:
        return table
    return table[(table["since"] == "") | (table["since"] <= day.isoformat())]


def region_name(code: object, lang: Language) -> str:
    """The name of a region; a code that is not on the map is shown as it is."""
    if code is None or code != code or code == "":
        return ""
    table = places()
    return str(table.at[code, lang]) if code in table.index else str(code)
