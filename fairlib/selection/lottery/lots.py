"""Lots with chances that anybody can draw again: one number against a published list (systematic sampling).

The list has those whose chance is neither 0 nor 1, with chances in millionths, groups of the rule one after the other
with an empty line between them. Within a group the order is that of lots, so that nobody knows beforehand who can be
drawn together. Laid end to end the chances make a line; the starting number and the list itself give a first point on
it, and from there one point falls in each whole unit. Whoever lies under a point is drawn. So each has exactly its
chance, and any stretch of the line gets its sum of chances rounded down or up: every quota is kept in every draw
(Madow 1949).
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from fairlib.errors import SelectionError
from fairlib.selection.lottery.intervals import Node

UNIT = 10**6


def millionths(p: np.ndarray, nodes: tuple[Node, ...]) -> np.ndarray:
    """Chances (n,) of a line-up in whole millionths whose sums over every node round its own sum.

    Chances of 0 and 1 stay; of the others the largest remainders get what rounding down leaves.
    """
    whole = np.zeros(len(p), dtype=np.int64)
    _share(p * UNIT, list(nodes), round(nodes[-1].lower * UNIT), whole)
    return whole


def _share(x: np.ndarray, nodes: list[Node], total: int, whole: np.ndarray) -> None:
    """Share `total` among the parts of the last node: those in no node inside it, and the nodes next inside."""
    node, inside = nodes[-1], []
    left = np.ones(len(x), dtype=bool)
    for k in range(len(nodes) - 2, -1, -1):
        if node.start <= nodes[k].start and nodes[k].stop <= node.stop and left[nodes[k].start]:
            left[nodes[k].start : nodes[k].stop] = False
            inside.append(k)
    own = np.flatnonzero(left[node.start : node.stop]) + node.start
    parts = np.concatenate([x[own], [x[nodes[k].start : nodes[k].stop].sum() for k in inside]])
    shares = _rounded(parts, total)
    whole[own] = shares[: len(own)]
    for k, share in zip(inside, shares[len(own) :], strict=True):
        _share(x, nodes[: k + 1], int(share), whole)


def _rounded(parts: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers next to `parts` with sum `total`."""
    near = np.abs(parts - np.rint(parts)) < 1e-2  # a ten-millionth of a millionth is the solver's
    shares = np.where(near, np.rint(parts), np.floor(parts)).astype(np.int64)
    short = total - int(shares.sum())
    rest = np.where(near, 0.0, parts - shares)
    turn = np.argsort(-rest, kind="stable")
    turn = turn[(parts[turn] > 0.5) & ((parts[turn] % UNIT) > 0.5)]
    if not 0 <= short <= len(turn):
        raise SelectionError(f"Chances could not be rounded to millionths: {short} of {total} are left over.")
    shares[turn[:short]] += 1
    return shares


def chance_list(
    groups: Iterable[object], submissions: Iterable[object], whole: Iterable[int]
) -> tuple[str, str]:
    """The list to publish, one `id<tab>chance` a line by groups as they come and ids, and its SHA-256.

    >>> chance_list(["a", "a", "b"], ["B", "A", "C"], [250000, 250000, 500000])[0]
    'A\\t0.250000\\nB\\t0.250000\\n\\nC\\t0.500000\\n'
    """
    found: dict[object, list[str]] = {}
    for group, s, w in zip(groups, submissions, whole, strict=True):
        found.setdefault(group, []).append(f"{s}\t{w // UNIT}.{w % UNIT:06d}\n")
    text = "\n".join("".join(sorted(lines)) for lines in found.values())
    return text, hashlib.sha256(text.encode()).hexdigest()


def first_point(seed: object, commitment: str) -> int:
    """The first point in millionths: SHA-256 of `seed|commitment` as a fraction of all such numbers.

    >>> 0 <= first_point(7, "ab") < 10**6
    True
    """
    number = int(hashlib.sha256(f"{seed}|{commitment}".encode()).hexdigest(), 16)
    return number * UNIT >> 256


def under_points(whole: np.ndarray, first: int) -> np.ndarray:
    """Who lies under a point (n,): chances in millionths laid end to end, points at `first`, `first` + 10^6 …

    >>> under_points(np.array([250000, 750000, 500000, 500000]), 300000).tolist()
    [False, True, True, False]
    """
    ends = np.cumsum(whole)
    return (ends - first + UNIT - 1) // UNIT > (ends - whole - first + UNIT - 1) // UNIT
