"""What is said of one contest told both ways: pages, letters and the workbook, word by word and number by number."""

import re
from functools import lru_cache

import pandas as pd
from mirror import Told

from fairlib.report.chapters.common import Context
from fairlib.report.chapters.write import write_report
from fairlib.report.set.sheets import sheets
from fairlib.report.words.locale import speak

NUMBER = re.compile(r"(?<![\w.,])[+−-]?\d+(?:[.,]\d+)?")
SUM = "In this sum estimates are turned round, so that high is best."
AND_SUM = "the same, and SUM"
DIRECTIONS = [
    ("Never selected below: {what} {least}.", "Never selected above: {what} {most}."),
    ("Below the threshold: {what} – {found}, needed: {least}.",
     "Above the threshold: {what} – {found}, needed: {least}."),
    ("Not where all of them are below: {mark}.", "Not where all of them are above: {mark}."),
    ("Severity above zero means marks lower than other jurors give the same submissions. The estimates take it out.",
     "Severity above zero means marks higher than other jurors give the same submissions, for low is best. The "
     "estimates take it out."),
    ("Above zero: marks lower than others give the same submissions.",
     "Above zero: marks higher than others give the same submissions; low is best."),
    ("nobody below the middle of the scale: {mark}", "nobody above the middle of the scale: {mark}"),
    ("Points above the lowest selected estimate of its group: {points}.",
     "Points below the highest selected estimate of its group: {points}."),
    ("Points above the lowest selected estimate: {points}.",
     "Points below the highest selected estimate: {points}."),
    ("Score, {low} to {high}", "Score, {low} to {high}; low is best: {low} is the best mark"),
    ("The sum of estimates without the rule less the sum with it.", AND_SUM),
    ("Points: the sum of estimates without the rule less the sum with it; below zero where the rule adds places.",
     AND_SUM),
]  # fmt: skip


class Reader:
    """Compares texts of the two contests in one language."""

    def __init__(self, lang: str, low: float, high: float):
        self.say, self.total = speak(lang), low + high
        self.turns = [self._turn(a, b) for a, b in DIRECTIONS]

    def _turn(self, high: str, low: str) -> tuple[re.Pattern, str]:
        spoken, after = (
            self.say(high),
            self.say(low) if low != AND_SUM else f"{self.say(high)} {self.say(SUM)}",
        )
        parts = re.split(r"\{(\w+)\}", spoken)
        pattern = "".join(
            re.escape(p) if k % 2 == 0 else f"(?P<{_same(p)}>[^;|]+?)" for k, p in enumerate(parts)
        )
        back = re.sub(r"\{(\w+)\}", lambda m: rf"\g<{_same(m[1])}>", after)
        return re.compile(pattern + ("$" if parts[-1] == "" else "")), back

    def text(self, a: str, b: str, kind: str, where: str) -> None:
        """The same words; numbers by `kind`: `same`, `mark`, `gap`, a `range` of either, `told` (same or mirrored)."""
        for pattern, back in self.turns:
            a = pattern.sub(back, a)
        first, second = NUMBER.findall(a), NUMBER.findall(b)
        if kind == "told":
            a, b = (re.sub(r" [<>] ", " ≶ ", x) for x in (a, b))
        if kind in ("range", "gap range") and len(first) == 2:
            first = first[::-1]
        assert _skeleton(a) == _skeleton(b), f"{where}: {a!r} became {b!r}"
        for x, y in zip(first, second, strict=True):
            assert self._agree(x, y, kind), f"{where}, {kind}: {x} became {y} in {a!r}, {b!r}"

    def _agree(self, x: str, y: str, kind: str) -> bool:
        a, b = (float(t.replace("−", "-").replace(",", ".")) for t in (x, y))
        unit = 10.0 ** -len(re.sub(r"^[^.,]*[.,]?", "", x)) * 1.001
        same = abs(a - b) <= 1e-9
        mirrored = abs(a + b - self.total) <= unit
        turned = abs(a + b) <= unit
        return {"same": same, "mark": mirrored, "range": mirrored, "gap": turned, "gap range": turned,
                "told": same or mirrored, "case": same or mirrored or turned}[kind]  # fmt: skip


