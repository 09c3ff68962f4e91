"""Several years side by side: the figures by which contests are compared, read from their run directories."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fairlib.params import RulesFile, read_params
from fairlib.store import read_table

FIGURES = [
    "received",
    "submissions",
    "eligible",
    "regions",
    "organisations",
    "selected_first",
    "selected_last",
    "granted",
    "jurors",
    "reliability",
    "reliability_low",
    "reliability_high",
    "severity_spread",
    "findings_for_people",
]


@dataclass(frozen=True)
class Year:
    """One run: its rules, its directory, and FIGURES as a Series (missing where there is no such thing)."""

    rules: RulesFile
    dir: Path
    figures: pd.Series
    record: str


def compare_years(folders: list[Path]) -> list[Year]:
    """The figures of each run directory, in the order of the years.

    `reliability` is ICC(Q,k) of the first round's composite; `severity_spread` the standard deviation of
    jurors' severities there, in shares of the scale, so that scales can differ between years.

    Raises DataError where a directory holds no finished run.
    """
    return sorted((_year(f) for f in folders), key=lambda y: (y.rules.year, str(y.dir)))


def _year(folder: Path) -> Year:
    rules = read_params(folder / "params.yaml")
    first, last = rules.contest.rounds[0], rules.contest.rounds[-1]
    submissions = read_table(folder / "intake" / "submissions.csv", "submission")
    aside = read_table(folder / "intake" / "set_aside.csv")
    findings = [
        read_table(folder / step / "findings.csv")
        for step in ("intake", *(r.id for r in rules.contest.rounds))
    ]
    jurors = read_table(folder / first.id / "jurors.csv", "juror")
    agreement = read_table(folder / first.id / "consistency.csv")
    own = agreement[
        agreement["statistic"].str.startswith("ICC(Q,k)") & (agreement["criterion"] == "composite")
    ]
    ranked = [read_table(folder / r.id / "decisions.csv", "submission") for r in (first, last)]
    chosen = [d[d["decision"] == "selected"] for d in ranked]
    figures = {
        "received": len(submissions) + len(aside),
        "submissions": len(submissions),
        "eligible": int(submissions["eligible"].sum()),
        "regions": submissions["region"].nunique() or None,
        "organisations": submissions["organisation_id"].nunique() or None,
        "selected_first": len(chosen[0]),
        "selected_last": len(chosen[1]),
        "granted": int(chosen[1]["grant"].sum()) if last.select.budget else None,
        "jurors": len(jurors),
        "severity_spread": jurors["severity"].std() / (first.scale.max - first.scale.min),
        "findings_for_people": sum(int((f["severity"] == "error").sum()) for f in findings),
    }
    if len(own):
        figures |= {
            "reliability": own["value"].iloc[0],
            "reliability_low": own["low"].iloc[0],
            "reliability_high": own["high"].iloc[0],
        }
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return Year(rules, folder, pd.Series(figures, dtype="Float64").reindex(FIGURES), record["rules"])
