"""Every column of a run is told once: what follows from the contract follows, and the page is current."""

import importlib.util
import re
from pathlib import Path
from typing import get_args

import pytest

from fairlib.contract import INTAKE, KINDS, ROUND, Audience, column

ROOT = Path(__file__).parents[1]
TABLES = [*INTAKE.values(), *ROUND.values()]


def test_the_page_of_tables_is_current():
    spec = importlib.util.spec_from_file_location("tables", ROOT / "tools" / "tables.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "make api"


@pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.folder}/{t.name}")
def test_every_column_is_told_whole(table):
    assert table.about and table.about[-1] != "."
    names = [c.name for c in table.columns]
    assert len(names) == len(set(names))
    for c in table.columns:
        assert c.kind in KINDS and c.audience in get_args(Audience), c
        assert c.meaning.endswith("."), c


def test_a_criterion_has_columns_where_a_star_is():
    found = ROUND["estimates"].in_file(["submission", "by_impact", "status_impact", "mine"])
    assert found["by_impact"].is_number and not found["status_impact"].is_number
    assert "mine" not in found and "by_*" not in found and "n_missing" in found


def test_marks_comments_and_contacts_are_never_public():
    for name in ("ratings", "comments", "rejected", "juror_findings", "discuss", "another_reader"):
        assert ROUND[name].names("public", "guarded") == []
    assert {"phone", "email", "contact_person", "organisation_id"} == set(
        INTAKE["submissions"].names("nobody")
    )


def test_every_column_that_a_page_gives_a_width_has_a_heading():
    shown = {
        name
        for path in (ROOT / "fairlib" / "report").rglob("*.py")
        for name in re.findall(r'"([a-z_]+\.[a-z_]+)": *\d', path.read_text(encoding="utf-8"))
    }
    known = {name for name in shown if name.split(".")[0] in ROUND | INTAKE}
    assert len(known) > 30
    assert not [name for name in sorted(known) if not column(name).heading]
