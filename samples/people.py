"""Numbers and contacts of nobody: identifiers that pass their check digit and belong to no one."""

from random import Random

_FIRST, _SECOND = range(1, 12), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


def check_digit(eleven: str) -> int:
    """Check digit of a BIN or IIN; 10 where no number may be issued.

    Σ dᵢ·i mod 11 over weights 1…11; if that is 10, over 3, 4, …, 11, 1, 2.

    >>> check_digit("99124099990")
    1
    """
    for weights in (_FIRST, _SECOND):
        rest = sum(int(d) * w for d, w in zip(eleven, weights, strict=True)) % 11
        if rest < 10:
            break
    return rest


def bin_number(rng: Random, taken: set[str], *, zeros: int = 0, kind: str = "40") -> str:
    """A BIN not in `taken` (and put there): registered 1995–2020, serial 99000 and above.

    `zeros` asks for that many leading zeros; `kind` are the 5th and 6th digits.
    """
    while True:
        year = {0: rng.choice([*range(95, 100), *range(10, 21)]), 1: rng.randint(1, 9), 2: 0}[zeros]
        month = rng.randint(1, 12)
        eleven = f"{year:02d}{month:02d}{kind}{rng.randint(99000, 99999)}"
        if (digit := check_digit(eleven)) < 10 and (number := f"{eleven}{digit}") not in taken:
            taken.add(number)
            return number


def iin_number(rng: Random) -> str:
    """An IIN of somebody born in 1899: of no living person."""
    while True:
        eleven = (
            f"99{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{rng.choice('12')}{rng.randint(9900, 9999)}"
        )
        if (digit := check_digit(eleven)) < 10:
            return f"{eleven}{digit}"


def wrong_check_digit(number: str) -> str:
    """The same number with a last digit that cannot be right."""
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def phone(n: int) -> str:
    """The n-th telephone number, E.164, in a block of one operator that looks made up."""
    return f"+770000{10000 + 37 * n % 89999:05d}"
