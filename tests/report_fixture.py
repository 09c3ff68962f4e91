"""A synthetic run directory that honours the contract's columns, for the tests of the report."""

import csv
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.params import RulesFile, read_params

ROOT = Path(__file__).parents[1]
REGIONS = [
    "KZ-11", "KZ-15", "KZ-19", "KZ-23", "KZ-27", "KZ-31", "KZ-35", "KZ-39", "KZ-43",
    "KZ-47", "KZ-55", "KZ-59", "KZ-61", "KZ-63", "KZ-71", "KZ-75", "KZ-79",
]  # fmt: skip
PLANTED = {
    "contact": "Ұлпан Жасырынқызы",
    "phone": "+7 701 000 42 42",
    "email": "hidden.person@example.kz",
    "iin": "850412300123",
}


@cache
def rules_2021() -> RulesFile:
    return read_params(ROOT / "params" / "2021.yaml")


def build_run(folder: Path, rules: RulesFile | None = None, seed: int = 1, n: int = 221) -> Path:
    """Write a run directory of n synthetic submissions through every round of the rules."""
    rules = rules or rules_2021()
    rng = np.random.default_rng(seed)
    contest = rules.contest
    folder.mkdir(parents=True, exist_ok=True)
    source = ROOT / "params" / f"{rules.year}.yaml"
    if source.is_file():
        shutil.copy(source, folder / "params.yaml")
    submissions = _submissions(contest, rng, n)
    _write(submissions, folder / "intake" / "submissions.csv")
    _write(_set_aside(submissions), folder / "intake" / "set_aside.csv")
    _write(_findings(), folder / "intake" / "findings.csv")
    alive = submissions.loc[submissions["eligible"], "submission"].tolist()
    quality = dict(zip(submissions["submission"], rng.normal(6.3, 1.0, n), strict=True))
    for k, stage in enumerate(contest.rounds):
        alive = _round(folder / stage.id, stage, contest, submissions, alive, quality, rng, last=k > 0)
    return folder


def _submissions(contest, rng, n: int) -> pd.DataFrame:
    ids = [f"S{i + 1:03d}" for i in range(n)]
    nominations = [x.id for x in contest.nominations] or [""]
    if contest.published and n == contest.published.submissions:
        counts = contest.published.nominations
        nomination = np.repeat(list(counts), list(counts.values()))
    else:
        nomination = np.array(nominations)[np.arange(n) % len(nominations)]
    settlement = rng.choice(["city", "town", "village"], n, p=[0.6, 0.2, 0.2])
    eligible = rng.random(n) > 0.06
    return pd.DataFrame(
        {
            "submission": ids,
            "source": [f"submissions.xlsx!Өтінімдер!A{i + 2}" for i in range(n)],
            "sent_at": [f"2021-02-{1 + i % 28:02d}T10:00:00+06:00" for i in range(n)],
            "organisation": [f"«Үміт {i + 1}» қоғамдық қоры" for i in range(n)],
            "organisation_id": [f"{190440000000 + i}" for i in range(n)],
            "bin_verdict": "valid",
            "legal_form": "foundation",
            "nomination": nomination,
            "title": [f"Әлеуметтік жоба № {i + 1}: қолжетімді орта" for i in range(n)],
            "summary": "Жобаның мақсаты – көмек көрсету.",
            "region": rng.choice(REGIONS, n),
            "place": "Атырау",
            "settlement": settlement,
            "monotown": rng.random(n) < 0.12,
            "requested": rng.integers(10, 31, n) * 100000,
            "own_funds": rng.integers(0, 5, n) * 100000,
            "duration_months": rng.integers(3, 12, n),
            "links": "https://example.kz",
            "contact_person": PLANTED["contact"],
            "phone": PLANTED["phone"],
            "email": PLANTED["email"],
            "consent": rng.random(n) > 0.15,
            "first_time": rng.random(n) > 0.5,
            "language": rng.choice(["kk", "ru"], n, p=[0.6, 0.4]),
            "eligible": eligible,
            "ineligible_by": np.where(eligible, "", "requested_within"),
        }
    )


