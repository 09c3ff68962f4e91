"""Rounds that come as one long table: a row a mark, with a few slips, for any year."""

from dataclasses import dataclass, field
from random import Random

import pandas as pd

from samples.books import Cell
from samples.sheets import Slip

HEADING = ("juror", "submission", "criterion", "score")


@dataclass
class LongRound:
    """The rows of a long table as typed, what they mean, and what was planted."""

    rows: list[list[Cell]]
    meant: pd.DataFrame
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)


def long_round(
    ratings: pd.DataFrame, names: dict[str, str], rng: Random, *, comma: bool, slips: bool
) -> LongRound:
    """Type drawn ratings as a long table; `names` gives each criterion as it is written in the file.

    With `comma` marks are written with a decimal comma. With `slips` one pair is recused («самоотвод»), one
    mark is «б/о», one is off the scale, one is empty, and one pair under a declared conflict is not there.
    """
    meant = ratings[["juror", "submission", "criterion", "score", "status"]].astype(
        {"status": str, "juror": str, "submission": str}
    )
    meant = meant.sort_values(["juror", "submission"], kind="stable").reset_index(drop=True)
    typed = [_mark(x, comma) for x in meant["score"]]
    made = LongRound([], meant)
    if slips:
        pairs = meant.drop_duplicates(["juror", "submission"]).index.tolist()
        recused, *single = rng.sample(pairs, 4)
        width = len(names)
        for n in range(recused, recused + width):
            typed[n] = "самоотвод"
            meant.loc[n, ["score", "status"]] = None, "recused"
        made.conflicts.append((meant["juror"][recused], meant["submission"][recused]))
        made.slips.append(_slip(meant, recused, "row", "recused", typed[recused], "recused"))
        plan = (
            ("no_mark", "б/о", "abstained"),
            ("off_scale", "55", "invalid"),
            ("empty_cell", None, "missing"),
        )
        for n, (kind, text, status) in zip(single, plan, strict=True):
            typed[n] = text
            meant.loc[n, ["score", "status"]] = None, status
            made.slips.append(_slip(meant, n, meant["criterion"][n], kind, text, status))
    keys = zip(meant["juror"], meant["submission"], meant["criterion"], typed, strict=True)
    made.rows = [[juror, submission, names[criterion], mark] for juror, submission, criterion, mark in keys]
    return made


def days(made: LongRound, order: list[str]) -> list[list[Cell]]:
    """The same rows with day and slot for submissions heard in a given order over two days."""
    half = -(-len(order) // 2)
    place = {i: (1 + n // half, 1 + n % half) for n, i in enumerate(order)}
    return [[*row, *place[row[1]]] for row in made.rows]


def _mark(x: float, comma: bool) -> Cell:
    text = f"{x:g}"
    return text.replace(".", ",") if comma else text


def _slip(meant: pd.DataFrame, n: int, column: str, kind: str, typed: Cell, becomes: str) -> Slip:
    return Slip(f"D{n + 2}", meant["submission"][n], column, kind, typed, becomes)
