"""Are two names those of one juror? Asked where there is no list that says who marks."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import combinations

from rapidfuzz.distance import OSA

from fairlib.intake.findings import Remedy, finding
from fairlib.intake.texts import fold

_SHORT = 4  # letters of the shorter of two words of which one may be a slip for the other


def tell_namesakes(marked: Mapping[str, Iterable[str]], found: list[dict]) -> None:
    """Warn of every two jurors whose names are nearly one; `marked` has the submissions of each.

    Names that are the same but for capitals, accents, order, initials and look-alike letters are always told,
    those a letter apart (Асель, Әсел) only where no submission was marked under both: who did that is two
    people.
    """
    read = {name: set(submissions) for name, submissions in marked.items()}
    words = {name: _words(name) for name in sorted(read)}
    for one, other in combinations(words, 2):
        a, b = words[one], words[other]
        if a[0] == b[0] and (_same(a[1], b[1]) or (not read[one] & read[other] and _near(a[1], b[1]))):
            done = Remedy("two_jurors")
            found.append(finding("juror_nearly", "warning", done, found=f"{one} = {other}", juror=other))


def _words(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The numbers of a name, which are never slips, and its words in order, without accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", fold(name)) if not unicodedata.combining(c))
    return tuple(re.findall(r"\d+", plain)), tuple(sorted(re.findall(r"[^\W\d]+", plain)))


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """The same words, or two at least of which some are but initials in one of the names."""
    if one == other:
        return bool(one)
    if len(one) != len(other) or len(one) < 2:
        return False
    rest = [w for w in other if w not in one]
    apart = [w for w in one if w not in other]
    pairs = zip(sorted(apart), sorted(rest), strict=False)
    return len(rest) < len(other) and all(a[0] == b[0] and 1 in (len(a), len(b)) for a, b in pairs)


def _near(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one word of as many differs, and by one letter, which is not its first."""
    apart, rest = [w for w in one if w not in other], [w for w in other if w not in one]
    if len(one) != len(other) or len(apart) != 1 or len(rest) != 1:
        return False
    a, b = apart[0], rest[0]
    return min(len(a), len(b)) >= _SHORT and a[0] == b[0] and OSA.distance(a, b) == 1
