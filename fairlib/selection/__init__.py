"""Who is chosen by the rule, why, and how certain is it?"""

from fairlib.selection.admit import admit, admit_many
from fairlib.selection.certainty import Certainty, certainty
from fairlib.selection.check import verify_choice
from fairlib.selection.choose import Choice, choose
from fairlib.selection.conflicts import Contradiction
from fairlib.selection.cost import rule_costs
from fairlib.selection.days import days
from fairlib.selection.lots import apply_draw
from fairlib.selection.problem import Problem, compile_rule
from fairlib.selection.quotas import apportion
from fairlib.selection.stability import Stability, stability
from fairlib.selection.twin import Twin, twin
from fairlib.selection.whatif import Comparison, panel, what_if

__all__ = [
    "Certainty",
    "Choice",
    "Comparison",
    "Contradiction",
    "Problem",
    "Stability",
    "Twin",
    "admit",
    "admit_many",
    "apply_draw",
    "apportion",
    "certainty",
    "choose",
    "compile_rule",
    "days",
    "panel",
    "rule_costs",
    "stability",
    "twin",
    "verify_choice",
    "what_if",
]
