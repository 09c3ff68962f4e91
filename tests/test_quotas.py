import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import SelectionError
from fairlib.selection.rule.quotas import apportion

METHODS = ["largest_remainder", "sainte_lague", "dhondt"]


def seats(*args, **kwargs):
    return list(apportion(*args, **kwargs).seats.values())


def named(*sizes):
    return {chr(97 + k): n for k, n in enumerate(sizes)}


def test_alabama_paradox():
    """Wikipedia, "Apportionment paradox": with an 11th seat the small state loses one of two."""
    assert seats(named(6, 6, 2), 10) == [4, 4, 2]
    assert seats(named(6, 6, 2), 11) == [5, 5, 1]


def test_dhondt_and_sainte_lague_published():
    """Wikipedia, "D'Hondt method" (8 seats) and "Sainte-Laguë method" (7 and 8 seats)."""
    assert seats(named(100_000, 80_000, 30_000, 20_000), 8, "dhondt") == [4, 3, 1, 0]
    assert seats(named(53_000, 24_000, 23_000), 7, "sainte_lague") == [3, 2, 2]
    assert seats(named(100_000, 80_000, 30_000, 20_000), 8, "sainte_lague") == [3, 3, 1, 1]


def test_floor_takes_seats_from_the_others():
    assert seats(named(90, 5, 5), 10, floor=2) == [6, 2, 2]
    assert seats(named(90, 5, 5), 10, "dhondt", floor=2) == [6, 2, 2]


def test_an_empty_group_gets_nothing_and_is_noted():
    got = apportion(named(10, 0), 4, floor=2)
    assert got.seats == {"a": 4, "b": 0}
    assert tuple(map(str, got.notes)) == ("empty_group:b",)
    assert apportion({}, 0).seats == {}


@pytest.mark.parametrize("method", METHODS)
def test_equal_claims_go_to_the_lot_and_are_noted(method):
    got = apportion(named(10, 10), 5, method, seed=4)
    assert sorted(got.seats.values()) == [2, 3]
    assert got.notes[0].kind == "seat_tie" and got.notes[0]["how"] == "lot"
    again = apportion({"b": 10, "a": 10}, 5, method, seed=4)
    assert again.seats == got.seats
    both = {apportion(named(10, 10), 5, method, seed=k).seats["a"] for k in range(20)}
    assert both == {2, 3}


def test_equal_remainders_go_to_the_larger_group():
    got = apportion(named(30, 10), 2)
    assert got.seats == {"a": 2, "b": 0}
    assert tuple(map(str, got.notes)) == ("seat_tie:a>b by size",)


@pytest.mark.parametrize(
    ("sizes", "n", "floor", "says"),
    [
        (named(3, 3), 7, 0, "7 seats cannot be shared among 6"),
        (named(20, 3), 10, 5, "floor of 5 seats cannot be kept for b: it has 3"),
        (named(20, 20), 9, 5, "floors promise 10 seats, there are 9"),
        (named(20, 20), -1, 0, "below 0"),
    ],
)
def test_impossible_is_said_by_name(sizes, n, floor, says):
    with pytest.raises(SelectionError, match=says):
        apportion(sizes, n, floor=floor)


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.sampled_from(METHODS), st.data())
def test_seats_are_shared_whole_and_no_group_gets_more_than_it_has(sizes, method, data):
    n = data.draw(st.integers(0, sum(sizes)))
    got = seats(named(*sizes), n, method)
    assert sum(got) == n
    assert all(0 <= g <= size for g, size in zip(got, sizes, strict=True))
    if method == "largest_remainder" and n:
        assert all(abs(g - n * size / sum(sizes)) < 1 for g, size in zip(got, sizes, strict=True))


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(st.integers(5, 40), min_size=1, max_size=5), st.sampled_from(METHODS), st.integers(0, 5))
def test_floors_are_kept(sizes, method, floor):
    n = max(floor * len(sizes), sum(sizes) // 2)
    got = seats(named(*sizes), n, method, floor=floor)
    assert sum(got) == n and min(got) >= floor
    assert all(g <= size for g, size in zip(got, sizes, strict=True))
