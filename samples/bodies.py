"""Commissions and juries that never met: who they are, how they mark, and how good the projects truly are."""

from random import Random

import numpy as np
import pandas as pd

from samples import people
from samples.drawn import Effects
from samples.forms import Form

EFFECTS = Effects()


def body(
    letter: str, n: int, seed: int, *, nominations: np.ndarray | str = "", effects: Effects = EFFECTS
) -> pd.DataFrame:
    """n jurors as `draw_contest` takes them, severities summing to 0; none belongs to an applicant."""
    rng = np.random.default_rng(seed)
    severity = rng.normal(0, effects.severity, n)
    width = len(str(n))
    return pd.DataFrame(
        {
            "severity": severity - severity.mean(),
            "spread": np.exp(rng.normal(0, effects.spread, n)),
            "halo": rng.uniform(0, 2 * effects.halo, n),
            "drift": 0.0,
            "nomination": nominations,
            "region": "",
            "organisation": [f"{letter} {k}" for k in range(n)],
        },
        index=pd.Index([f"{letter}{k + 1:0{width}d}" for k in range(n)], name="juror"),
    )


def true_submissions(forms: list[Form], seed: int, effects: Effects = EFFECTS) -> pd.DataFrame:
    """True quality of forms (index submission), with nomination, region and BIN.

    The projects that the announcement names are drawn from the better end: it told of finalists.
    """
    ordered = sorted(forms, key=lambda f: f.id)
    quality = np.random.default_rng(seed).normal(0, effects.quality, len(ordered))
    named = np.array(["fixed" in f.truth for f in ordered])
    return pd.DataFrame(
        {
            "quality": np.where(named, 1.5 * effects.quality + np.abs(quality) / 2, quality),
            "nomination": [f.truth["nomination"] for f in ordered],
            "region": [f.truth["region"] for f in ordered],
            "organisation": [f.truth["bin"] or f.id for f in ordered],
        },
        index=pd.Index([f.id for f in ordered], name="submission"),
    )


def juror_rows(jurors: pd.Index, name: str, organisations: dict[str, Form]) -> list[tuple]:
    """`juror;name;organisation;bin;region` of a body; those not in `organisations` come from elsewhere."""
    rng, taken = Random(f"{name}{len(jurors)}"), set()
    rows: list[tuple] = [("juror", "name", "organisation", "bin", "region")]
    regions = (
        "Алматы қ.",
        "Нұр-Сұлтан қ.",
        "Қарағанды облысы",
        "Атырау облысы",
        "Түркістан облысы",
        "Шымкент қ.",
    )
    for n, juror in enumerate(jurors, start=1):
        form = organisations.get(str(juror))
        number = form.truth["bin"] if form else people.bin_number(rng, taken)
        organisation = form.truth["organisation"] if form else f"Ұйым {name[-1]}{n:02d} (синтетикалық)"
        rows.append((juror, f"{name}{n:02d} (синтетикалық)", organisation, number, rng.choice(regions)))
    return rows


def effects_table(submissions: pd.DataFrame, bodies: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """True quality of submissions and true severity of jurors: `kind, id, value, spread, halo, drift`."""
    quality = submissions[["quality"]].rename(columns={"quality": "value"}).reset_index(names="id")
    parts = [quality.assign(kind="quality")]
    for name, jurors in bodies.items():
        part = jurors[["severity", "spread", "halo", "drift"]].rename(columns={"severity": "value"})
        parts.append(part.reset_index(names="id").assign(kind=f"severity_{name}"))
    return pd.concat(parts, ignore_index=True)[["kind", "id", "value", "spread", "halo", "drift"]]
