"""The ways this suite says no, each with the exit code of the command line."""


class FairlibError(Exception):
    """Base of every error meant for a person: a whole sentence that says what to do."""

    exit_code = 1


class RulesError(FairlibError):
    """The rules file or the call is wrong: nothing has been read yet."""

    exit_code = 2


class DataError(FairlibError):
    """A file of the contest needs a person before the chain can go on."""


class ScoringError(FairlibError, ValueError):
    """A statistic was asked of a table that cannot support it."""


class SelectionError(FairlibError, ValueError):
    """The rules of selection cannot be carried out on this contest."""
