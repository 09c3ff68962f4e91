"""The report says what the tables say, in every language and format, whatever was typed into a form."""

import json
import re
import shutil
from functools import cache
from html.parser import HTMLParser
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from pypdf import PdfReader
from report_fixture import ROOT, build_run, rules_2021

from fairlib.errors import DataError
from fairlib.params import check_params, list_ours, read_params
from fairlib.report import render
from fairlib.report.chapters.write import write_report
from fairlib.report.letters.letter import LetterPress, letter_html, write_letters
from fairlib.report.public.privacy import for_public
from fairlib.report.results import read_results
from fairlib.report.set.workbook import to_workbook
from fairlib.report.words.codes import word
from fairlib.report.words.locale import speak
from fairlib.report.words.reasons import bare_reason, reason_sentence
from fairlib.report.words.rules import Quoter

pytestmark = pytest.mark.slow

LANGUAGES = ("kk", "ru", "en")
HOSTILE = [
    '<script>alert(1)</script><img src="x" onerror="alert(2)">',
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    '#let x = 1; #read("/etc/passwd") $x^2$ *bold* _it_ `code` <label> @ref \\ // /*',
    '=HYPERLINK("http://example.org","x")',
    "+cmd|' /C calc'!A0",
    "\u202eтерс жазу\u202c \u2067rtl\u2069 \u200f",
    "Ұ" * 5000,
    "Балабақша 🧒🏽🌍 👩‍👩‍👧",
    '"; DROP TABLE submissions; --',
    "</table></main></body></html>",
]


class Outline(HTMLParser):
    """Headings, ids, hrefs and the cells of tables of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.headings, self.ids, self.links, self.tags, self.lang = [], [], [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "html":
            self.lang = found["lang"]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A run of 60 submissions, hostile titles among them, rendered in all languages."""
    rules = rules_2021()
    run = build_run(tmp_path_factory.mktemp("run") / "2021", rules, n=60)
    path = run / "intake" / "submissions.csv"
    table = pd.read_csv(path, dtype=str)
    table.loc[: len(HOSTILE) - 1, "title"] = HOSTILE
    table.loc[: len(HOSTILE) - 1, "consent"] = "True"
    table.loc[: len(HOSTILE) - 1, "organisation"] = HOSTILE
    table.to_csv(path, index=False)
    (run / "basis.json").write_text(
        json.dumps({"rules": "ab" * 32, "inputs": {"expert_Ахметова.xlsx": "cd" * 32}})
    )
    paths = render(run, rules, run / "report")
    return run, rules, paths


@pytest.fixture(scope="session")
def results(made):
    return read_results(made[0], made[1])


@pytest.fixture(scope="session")
def written(results):
    """The report by language and audience, each written once."""
    seen = {"internal": results, "public": for_public(results)}
    return cache(lambda lang, audience: write_report(seen[audience], lang, audience))


@pytest.fixture(scope="session")
def letters(results):
    """The letters by submission."""
    return {x.submission: x for x in write_letters(results)}


def test_everything_promised_is_there(made):
    run, _, paths = made
    out = run / "report"
    assert all(p.is_file() for p in paths)
    names = {str(p.relative_to(out)) for p in paths}
    for lang in LANGUAGES:
        for audience in ("public", "internal"):
            assert {f"{audience}/{lang}.html", f"{audience}/{lang}.pdf"} <= names
    assert {"results.xlsx", "public/results.xlsx"} <= names
    assert sum(n.startswith("letters/") for n in names) == 2 * 60


def test_two_runs_and_any_number_of_workers_give_the_same_bytes(made, tmp_path):
    run, rules, _ = made
    again = render(run, rules, tmp_path, workers=1)
    first = {p: run / "report" / p.relative_to(tmp_path) for p in again}
    assert len(again) > 100
    assert [p.name for p, q in first.items() if p.read_bytes() != q.read_bytes()] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("audience", ["public", "internal"])
