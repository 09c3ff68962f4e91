"""By what formulas, from which sources, and how can it be computed again? Methods and the record."""

from pathlib import Path

from fairlib.report.blocks import Block, Chapter, Column, Heading, Link, Links, Text, table
from fairlib.report.chapters.common import Context, not_computed
from fairlib.report.chapters.levels import level_means
from fairlib.report.results import executed_notebooks
from fairlib.report.words.estimators import Formula, estimators
from fairlib.report.words.locale import Voice
from fairlib.scoring.estimators.table import ESTIMATORS


def chapter(context: Context) -> Chapter:
    """Formulas in words and signs with their sources, for what this contest used."""
    say = context.say
    rounds = context.contest.rounds
    unused = estimators(say).keys() - {r.estimator for r in rounds}
    if not any(q.kind == "proportional" for r in rounds for q in r.select.quotas):
        unused |= {"quota"}
    blocks: list[Block] = []
    methods = _of_estimates(say) | _of_the_choice(say)
    grouped = {r.estimator for r in rounds if context.contest.levels(r.id)} & {
        n for n, e in ESTIMATORS.items() if e.has_levels
    }
    for name in grouped:
        methods[name] = _of_levels(say, methods[name])
    for name, (title, formula, words, source) in methods.items():
        if name in unused:
            continue
        blocks += [Heading(title), Text(formula, "formula"), Text(words), Text(source, "note")]
        if name == min(grouped, default=""):
            blocks += level_means(context)
    return Chapter("methods", say("Methods: formulas and sources"), tuple(blocks))


def _of_estimates(say: Voice) -> dict[str, Formula]:
    return {
        "composite": (
            say("Score of one juror"),
            "y = Σ w·x / Σ w",
            say("x: mark on a criterion, w: its weight. A missing mark is never a zero: where one is missing, marks "
                "are first taken from the mean of their criterion, so that a hard criterion left out is no gift."),
            "",
        ),
        **{name: said.formula for name, said in estimators(say).items() if said.formula},
        "icc": (
            "ICC(A,1), ICC(A,k)", "ICC(A,1) = σ_a² / (σ_a² + σ_b² + σ²)",
            say("The share of the variance of marks that comes from differences between submissions: of one reader, "
                "and of the mean of k readers."),
            "McGraw & Wong 1996; Putka et al. 2008; ten Hove et al. 2022",
        ),
        "alpha": (say("Krippendorff's alpha"), "α = 1 − Dₒ / Dₑ",
                  say("Observed disagreement beside that expected by chance; any pattern of missing marks."),
                  "Krippendorff 2011"),
    }  # fmt: skip


def _of_levels(say: Voice, plain: Formula) -> Formula:
    """The model of severity where nominations have levels of their own: in its formula μ is that of a group."""
    title, formula, words, source = plain
    told = say("μ: the level of the group of the submission. Levels of groups are drawn to each other as far as the "
               "marks say that groups differ little.")  # fmt: skip
    return (
        title,
        formula.replace("μ", "μ_g"),
        f"{told} {words}",
        f"{source}; Lindley & Smith 1972; Gelman 2006",
    )


def _of_the_choice(say: Voice) -> dict[str, Formula]:
    return {
        "quota": (say("Seats by nomination"), "q = S · n / N",
                  say("Each nomination gets the whole part of its share; seats left go to the largest remainders."),
                  "Hamilton 1792; Balinski & Young 1982"),
        "certainty": (
            say("Probability of being selected"), "P = #{d : i ∈ S(θ⁽ᵈ⁾)} / D",
            say("Effects are drawn many times from what the scores leave possible; each draw goes through the whole "
                "rule, and P is the share of draws in which the submission is selected. The second commission is "
                "simulated in the same way: new jurors, the same design, the same rule."),
            "Laird & Louis 1989; Heyard et al. 2022; Mogstad et al. 2024",
        ),
        "ranks": (
            say("Expected rank and rank sets"), "E[Rᵢ] = 1 + Σ P(θₖ > θᵢ)",
            say("A submission stands surely before another if their estimates differ by more than the largest "
                "difference, over all pairs, that chance makes in 95 of 100 draws. A rank set leaves out only places "
                "that are excluded so, and holds for all submissions at once."),
            "Laird & Louis 1989; Mogstad et al. 2024",
        ),
        "weights": (
            say("Under any weights"), "A = P_w(i ∈ S(Σ w·θ))",
            say("Weights of the criteria are drawn evenly from all that are possible; A is the share of them under "
                "which the rule selects the submission."),
            "Lahdelma, Hokkanen & Salminen 1998; Lahdelma & Salminen 2001",
        ),
        "rates": (
            say("Interval of a share"), "(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)",
            say("An interval for the share selected that holds for small groups too."), "Wilson 1927",
        ),
        "privacy": (
            say("What is not shown to the public"), "",
            say("Marks of single jurors, contacts and personal numbers are not published. Jurors have codes. A value "
                "from which a single mark would follow, also by subtraction, is withheld together with what would "
                "reveal it, and means at the ends of the scale are shown only up to five per cent of the scale "
                "from the end."),
            "Gusfield 1988; Hundepool et al. 2012",
        ),
    }  # fmt: skip


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
    words = {
        "inputs": say("Files that went in"),
        "versions": say("Versions"),
        "rules": say("Rules"),
        "notebooks": say("Notebooks"),
        "library": say("Library"),
        "year": say("Year"),
        "params": say("Rules file"),
    }
    return words.get(part, part.replace("_", " "))


def _page_name(path: Path, context: Context) -> str:
    """What an executed notebook does, and for which round."""
    say = context.say
    words = {
        "01_intake": say("From the files to the eligible submissions"),
        "02_scoring": say("From marks to estimates"),
        "03_selection": say("From estimates to decisions"),
    }
    rounds = {r.id: r.name[say.lang] for r in context.contest.rounds}
    told = words.get(path.stem, path.stem.replace("_", " "))
    return ": ".join(filter(None, [told, rounds.get(path.parent.name)]))


def _rows(value: object, at: str = "") -> list[tuple[str, str]]:
    """A nested value as pairs of a path and a text."""
    if isinstance(value, dict):
        return [row for k, v in value.items() for row in _rows(v, f"{at}.{k}" if at else str(k))]
    if isinstance(value, list):
        return [row for v in value for row in _rows(v, at)]
    return [(at, str(value))]
