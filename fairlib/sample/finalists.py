"""Who goes on to the second round of a sample: those that the year's own rules select."""

from pathlib import Path

import pandas as pd

from fairlib.params import RulesFile


def finalists(rules: RulesFile, out: Path, truth: pd.DataFrame) -> list[str]:
    """Ids in order of rank: the best by the truth, seats shared by nomination, at least five each."""
    select = rules.contest.rounds[0].select
    counts = truth["nomination"].value_counts().sort_index()
    exact = counts * select.seats / counts.sum()
    seats = exact.astype(int)
    seats[(exact - seats).sort_values(ascending=False).index[: select.seats - seats.sum()]] += 1
    ranked = truth.sort_values("quality", ascending=False)
    place = ranked.groupby("nomination").cumcount()
    return ranked.index[place < ranked["nomination"].map(seats)].tolist()
