"""What do the notebooks say? The rules in words, and after each table the one sentence it comes to, with its numbers.

A room for each notebook; in English; where a report says the same it is the report's own sentence (`report/words`).
"""

from fairlib.tell.intake import *  # noqa: F403
from fairlib.tell.scoring import *  # noqa: F403
from fairlib.tell.selection import *  # noqa: F403
