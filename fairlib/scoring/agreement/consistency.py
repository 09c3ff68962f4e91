"""How far can this round's marks be trusted? The statistics of consistency, side by side in one table."""

from collections.abc import Mapping

import pandas as pd

from fairlib.contract import ROUND
from fairlib.errors import ScoringError
from fairlib.scoring.agreement.alpha import krippendorff_alpha
from fairlib.scoring.agreement.components import icc_components
from fairlib.scoring.agreement.concordance import friedman, kendall_w, mean_spearman
from fairlib.scoring.agreement.icc import icc
from fairlib.scoring.result import Statistic

_, *_EACH = ROUND["consistency"].names()  # of each criterion
COMPOSITE = "composite"


def consistency(
    ratings: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    n_boot: int = 500,
    seed: int = 0,
    *,
    within: bool = False,
) -> pd.DataFrame:
    """Consistency of the composite, then of each criterion: one row a statistic, in a stated order.

    Intraclass correlations come from variance components, whatever the design (`icc_components`, which has
    `within`), and in
    their ten exact forms besides where every juror marked everything (`icc`); Krippendorff's alpha at the
    interval and the ordinal level, with a bootstrap over submissions; Kendall's W where the design is
    crossed, else Friedman's statistic in its incomplete form (Skillings & Mack 1981); the mean Spearman
    correlation of jurors. A value that does not exist is missing and the status says why.
    """
    rows = _rows(ratings, weights, n_boot, seed, within).assign(criterion=COMPOSITE)
    parts = [
        _rows(ratings[ratings["criterion"] == c], None, 0, seed, within).assign(criterion=c)
        for c in ratings["criterion"].drop_duplicates().sort_values()
    ]
    single = len(parts) == 1
    table = pd.concat([rows] if single else [rows, *parts], ignore_index=True)[["criterion", *_EACH]]
    return table.astype(dict.fromkeys(["value", "low", "high", "p"], "Float64"))


def _rows(
    ratings: pd.DataFrame, weights: Mapping[str, float] | None, n_boot: int, seed: int, within: bool
) -> pd.DataFrame:
    try:
        exact = icc(ratings, weights)
    except ScoringError:
        exact = None
    parts = [_components(ratings, weights, within)]
    if exact is not None:
        parts.append(_exact(exact))
    alphas = [krippendorff_alpha(ratings, level, n_boot, seed, weights) for level in ("interval", "ordinal")]
    concordance = (
        kendall_w(ratings, weights, n_perm=999, seed=seed)
        if exact is not None
        else friedman(ratings, weights)
    )
    parts.append(pd.DataFrame([_row(s) for s in (*alphas, concordance, mean_spearman(ratings, weights))]))
    return pd.concat(parts, ignore_index=True)


def _components(ratings: pd.DataFrame, weights: Mapping[str, float] | None, within: bool) -> pd.DataFrame:
    found = icc_components(ratings, weights, within=within)
    table = found.table.rename_axis("statistic").reset_index()
    table["statistic"] = table["statistic"] + ", variance components"
    return table.assign(p=pd.NA, n=found.n, n_submissions=found.n_submissions, n_jurors=found.n_jurors)


def _exact(table: pd.DataFrame) -> pd.DataFrame:
    named = table.assign(
        statistic=table["name"] + ", " + table["model"], n=table["n_submissions"] * table["n_jurors"]
    )
    return named[_EACH].reset_index(drop=True)


def _row(s: Statistic) -> dict[str, object]:
    return {"statistic": s.name} | {name: getattr(s, name) for name in _EACH[1:]}
