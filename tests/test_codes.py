"""Every code that the library can write into a table has words, in every language."""

import ast
import re
from functools import cache
from itertools import chain, product
from pathlib import Path

import pytest
from report_fixture import rules_2021

import fairlib
from fairlib.contract import STATUSES
from fairlib.intake.findings import Remedy
from fairlib.intake.form.cleaning import ERRORS, QUIET, WARNINGS
from fairlib.intake.matching import WAYS
from fairlib.intake.sheets.usable import REASONS
from fairlib.report.words.codes import status_words, word
from fairlib.report.words.findings import done_words, finding_words, found_words
from fairlib.report.words.locale import speak
from fairlib.scoring import result
from fairlib.scoring.crossed import reml
from fairlib.scoring.crossed.groupings import STATUS as GROUPINGS
from fairlib.scoring.days import STATUS as DAYS
from fairlib.scoring.estimators import adjust
from fairlib.scoring.jurors import diagnose as jurors
from fairlib.scoring.jurors import sentences
from fairlib.selection.firm.moves import STATUS as LOTTERY
from fairlib.selection.firm.stability import STATUS as STABILITY
from fairlib.selection.firm.twin import STATUS as TWIN
from fairlib.selection.otherwise.neighbours import STATUS as OTHERS

LANGUAGES = ("kk", "ru", "en")
ROOT = Path(fairlib.__file__).parent
INTAKE = sorted((ROOT / "intake").rglob("*.py"))
CODE = re.compile(r"[a-z]+(_[a-z0-9]+)*")
NO_CODES = {  # words of these modules that are columns, ways, kinds, parts of a date and verdicts
    "missing", "scored", "recused", "abstained", "invalid", "value", "status", "code", "yes", "no", "none",
    "valid", "warn", "repairable", "unknown", "number", "verdict", "exact", "fuzzy", "alias", "town", "city",
    "village", "district", "region", "regions", "name", "coerce", "week", "digits", "minute", "second", "zone",
    "aceopxyi", "iso_in_2021_frame",
}  # fmt: skip


@cache
def parsed(path: Path) -> ast.Module:
    """A file of the library as a tree, read once."""
    return ast.parse(path.read_text("utf-8"))


@cache
def notes(path: Path) -> set[str]:
    """Codes of notes about a file: of `Note`, and of the pairs that a reader of text gives."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note":
            found |= strings(node.args[1]) if len(node.args) > 1 else set()
        if path.stem in ("delimited", "eightbit") and isinstance(node, ast.Tuple) and len(node.elts) == 2:
            found |= {s for s in strings(node.elts[0]) if CODE.fullmatch(s) and "_" in s}
    return found


def strings(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def returned(path: Path) -> set[str]:
    """Codes in the tuples that a reader of cells returns."""
    tree = parsed(path)
    found = chain.from_iterable(
        strings(n.value) for n in ast.walk(tree) if isinstance(n, ast.Return) and n.value
    )
    return {s for s in found if CODE.fullmatch(s) and len(s) > 3} - NO_CODES


CALLS = {"finding": 0, "at_mark": 1}  # where the code stands among the arguments
LISTS = {  # codes that a function is given by a table or a reader of cells, each walked by a test of its own
    "_tell": ERRORS | WARNINGS,
    "_tell_marks": {
        "off_scale", "decimal_comma", "date_for_mark", "not_a_mark", "percent", "percent_of_what", "in_words",
        "other_scale",
    },
    "_tell_rejected": set(REASONS),
    "_tell_ways": set(WAYS), "match_conflicts": set(WAYS), "told_juror": {*WAYS, "juror_by_name"},
    "_finding": {"marks_copied", "marks_are_means"},
    "at_mark": set(REASONS),  # it hands its caller's code on
    "read_visible": {n for p in INTAKE for n in notes(p)},
}  # fmt: skip


def said(node: ast.AST, scope: ast.AST) -> set[str]:
    """Every text that an expression can be, as far as its function says; what it fills in is a 7."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return said(node.body, scope) | said(node.orelse, scope)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):  # a text, or nothing
        return said(node.left, scope) | {""}
    if isinstance(node, ast.JoinedStr):
        parts = [said(v.value if isinstance(v, ast.FormattedValue) else v, scope) for v in node.values]
        return {"".join(whole) for whole in product(*parts)}
    if isinstance(node, ast.Name):
        return assigned(node.id, scope) or {"7"}
    return {"7"}


def assigned(name: str, scope: ast.AST) -> set[str]:
    """The texts that a function gives to a name, with what it puts at their end."""
    given, added = set(), {""}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            given |= said(node.value, scope)
        if isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == name:
            added |= said(node.value, scope)
        if isinstance(node, ast.For):
            given |= unpacked(name, node, scope)
    return {text + end for text in given for end in added}


def unpacked(name: str, loop: ast.For, scope: ast.AST) -> set[str]:
    """What a loop over a tuple that is written out gives to a name."""
    names = [getattr(e, "id", "") for e in getattr(loop.target, "elts", [loop.target])]
    if name not in names or not isinstance(loop.iter, (ast.Tuple, ast.List)):
        return set()
    at = names.index(name)
    return {t for row in loop.iter.elts for t in said(row.elts[at] if hasattr(row, "elts") else row, scope)}


@cache
def calls() -> list[tuple[str, set[str]]]:
    """Of every finding made in intake: where, and its codes."""
    found = []
    for path in INTAKE:
        for scope in ast.walk(parsed(path)):
            for node in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else ():
                if (at := CALLS.get(getattr(getattr(node, "func", None), "id", ""))) is None:
                    continue
                code = said(node.args[at], scope)
                written = LISTS.get(scope.name, set()) if code == {"7"} else code
                found.append((f"{path.name}:{node.lineno}", written))
    return found


