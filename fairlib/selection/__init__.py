"""Who is chosen by the rule, why, and how certain is it?"""

from fairlib.scoring.days import days
from fairlib.selection.admit.check import verify_choice
from fairlib.selection.admit.conflicts import Contradiction
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.choose import Choice, choose
from fairlib.selection.firm.certainty import Certainty, certainty
from fairlib.selection.firm.draw import apply_draw
from fairlib.selection.firm.misfit import Checked, check_model
from fairlib.selection.firm.stability import Stability, stability
from fairlib.selection.firm.twin import Twin, twin
from fairlib.selection.otherwise.cost import rule_costs
from fairlib.selection.otherwise.what_if import Comparison, what_if
from fairlib.selection.rule.compiled import Problem, compile_rule
from fairlib.selection.rule.quotas import apportion

__all__ = [
    "Certainty",
    "Checked",
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
    "check_model",
    "choose",
    "compile_rule",
    "days",
    "rule_costs",
    "stability",
    "twin",
    "verify_choice",
    "what_if",
]
