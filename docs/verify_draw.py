"""Check a draw at the line yourself. Plain Python 3, nothing to install.

    python3 verify_draw.py list.txt COMMITMENT SEED [result.csv]

list.txt     who took part, one submission a line, as it lies beside the public report; in a lottery with chances a
             tab and the chance follow
COMMITMENT   the SHA-256 of the list in the public report: it shows that this is the list that was drawn from
SEED         the seed fixed in the rules before any score was read, or the public number that they named
result.csv   the published result with the columns `submission`, `place` and `drawn`, to compare

The order of the draw is that of SHA-256("SEED|submission"), the smallest first; on a list with chances within each
group, between empty lines. In this order chances are laid end to end. SHA-256("SEED|COMMITMENT") over 2^256 is
the first point on that line, others follow one by one; who lies under a point is drawn.
"""

import csv
import hashlib
import sys


def sha(text: str) -> str:
    """SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def lot(seed: str, submission: str) -> str:
    """The lot of one submission."""
    return sha(f"{seed}|{submission}")


def order(text: str, seed: str) -> list:
    """(place, submission, lot) of everybody on the list, in the order of the draw."""
    lots = sorted((lot(seed, s), s) for s in text.split("\n") if s)
    return [(place, s, h) for place, (h, s) in enumerate(lots, start=1)]


def lottery(text: str, seed: str) -> list:
    """(place, submission, stretch, drawn) of everybody on a list with chances, in the order of the draw."""
    first, end, found = int(sha(f"{seed}|{sha(text)}"), 16) * 10**6 >> 256, 0, []
    groups = [[line.rpartition("\t") for line in g.split("\n") if line] for g in text.split("\n\n")]
    parts = [part for group in groups for part in sorted(group, key=lambda x: lot(seed, x[0]))]
    for place, (submission, _, chance) in enumerate(parts, start=1):
        start, end = end, end + int(chance.replace(".", ""))  # in millionths
        drawn = (first - start) % 10**6 < end - start
        found.append((place, submission, f"{start / 10**6:.6f}-{end / 10**6:.6f}", drawn))
    return found


def differences(found: list, path: str) -> list:
    """What a published result says otherwise."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    said = {row["submission"]: [row["place"], (row.get("drawn") or "").lower()] for row in rows}
    mine = {s: [str(place), *(str(x).lower() for x in drawn)] for place, s, _, *drawn in found}
    return [
        f"{s}: here place {' '.join(mine.get(s, ['none']))}, "
        f"published place {' '.join(map(str, said.get(s, ['none'])))}"
        for s in sorted(set(mine) | set(said))
        if s not in mine or s not in said or mine[s] != said[s][: len(mine[s])]
    ]


def main(arguments: list) -> int:
    """Print the draw; 0 if everything agrees, 1 if something does not, 2 if the call is wrong."""
    if len(arguments) not in (3, 4):
        print(__doc__)
        return 2
    with open(arguments[0], encoding="utf-8", newline="") as stream:
        text = stream.read()
    names = [line.rpartition("\t")[0] or line for line in text.split("\n") if line]
    if len(set(names)) != len(names):
        print("WRONG: somebody is on the list twice.")
        return 1
    if sha(text) != arguments[1].strip().lower():
        print(f"WRONG: this list has the SHA-256 {sha(text)}, it is not the list that was published.")
        return 1
    print("The list is the one that was published before the draw.")
    found = (lottery if "\t" in text else order)(text, arguments[2])
    for place, submission, lot, *drawn in found:
        print(f"{place:5d}  {submission}  {lot}{'  drawn' if drawn == [True] else ''}")
    wrong = differences(found, arguments[3]) if len(arguments) == 4 else []
    for line in wrong:
        print("WRONG:", line)
    if len(arguments) == 4 and not wrong:
        print("The published result is the result of this draw.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
