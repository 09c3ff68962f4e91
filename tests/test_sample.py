"""The sample contests: the same bytes, the published counts, and every planted thing where the truth says."""

import csv
import io
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from rapidfuzz import fuzz

from fairlib.intake.sheets.read import read_scores
from fairlib.intake.submissions import receive
from fairlib.params import read_params
from fairlib.stage.handed_on import roster
from samples import YEARS, write_sample, write_truth
from samples.ahead import finalists
from samples.bank import table
from samples.books import write_csv, write_xlsx
from samples.people import check_digit

ROOT = Path(__file__).parents[1]
TRUTH = ROOT / "tests" / "truth"


@cache
def truth(year: int, name: str = "") -> pd.DataFrame:
    return pd.read_csv(TRUTH / f"{year}{name and '_'}{name}.csv", dtype=str, keep_default_na=False)


def accepted(year: int) -> pd.DataFrame:
    table = truth(year, "submissions")
    return table[table["destination"] == "accepted"].set_index("submission")


@cache
def cells(path: Path, sheet: str) -> dict[str, object]:
    """Typed cells by address: of a sheet, or of a delimited file in one of the encodings used."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return {c.coordinate: c.value for row in book[sheet].iter_rows() for c in row if c.value is not None}
    encoding = {"2020/submissions.csv": "kz1048", "2020/commission": "cp1251", "2020/fair": "utf-16"}
    where = path.relative_to(ROOT / "data").as_posix()
    text = path.read_bytes().decode(
        next((e for k, e in encoding.items() if where.startswith(k)), "utf-8-sig")
    )
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter="\t" if "\t" in text else ";" if ";" in text else ","
    )
    letters = "ABCDEFGHIJKLMNOPQRST"
    return {f"{letters[c]}{r}": v for r, row in enumerate(rows, 1) for c, v in enumerate(row) if v != ""}


@pytest.mark.slow
@pytest.mark.parametrize("year", YEARS)
def test_the_same_bytes_and_the_same_truth(year, tmp_path):
    tables = write_sample(year, tmp_path / "data")
    write_truth(year, tables, tmp_path / "truth")
    for made, kept in ((tmp_path / "data", ROOT / "data" / str(year)), (tmp_path / "truth", TRUTH)):
        pattern = "**/*" if made.name == "data" else f"{year}*"
        names = {p.relative_to(kept) for p in kept.glob(pattern) if p.is_file()}
        assert names == {p.relative_to(made) for p in made.glob(pattern) if p.is_file()}
        differ = [str(n) for n in sorted(names) if (made / n).read_bytes() != (kept / n).read_bytes()]
        assert not differ, f"make them again with python -m samples --year {year}"


@pytest.mark.parametrize(("year", "rows", "kept"), [(2020, 166, 158), (2021, 239, 221), (2023, 157, 151)])
def test_rows_and_submissions(year, rows, kept):
    table = truth(year, "submissions")
    assert len(table) == rows
    assert (
        len(accepted(year)) == kept == read_params(ROOT / f"params/{year}.yaml").contest.published.submissions
    )
    ids = table.loc[table["submission"] != "", "submission"]
    assert ids.is_unique
    assert ids.str.fullmatch(rf"{year % 100}-\d{{4}}").all()


def test_published_counts_of_2021_and_regions_of_2023():
    published = read_params(ROOT / "params/2021.yaml").contest.published
    assert accepted(2021)["nomination"].value_counts().to_dict() == published.nominations
    regions = {
        iso: n for iso, n in read_params(ROOT / "params/2023.yaml").contest.published.regions.items() if n
    }
    assert accepted(2023)["region"].value_counts().to_dict() == regions
    assert sum(regions.values()) == 151


def test_reasons_for_setting_aside_2021():
    table = truth(2021, "submissions")
    aside = table[table["destination"] == "set_aside"]
    assert aside["reason"].value_counts().to_dict() == {
        "resent": 9,
        "late": 4,
        "test_row": 2,
        "empty": 1,
        "early": 1,
    }
    kept = aside.loc[aside["reason"] == "resent", "kept"]
    assert set(kept) <= set(accepted(2021).index) and kept.nunique() == 8


@pytest.mark.slow
@pytest.mark.parametrize("year", YEARS)
def test_every_planted_thing_is_in_its_cell(year):
    planted = truth(year)
    assert len(planted) > 40
    for row in planted[planted["cell"] != ""].itertuples():
        found = cells(ROOT / "data" / str(year) / row.file, row.sheet).get(row.cell, "")
        assert str(found) == row.typed or (year == 2020 and row.field == "sent_at"), row


def test_the_ten_named_projects_stand_as_published():
    planted = truth(2021, "submissions").set_index("submission")
    written = cells(ROOT / "data/2021/submissions.xlsx", "Өтінімдер")
    rows = {k[1:]: v for k, v in written.items() if k.startswith("I")}
    for place, iso, title in (
        ("Қаммола облысы", "KZ-11", ("Балаларды оңалту кабинеті", "Кабинет реабилитации детей")),
        ("Алма қ.", "KZ-75", ("Мүгедектігі бар адамдарға арналған инклюзивті медиамектеп",
                              "Инклюзивная медиашкола для людей с инвалидностью")),
        ("Тараз қ.", "KZ-31", ("Әлеуметтік наубайхана", "Социальная пекарня")),
    ):  # fmt: skip
        row = [r for r, v in rows.items() if v == place and written.get(f"G{r}") in title]
        assert len(row) == 1
        assert planted.loc[written[f"A{row[0]}"], "region"] == iso


def test_versions_are_alike_twins_are_in_doubt_and_other_projects_are_not():
    table = accepted(2021)
    planted = truth(2021)
    resent = planted[planted["reason"] == "resent"]
    for row in resent.itertuples():
        assert fuzz.ratio(row.typed.lower(), table.loc[row.becomes, "title"].lower()) >= 90
    similar = set(planted.loc[planted["kind"] == "twin_similar", "submission"])
    for _, group in table[table["organisation_id"] != ""].groupby("organisation_id"):
        for n, (i, a) in enumerate(group["title"].items()):
            for j, b in list(group["title"].items())[n + 1 :]:
                likeness = max(s(a.lower(), b.lower()) for s in (fuzz.ratio, fuzz.token_sort_ratio))
                if table.loc[i, "twin"] == j and i in similar:
                    assert 75 <= fuzz.token_sort_ratio(a.lower(), b.lower()) < 90
                else:
                    assert likeness < 72
    assert (planted["kind"] == "twin_languages").sum() == 4


@pytest.mark.parametrize("year", YEARS)
def test_nobody_real(year):
    table = accepted(year)
    assert table["phone"].str.startswith("+7700001").all()
    assert table["email"].str.fullmatch(r"(ngo\d{3}@example\.(org|com))?").all()
    bins = table.loc[table["organisation_id"] != "", "organisation_id"]
    assert all(check_digit(b[:11]) == int(b[11]) and int(b[6:11]) >= 99000 for b in bins)
    iins = truth(year).query("kind == 'iin_in_bin_field'")["typed"]
    assert len(iins) and all(i.startswith("99") and i[6] in "12" for i in iins)


@pytest.mark.slow
def test_workbooks_hold_no_clock_no_formula_and_no_name():
    for path in sorted((ROOT / "data").rglob("*.xlsx")):
        with zipfile.ZipFile(path) as parts:
            assert {m.date_time for m in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2021-04-14T12:00:00Z" in parts.read("docProps/core.xml")
        for sheet in openpyxl.load_workbook(path):
            assert not any(c.data_type == "f" for row in sheet.iter_rows() for c in row)


def test_each_eligible_submission_has_four_readers_and_one_in_seven_is_across():
    marks = truth(2021, "commission")
    pairs = marks.drop_duplicates(["juror", "submission"])
    table = accepted(2021)
    assert set(pairs["submission"]) == set(table.index[table["eligible"] == "yes"])
    assert set(pairs.groupby("submission").size()) == {4}
    home = {f"E{n:02d}": "disability" if n <= 5 else "health" if n <= 9 else "legal" for n in range(1, 13)}
    assert (pairs["juror"].map(home) != pairs["submission"].map(table["nomination"])).mean() == pytest.approx(
        1 / 7, abs=0.01
    )


def test_reliability_of_four_readers_is_realistic():
    marks, effects = truth(2021, "commission"), truth(2021, "effects")
    scored = marks[marks["status"] == "scored"].astype({"score": float})
    mean = scored.groupby("submission")["score"].mean()
    quality = effects[effects["kind"] == "quality"].set_index("id")["value"].astype(float)
    assert 0.6 < np.corrcoef(mean, quality[mean.index])[0, 1] ** 2 < 0.82


def test_statuses_of_2021_are_all_there():
    assert set(truth(2021, "commission")["status"]) == {
        "scored",
        "recused",
        "abstained",
        "missing",
        "invalid",
    }


def test_the_fair_covers_the_finalists_but_one_and_one_stranger():
    rows = pd.read_csv(ROOT / "data/2021/fair/scores.csv", sep=";", encoding="utf-8-sig", dtype=str)
    planted = truth(2021).set_index("kind")
    outsider, withdrawn = (planted.loc[k, "submission"] for k in ("not_a_finalist", "finalist_without_marks"))
    heard = set(rows["submission"]) - {outsider}
    assert len(heard) == 49 and withdrawn not in heard
    assert set(rows.loc[rows["submission"] == outsider, "juror"]) == {"J4"}
    days = rows.groupby("juror")["day"].agg(set)
    assert days["J7"] == {"1"} and all(d == {"1", "2"} for j, d in days.items() if j != "J7")
    assert rows.groupby("submission")[["day", "slot"]].nunique().max().max() == 1
    assert not rows.duplicated(["juror", "submission", "criterion"]).any()


@pytest.mark.slow
def test_finalists_are_those_that_the_rules_select():
    rules = read_params(ROOT / "params/2021.yaml")
    rows = pd.read_csv(ROOT / "data/2021/fair/scores.csv", sep=";", encoding="utf-8-sig", dtype=str)
    planted = truth(2021).set_index("kind")
    heard = set(rows["submission"]) - {planted.loc["not_a_finalist", "submission"]}
    chosen = finalists(rules, ROOT / "data/2021")
    assert len(chosen) == 50
    assert set(chosen) == heard | {planted.loc["finalist_without_marks", "submission"]}
    named = {t for row in table("named_2021") for t in (row["kk"], row["ru"])}
    assert accepted(2021).loc[chosen, "title"].isin(named).sum() == 10


@pytest.mark.slow
@pytest.mark.parametrize("year", YEARS)
def test_every_mark_comes_out_of_the_sheets_as_meant(year):
    rules = read_params(ROOT / f"params/{year}.yaml")
    contest, data = rules.contest, ROOT / "data" / str(year)
    intake = receive(contest, data)
    here = intake.submissions["eligible"]
    who = roster(contest, contest.rounds[0], data, intake.submissions, here, intake.versions)
    read = read_scores(contest, contest.rounds[0], data, who).ratings
    keys = ["juror", "submission", "criterion"]
    meant = truth(year, "commission").assign(score=lambda t: pd.to_numeric(t["score"]))
    both = meant.merge(read, on=keys, how="outer", suffixes=("", "_read"), indicator=True)
    assert (both["_merge"] == "both").all()
    assert (both["status"] == both["status_read"]).all()
    np.testing.assert_array_equal(both["score"], both["score_read"])


@pytest.mark.slow
@pytest.mark.parametrize("year", YEARS)
def test_intake_gives_back_what_was_meant(year):
    contest = read_params(ROOT / f"params/{year}.yaml").contest
    intake = receive(contest, ROOT / "data" / str(year))
    meant = accepted(year)
    read = intake.submissions.loc[meant.index]
    for field in (
        "organisation",
        "organisation_id",
        "title",
        "nomination",
        "region",
        "phone",
        "email",
        "ineligible_by",
    ):
        assert read[field].fillna("").to_dict() == meant[field].to_dict(), field
    for field, column in (
        ("requested", "requested"),
        ("own_funds", "own_funds"),
        ("duration", "duration_months"),
    ):
        np.testing.assert_array_equal(read[column].astype(float), pd.to_numeric(meant[field]), err_msg=field)
    assert read["sent_at"].str.slice(0, 16).to_dict() == meant["sent_at"].to_dict()
    assert read["eligible"].map({True: "yes", False: "no"}).to_dict() == meant["eligible"].to_dict()
    aside = truth(year, "submissions").query("destination == 'set_aside'")
    assert intake.set_aside.set_index("submission")["reason"].to_dict() == dict(
        zip(aside["submission"], aside["reason"], strict=True)
    )
    assert intake.received == len(meant) + len(aside)


def test_smallest_contest_ranks_low_places_first():
    rules = read_params(ROOT / "params/example-minimal.yaml")
    assert finalists(rules, ROOT / "data/example-minimal") == ["A", "B"]


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    write_xlsx(tmp_path / "a.xlsx", {"S": [["=1+1", 7, 1.5, None]]}, author="synthetic")
    row = openpyxl.load_workbook(tmp_path / "a.xlsx")["S"][1]
    assert [(c.value, c.data_type) for c in row[:3]] == [("=1+1", "s"), (7, "n"), (1.5, "n")]


def test_letters_outside_the_encoding_are_refused(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_csv(tmp_path / "a.csv", [["қала"]], encoding="cp1251")


def test_unknown_year_is_a_key_error(tmp_path):
    with pytest.raises(KeyError):
        write_sample(1999, tmp_path)
