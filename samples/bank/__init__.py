"""The phrase bank of the sample contests: small tables beside this file, read as text."""

import csv
from functools import cache
from pathlib import Path


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `NAME.csv` (semicolons, UTF-8) as dictionaries of text."""
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream, delimiter=";"))
