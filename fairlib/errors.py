"""The ways this suite says no, each with the exit code of the command line."""

import errno
import tempfile
import traceback

FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class FairlibError(Exception):
    """Base of every error meant for a person: a whole sentence that says what to do."""

    exit_code = 1


class RulesError(FairlibError):
    """The rules file or the call is wrong: nothing has been read yet."""

    exit_code = 2


class DataError(FairlibError):
    """A file of the contest needs a person before the chain can go on."""


def not_written(place: object, why: OSError) -> DataError:
    """The error of a file or folder that cannot be written, with what helps against it."""
    full = why.errno in FULL
    remedy = "make room there and run it again" if full else "check the folder's permissions"
    return DataError(f"{place}: cannot be written ({why.strerror or why}); {remedy}.")


class OurError(FairlibError):
    """The suite itself went wrong: no file of the contest is to blame."""

    exit_code = 3


def left_behind(why: BaseException) -> OurError:
    """The error of an exception that nobody foresaw, with its details in a file of the temporary folder."""
    details = "".join(traceback.format_exception(why))
    with tempfile.NamedTemporaryFile(
        "w", prefix="fairlib-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(details)
    told = " ".join(f"{type(why).__name__}: {why}".split())
    return OurError(
        f"this is an error of the software, not of your files ({told[:200]}). Please send its details to the "
        f"maintainers: {file.name}"
    )


class ScoringError(FairlibError, ValueError):
    """A statistic was asked of a table that cannot support it."""


class Disconnected(ScoringError):
    """A design of `parts` that no juror links, told with what a caller of the library can do about it."""

    def __init__(self, parts: str):
        self.parts = parts
        super().__init__(
            f"{parts} Rank within components (within=True), or add readings as extra_assignments proposes."
        )


class SelectionError(FairlibError, ValueError):
    """The rules of selection cannot be carried out on this contest."""
