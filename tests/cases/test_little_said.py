"""Contests that say little run through to the report all the same, with a status where something cannot be said.

The people and marks are synthetic.
"""

import pandas as pd
import pytest
from in_process import without_kernels

from fairlib.runs import chain

pytestmark = pytest.mark.slow

RULES = """\
year: 2024
contest:
  name: Posters
  data: data
  synthetic: true
  seed: 1
  language: en
  submissions: {{file: forms.csv}}
  criteria: [{{id: place, name: Place}}]
  rounds:
    - id: jury
      name: Jury
      scores: {{files: marks.csv, layout: long}}
      scale: {{min: 1, max: 10, step: 1}}
      estimator: {estimator}
      select: {{seats: 2}}
"""
LITTLE = {
    "one juror": ("raw", [("A", k, m) for k, m in enumerate([3, 5, 7, 7, 8, 9])]),
    "one reading each": ("raw", [("ABC"[k % 3], k, m) for k, m in enumerate([3, 5, 7, 7, 8, 9])]),
    "one mark for all": ("severity", [(j, k, 5) for j in "AB" for k in range(6)]),
}


@pytest.mark.parametrize("what", LITTLE)
def test_it_runs_to_the_report(what, tmp_path, monkeypatch):
    without_kernels(monkeypatch)
    estimator, marks = LITTLE[what]
    (tmp_path / "data").mkdir()
    (tmp_path / "params").mkdir()
    forms = pd.DataFrame({"id": [f"P{k}" for k in range(6)], "title": [f"Poster {k}" for k in range(6)]})
    forms.to_csv(tmp_path / "data" / "forms.csv", index=False)
    rows = [(j, f"P{k}", "place", m) for j, k, m in marks]
    table = pd.DataFrame(rows, columns=["juror", "submission", "criterion", "score"])
    table.to_csv(tmp_path / "data" / "marks.csv", index=False)
    rules = tmp_path / "params" / "2024.yaml"
    rules.write_text(RULES.format(estimator=estimator), encoding="utf-8")
    run = chain.run_chain(rules, tmp_path / "out").dir
    assert (run / "report" / "public" / "en.html").is_file()
    told = pd.read_csv(run / "jury" / "decisions.csv").set_index("submission")
    decisions = told["decision"]
    if what == "one mark for all":
        assert set(decisions) == {"reserve"}
        assert told["p_selected"].isna().all()  # equal submissions have no unequal chances
    else:
        assert set(decisions[decisions == "selected"].index) == {"P4", "P5"}
    meaning = pd.read_csv(run / "jury" / "meaning.csv").set_index("key")["value"]
    assert meaning["status"] in ("one_juror", "no_pairs", "no_variation")
    consistency = pd.read_csv(run / "jury" / "consistency.csv")
    assert (consistency["value"].notna() | (consistency["status"] != "ok")).all()
