"""Where is the workbook in an old .xls? One stream of a compound file (MS-CFB), read whole."""

import struct
from collections.abc import Sequence

_FREE = 0xFFFFFFF0  # sector numbers from here on are marks, such as the end of a chain


def read_stream(data: bytes, names: Sequence[str]) -> bytes:
    """The first stream of these names (any case) in a compound file; empty if there is none.

    Raises ValueError for a file whose sectors do not hang together.
    """
    try:
        return _stream(data, {name.lower() for name in names})
    except (struct.error, IndexError) as error:
        raise ValueError(f"not a whole compound file: {error}") from None


def _stream(data: bytes, names: set[str]) -> bytes:
    shift, mini_shift = struct.unpack_from("<HH", data, 30)
    (tables,) = struct.unpack_from("<I", data, 44)
    (directory, cutoff, mini_table) = struct.unpack_from("<I4xII", data, 48)
    sectors = _Sectors(data[512:] if shift == 9 else data[1 << shift :], 1 << shift, [])
    sectors.following = _numbers(b"".join(map(sectors.at, _table_sectors(data, sectors, tables))))
    root = None
    for entry in _pieces(sectors.chain(directory), 128):
        start, size = struct.unpack_from("<II", entry, 116)
        root = root or (start, size)  # the first entry holds the small streams
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        if entry[66] == 2 and name.lower() in names:
            if size >= cutoff:
                return sectors.chain(start)[:size]
            small = _Sectors(sectors.chain(root[0]), 1 << mini_shift, _numbers(sectors.chain(mini_table)))
            return small.chain(start)[:size]
    return b""


class _Sectors:
    """Sectors of one size, and for each the number of the one that follows it."""

    def __init__(self, data: bytes, size: int, following: Sequence[int]) -> None:
        self._data, self._size, self.following = data, size, following

    def at(self, number: int) -> bytes:
        return self._data[number * self._size : (number + 1) * self._size]

    def chain(self, number: int) -> bytes:
        found: list[bytes] = []
        while number < _FREE:
            if len(found) > len(self.following):
                raise IndexError("a chain of sectors runs in a circle")
            found.append(self.at(number))
            number = self.following[number]
        return b"".join(found)


def _table_sectors(data: bytes, sectors: _Sectors, count: int) -> list[int]:
    """The sectors of the allocation table: 109 in the header, more in a chain of their own."""
    found = list(struct.unpack_from("<109I", data, 76))
    (further,) = struct.unpack_from("<I", data, 68)
    while further < _FREE and len(found) < count:
        *more, further = _numbers(sectors.at(further))
        found += more
    return [number for number in found[:count] if number < _FREE]


def _numbers(data: bytes) -> Sequence[int]:
    return memoryview(data[: len(data) // 4 * 4]).cast("I")


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data) - size + 1, size)]