FINDINGS = (
    ERRORS | WARNINGS | {c for call in calls() for c in call[1]} | {"off_scale", "nfc", "html", "spaces"}
) - QUIET
VALUES = {"what": "row-7", "n": 7, "why": "late", "perhaps": "row-7", "mine": "row-7", "nobody": "row-7"}
VALUES |= {"layout": "wide"}
DONE = {
    str(Remedy(kind, **{name: VALUES[name] for name in re.findall(r"{(\w+)}", way)}))
    for kind in Remedy.forms
    for way in Remedy.ways(kind)
}
STATUS = {
    *adjust.STATUS, *GROUPINGS,
    *result.REASONS, *reml.FIT_REASONS, *TWIN, *STABILITY, *LOTTERY, *DAYS, *OTHERS, *sentences._UNTOLD,
    *sentences._VERDICT, *jurors.ORDER, "too_few_jurors",
}  # fmt: skip
STATUS |= {"not_eligible", "no_estimate", "withheld", "no_line", "another_reader", "unstated", "no_marks"}


def given(module: str) -> set[str]:
    """Literal statuses: `status="…"` in calls, and what `verdicts` is told."""
    tree, found = parsed(ROOT / module), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "status":
            found |= {s for s in strings(node.value) if CODE.fullmatch(s)}
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "verdicts":
            for pair in node.args:
                if isinstance(pair, ast.Tuple):
                    found |= {s for s in strings(pair.elts[-1]) if CODE.fullmatch(s)}
    return found


MODULES = [
    p.relative_to(ROOT).as_posix()
    for d in ("scoring", "selection", "runs")
    for p in sorted((ROOT / d).rglob("*.py"))
]


def in_words(words: str, code: str, lang: str) -> bool:
    """Not the code itself; in Kazakh and Russian no English word is left."""
    return bool(words) and (lang == "en" or not re.search("[a-z]{3}", words))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", sorted(STATUS))
def test_every_status_has_words(code, lang):
    words = status_words(code, speak(lang))
    if code in ("ok", "tested"):
        assert words == ""
    else:
        assert in_words(words, code, lang)


@pytest.mark.parametrize("module", MODULES)
def test_every_status_given_on_the_spot_has_words(module):
    literal = given(module) - {"scored", "generalizability"}
    assert {c for c in literal if re.search("[a-z]{3}", status_words(c, speak("ru")))} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", sorted(FINDINGS))
def test_every_finding_has_words(code, lang):
    assert in_words(finding_words(code, speak(lang)), code, lang)


def test_every_code_is_written_out_or_in_a_list_that_is_walked():
    assert [where for where, codes in calls() if not codes or any("7" in code for code in codes)] == []
    assert {"set_aside", "conflict_unknown_juror", "id_twice", "error_cell", "stray_quotes"} <= FINDINGS


@pytest.mark.parametrize("lang", ("kk", "ru"))
@pytest.mark.parametrize("done", sorted(DONE))
def test_everything_done_has_words(done, lang):
    words = done_words(done, rules_2021().contest, speak(lang))
    assert words and not re.search("[a-z]{3}", words.replace("row-7", ""))


READERS = ["cells/values", "cells/dates", "cells/contacts", "cells/identifiers", "places/regions"]


@pytest.mark.parametrize("path", READERS)
def test_every_code_of_a_reader_of_cells_has_words(path):
    codes = returned(ROOT / "intake" / f"{path}.py")
    other = {
        "alias",
        "town",
        "city",
        "village",
        "district",
        "region",
        "unit",
        "name",
        "coerce",
        "week",
        "digits",
    }
    assert {c for c in codes - other if finding_words(c, speak("ru")) == c.replace("_", " ")} == set()


def test_levels_and_what_was_done():
    contest, say = rules_2021().contest, speak("ru")
    assert {word("severity", s, say) for s in ("error", "warning", "info")}.isdisjoint(
        {"error", "warning", "info"}
    )
    for done in ("no value", "repaired", "not used", "look at it", "left out", "read as recused", "5 mark(s) left out",
                 "called row-7", "taken as openness", "counted for 21-0001", "it has no estimate"):  # fmt: skip
        assert not re.search("[a-z]{4}", done_words(done, contest, say).replace("row-7", "")), done
    assert done_words("read as KZ-11", contest, speak("en")) == "read as: KZ-11"
    assert done_words("something else", contest, say) == "something else"
    assert (
        found_words("perhaps_resent", "21-0001 and 21-0002, titles 92 % alike", speak("en"))
        == "21-0001 and 21-0002, titles alike: 92%"
    )
    assert found_words("spaces", float("nan"), say) == ""
    assert found_words("spaces", "3 row(s)", say) == "3 row(s)", "what somebody typed is told as it is"
    for code, found in {
        "formula_without_value": "=B2+1 (3 cells in this column)",
        "column_without_heading": "7 (3 cells in this column)",
        "perhaps_resent": "A and B, titles 92 % alike, organisations by name",
        "seats_over_submissions": "seats: 7, eligible: 5",
        "sheet_hidden": "3 row(s)",
        "stray_quotes": "quotation marks inside a cell, first at line 3",
    }.items():
        assert not re.search("[a-z]{3}", found_words(code, found, say)), found


def test_statuses_of_marks_are_known():
    assert set(STATUSES) == {"scored", "recused", "abstained", "missing", "invalid"}
