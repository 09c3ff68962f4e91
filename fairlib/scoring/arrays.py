"""Steps on arrays that many statistics share: division without a warning, missing numbers, codes, order."""

import numpy as np
import pandas as pd


def divide(a, b) -> np.ndarray:
    """a / b elementwise, NaN where b is 0."""
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0)


def nullable(values: np.ndarray) -> pd.arrays.FloatingArray:
    """Float64 with NA where a number is NaN, so that no NaN passes for a number."""
    missing = np.isnan(values)
    return pd.arrays.FloatingArray(np.where(missing, 0.0, values), missing)


def dense(code: np.ndarray, labels: pd.Index) -> tuple[np.ndarray, pd.Index]:
    """Codes (n,) into the labels that occur, and these labels, in their order."""
    seen = np.bincount(code, minlength=len(labels)) > 0
    return (code, labels) if seen.all() else ((np.cumsum(seen) - 1)[code], labels[seen])


def sortable(values: pd.Series) -> pd.Series:
    """Texts as numbers or dates (2021-03-15, 15.03.2021) where all of them are; everything else as it is."""
    if not pd.api.types.is_object_dtype(values) and not pd.api.types.is_string_dtype(values):
        return values
    number = pd.to_numeric(values, errors="coerce")
    dates = (pd.to_datetime(values, format=form, errors="coerce") for form in ("%Y-%m-%d", "%d.%m.%Y"))
    return next((found for found in (number, *dates) if found.notna().all()), values.astype(str))
