"""Write the files of a sample year, and the truth behind them."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from fairlib.params import RulesFile, read_params
from samples.make2020 import make_2020
from samples.make2021 import make_2021
from samples.make2023 import make_2023

PARAMS = Path(__file__).parents[1] / "params"
YEARS: dict[int, Callable[[RulesFile, Path], dict[str, pd.DataFrame]]] = {
    2020: make_2020,
    2021: make_2021,
    2023: make_2023,
}


def write_sample(year: int, out: Path) -> dict[str, pd.DataFrame]:
    """Write the sample contest of a year into `out` and return its truth, tables by name.

    The same bytes every time. KeyError for a year without a sample.
    """
    return YEARS[year](read_params(PARAMS / f"{year}.yaml"), Path(out))


def write_truth(year: int, tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the truth tables of a year as `YEAR.csv` (what was planted) and `YEAR_NAME.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        stem = str(year) if name == "planted" else f"{year}_{name}"
        text = table.to_csv(index=False, lineterminator="\n", float_format="%.10g")
        (folder / f"{stem}.csv").write_text(text, encoding="utf-8", newline="")
