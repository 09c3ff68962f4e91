"""Where on the page is a region, and what is it called? The tile map's grid and names, of any day."""

from datetime import date
from functools import cache

import pandas as pd

from fairlib.intake.reference import load
from fairlib.rules import Language

REDRAWN = date(2022, 6, 8)


def frame(day: date | None) -> pd.DataFrame:
    """The regions that there were on a day, today's if no day is given.

    Index: region code; integer `row` and `column` on the grid, and `short_LANG`.
    """
    suffix = "2018" if day is not None and day < REDRAWN else "2022"
    table = load("regions").set_index("iso")
    table = table[table[f"row_{suffix}"] != ""]
    grid = {part: table[f"{part}_{suffix}"].astype(int) for part in ("row", "column")}
    return table.assign(**grid)


def region_name(code: object, lang: Language) -> str:
    """The name of a region; a code that is not on the map is shown as it is."""
    if code is None or code != code or code == "":
        return ""
    return _names(lang).get(str(code), str(code))


@cache
def _names(lang: Language) -> dict[str, str]:
    table = load("regions")
    return dict(zip(table["iso"], table[f"name_{lang}"], strict=True))
