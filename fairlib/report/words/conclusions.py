"""What does a table come to? Sentences that the report and the notebooks share."""

from collections.abc import Mapping

import pandas as pd

from fairlib.report.words.codes import word
from fairlib.report.words.locale import Voice

KINDS = ("juror", "criterion", "missing", "estimator")


def verdict_words(verdict: str, say: Voice) -> str:
    """What a verdict on the design means."""
    return word("verdict", verdict.replace(" ", "_"), say)


def inflation_words(inflation: float, say: Voice) -> str:
    """How much less exactly severity is known than in a perfect design."""
    times = say.number(inflation, 2)
    return say("Error of a juror's severity against a perfect design, times: {x}.", x=times)


def decided_words(decisions: pd.Series, say: Voice) -> str:
    """How many there are of each decision."""
    counts: Mapping[str, int] = decisions.value_counts().to_dict()
    return say(
        "Selected: {selected}; reserve: {reserve}; not selected: {out}.",
        selected=say.number(counts.get("selected", 0)),
        reserve=say.number(counts.get("reserve", 0)),
        out=say.number(counts.get("not_selected", 0)),
    )


def second_words(n: int, overlap: float, say: Voice) -> str:
    """How many of `n` selected another commission, equally able, would select too."""
    return say(
        "Selected: {n}. Also selected by a second, equally qualified commission, about: {overlap}.",
        n=say.number(n),
        overlap=say.number(overlap),
    )


def kind_words(kind: str, say: Voice) -> str:
    """What was changed to see whether the choice hangs on it."""
    return word("left_out", kind, say)


def fit_words(table: pd.DataFrame, two_models: bool, say: Voice) -> str:
    """Where the marks differ from the model and what that moves; `table` as in `check_model`, with a column `check`."""
    asked = table[table["status"].isin(["found", "not_found"])]
    if asked.empty:
        why = word("status", table["status"].iloc[0], say) if len(table) else say("not computed")
        return say("How well the model fits the marks cannot be told: {why}.", why=why)
    found = asked[asked["status"] == "found"]
    told = say(
        "Ways looked for in which the marks could differ from the model: {list}. Found: {found}.",
        list="; ".join(word("fit", c, say) for c in asked["check"]),
        found="; ".join(word("fit", c, say) for c in found["check"]) or say("none"),
    )
    moved = found.dropna(subset=["move"])
    if len(moved):
        told += " " + say(
            "What allowing for it moves the probability of a submission by at most, in points: {list}.",
            list="; ".join(
                f"{word('fit', r.check, say)}{say.dash}{say.number(100 * r.move)}" for r in moved.itertuples()
            ),
        )
    if two_models:
        told += " " + say("So probabilities at the line are told by a second model too, which allows for it.")
    return told


def stability_words(n: int, changes: pd.DataFrame, say: Voice) -> str:
    """How many of `n` places change at most; `changes` has `kind, n_changes`, every change answered."""
    most = changes.groupby("kind")["n_changes"].max()
    return say(
        "Every line asks the same rule again after one change. Selected: {n}; places that change at most: {most}.",
        n=say.number(n),
        most="; ".join(f"{kind_words(k, say)}{say.dash}{say.number(most[k])}" for k in KINDS if k in most),
    )


def ways_words(ways: pd.DataFrame, say: Voice) -> str:
    """What lots at the line cost and what they give; `ways` (index policy) as in `compare_at_line`, each answered."""
    lots = [x for x in ("maximin", "draw") if x in ways.index]
    if "cut" not in ways.index or not lots:
        return ""
    cut, lot = ways.loc["cut"], ways.loc[lots[0]]
    told = say(
        "Expected rightly selected, cut at the line: {cut}; {lots}: {n}.",
        cut=say.number(cut["rightly_chosen"], 1),
        lots=word("way", lots[0], say),
        n=say.number(lot["rightly_chosen"], 1),
    )
    if pd.isna(cut["unequal"]) or pd.isna(lot["unequal"]):
        return told
    return (
        told
        + " "
        + say(
            "Largest difference in chance between two submissions whose intervals overlap: {cut} and {n}.",
            cut=say.percent(cut["unequal"], 0),
            n=say.percent(lot["unequal"], 0),
        )
    )
