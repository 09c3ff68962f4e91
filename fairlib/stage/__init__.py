"""One round of one run: its marks, estimates, diagnoses and choice, by the rules of the round."""

from fairlib.stage.found import Found
from fairlib.stage.handed_on import Scored
from fairlib.stage.selecting import Stage

__all__ = ["Found", "Scored", "Stage"]
