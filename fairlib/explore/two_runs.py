"""Two runs beside each other: which rules and files differ, who comes and who goes, and whose rank moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fairlib.explore.display import Display, not_published, parts
from fairlib.explore.place import OpenRun, results_of
from fairlib.report.blocks import Block, Cell, Column, Heading, Table, Text, table
from fairlib.report.chapters import common
from fairlib.report.chapters.common import Context
from fairlib.report.chapters.methods import part_words
from fairlib.report.chapters.rules import as_typed, within
from fairlib.report.results import Results, RoundResults
from fairlib.report.words.locale import Voice, speak
from fairlib.report.words.rules import Quoter
from fairlib.rules import Language

RULE = ["key", "before", "after"]
FILE = ["part", "name", "change", "before", "after"]
TOLD = ["rank", "estimate", "p_selected", "decision", "reason"]
SAME = 1e-9  # numbers that differ by less are one number
FARTHEST = 10  # moves of ranks that are shown


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Display):
    """What differs between two runs; shown as text and HTML, the numbers behind it as tables.

    `rules`: `key, before, after` in words, as typed where no rule of the report speaks of the key. `files`: `part,
    name, change, before, after` of the records, `change` one of `added, removed, changed`. `moves`, a row for each
    submission of a round of both: `round, submission`, then `rank, estimate, p_selected, decision, reason` each
    `_before` and `_after`, `change` (`comes`, `goes` or nothing) and `rank_change` (above zero: moved up). `same` says
    that nothing differs.
    """

    rules: pd.DataFrame
    files: pd.DataFrame
    moves: pd.DataFrame
    same: bool


def compare(run_a: OpenRun | str | Path, run_b: OpenRun | str | Path, lang: Language = "en") -> Comparison:
    """What differs between two runs: other rules, other files, a re-run after a correction; `run_a` is before.

    Each is a run (see `open_run`) or a run directory. Rounds are compared that both have, by their id, and submissions
    by theirs. For those who decide. Raises as `results_of`.
    """
    before, after = results_of(run_a), results_of(run_b)
    context = Context(after, speak(lang), "internal")
    rules, files, moves = _rules(before, after, context.say), _files(before, after), _moves(before, after)
    same = rules.empty and files.empty and not _moved(moves).any() and _ids(before) == _ids(after)
    title = Heading(" → ".join(_names(before, after)))
    told: list[Block] = [
        Text(context.say("Nothing differs: rules, files, ranks and decisions are the same."), "lead")
    ]
    if not same:
        told = [*_rules_told(rules, context.say), *_files_told(before, after, files, context.say)]
        told += [b for pair in _both(before, after) for b in _round_told(*pair, moves, before, context)]
        told += _alone(before, after, context.say)
    return Comparison(
        blocks=parts(title, not_published(context.say), *told),
        lang=lang, rules=rules, files=files, moves=moves, same=same,
    )  # fmt: skip


def _names(before: Results, after: Results) -> list[str]:
    """The folders of two runs, with those above them where they have one name."""
    a, b = (r.run_dir.resolve() for r in (before, after))
    return [a.name, b.name] if a.name != b.name or a == b else [str(a), str(b)]


def _ids(results: Results) -> list[str]:
    return [s.id for s in results.rounds]


def _both(before: Results, after: Results) -> Iterator[tuple[RoundResults, RoundResults]]:
    """The rounds that both have, in the order of the second."""
    there = {s.id: s for s in before.rounds}
    return ((there[s.id], s) for s in after.rounds if s.id in there)


def _rules(before: Results, after: Results, say: Voice) -> pd.DataFrame:
    """`key, before, after`: rules in words; where the report has none of a key, values as they would be typed."""
    old, new = (_quoted(r, say) for r in (before, after))
    rows = [
        (key, " ".join(t for t in old.get(key, ()) if t not in new.get(key, ())),
         " ".join(t for t in new.get(key, ()) if t not in old.get(key, ())))
        for key in dict.fromkeys([*old, *new]) if sorted(old.get(key, ())) != sorted(new.get(key, ()))
    ]  # fmt: skip
    told = [key for key, *_ in rows]
    a, b = (dict(_typed(r.rules.model_dump(mode="json")["contest"])) for r in (before, after))
    for key in dict.fromkeys([*a, *b]):
        if a.get(key) != b.get(key) and not any(within(key, other) for other in told):
            rows.append((key, a.get(key, ""), b.get(key, "")))
    if before.rules.year != after.rules.year:
        rows.insert(0, ("year", str(before.rules.year), str(after.rules.year)))
    return pd.DataFrame(rows, columns=RULE)


def _quoted(results: Results, say: Voice) -> dict[str, list[str]]:
    """The sentences of the rules of a run by their keys."""
    found: dict[str, list[str]] = {}
    for rule in Quoter(results.contest, say, results.organisations).every():
        found.setdefault(rule.key, []).append(rule.text)
    return found


def _typed(value: object, at: str = "") -> Iterator[tuple[str, str]]:
    """The keys of the rules and their values as typed; parts of a list go by their id, else the list is one value."""
    if isinstance(value, list) and value and all(isinstance(v, dict) and "id" in v for v in value):
        value = {v["id"]: v for v in value}
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _typed(inner, f"{at}.{key}" if at else str(key))
    else:
        yield at, "" if value is None else as_typed(value)


def _files(before: Results, after: Results) -> pd.DataFrame:
    """What the records of two runs have otherwise, but for rules and year; no rows where one has no record."""
    if not (before.basis and after.basis):
        return pd.DataFrame(columns=FILE)
    old, new = (dict(_recorded(r.basis)) for r in (before, after))
    rows = []
    for part, name in dict.fromkeys([*old, *new]):
        a, b = old.get((part, name)), new.get((part, name))
        if a != b:
            change = "added" if a is None else "removed" if b is None else "changed"
            rows.append((part, name, change, a or "", b or ""))
    return pd.DataFrame(rows, columns=FILE)


def _recorded(basis: dict) -> Iterator[tuple[tuple[str, str], str]]:
    for part, value in basis.items():
        if isinstance(value, dict):
            yield from (((part, name), str(digest)) for name, digest in value.items())
        elif part not in ("rules", "year", "params"):
            yield (part, ""), str(value)


def _moves(before: Results, after: Results) -> pd.DataFrame:
    """A row for each submission of each round that both have, with what was decided before and after."""
    pairs = list(_both(before, after))
    columns = [f"{c}_{end}" for c in TOLD for end in ("before", "after")]
    if not pairs:
        return pd.DataFrame(columns=["round", "submission", *columns, "change", "rank_change"])
    tables = []
    for a, b in pairs:
        old, new = (s.decisions.set_index("submission")[TOLD] for s in (a, b))
        both = old.add_suffix("_before").join(new.add_suffix("_after"), how="outer").reset_index()
        tables.append(both.assign(round=b.id).sort_values(["rank_after", "rank_before"], kind="stable"))
    found = pd.concat(tables, ignore_index=True)
    was, now = (found[f"decision_{end}"] == "selected" for end in ("before", "after"))
    change = pd.Series("", index=found.index).mask(now & ~was, "comes").mask(was & ~now, "goes")
    found = found.assign(change=change, rank_change=found["rank_before"] - found["rank_after"])
    return found[["round", "submission", *columns, "change", "rank_change"]]


def _moved(moves: pd.DataFrame) -> pd.Series:
    """Whether anything that was decided of a submission differs."""
    differs = pd.Series(False, index=moves.index)
    for name in TOLD:
        a, b = moves[f"{name}_before"], moves[f"{name}_after"]
        apart = (a - b).abs() > SAME if name in TOLD[:3] else a != b
        differs |= (apart | (a.isna() != b.isna())) & ~(a.isna() & b.isna())
    return differs


def _rules_told(rules: pd.DataFrame, say: Voice) -> list[Table | Text]:
    if rules.empty:
        return [Text(say("The rules are the same."))]
    heads = [Column(say("Before"), "text", 3), Column(say("After"), "text", 3), Column(say("Key"), "code", 2)]
    rows = [(r.before or "–", r.after or "–", r.key) for r in rules.itertuples()]
    return [table("rules", say("Rules that differ"), heads, rows)]


def _files_told(before: Results, after: Results, files: pd.DataFrame, say: Voice) -> list[Table | Text]:
    if not (before.basis and after.basis):
        return [Text(say("Files are not compared: a draft has no record of them."), "note")]
    if files.empty:
        return [Text(say("The files, notebooks and versions are the same."))]
    words = {"added": say("added"), "removed": say("removed"), "changed": say("changed")}
    rows = [
        (part_words(r.part, say), r.name, words[r.change], _short(r.before), _short(r.after))
        for r in files.itertuples(index=False)
    ]
    heads = [Column(say("What"), "text", 1.4), Column(say("Name"), "name", 2), Column(say("Change"))]
    heads += [Column(say("Before"), "code", 1.4), Column(say("After"), "code", 1.4)]
    return [table("files", say("Files and versions that differ"), heads, rows, folded=len(rows) > 12)]


def _short(recorded: str) -> str:
    """A version whole, and of a hash its first letters."""
    return (recorded[:12] + "…" if len(recorded) == 64 else recorded) or "–"


def _round_told(
    old: RoundResults, new: RoundResults, moves: pd.DataFrame, before: Results, context: Context
) -> list[Block]:
    """Who comes, who goes and whose rank moved most in a round that both have."""
    say, here = context.say, moves[moves["round"] == new.id]
    crossed = here[here["change"] != ""].sort_values("change", kind="stable")
    ranked = here.dropna(subset=["rank_change"])
    moved = ranked[ranked["rank_change"] != 0]
    told = say(
        "Come: {comes}; go: {goes}; ranks that moved: {moved} of {n}; the largest move: {most}.",
        comes=say.number((here["change"] == "comes").sum()), goes=say.number((here["change"] == "goes").sum()),
        moved=say.number(len(moved)), n=say.number(len(ranked)),
        most=say.number(moved["rank_change"].abs().max() if len(moved) else 0),
    )  # fmt: skip
    if not _moved(here).any():
        told = say("Ranks and decisions are the same.")
    only = [int(here[f"decision_{end}"].isna().sum()) for end in ("after", "before")]
    alone = say("Submissions only before: {before}; only after: {after}.",
                before=say.number(only[0]), after=say.number(only[1])) if any(only) else ""  # fmt: skip
    names = before.by_id["title"].to_dict() | context.results.by_id["title"].to_dict()
    where = new.rule.name[say.lang]
    farthest = moved.loc[
        moved["rank_change"].abs().sort_values(ascending=False, kind="stable").index[:FARTHEST]
    ]
    shown = [
        ("crossed", say("Who comes and who goes: {round}", round=where), crossed),
        ("moved", say("Ranks that moved most: {round}", round=where), farthest),
    ]
    return [
        Heading(context.stage_name(new)),
        Text(f"{told} {alone}".strip()),
        *(
            _beside(f"{id}-{new.id}", caption, found, names, say)
            for id, caption, found in shown
            if len(found)
        ),
    ]


def _beside(id: str, caption: str, found: pd.DataFrame, titles: dict, say: Voice) -> Table:
    words = {"comes": say("comes"), "goes": say("goes"), "": ""}
    heads = [Column(say("Change")), Column(say("Project"), "name", 3.4),
             Column(say("Rank before"), "number"), Column(say("Rank after"), "number"),
             Column(say("Estimate before"), "number"), Column(say("Estimate after"), "number"),
             Column(say("Probability before"), "number"), Column(say("Probability after"), "number")]  # fmt: skip
    rows = [
        (words[r.change], Cell(common.text(titles.get(r.submission)), under=r.submission),
         common.number(say, r.rank_before), common.number(say, r.rank_after),
         common.number(say, r.estimate_before, 2), common.number(say, r.estimate_after, 2),
         common.chance(say, r.p_selected_before), common.chance(say, r.p_selected_after))
        for r in found.itertuples()
    ]  # fmt: skip
    return table(id, caption, heads, rows)


def _alone(before: Results, after: Results, say: Voice) -> list[Text]:
    """Rounds that only one of the two has."""
    only = [s for r, other in ((before, after), (after, before)) for s in r.rounds if s.id not in _ids(other)]
    names = [s.rule.name[say.lang] for s in only]
    return (
        [Text(say("Rounds that only one of the two has: {names}.", names=say.listed(names)))] if names else []
    )
