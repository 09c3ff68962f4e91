"""What do the scores say, with what error? Public functions on the ratings table.

Bound here eagerly: `icc`, `design` and others share the name of their module, and the function must win.
"""

from fairlib.scoring.agreement.alpha import krippendorff_alpha
from fairlib.scoring.agreement.components import icc_components
from fairlib.scoring.agreement.concordance import friedman, kendall_w, mean_spearman, spearman
from fairlib.scoring.agreement.consequences import what_it_means
from fairlib.scoring.agreement.consistency import consistency
from fairlib.scoring.agreement.generalizability import decision_study, generalizability, jurors_needed
from fairlib.scoring.agreement.icc import icc
from fairlib.scoring.agreement.kappa import (
    brennan_prediger,
    cohen_kappa,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    kappas,
    light_kappa,
    percent_agreement,
)
from fairlib.scoring.assign import extra_assignments
from fairlib.scoring.comparison import compare_estimators
from fairlib.scoring.design import Design, design
from fairlib.scoring.divergence import divergent
from fairlib.scoring.estimators.adjust import Estimates, estimate, per_criterion, rank_changes
from fairlib.scoring.jurors.diagnose import diagnose
from fairlib.scoring.misfit.check import ModelFit, model_fit
from fairlib.scoring.rasch.measures import rasch
from fairlib.scoring.ratings import composite, scored

__all__ = [
    "Design",
    "Estimates",
    "ModelFit",
    "brennan_prediger",
    "cohen_kappa",
    "compare_estimators",
    "composite",
    "conger_kappa",
    "consistency",
    "decision_study",
    "design",
    "diagnose",
    "divergent",
    "estimate",
    "extra_assignments",
    "fleiss_kappa",
    "friedman",
    "generalizability",
    "gwet_ac",
    "icc",
    "icc_components",
    "jurors_needed",
    "kappas",
    "kendall_w",
    "krippendorff_alpha",
    "light_kappa",
    "mean_spearman",
    "model_fit",
    "per_criterion",
    "percent_agreement",
    "rank_changes",
    "rasch",
    "scored",
    "spearman",
    "what_it_means",
]
