"""Who is chosen by the rule, why, and how certain is it?"""

from fairlib.selection.admit import admit, admit_many
from fairlib.selection.check import verify_choice
from fairlib.selection.choose import Choice, choose, what_if
from fairlib.selection.conflicts import Contradiction
from fairlib.selection.cost import rule_costs
from fairlib.selection.problem import Problem, compile_rule
from fairlib.selection.quotas import apportion

__all__ = [
    "Choice",
    "Contradiction",
    "Problem",
    "admit",
    "admit_many",
    "apportion",
    "choose",
    "compile_rule",
    "rule_costs",
    "verify_choice",
    "what_if",
]
