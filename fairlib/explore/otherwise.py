"""What would let a submission come or go, of everything that was tried: rules, marks, jurors, estimators, weights."""

from collections.abc import Iterator

import pandas as pd

from fairlib.report.blocks import Column, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.firmness import changed_words
from fairlib.report.chapters.otherwise import change_words, rule_words
from fairlib.report.results import RoundResults
from fairlib.report.words.conclusions import kind_words
from fairlib.selection import several


def otherwise(stage: RoundResults, submission: str) -> pd.DataFrame:
    """`kind, what, change`: the tried changes under which a submission `comes` or `goes`.

    Kinds: `without_rule`, `other_rule`, and those of `stability`; `what` is the code in its table.
    """
    rows = [
        (kind, what, side)
        for kind, what, row in _tried(stage)
        for side in ("comes", "goes")
        if submission in several.read(row[side])
    ]
    return pd.DataFrame(rows, columns=["kind", "what", "change"])


def changes(stage: RoundResults, submission: str, context: Context) -> list[Text | Table]:
    """How many of the tried changes would change the decision, and which; and the share of weights that select it."""
    say, n = context.say, sum(1 for _ in _tried(stage))
    found = otherwise(stage, submission)
    if not n:
        return [*_any_weights(stage, submission, context)]
    told = say("Changes tried: {n}; under so many of them the decision would be another: {m}.",
               n=say.number(n), m=say.number(len(found)))  # fmt: skip
    return [Text(told), *_each(found, stage, context), *_any_weights(stage, submission, context)]


def _each(found: pd.DataFrame, stage: RoundResults, context: Context) -> list[Table]:
    if found.empty:
        return []
    say = context.say
    words = {"comes": say("comes"), "goes": say("goes")}
    rows = [
        (*_words(r.kind, common.text(r.what), stage, context), words[r.change]) for r in found.itertuples()
    ]
    heads = [
        Column(say("What was changed"), "text", 2),
        Column(say("About"), "name", 3),
        Column(say("Change")),
    ]
    caption = say("Changes that would change it: {round}", round=stage.rule.name[say.lang])
    return [table(f"otherwise-{stage.id}", caption, heads, rows)]


def _tried(stage: RoundResults) -> Iterator[tuple[str, str, pd.Series]]:
    """Kind, code and row of each change that has an answer, an estimator once."""
    for _, row in stage.rule_costs.dropna(subset=["rule", "n"]).iterrows():
        yield "without_rule", row["rule"], row
    others = stage.other_rules.dropna(subset=["change", "n"])
    for _, row in others.iterrows():
        yield "other_rule", row["change"], row
    for _, row in stage.stability.dropna(subset=["n_changes"]).iterrows():
        if f"{row['kind']}:{row['what']}" not in set(others["change"]):
            yield row["kind"], row["what"], row


def _words(kind: str, what: str, stage: RoundResults, context: Context) -> tuple[str, str]:
    say = context.say
    if kind == "without_rule":
        return say("without this rule"), rule_words(what, stage, context)
    if kind == "other_rule":
        return say("another rule"), change_words(what, stage, context)
    return kind_words(kind, say), changed_words(kind, what, context)


def _any_weights(stage: RoundResults, submission: str, context: Context) -> list[Text]:
    say = context.say
    share = stage.acceptability.set_index("submission")["acceptability"].get(submission)
    if share is None or pd.isna(share):
        return []
    told = say("Share of all possible weights of the criteria under which it is selected: {share}.",
               share=say.percent(share))  # fmt: skip
    return [Text(told)]
