"""By what formulas, from which sources, and how can it be computed again? Methods and the record."""

from dataclasses import replace
from pathlib import Path

from fairlib.report.blocks import Block, Chapter, Column, Heading, Link, Links, Text, table
from fairlib.report.chapters.common import Context, not_computed
from fairlib.report.chapters.levels import level_means, level_spreads
from fairlib.report.results import executed_notebooks
from fairlib.report.words.codes import word
from fairlib.report.words.estimators import Method, estimators, methods
from fairlib.report.words.locale import Voice
from fairlib.scoring.estimators.table import ESTIMATORS


def chapter(context: Context) -> Chapter:
    """Formulas in words and signs with their sources, for what this contest used."""
    say, rounds = context.say, context.contest.rounds
    unused = estimators(say).keys() - {r.estimator for r in rounds}
    if not any(q.kind == "proportional" for r in rounds for q in r.select.quotas):
        unused |= {"quota"}
    known = methods(say)
    grouped = {
        r.estimator for r in rounds if ESTIMATORS[r.estimator].has_levels and context.contest.levels(r.id)
    }
    for name in grouped:
        known[name] = _of_levels(known[name], known["levels"])
    blocks: list[Block] = []
    for name, told in known.items():
        if name in unused or not told.title:
            continue
        blocks += [
            Heading(told.title),
            Text(told.formula, "formula"),
            Text(told.words),
            Text(told.source, "note"),
        ]
        if name == min(grouped, default=""):
            blocks += [*level_means(context), *level_spreads(context)]
    return Chapter("methods", say("Methods: formulas and sources"), tuple(blocks))


def _of_levels(plain: Method, levels: Method) -> Method:
    """A model where nominations have levels of their own: in its formula μ is that of a group."""
    source = "; ".join([plain.source, *(s for s in levels.source.split("; ") if s not in plain.source)])
    words, formula = f"{levels.words} {plain.words}", plain.formula.replace("μ", "μ_g")
    return replace(plain, formula=formula, words=words, source=source)


def record(context: Context) -> Chapter:
    """Hashes and versions of everything that went in, and how to compute it again."""
    say, results = context.say, context.results
    found = results.basis
    year, params = results.rules.year, results.basis.get("params", "PARAMS")
    blocks: list[Block] = [
        Text(say("The same files, the same rules and the same versions give the same bytes. Compute it again, then "
                 "compare the hashes:")),
        Text(f"fairlib run {params}\nfairlib verify runs/{year} --data {results.contest.data}", "formula"),
    ]  # fmt: skip
    if not found:
        blocks.append(not_computed(context, say("the record")))
    heads = [Column(say("What"), "text", 2), Column(say("SHA-256 / version"), "code", 4)]
    for part, value in found.items():
        rows = [(what, digest) for at, what, digest in record_rows(context) if at == part_words(part, say)]
        if isinstance(value, dict) and rows:
            blocks.append(table(f"record-{part}", part_words(part, say), heads, rows, folded=len(rows) > 12))
    single = [(part_words(k, say), str(v)) for k, v in found.items() if not isinstance(v, dict)]
    if single:
        blocks.append(table("record-single", say("Rules, library and year"), heads, single))
    pages = executed_notebooks(context.results.run_dir) if context.internal else {}
    if pages:
        blocks += [Heading(say("The full working")),
                   Links(tuple(Link(f"notebooks/{name}.html", _page_name(path, context))
                               for name, path in pages.items()))]  # fmt: skip
    return Chapter("record", say("The record"), tuple(blocks))


def record_rows(context: Context) -> list[tuple[str, str, str]]:
    """Part, name and hash or version of everything that went in; in public score files have no names."""
    rows = []
    for part, value in context.results.basis.items():
        pairs = _rows(value, "" if isinstance(value, dict) else part_words(part, context.say))
        if part == "inputs" and not context.internal:  # names of score files may name their jurors
            pairs = [(str(n), digest) for n, digest in enumerate(sorted(digest for _, digest in pairs), 1)]
        rows += [(part_words(part, context.say), *pair) for pair in pairs]
    return rows


def part_words(part: str, say: Voice) -> str:
    """A part of the record in words."""
    return word("record", part, say).replace("_", " ")


def _page_name(path: Path, context: Context) -> str:
    """What an executed notebook does, and for which round."""
    say = context.say
    rounds = {r.id: r.name[say.lang] for r in context.contest.rounds}
    told = word("notebook", path.stem, say).replace("_", " ")
    return ": ".join(filter(None, [told, rounds.get(path.parent.name)]))


def _rows(value: object, at: str = "") -> list[tuple[str, str]]:
    """A nested value as pairs of a path and a text."""
    if isinstance(value, dict):
        return [row for k, v in value.items() for row in _rows(v, f"{at}.{k}" if at else str(k))]
    if isinstance(value, list):
        return [row for v in value for row in _rows(v, at)]
    return [(at, str(value))]
