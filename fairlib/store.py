"""Tables on disk: one way of writing them, so that the same inputs give the same bytes anywhere."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.errors import DataError, not_written

DIGITS = 10
NOISE = 1e-13  # a difference of two numbers of this size is rounding, and not the same on every machine


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 CSV with LF, floats with 10 significant digits (noise as 0), missing as nothing.

    The file appears whole or not at all. A named index is written as the first column.

    Raises DataError if the folder cannot be written.
    """
    flat = table.reset_index() if table.index.name else table
    text = flat.assign(**{c: _plain(flat[c]) for c in flat.columns}).to_csv(index=False, lineterminator="\n")
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Put a file in place whole or not at all; see `write_table`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(half, 0o644)
            os.replace(half, path)
        except BaseException:
            Path(half).unlink(missing_ok=True)
            raise
    except OSError as why:
        raise not_written(path, why) from why


def read_table(path: Path, index: str | None = None, text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table that `write_table` wrote; ids and `text` columns stay text, empty stays missing.

    Raises DataError if the step that makes it has not run yet.
    """
    keep = dict.fromkeys(("submission", "juror", "criterion", "organisation_id", "phone", *text), str)
    try:
        table = pd.read_csv(path, dtype=keep, keep_default_na=False, na_values=[""], encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{path}: not there yet; run the step that writes it first (01 → 02 → 03).") from None
    return table.set_index(index) if index else table


def _plain(column: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(column.dtype):
        return column.map(_number, na_action="ignore").astype(object)
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: "true", False: "false"})
    return column


def _number(value: float) -> str:
    rounded = 0.0 if abs(value) < NOISE else float(f"{value:.{DIGITS}g}")
    if not np.isfinite(rounded):
        raise DataError(
            f"A table was to be written with the value {value}: a result without a number needs a status."
        )
    return f"{rounded + 0.0:.{DIGITS}g}"
