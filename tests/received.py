"""The forms of small contests, read once in a process where many tests ask for marks beside the same form."""

from pathlib import Path

from fairlib.intake.submissions import Intake, receive
from fairlib.rules import Contest

_READ: dict[tuple, Intake] = {}


def received(contest: Contest, folder: Path) -> Intake:
    """What `receive` gives, read once for equal files and equal rules; of a round only its seats concern a form."""
    seats = tuple((r.id, r.select.seats) for r in contest.rounds)
    sent = (folder / contest.submissions.file).read_bytes()
    key = (contest.model_dump_json(exclude={"rounds"}), seats, sent)
    if key not in _READ:
        _READ[key] = receive(contest, folder)
    return _READ[key]
