"""What is drawn: sizes, conditions, and the numbers behind them, told once.

A mark of juror j for submission i on criterion c is, before it is put on the scale of whole marks 1 … 10,

    x_ijc = centre + s_j (level_g(i) + q_i + r_j e_ij) − β_j + π_ic + r_j ε_ijc

with q the quality of a submission among its nomination, π its profile over criteria, β the severity of a juror, s the
width of the juror's scale and r the juror's noise (both 1 unless the condition says otherwise), e the error of a
reading, which its criteria share, ε that of a mark. All in points.
"""

import zlib
from dataclasses import dataclass, field, replace

import numpy as np

CRITERIA = 5
SHARES = np.array([112, 43, 66]) / 221  # of nominations, as in a contest of 221
SEATS = 50 / 221


@dataclass(frozen=True)
class Size:
    """Submissions, jurors, and readers of a submission where they are drawn from all or from the home panel."""

    name: str
    submissions: int
    jurors: int
    readers: int
    home_readers: int

    @property
    def seats(self) -> int:
        """Places to be given: the same share in every size."""
        return round(self.submissions * SEATS)

    @property
    def groups(self) -> np.ndarray:
        """Nomination of each submission (I,)."""
        ends = np.round(np.cumsum(SHARES) * self.submissions).astype(int)
        return np.repeat([0, 1, 2], np.diff(ends, prepend=0))

    @property
    def homes(self) -> np.ndarray:
        """Home nomination of each juror (J,): three panels of the same size."""
        return np.repeat([0, 1, 2], self.jurors // 3)


SIZES = {
    size.name: size
    for size in (Size("30x6", 30, 6, 3, 2), Size("221x12", 221, 12, 4, 4), Size("2000x120", 2000, 120, 4, 4))
}


@dataclass(frozen=True)
class Effects:
    """Standard deviations in points. One reading has a reliability of about .34, as grant reviews show."""

    centre: float = 5.5
    quality: float = 1.0
    severity: float = 0.55
    reading: float = 1.1
    mark: float = 1.45
    profile: float = 0.5
    width: float = 0.0  # of log s
    noise: float = 0.0  # of log r


@dataclass(frozen=True)
class Condition:
    """One kind of contest: who reads what, how far nominations lie apart, what goes wrong.

    `across` is the share of readings outside the home panel; None where there are no home panels. `apart` is the
    distance of neighbouring nominations in standard deviations of quality. `fault` names a function of `faults`.
    """

    name: str
    words: str
    design: str = "random"
    across: float | None = None
    apart: float = 1.0
    fault: str = ""
    effects: Effects = field(default=Effects())

    def key(self, size: Size) -> int:
        """Seed of a cell, the same on every machine."""
        return zlib.crc32(f"{self.name} {size.name}".encode())


def _designs() -> list[Condition]:
    out = []
    for apart, told in ((0.0, "equal"), (1.0, "unequal")):
        levels = f"nominations {told}"
        out.append(
            Condition(f"crossed, {told}", f"everybody reads everything; {levels}", "crossed", apart=apart)
        )
        out.append(Condition(f"random, {told}", f"readers drawn from all jurors; {levels}", apart=apart))
        for across in (0.0, 0.02, 0.15, 1.0):
            words = f"home panels, {across:.0%} of readings by other panels; {levels}"
            out.append(Condition(f"home {across:.0%}, {told}", words, "home", across, apart))
    return out


BASE = Effects()
FAULTS = [
    Condition("missing", "every juror leaves out 5 to 20 % of the forms, by chance", fault="missing"),
    Condition(
        "missing weak",
        "12 % of readings are missing, all among the juror's weakest third",
        fault="missing_weak",
    ),
    Condition(
        "ceiling", "generous marks: mean 8.7 of 10, many full marks", effects=replace(BASE, centre=9.55)
    ),
    Condition(
        "halo",
        "a juror's five marks for a form are nearly one",
        effects=replace(BASE, reading=1.27, mark=0.3),
    ),
    Condition(
        "unequal noise", "some jurors are far more exact than others", effects=replace(BASE, noise=0.5)
    ),
    Condition(
        "unequal width",
        "some jurors use the whole scale, others its middle",
        effects=replace(BASE, width=0.35),
    ),
    Condition("harsh juror", "one juror marks 2 points lower", fault="harsh"),
    Condition("careless juror", "one juror's sheets have nothing to do with the forms", fault="careless"),
    Condition("friend", "one juror gives full marks to one form that belongs below the line", fault="friend"),
    Condition(
        "two colluders",
        "two jurors give full marks to three forms that belong below the line",
        fault="colluders",
    ),
    Condition("drift", "jurors grow stricter, each in an order of their own", fault="drift"),
    Condition(
        "drift, one order", "jurors grow stricter, and all read in the same order", fault="drift_together"
    ),
]
CONDITIONS = {c.name: c for c in (*_designs(), *FAULTS)}
