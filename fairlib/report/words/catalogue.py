"""Is every message said in every language? Messages extracted from the code, beside the catalogues.

`python -m fairlib.report.words.catalogue` brings the catalogues up to date: new messages are added empty,
messages that nobody says any more are dropped, translations and comments stay.
"""

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from fairlib.contract import INTAKE, REPORT, ROUND, column
from fairlib.report.set.sheets import declared
from fairlib.report.words.codes import meanings
from fairlib.report.words.estimators import WORDS, in_english
from fairlib.report.words.findings import whole_sentences
from fairlib.report.words.locale import CATALOGUES

ROOMS = [Path(__file__).parents[1], Path(__file__).parents[2] / "explore"]
WRITTEN = datetime(2021, 4, 14, tzinfo=UTC)  # a fixed date: the same messages give the same bytes
_METHODS = [("**.py", "python"), ("**.j2", "jinja2")]


def extract() -> dict[str, list[tuple[str, int]]]:
    """Every message that is said, with the places where: texts in the code, words of codes, columns."""
    found: dict[str, list[tuple[str, int]]] = {}
    for room in ROOMS:
        home = Path() if room is ROOMS[0] else Path(room.name)
        for file, line, message, _, _ in extract_from_dir(room, _METHODS, keywords={"say": None}):
            if isinstance(message, str):  # as every message is: it has no plural of its own
                found.setdefault(message, []).append(((home / file).as_posix(), line))
    for message in filter(None, meanings().values()):
        found.setdefault(message, []).append(("words/codes.csv", 0))
    for message in filter(None, (row[name] for row in in_english() for name in WORDS)):
        found.setdefault(message, []).append(("words/methods.csv", 0))
    for message in whole_sentences():
        found.setdefault(message, []).append(("intake/findings.py", 0))
    shown = [column(name) for sheet in declared().values() for name in sheet]
    known = [c for t in (*INTAKE.values(), *ROUND.values(), *REPORT.values()) for c in t.columns]
    for message in [c.heading for c in known] + [c.meaning for c in shown]:
        if message:
            found.setdefault(message, []).append(("../contract.csv", 0))
    return found


def read_catalogue(lang: str) -> Catalog:
    """The catalogue of a language as it is on disk."""
    with (CATALOGUES / lang / "LC_MESSAGES" / "fairlib.po").open("rb") as stream:
        return read_po(stream, locale=lang)


def update(lang: str) -> list[str]:
    """Write the catalogue of a language anew and return the messages that have no translation yet."""
    path = CATALOGUES / lang / "LC_MESSAGES" / "fairlib.po"
    old = read_catalogue(lang) if path.is_file() else Catalog(locale=lang)
    new = Catalog(
        locale=lang,
        project="fairlib",
        header_comment="# What the reports say. A sentence marked NATIVE wants a native speaker's eye.",
        version="1",
        msgid_bugs_address="the maintainers",
        last_translator="the maintainers",
        language_team=lang,
        fuzzy=False,
        creation_date=WRITTEN,
        revision_date=WRITTEN,
    )
    for message, places in extract().items():
        known = old.get(message)
        files = sorted({(file, 0) for file, _ in places})
        added = new.add(
            message,
            known.string if known else "",
            locations=files,
            user_comments=known.user_comments if known else (),
        )
        added.flags.discard("python-format")  # a per cent sign is one here
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        write_po(stream, new, width=100, sort_output=True, include_lineno=False)
    return [m.id for m in new if isinstance(m.id, str) and m.id and not m.string]


if __name__ == "__main__":
    for language in ("kk", "ru"):
        update(language)