def _set_aside(submissions: pd.DataFrame) -> pd.DataFrame:
    kept = submissions["submission"].iloc[:6].tolist()
    rows = [("resent", k) for k in kept] + [("late", ""), ("late", ""), ("test_row", "")]
    return pd.DataFrame(
        [
            (f"submissions.xlsx!Өтінімдер!A{300 + i}", "", reason, k, "«Кеш» қоры", "Кешіккен жоба")
            for i, (reason, k) in enumerate(rows)
        ],
        columns=["source", "submission", "reason", "kept", "organisation", "title"],
    )


def _findings() -> pd.DataFrame:
    rows = [
        ("submissions.xlsx", "Өтінімдер", "E14", "S012", "", "bin_repaired", "19044000001", "190440000011", "info"),
        ("submissions.xlsx", "Өтінімдер", "H40", "S038", "", "place_unknown", "Қаммола облысы", "KZ-11", "warning"),
        ("submissions.xlsx", "Өтінімдер", "K9", "S007", "", "money_unread", "екі млн", "", "error"),
    ]  # fmt: skip
    names = ["file", "sheet", "cell", "submission", "juror", "code", "found", "done", "severity"]
    return pd.DataFrame(rows, columns=names)


def _round(folder, stage, contest, submissions, alive, quality, rng, last) -> list[str]:
    jurors = [f"Сарапшы {k + 1:02d} {stage.id}" for k in range(9 if last else 12)]
    criteria = list(contest.weights(stage.id))
    severity = dict(zip(jurors, rng.normal(0, 0.5, len(jurors)), strict=True))
    rows = []
    for s in alive:
        for j in jurors if last else rng.choice(jurors, 4, replace=False):
            halo = rng.normal(0, 0.9)
            for c in criteria:
                mark = quality[s] - severity[j] + halo + rng.normal(0, 0.6)
                mark = int(np.clip(round(mark), stage.scale.min, stage.scale.max))
                rows.append((stage.id, s, j, c, mark, "scored", f"{j}.xlsx!Баға!C{len(rows) + 2}"))
    names = ["round", "submission", "juror", "criterion", "score", "status", "source"]
    ratings = pd.DataFrame(rows, columns=names)
    ratings.loc[ratings.index[3], ["score", "status"]] = [np.nan, "missing"]
    ratings["day"] = 1 + np.arange(len(ratings)) * 2 // len(ratings)
    _write(ratings, folder / "ratings.csv")
    _write(_comments(ratings), folder / "comments.csv")
    estimates = _estimates(ratings, criteria)
    _write(estimates, folder / "estimates.csv")
    _write(_jurors(ratings), folder / "jurors.csv")
    _write(_consistency(len(alive)), folder / "consistency.csv")
    pairs = len(ratings[["submission", "juror"]].drop_duplicates())
    design = {"verdict": "crossed" if last else "connected", "components": 1, "pairs": pairs}
    _write(pd.DataFrame(design.items(), columns=["key", "value"]), folder / "design.csv")
    decisions = _decisions(estimates, stage, submissions, first=not last, all_ids=alive)
    _write(decisions, folder / "decisions.csv")
    _write(_certainty(decisions), folder / "certainty.csv")
    for name, table in _firmness(decisions, ratings, criteria).items():
        _write(table, folder / f"{name}.csv")
    return decisions.loc[decisions["decision"] == "selected", "submission"].tolist()


def _comments(ratings: pd.DataFrame) -> pd.DataFrame:
    pairs = ratings[["submission", "juror"]].drop_duplicates().iloc[::2]
    return pairs.assign(comment="Жақсы жоба, бірақ бюджетін нақтылау керек.", source="x.xlsx!Баға!I3")


