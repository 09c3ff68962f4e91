"""Which forms are the same project sent again? Same organisation and similar titles (rapidfuzz).

The rule of params decides what is the same and which version is kept; what is only similar is flagged.
"""

import pandas as pd
from rapidfuzz import fuzz

from fairlib.intake.kazakh import fold_all
from fairlib.rules import Duplicates


def find_resent(forms: pd.DataFrame, rule: Duplicates) -> tuple[pd.Series, pd.DataFrame]:
    """Which forms are earlier or later versions of a kept one, and which pairs are in doubt.

    `forms` has `submission, owner, title, sent, requested, nomination`; `owner` names the organisation
    ("" where unknown: such a form is never a duplicate). Returns a Series over the index of `forms` with
    the label of the kept form (missing for kept ones), and pairs in doubt as `first, second, similarity`
    (labels of the index). Versions form chains: a is b's and b is c's version makes one project of three.
    """
    kept = pd.Series(pd.NA, index=forms.index, dtype=object)
    doubts = []
    several = forms[(forms["owner"] != "") & forms.duplicated("owner", keep=False)]
    for _, group in several.groupby("owner", sort=True):
        same, doubtful = _compare(group, rule)
        for version, of in _settle(group, same, rule).items():
            kept[version] = of
        doubts += doubtful
    doubts = [d for d in doubts if kept[[d[0], d[1]]].isna().all()]
    return kept, pd.DataFrame(doubts, columns=["first", "second", "similarity"])


def _compare(group: pd.DataFrame, rule: Duplicates) -> tuple[list, list]:
    titles = fold_all(group["title"].tolist())
    labels, same, doubtful = list(group.index), [], []
    for i in range(len(labels)):
        for j in range(i + 1, len(labels)):
            similarity = _alike(titles[i], titles[j])
            if similarity >= rule.similarity:
                same.append((labels[i], labels[j]))
            elif similarity >= rule.doubt or _same_plan(group.iloc[i], group.iloc[j]):
                doubtful.append((labels[i], labels[j], round(similarity, 1)))
    return same, doubtful


def _alike(a: str, b: str) -> float:
    """0–100: letter by letter (a typing error), or word by word in any order, whichever is more alike."""
    return max(fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b)) if a and b else 0.0


def _same_plan(a: pd.Series, b: pd.Series) -> bool:
    """Same sum in the same nomination: perhaps one project told in two languages."""
    return bool(
        pd.notna(a["requested"]) and a["requested"] == b["requested"] and a["nomination"] == b["nomination"]
    )


def _settle(group: pd.DataFrame, same: list, rule: Duplicates) -> dict:
    root = {label: label for label in group.index}

    def top(label):
        while root[label] != label:
            label = root[label]
        return label

    for a, b in same:
        root[top(b)] = top(a)
    order = group.sort_values(["sent", "submission"], na_position="first", kind="stable").index
    chosen = {}
    for label in order if rule.keep == "last" else order[::-1]:
        chosen[top(label)] = label
    return {label: chosen[top(label)] for label in group.index if chosen[top(label)] != label}
