"""Marks as a stage takes them, where a test has no files: a ratings table and what is known of its submissions."""

import pandas as pd

from fairlib.intake.sheets.usable import Roster
from fairlib.stage import Scored


def given(
    ratings: pd.DataFrame, about: pd.DataFrame | None = None, table: pd.DataFrame | None = None
) -> Scored:
    """Ratings with a roster of the submissions in `about` (all in the round), and estimates where there are."""
    about = (
        pd.DataFrame(index=pd.Index(ratings["submission"].unique(), name="submission"))
        if about is None
        else about
    )
    none = pd.DataFrame(columns=["juror", "submission"])
    known = Roster(None, none, about.assign(in_round=True), {})
    return Scored(ratings, known, pd.DataFrame() if table is None else table)