def _estimates(ratings: pd.DataFrame, criteria: list[str]) -> pd.DataFrame:
    by = ratings.groupby(["submission", "juror"])["score"].mean().groupby("submission")
    table = pd.DataFrame({"raw_mean": by.mean(), "raw_median": by.median(), "n_jurors": by.count()})
    grand = table["raw_mean"].mean()
    table["estimate"] = grand + 0.8 * (table["raw_mean"] - grand)
    table["se"] = 1.0 / np.sqrt(table["n_jurors"])
    table["low"], table["high"] = (
        table["estimate"] - 1.96 * table["se"],
        table["estimate"] + 1.96 * table["se"],
    )
    table["disagreement"] = by.std().fillna(0)
    table["status"], table["n_missing"] = "ok", 0
    table["rank"] = table["estimate"].rank(ascending=False, method="first").astype(int)
    table["rank_raw"] = table["raw_mean"].rank(ascending=False, method="first").astype(int)
    for c in criteria:
        table[f"by_{c}"] = ratings[ratings["criterion"] == c].groupby("submission")["score"].mean()
    return table.reset_index().sort_values("rank")


def _jurors(ratings: pd.DataFrame) -> pd.DataFrame:
    mean = ratings.groupby("juror")["score"].mean()
    n = ratings.groupby("juror")["submission"].nunique()
    return pd.DataFrame(
        {"juror": mean.index, "severity": (mean.mean() - mean).to_numpy(), "se": 0.15,
         "n_submissions": n.to_numpy(), "status": "ok"}
    )  # fmt: skip


def _consistency(n: int) -> pd.DataFrame:
    rows = [
        ("ICC(A,1)", 0.41, 0.33, 0.49, 0.0001, n, "ok"),
        ("ICC(A,k)", 0.73, 0.66, 0.79, 0.0001, n, "ok"),
        ("krippendorff_alpha", 0.40, 0.31, 0.48, np.nan, n, "ok"),
        ("kendall_w", np.nan, np.nan, np.nan, np.nan, n, "not crossed"),
    ]
    return pd.DataFrame(rows, columns=["statistic", "value", "low", "high", "p", "n", "status"])


def _decisions(estimates, stage, submissions, first, all_ids) -> pd.DataFrame:
    seats = stage.select.seats or 3
    table = estimates[["submission", "rank", "rank_raw", "estimate"]].copy().reset_index(drop=True)
    order = np.arange(len(table))
    table["rank_low"] = np.maximum(1, table["rank"] - 12)
    table["rank_high"] = np.minimum(len(table), table["rank"] + 12)
    table["p_selected"] = 1 / (1 + np.exp((table["rank"] - seats - 0.5) / 8))
    table["p_twin"] = 0.1 + 0.8 * table["p_selected"]
    bands = ["clear_out", "open", "clear_in"]
    table["band"] = pd.cut(table["p_selected"], [-1, 0.1, 0.9, 1], labels=bands).astype(str)
    reserve = stage.select.reserve
    table["decision"] = np.select(
        [order < seats, order < seats + reserve], ["selected", "reserve"], "not_selected"
    )
    table["reason"] = "rank"
    table.loc[order == seats - 1, "reason"] = "tie:social_impact 8.2>8.0"
    table["displaced_by"] = table["displaces"] = ""
    if not first and len(table) > seats:
        table.loc[seats, "displaced_by"] = table.loc[seats - 1, "submission"]
        table.loc[seats - 1, "displaces"] = table.loc[seats, "submission"]
    table["expected_rank"], table["set_low"], table["set_high"] = table["rank"], 1, len(table)
    asked = submissions.set_index("submission")["requested"]
    paid = (table["decision"] == "selected") & (stage.select.budget is not None)
    table["grant"] = table["submission"].map(asked).where(paid)
    if first:
        out = submissions[~submissions["eligible"]]
        extra = pd.DataFrame({"submission": out["submission"], "decision": "not_eligible"})
        extra["reason"] = "ineligible:" + out["ineligible_by"]
        table = pd.concat([table, extra], ignore_index=True)
    return table


def _certainty(decisions: pd.DataFrame) -> pd.DataFrame:
    chosen = decisions[decisions["decision"] == "selected"]
    n = len(chosen)
    values = {
        "twin_overlap": round(0.62 * n, 1),
        "twin_low": round(0.5 * n),
        "twin_high": round(0.74 * n),
        **{b: int((decisions["band"] == b).sum()) for b in ("clear_in", "open", "clear_out")},
    }
    return pd.DataFrame(values.items(), columns=["key", "value"])


