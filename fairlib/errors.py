"""The ways this suite says no, each with the exit code of the command line."""

import errno

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


class ScoringError(FairlibError, ValueError):
    """A statistic was asked of a table that cannot support it."""


class SelectionError(FairlibError, ValueError):
    """The rules of selection cannot be carried out on this contest."""