_reader = lru_cache(Reader)


def _same(name: str) -> str:
    return "mark" if name in ("least", "most") else name  # one message calls it so, its counterpart so


def _skeleton(text: str) -> str:
    """The words of a text; how the two ends of an interval are set depends on their signs."""
    return re.sub(r"#(?:–|\xa0… )#", "#~#", NUMBER.sub("#", text))


# what the columns of pages hold, by the table's id and the column's heading; all others are the same
TABLES = {
    r"ranking-": {"Estimate": "mark", "95 % interval": "range"},
    r"decisions-": {"Raw mean": "mark", "Estimate": "mark", "Decision": "told"},
    r"criteria-": {"Worth": "mark", "Reach": "mark", "Marks by juror": "mark"},
    r"slopes-": {"Raw mean": "mark", "Estimate": "mark"},
    r"marks-": {"Mean": "mark", "Range": "range"},
    r"levels-": {"Difference, points": "gap"},
    r"level-means-": {"Level, points": "mark"},
    r"profiles-": {"Selected": "mark", "Others": "mark", "Difference": "gap"},
    r"costs-": {"Rule": "told"},
    r"displaced-": {"Estimate": "mark", "Reason": "told"},
    r"others-.*-data": {"Estimate before": "mark", "Estimate after": "mark"},
    r"others-": {"Mean estimate": "mark"},
    r"days-": {"Effect, points": "gap", "95 % interval": "gap range"},
    r"discuss-": {"What speaks for it": "case", "What speaks against it": "case"},
    r"another-": {"Lowest": "mark", "Highest": "mark"},
    r"open-|ties-|unranked-": {"Reason": "told", "Estimate": "mark"},
    r"score-": {"Estimate": "mark", "95 % interval": "range"},
    r"signals-": {"About": "told"},
    r"published|ours|rules|silent": {"Rule": "told", "Value": "told"},
}  # fmt: skip
SHEETS = {"Estimate": "mark", "Interval from": "mark", "Interval to": "mark", "Raw mean": "mark", "Raw median": "mark",
          "Worth": "mark", "Reach": "mark", "Mean mark": "mark", "Mean estimate": "mark", "Reason": "told",
          "Rule": "told", "Value": "told", "Difference, points": "gap"}  # fmt: skip


def compare_report(high: Told, low: Told, lang: str, ends: tuple[float, float]) -> None:
    """Every page of both audiences, block by block, and every sheet of the workbook."""
    reader = _reader(lang, *ends)
    for audience in ("internal", "public"):
        seen = [getattr(t, audience) for t in (high, low)]
        a, b = (write_report(results, lang, audience) for results in seen)
        assert [(c.id, c.title) for c in a.chapters] == [(c.id, c.title) for c in b.chapters]
        _blocks(list(a.blocks()), list(b.blocks()), reader, audience)
        _sheets(*(sheets(Context(results, speak(lang), audience)) for results in seen), reader, audience)


def compare_letters(high: Told, low: Told, ends: tuple[float, float]) -> None:
    """Every letter, in the language it was written in."""
    a, b = high.letters, low.letters
    assert [(x.submission, x.lang, x.heading) for x in a] == [(x.submission, x.lang, x.heading) for x in b]
    for x, y in zip(a, b, strict=True):
        _blocks(list(x.blocks), list(y.blocks), _reader(x.lang, *ends), f"letter {x.submission}")


def _blocks(a: list, b: list, reader: Reader, where: str) -> None:
    assert [x.kind for x in a] == [x.kind for x in b], where
    for x, y in zip(a, b, strict=True):
        if x.kind in ("picture", "table"):
            _table(x, y, reader, where)
        elif x.kind == "rule":
            reader.text(x.text, y.text, "told", where)
            reader.text(x.value, y.value, "told", where)
        elif x.kind == "numbers":
            for m, n in zip(x.items, y.items, strict=True):
                reader.text(f"{m.value} {m.label} {m.note}", f"{n.value} {n.label} {n.note}", "same", where)
        elif x.kind in ("text", "heading"):
            told = [
                re.sub(r"(?<=--data )\S+", "DATA", t.text) for t in (x, y)
            ]  # each contest lies in its own folder
            reader.text(*told, _kind_of_text(x.text, reader.say), where)
        elif x.kind == "twin":
            reader.text(f"{x.headline} {x.text} {x.dots}", f"{y.headline} {y.text} {y.dots}", "same", where)


