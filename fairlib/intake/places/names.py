"""Which regions were there on a day, and under which names? A contest keeps those of its day."""

from datetime import date
from functools import cache

import pandas as pd

from fairlib.intake.reference import load

REFORM = date(2022, 6, 8)
SHYMKENT_APART = date(2018, 6, 19)  # a city of republican significance since then, until then in the south


def region_table(on: date) -> pd.DataFrame:
    """The regions of a day, index iso: type, row, column, and their names then (`name_kk`, `short_kk`, …).

    Row and column are a place in a tile map, counted from 0 at the north-west.

    >>> len(region_table(date(2021, 4, 14))), len(region_table(date(2023, 4, 14)))
    (17, 20)
    """
    table = load("regions").set_index("iso")
    frame = "2022" if on >= REFORM else "2018"
    table = table[table[f"row_{frame}"] != ""]
    if on < SHYMKENT_APART:
        table = table.drop(index="KZ-79")
    names = [c for c in table.columns if c.startswith(("name_", "short_"))]
    out = table[["type", *names]].copy()
    out["row"], out["column"] = table[f"row_{frame}"].astype(int), table[f"column_{frame}"].astype(int)
    former = former_names(on).query("town == ''").set_index("iso")[names]
    out.loc[former.index, names] = former
    return out


def region_name(code: str, lang: str, on: date) -> str:
    """The name that a region had on a day; a code that is not known is shown as it is.

    >>> region_name("KZ-71", "en", date(2021, 3, 10)), region_name("KZ-71", "en", date(2024, 3, 10))
    ('Nur-Sultan city', 'Astana city')
    """
    return _names(lang, on).get(code, code)


@cache
def _names(lang: str, on: date) -> dict[str, str]:
    later = load("regions").set_index("iso")[f"name_{lang}"]  # of regions that the day did not have yet
    return later.to_dict() | region_table(on)[f"name_{lang}"].to_dict()


def former_names(on: date) -> pd.DataFrame:
    """Names that places had on a day and have no longer: columns iso, town ("" for a region), names."""
    table, day = load("former_names"), on.isoformat()
    return table[(table["valid_from"] <= day) & (day < table["valid_until"])]