def _firmness(decisions, ratings, criteria) -> dict[str, pd.DataFrame]:
    """What the selection step leaves beside its decisions; marks of jurors stand in `discuss`."""
    ids, jurors = decisions["submission"].tolist(), sorted(set(ratings["juror"]))
    n = int((decisions["decision"] == "selected").sum())
    changes = [("juror", j, ids[-1], ids[0], 1, "ok") for j in jurors]
    changes += [("criterion", c, "", "", 0, "ok") for c in criteria]
    changes += [
        ("missing", "best", "", "", np.nan, "nothing_missing"),
        ("estimator", "raw", ids[-1], ids[0], 1, "ok"),
    ]
    case = (ids[0], 1, 0.6, True, criteria[0], 0.7, criteria[-1], -0.3, jurors[0], 9.875, jurors[-1], 2.125)
    return {
        "ties": pd.DataFrame(
            [(n, 6.5, f"{ids[0]}, {ids[1]}", "criterion:social_impact, median", "")],
            columns=["rank", "estimate", "submissions", "settled_by", "open"],
        ),
        "stability": pd.DataFrame(changes, columns=["kind", "what", "comes", "goes", "n_changes", "status"]),
        "at_the_line": pd.DataFrame(
            [("cut", 7.0, 0.7 * n, 0, n, "the rule as it is"), ("draw", 6.9, 0.6 * n, 8, 0.8 * n, "the mean")],
            columns=["policy", "expected_quality", "rightly_chosen", "people", "overlap", "basis"],
        ),
        "next_readings": pd.DataFrame(
            [(ids[0], jurors[0], 0.5, 0.5, 0.4, 0.05)],
            columns=["submission", "juror", "p_selected", "se", "se_after", "gain"],
        ),
        "days": pd.DataFrame(
            [("day", "2 - 1", 0.1, 0.2, -0.3, 0.5, 0.6, 0.5, len(ids), "ok")],
            columns=["kind", "what", "points", "se", "low", "high", "p", "detectable", "n", "status"],
        ),
        "discuss": pd.DataFrame(
            [case],
            columns=["submission", "rank", "p_selected", "selected", "for_criterion", "for_points",
                     "against_criterion", "against_points", "for_juror", "for_mark", "against_juror", "against_mark"],
        ),
        "rule_costs": pd.DataFrame(
            [("quotas[0]", "nomination proportional", ids[-1], ids[0], 1, 0.25)],
            columns=["rule", "about", "comes", "goes", "n", "points"],
        ),
        "other_rules": pd.DataFrame(
            [(f"weight:{criteria[0]}", ids[-1], ids[0], 1, n, 7.25, "ok"), ("seats:999", "", "", np.nan, np.nan, np.nan,
              "contradiction"), ("quota_method:dhondt", "", "", 0, n, 7.5, "ok")],
            columns=["change", "comes", "goes", "n", "selected", "mean_estimate", "status"],
        ),
        "other_ranks": pd.DataFrame(
            [(ids[0], 1, 2, 8.0, 7.5, "selected", "not_selected", "goes", f"weight:{criteria[0]}"),
             (ids[-1], 2, 1, 7.0, 7.75, "not_selected", "selected", "comes", f"weight:{criteria[0]}"),
             (ids[1], 3, 3, 6.0, 6.25, "not_selected", "not_selected", "", f"weight:{criteria[0]}")],
            columns=["submission", "rank_before", "rank_after", "estimate_before", "estimate_after",
                     "decision_before", "decision_after", "change", "change_of"],
        ),
        "acceptability": pd.DataFrame({"submission": ids, "acceptability": 0.5}),
        "compared": pd.DataFrame([("raw", 1.3, 0.7, 0.2), ("severity", 1.2, 0.75, 0.15)],
                                 columns=["method", "rmse", "hit_rate", "lost"]),
    }  # fmt: skip


def _write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.10g", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
