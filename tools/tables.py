"""Write docs/tables.md: every table of a run with its columns, from fairlib/contract.csv.

python tools/tables.py
"""

from collections.abc import Iterator
from pathlib import Path

from fairlib.contract import INTAKE, KINDS, REPORT, ROUND, Table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tables.md"
HEAD = """# The tables of a run

Made by `make api` from `fairlib/contract.csv`; a test holds it current. How files are written:
[architecture](architecture.md). A column that ends with `*` stands for one a criterion or pair of groups.

Who may see it: *public* – everybody; *guarded* – everybody, but where a single mark would follow
([privacy](privacy.md)); *internal* – those who decide; *nobody* – it stays in the run directory, no page, letter or
workbook is written from it.
"""


def page() -> str:
    """The page: a section for each table."""
    return "\n".join(
        [HEAD, *(line for t in (*INTAKE.values(), *ROUND.values(), *REPORT.values()) for line in _section(t))]
    )


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.folder}/{table.name}.{'xlsx' if table in REPORT.values() else 'csv'}\n"
    about = f"{table.about[0].upper()}{table.about[1:]}"
    yield f"{about}; columns `key, value`, with these keys.\n" if table.keys else f"A row: {table.about}.\n"
    yield f"| {'key' if table.keys else 'column'} | what | kind | who |\n|---|---|---|---|"
    for c in table.columns:
        unit = KINDS[c.kind].unit
        yield f"| `{c.name}` | {c.meaning} | {c.kind}{f', {unit}' if unit else ''} | {c.audience} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