def test_pages_are_whole_and_load_nothing(made, lang, audience):
    page = (made[0] / "report" / audience / f"{lang}.html").read_text("utf-8")
    outline = Outline(page)
    assert outline.lang == lang
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))
    for tag, attrs in outline.tags:
        for name in ("src", "href", "xlink:href"):
            target = attrs.get(name) or ""
            assert (
                target.startswith(("#", "data:")) or target in {f"{x}.html" for x in LANGUAGES} or not target
            )
        if tag == "svg":
            assert attrs["role"] == "img"
            assert attrs["aria-label"]
    assert {x[1:] for x in outline.links if x.startswith("#")} <= set(outline.ids)
    assert len(page.encode()) < 3_000_000
    assert (
        speak(lang)("Synthetic data: scores, people and organisations in this report are invented.") in page
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_table_has_a_caption_and_scopes(made, lang):
    tags = Outline((made[0] / "report" / "public" / f"{lang}.html").read_text("utf-8")).tags
    assert sum(t == "table" for t, _ in tags) == sum(t == "caption" for t, _ in tags) > 10
    assert all(a.get("scope") in ("col", "row") for t, a in tags if t == "th")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile_text_is_shown_as_text(made, lang):
    page = (made[0] / "report" / "internal" / f"{lang}.html").read_text("utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page
    assert page.count("</main>") == page.count("<script>") == 1
    assert not set("\u202e\u2067\u200f") & set(page)
    assert not [a for _, a in Outline(page).tags for name in a if name.startswith("on")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pdf_is_tagged_titled_and_complete(made, results, lang):
    reader = PdfReader(made[0] / "report" / "public" / f"{lang}.pdf")
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == lang
    assert results.contest.name[lang] in reader.metadata.title
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert len(reader.outline) >= 8
    assert all(round(float(p.mediabox.width) / 72 * 25.4) in (210, 297) for p in reader.pages)
    text = "".join("".join(p.extract_text().split()) for p in reader.pages)
    for stage in results.rounds:
        chosen = results.joined(stage)
        plain = chosen[(chosen["decision"] == "selected") & ~chosen["title"].isin(HOSTILE)]
        assert [t for t in plain["title"] if "".join(t.split()) not in text] == []


def cells(report, table_id):
    """Texts of a table of the report, a list a row."""
    for block in report.blocks():
        found = getattr(block, "data", block)
        if getattr(found, "id", None) == table_id:
            return [[c.text for c in row] for row in found.rows]
    raise AssertionError(f"no table {table_id}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_numbers_equal_the_tables_they_come_from(results, written, lang):
    say, report = speak(lang), written(lang, "internal")
    for stage in results.rounds:
        joined = results.joined(stage)
        rows = cells(report, f"decisions-{stage.id}")
        assert len(rows) == len(stage.decisions)
        for row, (_, truth) in zip(rows, joined.iterrows(), strict=True):
            assert row[0] == say.number(truth["rank"])
            assert row[2] == say.number(truth["raw_mean"], 2)
            assert row[3] == say.number(truth["estimate"], 2)
            assert row[4] == say.chance(truth["p_selected"])
        severity = cells(report, f"severity-{stage.id}-data")
        assert [r[1] for r in severity] == [say.signed(x, 2) for x in stage.jurors["severity"]]
        found = cells(report, f"consistency-{stage.id}")
        assert [r[1] for r in found if r[1] != say("not computed")] == [
            say.number(x, 2) for x in stage.consistency["value"].dropna()
        ]
    funnel = [r[1] for r in cells(report, "funnel-data")]
    counts = [len(results.submissions) + len(results.set_aside), len(results.submissions)]
    counts.append(int((results.submissions["eligible"].str.lower() == "true").sum()))
    counts += [int((s.decisions["decision"] == "selected").sum()) for s in results.rounds]
    assert funnel == [say.number(n) for n in counts]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_published_counts_of_2021_appear(tmp_path, lang):
    rules = rules_2021()
    run = build_run(tmp_path, rules)
    report = write_report(for_public(read_results(run, rules)), lang, "public")
    assert [n.value for n in report.front[0].items][:4] == ["221", "3", "17", "50"]
    found = [r[2] for r in cells(report, "nominations")]
    assert found == ["112", "43", "66"]
    assert [row[3] for row in cells(report, "announced")] == [speak(lang)("yes")] * 5


@pytest.mark.parametrize("lang", LANGUAGES)
def test_how_firm_the_choice_is(results, written, lang):
    say, report = speak(lang), written(lang, "internal")
    for stage in results.rounds:
        kinds = stage.stability.dropna(subset=["n_changes"]).groupby("kind", sort=False)["n_changes"]
        found = cells(report, f"stability-{stage.id}")
        assert [r[1] for r in found] == [say.number(n) for n in kinds.size()]
        assert [r[4] for r in found] == [say.number(n) for n in kinds.max()]
        assert [r[1] for r in cells(report, f"compared-{stage.id}")] == [
            say.number(x, 2) for x in stage.compared["rmse"]
        ]
        assert [r[1] for r in cells(report, f"days-{stage.id}")] == [
            say.signed(x, 2) for x in stage.days["points"]
        ]
        assert [r[2] for r in cells(report, f"ways-{stage.id}")] == [
            say.number(x, 1) for x in stage.at_the_line["rightly_chosen"]
        ]
    last = results.rounds[-1]
    out = results.joined(last).dropna(subset=["displaced_by"])
    (row,) = cells(report, f"displaced-{last.id}")
    assert row[0] == say.number(out["rank"].iloc[0])
    assert report.front[0].items[-2].value == "2"  # days of the last round, before the money


def test_public_record_does_not_name_score_files(made):
    assert "Ахметова" not in (made[0] / "report" / "public" / "kk.html").read_text("utf-8")
    assert "Ахметова" in (made[0] / "report" / "internal" / "kk.html").read_text("utf-8")


@pytest.mark.parametrize(
    "missing", ["jurors", "consistency", "design", "certainty", "estimates", "ratings", "comments"]
)
def test_what_was_not_computed_is_said_not_guessed(made, tmp_path, missing):
    run, rules, _ = made
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("report"))
    for stage in rules.contest.rounds:
        (copy / stage.id / f"{missing}.csv").unlink()
    results = read_results(copy, rules)
    for audience, seen in (("public", for_public(results)), ("internal", results)):
        report = write_report(seen, "en", audience)
        texts = [getattr(b, "text", "") for b in report.blocks()]
        if missing in ("jurors", "consistency", "design"):
            assert any(t.startswith("Not computed in this run") for t in texts)
        assert not any("nan" in t.lower().split() for t in texts)


def test_before_the_first_decision_there_is_a_report_of_the_intake(made, tmp_path):
    run, rules, _ = made
    shutil.copytree(run / "intake", tmp_path / "intake")
    paths = render(tmp_path, rules, workers=1, languages=("en",))
    assert "No round has been decided yet." in (tmp_path / "report" / "public" / "en.html").read_text("utf-8")
    assert not [p for p in paths if "letters" in str(p)]


def test_no_intake_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(DataError, match="fairlib run"):
        render(tmp_path, rules_2021())


def contest(rounds: int, nominations: bool):
    stages = [
        {
            "id": f"r{k}",
            "name": f"stage {k}",
            "scores": {"files": "x.csv", "layout": "long"},
            "scale": {"min": 0, "max": 20, "step": 0.5},
            "select": {"seats": 12 - 2 * k},
        }
        for k in range(rounds)
    ]
    parts = {"nominations": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]} if nominations else {}
    rules = {"name": "Small", "data": "d", "seed": 1, "submissions": {"file": "s.csv"}, "rounds": stages}
    return check_params(
        {"year": 2030, "contest": rules | parts | {"criteria": [{"id": "social_impact", "name": "S"}]}}
    )


@pytest.mark.parametrize("rounds", [1, 4])
@pytest.mark.parametrize("nominations", [True, False])
def test_other_contests_are_told_too(tmp_path, rounds, nominations):
    rules = contest(rounds, nominations)
    run = build_run(tmp_path, rules, n=30)
    results = read_results(run, rules)
    for lang in LANGUAGES:
        report = write_report(for_public(results), lang, "public")
        assert sum(c.id.startswith("ranking-") for c in report.chapters) == rounds
        assert ("nominations" in [getattr(b, "id", "") for b in report.blocks()]) == nominations
        assert report.synthetic == ""


REASONS = {
    "rank": "By rank.",
    "rank:7.1<7.345678 in nomination=legal": (
        "By rank in its group (nomination No.\xa02): estimate 7.1, the line: 7.35."
    ),
    "quota:nomination=legal 6.2<6.4; tie:social_impact 8.2>8.0": (
        "By the quota (this group keeps places of its own: nomination No.\xa02): estimate 6.2, that of the one "
        "with which it changed places: 6.4. "
        "Equal estimates, settled by: social impact (8.2 > 8.0)."
    ),
    "tie_refused:rank 50 among 3": "Equal estimates that no rule settles; place: 50, submissions: 3.",
    "threshold:estimate 4.1<5": "Below the threshold: estimate – 4.1, needed: 5.",
    "threshold:openness missing<5": "Below the threshold: informational openness of the NPO – not computed, needed: 5.",
    "budget:3000000>1500000": "The budget does not reach; needed: 3,000,000\xa0₸, left: 1,500,000\xa0₸.",
    "ineligible:bin_valid;consent": (
        "Not eligible, what is missing: a valid business identification number (BIN), consent to publication."
    ),
    "per_organisation:organisation=081240993030 2>=2": (
        "The organisation already has as many selected as the rules allow. Allowed: 2."
    ),
    "tie:earlier 2021-02-05T10:00:00+06:00<2021-02-06T10:00:00+06:00": (
        "Equal estimates, settled by: earlier submission (2021-02-05 10:00:00 < 2021-02-06 10:00:00)."
    ),
    "tie:social_impact missing against 8.2": "Equal estimates, settled by: social impact (missing / 8.2).",
    "tie:draw 5919f2<afd740": "Equal estimates, settled by: draw by a published seed.",
    "no_estimate:no_marks": "No juror marked it, so it has no place in the ranking.",
    "budget:kept 3000000<=4000000": (
        "What is left of the budget is kept for what the quotas promise; "
        "needed: 3,000,000\xa0₸, left: 4,000,000\xa0₸."
    ),
    "draw:place 3 of 20": "By the draw with the published seed. Place in the draw: 3; took part: 20.",
    "manual:selected by A. Board on 2021-04-01: agreed; minutes 7; rule: reserve, rank:7.1<7.3": (
        "Decided by people (A. Board, 1 April 2021), with the reason given: agreed; minutes 7. "
        "By the rule alone: reserve. By rank: estimate 7.1, the line: 7.3."
    ),
    "reserve:2; rank": "Place on the reserve list: 2. By rank.",
    "something:new": "By the rule with the code: something:new.",
    "": "",
}


@pytest.mark.parametrize("code", REASONS)
def test_reasons_in_words(code):
    assert reason_sentence(code, rules_2021().contest, speak("en")) == REASONS[code]


def test_public_reasons_hold_no_means_of_criteria():
    assert bare_reason("tie:social_impact 8.2>8.0", keep=("rank",)) == "tie:social_impact"
    assert bare_reason("per_organisation:organisation=081240993030 2>=2") == "per_organisation"
    by_people = "manual:selected by A on 2021-04-01: why; rule: reserve, tie:social_impact 8.2>8.0"
    assert bare_reason(by_people).endswith("rule: reserve, tie:social_impact")


def test_workbook_keeps_text_as_text(made):
    book = openpyxl.load_workbook(made[0] / "report" / "results.xlsx")
    every = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c for c in every if c.data_type == "f"]
    texts = {c.value for c in every if isinstance(c.value, str)}
    assert {HOSTILE[3], HOSTILE[4]} <= texts
    assert book.properties.created.year == 2021
    assert all(t.autoFilter.ref == t.ref for sheet in book for t in sheet.tables.values())
    assert all(len(sheet.tables) == 1 and sheet.freeze_panes for sheet in book)
    assert {c.quotePrefix for c in every if c.value in HOSTILE[3:5]} == {True}
    decisions = book.worksheets[1]
    assert decisions.max_row - 1 == 60


def columns_of(sheet):
    """Values of a sheet of a workbook by their headings."""
    heads, *rows = sheet.iter_rows(values_only=True)
    return {h: [r[k] for r in rows] for k, h in enumerate(heads)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_workbook_holds_the_numbers_of_the_tables(results, lang):
    say = speak(lang)
    book = openpyxl.load_workbook(BytesIO(to_workbook(results, lang, "internal")))
    stage = results.rounds[0]
    joined = results.joined(stage)
    found = columns_of(book.worksheets[1])
    for label, name in (("Rank", "rank"), ("Estimate", "estimate"), ("Expected rank", "expected_rank"),
                        ("True place from", "rank_low"), ("True place to", "rank_high"),
                        ("Rank set from", "set_low"), ("Rank set to", "set_high"), ("Interval from", "low"),
                        ("Interval to", "high")):  # fmt: skip
        told = pd.Series(found[say(label)], dtype=float)
        pd.testing.assert_series_equal(told, joined[name], check_names=False)
    inside = joined["decision"] != "not_eligible"
    assert found[say("Probability")][:3] == joined["p_selected"].tolist()[:3]
    assert all(p is None for p, here in zip(found[say("Probability")], inside, strict=True) if not here)
    assert set(found[say("Firmness")]) <= {say("certain"), say("open band"), say("certainly not"), None}
    assert [r for r in found[say("Reason")] if re.search(r"\w+:\w+=", r or "")] == []
    tied = [n for n, g in zip(found[say("Submission")], found[say("Tie group")], strict=True) if g == 1]
    assert tied == sorted(stage.ties["submissions"].iloc[0].split(", "), key=tied.index)
    scores = columns_of(book.worksheets[2])
    assert scores[say("Raw mean")] == joined.dropna(subset=["n_jurors"])["raw_mean"].tolist()
    jurors = columns_of(book.worksheets[3])
    assert jurors[say("Severity, points")] == stage.jurors["severity"].tolist()
    told = {
        label
        for s in book.worksheets[-1].iter_rows(min_row=2, max_col=2, values_only=True)
        for label in s[1:]
    }
    heads = {c.value for s in book.worksheets[1:-1] for c in s[1]}
    assert heads - told == set()


def test_every_sheet_of_the_public_workbook_is_free_of_what_is_private(results):
    book = openpyxl.load_workbook(BytesIO(to_workbook(for_public(results), "en", "public")))
    names = [s.title for s in book]
    assert not any("Findings" in n for n in names)
    heads = {c.value for s in book for c in s[1]}
    assert heads.isdisjoint(
        {"Disagreement", "Raw median", "Under any weights", "Costs, points", "Points missing"}
    )
    texts = " ".join(str(c.value) for s in book for row in s.iter_rows() for c in row if c.value)
    assert "Сарапшы" not in texts
    assert not re.search(r"nan\b", texts)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_rules_cost_and_what_others_would_have_chosen(results, written, lang):
    say, inside, outside = speak(lang), written(lang, "internal"), written(lang, "public")
    for stage in results.rounds:
        costs = cells(inside, f"costs-{stage.id}")
        assert [r[1] for r in costs] == [say.number(n) for n in stage.rule_costs["n"]]
        assert [r[-1] for r in costs] == [say.signed(p, 2) for p in stage.rule_costs["points"]]
        others = cells(inside, f"others-{stage.id}")
        known = stage.other_rules["status"] == "ok"
        assert [r[2] for r, ok in zip(others, known, strict=True) if ok] == [
            say.number(n) for n in stage.other_rules["n"].dropna()
        ]
        assert [r[-1] for r, ok in zip(others, known, strict=True) if ok] == [
            say.number(m, 2) for m in stage.other_rules["mean_estimate"].dropna()
        ]
        assert not any(re.search("[a-z]+_[a-z]+", c) for row in costs + others for c in row)
        moved = stage.other_ranks[stage.other_ranks["change"].notna()]
        assert sorted(r[3] for r in cells(inside, f"others-{stage.id}-data")) == sorted(
            say.number(n) for n in moved["rank_before"]
        )
        assert all(len(r) == 3 for r in cells(outside, f"others-{stage.id}"))
        assert not any(getattr(b, "id", "") == f"others-{stage.id}-figure" for b in outside.blocks())


@pytest.mark.parametrize("year", ["2020", "2021", "2023"])
def test_every_value_that_is_ours_is_told_with_its_rule(year):
    rules = read_params(ROOT / "params" / f"{year}.yaml")
    for lang in LANGUAGES:
        quoted = Quoter(rules.contest, speak(lang)).every()
        for o in list_ours(rules):
            told = [r for r in quoted if r.ours and (r.key == o.key or o.key.startswith(r.key + ".")
                                                     or r.key.startswith(o.key + "."))]  # fmt: skip
            assert told, o.key
            assert all(r.text for r in told)


def test_what_nobody_wrote_down_is_told_too(results):
    report = write_report(results, "en", "public")
    keys = {row[2] for row in cells(report, "defaults")}
    assert {"submissions.test_words", "rounds.fair.select.certainty", "rounds.fair.select.line"} <= keys
    assert not any(row[0] == "–" for row in cells(report, "ours"))


def letter_text(letter):
    """All that a letter says, tables too."""
    parts = []
    for b in letter.blocks:
        if b.kind == "table":
            parts += [f"{c.label}: {v.text}" for c, v in zip(b.columns, b.rows[0], strict=True)]
        else:
            parts.append(b.text)
    return "\n".join(parts)


def test_letters_say_what_they_must(results, letters):
    stage, last = results.rounds
    first, fair = results.joined(stage), results.joined(last)
    for row in first[first["decision"].isin(["reserve", "not_selected"])].itertuples():
        letter, say = letters[row.submission], speak(letters[row.submission].lang)
        told = letter_text(letter)
        assert f"{say('Rank')}: {say.number(row.rank)} / " in told
        assert say.interval(row.low, row.high, 2) in told
        assert f": {say.chance(row.p_selected)}." in told
        assert say("In the report that is called: {band}.", band=word("band", row.band, say)) in told
        assert (
            say(
                "All decisions with their rules stand in the public report. Marks are not published; whoever is given "
                "the files of the contest can compute the same decisions again."
            )
            in told
        )
    for row in first[first["decision"] == "not_eligible"].itertuples():
        say = speak(letters[row.submission].lang)
        told = letter_text(letters[row.submission])
        assert say("In the form: {value}.", value=say.money(row.requested)) in told
        assert say("Rank") + ":" not in told
    for row in fair[fair["decision"] == "selected"].itertuples():
        say = speak(letters[row.submission].lang)
        assert say("Grant: {sum}.", sum=say.money(row.grant)) in letter_text(letters[row.submission])


def test_forms_outside_the_window_get_a_letter(made, tmp_path):
    run, rules, _ = made
    shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("report"))
    path = tmp_path / "run" / "intake" / "set_aside.csv"
    aside = pd.read_csv(path, dtype=str)
    aside.loc[aside["reason"] == "late", "submission"] = ["S901", "S902"]
    aside.to_csv(path, index=False)
    results = read_results(tmp_path / "run", rules)
    assert [a for a in results.addressees if a.startswith("S9")] == ["S901", "S902"]
    letter = write_letters(results, ["S901"])[0]
    assert letter.lang == "kk"
    assert speak("kk")("The form came after the window closed.") in letter_html(letter)
    resent = aside.loc[aside["reason"] == "resent", "kept"].iloc[0]
    assert letter_html(write_letters(results, [resent])[0])


def test_letters_are_one_page_in_the_applicants_language(results, letters):
    press = LetterPress()
    for row in results.submissions.iloc[::6].itertuples():
        letter = letters[row.submission]
        assert letter.lang == row.language
        reader = PdfReader(__import__("io").BytesIO(press.pdf(letter)))
        assert len(reader.pages) == 1
        assert reader.trailer["/Root"]["/Lang"] == row.language
        assert Outline(letter_html(letter)).lang == row.language


def _letters_with(made, folder, comment_of):
    """Letters of the run with other comments, `comment_of(place, juror)`, as pages; and those comments."""
    run, rules, _ = made
    copy = folder / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("report"))
    path = copy / "commission" / "comments.csv"
    comments = pd.read_csv(path)
    comments["comment"] = [comment_of(i, j) for i, j in enumerate(comments["juror"])]
    comments.to_csv(path, index=False)
    return {x.submission: letter_html(x) for x in write_letters(read_results(copy, rules))}, comments


