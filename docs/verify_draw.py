"""Check a draw at the line yourself. Plain Python 3, nothing to install.

    python3 verify_draw.py list.txt COMMITMENT SEED [result.csv]

list.txt     who took part, one submission a line, as it lies beside the public report
COMMITMENT   the SHA-256 of the list in the public report: it shows that this is the list that was drawn from
SEED         the seed, fixed in the rules before any score was read
result.csv   the published result with the columns `submission` and `place`, to compare

The order of the draw is that of SHA-256("SEED|submission"), the smallest first. Nobody can choose it without
trying seeds, and nobody who knows list and seed can get another one.
"""

import csv
import hashlib
import sys


def commitment(text: str) -> str:
    """SHA-256 of the published list, byte for byte (UTF-8, one line feed after each id)."""
    return hashlib.sha256(text.encode()).hexdigest()


def lot(seed: str, submission: str) -> str:
    """The lot of one submission."""
    return hashlib.sha256(f"{seed}|{submission}".encode()).hexdigest()


def order(text: str, seed: str) -> list:
    """(place, submission, lot) of everybody on the list, in the order of the draw."""
    lots = sorted((lot(seed, s), s) for s in text.split("\n") if s)
    return [(place, s, h) for place, (h, s) in enumerate(lots, start=1)]


def differences(found: list, path: str) -> list:
    """What a published result says otherwise."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        said = {row["submission"]: row["place"] for row in csv.DictReader(stream)}
    mine = {s: str(place) for place, s, _ in found}
    return [
        f"{s}: here place {mine.get(s, 'none')}, published place {said.get(s, 'none')}"
        for s in sorted(set(mine) | set(said))
        if mine.get(s) != said.get(s)
    ]


def main(arguments: list) -> int:
    """Print the order; 0 if everything agrees, 1 if something does not, 2 if the call is wrong."""
    if len(arguments) not in (3, 4):
        print(__doc__)
        return 2
    with open(arguments[0], encoding="utf-8", newline="") as stream:
        text = stream.read()
    if len(set(text.split("\n"))) != len(text.split("\n")):
        print("WRONG: somebody is on the list twice.")
        return 1
    if commitment(text) != arguments[1].strip().lower():
        print(f"WRONG: this list has the SHA-256 {commitment(text)}, it is not the list that was published.")
        return 1
    print("The list is the one that was published before the draw.")
    found = order(text, arguments[2])
    for place, submission, hash_ in found:
        print(f"{place:5d}  {submission}  {hash_}")
    wrong = differences(found, arguments[3]) if len(arguments) == 4 else []
    for line in wrong:
        print("WRONG:", line)
    if len(arguments) == 4 and not wrong:
        print("The published result is the result of this draw.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
