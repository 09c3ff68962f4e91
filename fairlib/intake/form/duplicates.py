"""Which forms are the same project sent again? Same organisation and similar titles (rapidfuzz).

The rule of params decides what is the same and which version is kept; what is only similar is flagged,
and so is what is the same by name alone, because a number cannot be read.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

import pandas as pd
from rapidfuzz import fuzz

from fairlib.intake.texts import fold_all
from fairlib.rules import Duplicates


def find_resent(forms: pd.DataFrame, rule: Duplicates) -> tuple[pd.Series, pd.DataFrame]:
    """Which forms are earlier or later versions of a kept one, and which pairs are in doubt.

    `forms` has `submission, owner, name, title, sent, requested, nomination` and, if known, `sent_doubtful`:
    of two forms of which one has a date with another reading nobody knows the last. `owner` tells the
    organisation ("" where unknown: such a form is never a duplicate): its number, or its folded `name` where
    there is no number to trust. Returns a Series over the index of `forms` with the label of the kept form
    (missing for kept ones), and pairs in doubt as `first, second, similarity, by_name` (labels of the index;
    `by_name` where only one form has a number, so that nothing but the name says that the organisation is the
    same). Versions form chains: a is b's and b is c's version makes one project of three.
    """
    kept = pd.Series(pd.NA, index=forms.index, dtype=object)
    doubts = []
    for group in _groups(forms, "owner"):
        same, doubtful = _compare(group, combinations(range(len(group)), 2), rule)
        for version, of in _settle(group, same, rule).items():
            kept[version] = of
        doubts += [(*pair, False) for pair in doubtful]
    doubts += [(*pair, True) for pair in _namesakes(forms, rule)]
    doubts = [d for d in doubts if kept[[d[0], d[1]]].isna().all()]
    return kept, pd.DataFrame(doubts, columns=["first", "second", "similarity", "by_name"])


def _groups(forms: pd.DataFrame, by: str) -> Iterator[pd.DataFrame]:
    """The forms that share what is in a column, where several do, in its order."""
    several = forms[(forms[by] != "") & forms.duplicated(by, keep=False)]
    return (group for _, group in several.groupby(by, sort=True))


def _namesakes(forms: pd.DataFrame, rule: Duplicates) -> Iterator[tuple]:
    """Pairs in doubt of a form that has its organisation's number and one of the same name that has none."""
    nameless = forms.loc[forms["owner"] == forms["name"], "name"]
    for group in _groups(forms[forms["name"].isin(nameless)], "name"):
        bare = (group["owner"] == group["name"]).tolist()
        pairs = ((i, j) for i, j in combinations(range(len(group)), 2) if bare[i] != bare[j])
        same, doubtful = _compare(group, pairs, rule)
        yield from (*same, *doubtful)


def _compare(group: pd.DataFrame, pairs: Iterable[tuple[int, int]], rule: Duplicates) -> tuple[list, list]:
    """Of the pairs of a group (places of rows): those that are the same project, and those that may be."""
    titles = fold_all(group["title"].tolist())
    same, doubtful = [], []
    for i, j in pairs:
        similarity = _alike(titles[i], titles[j])
        pair = (group.index[i], group.index[j], round(similarity, 1))
        open_order = "sent_doubtful" in group and group["sent_doubtful"].iloc[[i, j]].any()
        if similarity >= rule.similarity and not open_order:
            same.append(pair)
        elif similarity >= rule.doubt or _same_plan(group.iloc[i], group.iloc[j]):
            doubtful.append(pair)
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

    for a, b, _ in same:
        root[top(b)] = top(a)
    order = group.sort_values(["sent", "submission"], na_position="first", kind="stable").index
    chosen = {}
    for label in order if rule.keep == "last" else order[::-1]:
        chosen[top(label)] = label
    return {label: chosen[top(label)] for label in group.index if chosen[top(label)] != label}
