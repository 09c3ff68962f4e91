"""What a contest decided before any score was read: the types of a params file, checked as a whole.

Every field has the meaning that `docs/params.md` gives it. Defaults here are the suite's, never a
contest's: what a contest did not publish and the params file chose is listed under `ours`.
"""

from fairlib.rules.base import Identifier, Language, Names, Rule, Scale
from fairlib.rules.contest import (
    Award,
    Contest,
    Criterion,
    Divergence,
    Estimator,
    Layout,
    Nomination,
    Published,
    Round,
    Scores,
)
from fairlib.rules.selection import TIES, Budget, Certainty, Manual, Quota, Selection, Sharing, Threshold
from fairlib.rules.submissions import ELIGIBILITY, FORM_FIELDS, Duplicates, Eligibility, Submissions

__all__ = [
    "ELIGIBILITY",
    "FORM_FIELDS",
    "TIES",
    "Award",
    "Budget",
    "Certainty",
    "Contest",
    "Criterion",
    "Divergence",
    "Duplicates",
    "Eligibility",
    "Estimator",
    "Identifier",
    "Language",
    "Layout",
    "Manual",
    "Names",
    "Nomination",
    "Published",
    "Quota",
    "Round",
    "Rule",
    "Scale",
    "Scores",
    "Selection",
    "Sharing",
    "Submissions",
    "Threshold",
]
