"""Which rule of params does a submission not meet? Intake flags, people exclude: only these rules do."""

import pandas as pd

from fairlib.intake.cells.columns import map_each
from fairlib.intake.texts import fold, fold_all
from fairlib.rules import Eligibility


def failed_rules(submissions: pd.DataFrame, rules: tuple[Eligibility, ...]) -> pd.Series:
    """The names of the rules each submission fails, joined by `;`, "" where it meets them all.

    What is unknown does not meet a rule: a sum that nobody can read is not within limits.
    """
    failed = pd.Series("", index=submissions.index, dtype=object)
    for rule in rules:
        meets = _MEETS[rule.rule](submissions, rule)
        failed[~meets] += f";{rule.rule}"
    return pd.Series([names.removeprefix(";") for names in failed], submissions.index, dtype=object)


def _within(column: str):
    def meets(submissions: pd.DataFrame, rule: Eligibility) -> pd.Series:
        number = pd.to_numeric(submissions[column])
        above = number >= (rule.at_least if rule.at_least is not None else float("-inf"))
        below = number <= (rule.at_most if rule.at_most is not None else float("inf"))
        return above & below

    return meets


def _legal_form(submissions: pd.DataFrame, rule: Eligibility) -> pd.Series:
    allowed = {fold(a) for a in rule.allowed}
    return map_each(submissions["legal_form"], fold_all).isin(allowed)


_MEETS = {
    "bin_valid": lambda s, _: s["bin_verdict"].isin(["valid", "repairable", "warn"]),
    "consent": lambda s, _: s["consent"] == "yes",
    "openness_link": lambda s, _: s["links"] != "",
    "requested_within": _within("requested"),
    "duration_within": _within("duration_months"),
    "legal_form": _legal_form,
    "region_known": lambda s, _: s["region"] != "",
}
