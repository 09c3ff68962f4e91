"""What notebooks show: tables that are whole, a sentence after each, and in any process and round the same."""

import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
from in_process import cells

import fairlib as fl
import fairlib.notebook
from fairlib.dress import cell, dress

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
named = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)


def outputs(path: Path) -> list[list[str]]:
    """The plain text of all that each code cell of an executed notebook shows, pictures left out."""
    code = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    shown = [[o.get("data", o) for o in c.outputs] for c in code]
    return [[d.get("text/plain", d.get("text", "")) for d in cell if "image/png" not in d] for cell in shown]


@named
def test_a_notebook_reads_as_an_article(path):
    code = [c.source for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    assert re.findall(r"^(?:import|from) .*", "\n".join(code), flags=re.M) == ["import fairlib as fl"]
    assert max(len(line) for source in code for line in source.splitlines()) <= 110
    told = [text for shown in outputs(path) for text in shown]
    assert told and not [t for t in told if re.search(r"<NA>|\bnan\b|\bNone\b|^\s*\{|\.\.\.|\bNaT\b", t)]


@named
def test_parameters_explain_themselves(path):
    found = papermill.inspect_notebook(str(path))
    assert {"year", "contest", "run_dir"} <= set(found)
    assert all(p["help"] and p["inferred_type_name"] != "None" for p in found.values()), found


def test_the_second_round_says_the_same_in_another_process(run_2021, tmp_path):
    """The chain's kernels executed it once; here it is executed anew on what the first round handed on."""
    for folder in ("intake", "commission"):
        shutil.copytree(run_2021 / folder, tmp_path / folder)
    given = {"year": 2021, "round": "fair", "run_dir": str(tmp_path)}
    for name in ("02_scoring.ipynb", "03_selection.ipynb"):
        told = outputs(run_2021 / "fair" / name)
        del told[1]  # the parameters that the chain put in
        for (source, shown), texts in zip(cells(NOTEBOOKS[0].with_name(name), given), told, strict=True):
            tables = [repr(dress(x)) for x in shown if isinstance(x, pd.DataFrame | pd.Series)]
            assert set(tables) <= set(texts), source


def test_cells_have_the_digits_they_deserve_and_texts_are_whole():
    long, huge = "«" + "ә" * 300 + "»", 12_345_678
    table = pd.DataFrame(
        {"id": ["a", "b"], "p": [1e-9, 0.25], "x": [1.005, None], "n": [1.0, huge], "t": [long, ""]}
    )
    text = dress(table).text
    assert text.loc[0].tolist() == ["a", "<0.001", "1.00", "1", long]
    assert text.loc[1].tolist() == ["b", "0.250", "–", "12,345,678", "–"]
    assert dress(table).numbers == ("p", "x", "n") and long in repr(dress(table))
    assert cell(True) == "True" and cell(float("nan")) == cell(pd.NA) == "–" and cell(-0.001) == "0.00"


def test_what_people_wrote_is_no_markup_and_the_page_is_the_same_twice():
    table = pd.DataFrame({"<b>": ["<script>x</script> & co"]}, index=pd.Index(["<i>"], name="who"))
    page = dress(table)._repr_html_()
    assert "<script>" not in page and "<i>" not in page and "<b>" not in page and "&amp; co" in page
    assert page == dress(table.copy())._repr_html_() and dress(table)._repr_html_().count("<td") == 2


def test_a_table_is_followed_by_its_sentence(monkeypatch):
    shown: list = []
    monkeypatch.setattr(fairlib.notebook, "display", lambda what, **_: shown.append(what))
    fl.show(pd.Series({"a": 1}, name="n"), "One & all.")
    fl.show(["first", "second"])
    table, words, both = shown
    assert repr(table).split() == ["n", "a", "1"] and words["text/plain"] == "One & all."
    assert words["text/html"] == "<p><strong>One &amp; all.</strong></p>"
    assert both["text/plain"] == "· first\n· second"


def test_an_empty_table_is_said_to_be_empty():
    assert repr(dress(pd.DataFrame(columns=["a"]))) == "no rows"