def test_letters_merge_comments_without_their_authors(made, tmp_path):
    pages, comments = _letters_with(
        made, tmp_path, lambda i, j: f"Пікір {100 + i}, {j}"
    )  # 100 on are no marks
    said = comments.groupby("submission").size()
    for submission, n in said.items():
        assert len(re.findall(r"— Пікір \d+, ▮▮▮", pages[submission])) == n
    assert not any(j in page for page in pages.values() for j in comments["juror"].unique())


def test_a_comment_that_names_a_mark_stands_in_no_letter(made, tmp_path):
    said = ["Тұрақтылыққа 4 қойдым", "Оценка 7,5.", "Жоба 2020 жылдан бері жүріп жатыр", "Бюджеті 150 мың"]
    pages = "".join(_letters_with(made, tmp_path, lambda i, _: said[i % 4])[0].values())
    assert "қойдым" not in pages and "Оценка 7,5" not in pages
    assert "2020 жылдан" in pages and "150 мың" in pages


def test_letters_withhold_where_few_read(made, tmp_path):
    run, rules, _ = made
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("report"))
    stage = copy / "commission"
    ratings, estimates = pd.read_csv(stage / "ratings.csv"), pd.read_csv(stage / "estimates.csv")
    lone = estimates["submission"].iloc[-1]
    first = ratings.loc[ratings["submission"] == lone, "juror"].iloc[0]
    ratings = ratings[(ratings["submission"] != lone) | (ratings["juror"] == first)]
    estimates.loc[estimates["submission"] == lone, "n_jurors"] = 1
    ratings.to_csv(stage / "ratings.csv", index=False)
    estimates.to_csv(stage / "estimates.csv", index=False)
    pd.DataFrame(
        [(lone, first, "Жалғыз пікір", "x")], columns=["submission", "juror", "comment", "source"]
    ).to_csv(stage / "comments.csv", index=False)
    letter = letter_html(write_letters(read_results(copy, rules), [lone])[0])
    assert "Жалғыз пікір" not in letter
    score = estimates.loc[estimates["submission"] == lone, "estimate"].iloc[0]
    assert speak("kk").number(score, 2) not in letter
