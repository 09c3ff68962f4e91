"""How a finished run takes its place: one maker at a time, the old run stays until the new one is there."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlib.errors import DataError, RulesError, not_written
from fairlib.runs.record import verify


def working_place(final: Path) -> Path:
    """Where a run is made before it takes its place."""
    return final.with_name(f"{final.name}.partial")


def _former(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


@contextmanager
def alone(final: Path) -> Iterator[None]:
    """Hold the lock of a run directory, and first finish a change of places that was cut short.

    Raises DataError when another process holds it, and where the folder above cannot be written.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        lock = (final.parent / f".{final.name}.lock").open("w")
    except OSError as why:
        raise not_written(final.parent, why) from why
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataError(
                f"{final}: this run is being made by another process; wait for it to end."
            ) from None
        _settle(final)
        yield


def settle(final: Path) -> None:
    """Give a run directory back its name if its maker was stopped between the renames of `put_in_place`."""
    final = Path(os.path.abspath(final))
    if not final.exists() and _former(final).exists():
        with alone(final):
            pass


def refuse_to_replace(final: Path) -> None:
    """A finished run takes the place of an older one, by the chain or from notebooks, and of nothing else.

    Raises RulesError where there is something else.
    """
    run = (final / "record.json").exists() or (final / "intake" / "submissions.csv").exists()
    other = final.exists() and not run
    if other and not (final.is_dir() and not any(final.iterdir())):
        raise RulesError(
            f"{final}: there is something here that is not a run; choose another place for --out."
        )


def put_in_place(final: Path) -> None:
    """Give the finished run its name; the run that had it before goes when the new one is there.

    Raises DataError where the folder cannot be renamed; the old run is then where it was.
    """
    former = _former(final)
    try:
        if final.exists():
            os.replace(final, former)
        os.replace(working_place(final), final)
    except OSError as why:
        if former.exists():
            os.replace(former, final)
        raise DataError(
            f"{final}: the finished run cannot take this name ({why.strerror}); it lies in "
            f"{working_place(final)}."
        ) from why
    shutil.rmtree(former, ignore_errors=True)


def _settle(final: Path) -> None:
    work, former = working_place(final), _former(final)
    if former.exists() and not final.exists():
        os.replace(work if _finished(work) else former, final)
    shutil.rmtree(former, ignore_errors=True)


def _finished(work: Path) -> bool:
    try:
        return not verify(work)
    except DataError:
        return False