def _kind_of_text(text: str, say) -> str:
    """Sentences that tell a mark: of reasons and the line; and of criteria, which tell differences of marks."""
    compared = ("Difference with", "The mean estimate of the group")
    if any(
        _starts(text, f"Places over all groups hang on how the groups compare. {t}", say) for t in compared
    ):
        return "case"  # the difference is turned, its half width is not
    if _starts(text, "Strongest criterion against the mean of all submissions of the round: {best}.", say):
        return "gap"
    told = ("Points missing to the line: {points}; the line lies at: {line}.", "The project was not selected",
            "The project was selected", "The project is on the reserve list")  # fmt: skip
    return "told" if any(_starts(text, t, say) for t in told) else "same"


def _starts(text: str, message: str, say) -> bool:
    known = next((m for m in say.messages if m.startswith(message)), message)
    return text.startswith(re.split(r"[:{;]", say(known))[0])


def _table(a, b, reader: Reader, where: str) -> None:
    where = f"{where}, {a.id}"
    reader.text(a.caption, b.caption, "same", where)
    if a.kind == "picture":
        reader.text(a.alt, b.alt, "mark" if a.id.startswith("profiles") else "same", where)
        a, b = a.data, b.data
    reader.text(a.note, b.note, "same", where)
    assert [c.label for c in a.columns] == [c.label for c in b.columns], where
    kinds = next((k for pattern, k in TABLES.items() if re.match(pattern, a.id)), {})
    spoken = {reader.say(k): v for k, v in kinds.items()}
    assert len(a.rows) == len(b.rows), where
    for x, y in zip(a.rows, b.rows, strict=True):
        y = _turned_row(y) if a.id.startswith("another-") else y
        for column, m, n in zip(a.columns, x, y, strict=True):
            kind = spoken.get(column.label, "same")
            at = f"{where}, {column.label}"
            reader.text(m.text, n.text, "mark" if kind == "told" and m.sort is not None else kind, at)
            reader.text(m.under, n.under, "range" if kind == "mark" else kind, at)
            assert m.badge == n.badge, at


def _turned_row(row: tuple) -> tuple:
    """Lowest, its juror, highest and its juror, where the lowest is the best."""
    return (*row[:2], row[4], row[5], row[2], row[3], *row[6:])


def _sheets(a: list, b: list, reader: Reader, where: str) -> None:
    assert [s.name for s in a] == [s.name for s in b], where
    spoken = {reader.say(k): v for k, v in SHEETS.items()}
    jurors = reader.say("Jurors")
    for s, t in zip(a, b, strict=True):
        columns = {c.label: c for c in t.columns}
        assert [c.label for c in s.columns] == list(columns), where
        for c in s.columns:
            ends = {reader.say("Interval from"): reader.say("Interval to")}
            ends |= {v: k for k, v in ends.items()}
            own = s.name.endswith(jurors) and c.label in ends
            other = columns[c.label if own else ends.get(c.label, c.label)]
            reader.text(c.meaning, columns[c.label].meaning, "same", where)
            kind = "same" if own else spoken.get(c.label, "same")
            for x, y in zip(c.values, other.values, strict=True):
                at = f"{where}, {s.name}, {c.label}"
                _value(x, y, kind, reader, at)


def _value(x, y, kind: str, reader: Reader, where: str) -> None:
    if isinstance(x, str) or x is None or pd.isna(x):
        told = _kind_of_text(str(x), reader.say)
        kind = told if told != "same" else kind
        reader.text(str(x), str(y), kind, where)
    else:
        expected = reader.total - x if kind == "mark" else -x if kind == "gap" else x
        assert abs(float(y) - float(expected)) < 0.101 if kind == "mark" else abs(y - expected) < 1e-6, where
