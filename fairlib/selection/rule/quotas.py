"""How many seats does each group get? Apportionment by largest remainder, Sainte-Laguë and D'Hondt.

Everything is counted in whole numbers and exact fractions, so that two shares are equal only when they are.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from fairlib.errors import SelectionError
from fairlib.rules import Sharing
from fairlib.selection.note import Note


@dataclass(frozen=True)
class Apportionment:
    """Seats of each group, and the notes of what was decided on the way (ties, empty groups)."""

    seats: dict[str, int]
    notes: tuple[Note, ...] = ()


def apportion(
    sizes: Mapping[str, int],
    seats: int,
    method: Sharing = "largest_remainder",
    *,
    floor: int = 0,
    seed: int = 0,
) -> Apportionment:
    """Share `seats` among groups in proportion to their `sizes`, none that has members under `floor`.

    `largest_remainder` (Hamilton 1792) gives each group the whole part of its share and the seats left to
    the largest remainders; groups that would fall below the floor get the floor and leave the sharing.
    The divisor methods `sainte_lague` (Webster 1832, Sainte-Laguë 1910; divisors 1, 3, 5 …) and `dhondt`
    (Jefferson 1792, D'Hondt 1882; divisors 1, 2, 3 …) start from the floors and give each next seat to
    the largest quotient (Balinski & Young 1982, minimum requirements). Equal claims to a seat go to the
    larger group, and between groups of the same size to the smaller SHA-256 of `seed|group`; that draw is
    noted. An empty group gets no seat and that is noted too.

    Raises SelectionError where there are more seats than members, or where the floors cannot be kept.

    The 2021 contest, 50 seats for 112, 43 and 66 submissions:

    >>> apportion({"disability": 112, "legal": 43, "health": 66}, 50, floor=5).seats
    {'disability': 25, 'legal': 10, 'health': 15}

    Largest remainder and D'Hondt differ on 100,000 votes and 10 seats (Wikipedia, "Highest averages method"):

    >>> votes = {"Yellow": 47000, "White": 16000, "Red": 15900, "Green": 12000, "Blue": 6000, "Pink": 3100}
    >>> list(apportion(votes, 10).seats.values())
    [5, 2, 1, 1, 1, 0]
    >>> list(apportion(votes, 10, "dhondt").seats.values())
    [5, 2, 2, 1, 0, 0]
    >>> list(apportion(votes, 10, "sainte_lague").seats.values())
    [4, 2, 2, 1, 1, 0]
    """
    _refuse(sizes, seats, floor)
    notes = [Note("empty_group", group=g) for g, n in sizes.items() if n == 0]
    ties: list[tuple[str, str, str]] = []
    filled = {g: n for g, n in sizes.items() if n > 0}
    lot = {g: hashlib.sha256(f"{seed}|{g}".encode()).hexdigest() for g in filled}
    share = _hamilton if method == "largest_remainder" else _divisor
    got = share(filled, seats, floor, method, lot, ties)
    notes += [Note("seat_tie", first=first, second=second, how=how) for first, second, how in ties]
    return Apportionment({g: got.get(g, 0) for g in sizes}, tuple(notes))


def _refuse(sizes: Mapping[str, int], seats: int, floor: int) -> None:
    total = sum(sizes.values())
    if seats < 0 or floor < 0 or min(sizes.values(), default=0) < 0:
        raise SelectionError("Seats, floors and sizes of groups cannot be below 0.")
    if seats > total:
        raise SelectionError(f"{seats} seats cannot be shared among {total} eligible submissions.")
    for group, n in sizes.items():
        if 0 < n < floor:
            raise SelectionError(
                f"The floor of {floor} seats cannot be kept for {group}: it has {n} eligible submissions."
            )
    promised = floor * sum(n > 0 for n in sizes.values())
    if promised > seats:
        raise SelectionError(f"The floors promise {promised} seats, there are {seats}: lower the floor.")


def _hamilton(sizes, seats, floor, method, lot, ties) -> dict[str, int]:
    """Largest remainder; groups under the floor are set to it, and the rest is shared anew."""
    kept: dict[str, int] = {}
    undone: list[tuple[str, str, str]] = []
    while True:
        rest = {g: n for g, n in sizes.items() if g not in kept}
        left, total = seats - sum(kept.values()), sum(rest.values())
        share = {g: Fraction(left * n, total) for g, n in rest.items()}
        got = {g: int(s) for g, s in share.items()}
        claims = {g: share[g] - got[g] for g in rest}
        here: list[tuple[str, str, str]] = []
        for g in _largest(claims, left - sum(got.values()), sizes, lot, here):
            got[g] += 1
        low = [g for g, n in got.items() if n < floor]
        if not low:
            # ties of a sharing that a floor undid count only where they left equal groups unequal
            undone = [t for t in undone if t[2] == "lot" and (kept | got)[t[0]] != (kept | got)[t[1]]]
            ties += dict.fromkeys([*undone, *here])
            return kept | got
        undone += here
        kept |= dict.fromkeys(low, floor)


def _divisor(sizes, seats, floor, method, lot, ties) -> dict[str, int]:
    """One seat after another to the largest quotient, from the floors on."""
    got = dict.fromkeys(sizes, floor)
    step, start = (2, 1) if method == "sainte_lague" else (1, 1)
    for left in range(seats - sum(got.values()), 0, -1):
        claims = {g: Fraction(n, step * got[g] + start) for g, n in sizes.items() if got[g] < n}
        best = max(claims.values())
        equal = {g: c for g, c in claims.items() if c == best}
        # equal claims are a tie only where there is not a seat for each of them
        winner = _largest(equal, 1, sizes, lot, ties if len(equal) > left else [])[0]
        got[winner] += 1
    return got


def _largest(claims, count, sizes, lot, ties) -> list[str]:
    """The `count` groups with the largest claims; the larger group first, then by lot, which is noted."""
    ranked = sorted(claims, key=lambda g: (-claims[g], -sizes[g], lot[g]))
    if 0 < count < len(ranked):
        last, first = ranked[count - 1], ranked[count]
        if claims[last] == claims[first]:
            how = "size" if sizes[last] != sizes[first] else "lot"
            ties.append((last, first, how))
    return ranked[:count]
