"""Intake of 20,000 submissions and 100,000 score rows from xlsx against the bare time of reading those cells.

python benchmarks/intake.py
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook

from fairlib.intake.cells.identifiers import check_digit
from fairlib.intake.sheets.read import read_scores
from fairlib.intake.sheets.usable import Roster
from fairlib.intake.submissions import receive
from fairlib.params import check_params, read_params
from fairlib.runs.place import project_root

SUBMISSIONS, SCORE_ROWS, REPEAT = 20_000, 100_000, 3


def write_forms(path: Path) -> None:
    """A form export of 20,000 rows: plain values, as most rows of a real one are."""
    rng = np.random.default_rng(1)
    n = np.arange(SUBMISSIONS)
    words = np.array(
        [
            "қолдау",
            "орталық",
            "балалар",
            "жастар",
            "мектеп",
            "қоғам",
            "денсаулық",
            "экология",
            "құқық",
            "өнер",
            "спорт",
            "ауыл",
        ]
    )
    titles = [" ".join(rng.choice(words, 5)) + f" {i}" for i in n]
    bins = [_bin(i) for i in n]
    forms = pd.DataFrame({
        "Өтінім №": [f"B-{i:05}" for i in n],
        "Жіберілген уақыты": [f"2021-02-{1 + i % 28:02} 10:{i % 60:02}:00" for i in n],
        "Ұйымның атауы": [f"«Ұйым {i}» қоғамдық бірлестігі" for i in n],
        "БСН": bins,
        "Номинация": np.array(["1", "2", "3"])[n % 3],
        "Жобаның атауы": titles,
        "Қысқаша мазмұны": "Жоба ауыл балаларына арналған.",
        "Өңір": np.array(["Ақмола облысы", "Алматы қаласы", "Атырау облысы", "Шымкент қаласы"])[n % 4],
        "Сұралатын сома, ₸": 1_000_000 + 1000 * (n % 2000),
        "Ашықтық сілтемелері": "https://example.org",
        "Телефон": [f"+7 700 000 {i % 100:02} {i // 100 % 100:02}" for i in n],
        "E-mail": [f"u{i}@example.org" for i in n],
        "Жариялауға келісім": "иә",
    })  # fmt: skip
    forms.to_excel(path, index=False, engine="xlsxwriter")


def _bin(i: int) -> str:
    for month in range(1, 13):
        digits = f"{i % 22:02}{month:02}40{i:05}"[:11]
        if (last := check_digit(digits)) is not None:
            return f"{digits}{last}"
    raise ValueError(i)


def write_scores(path: Path, criteria: list[str]) -> None:
    """100,000 rows of five marks: one sheet a juror, forty jurors."""
    rng = np.random.default_rng(2)
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        for j in range(40):
            rows = SCORE_ROWS // 40
            frame = pd.DataFrame(rng.integers(1, 11, (rows, len(criteria))), columns=criteria)
            first = (j * rows) % SUBMISSIONS
            frame.insert(0, "Өтінім №", [f"B-{(first + i) % SUBMISSIONS:05}" for i in range(rows)])
            frame.to_excel(book, sheet_name=f"E{j:02}", index=False)


def spent(work: Callable[[], object]) -> tuple[object, np.ndarray]:
    """What some work gives, and its seconds: of the wall clock, and of all processors."""
    begun = time.perf_counter(), time.process_time()
    given = work()
    return given, np.array([time.perf_counter() - begun[0], time.process_time() - begun[1]])


def bare(paths: list[Path]) -> None:
    """Read every cell of the files and do nothing with it."""
    for path in paths:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def as_frames(paths: list[Path], engine: str) -> None:
    """Let pandas read every sheet as text."""
    for path in paths:
        pd.read_excel(path, sheet_name=None, header=None, dtype=str, engine=engine)


def main() -> None:
    """Measure and print a markdown table."""
    rules = read_params(project_root() / "params" / "2021.yaml").model_dump(mode="json")
    rules["contest"]["rounds"][0]["scores"]["files"] = "scores.xlsx"
    contest = check_params(rules).contest
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        write_forms(data / "submissions.xlsx")
        write_scores(data / "scores.xlsx", [c.name.kk for c in contest.criteria])
        files = [data / "submissions.xlsx", data / "scores.xlsx"]
        plain, frames, forms, sheets = [], [], [], []
        slow = spent(lambda: as_frames(files, "openpyxl"))[1]
        for _ in range(REPEAT):
            plain.append(spent(lambda: bare(files))[1])
            frames.append(spent(lambda: as_frames(files, "calamine"))[1])
            intake, took = spent(lambda: receive(contest, data))
            forms.append(took)
            jurors = pd.DataFrame(index=pd.Index([f"E{j:02}" for j in range(40)], name="juror"))
            roster = Roster(jurors, pd.DataFrame(columns=["juror", "submission"], dtype="str"),
                            intake.submissions.assign(in_round=True), {})  # fmt: skip
            marks, took = spent(lambda known=roster: read_scores(contest, contest.rounds[0], data, known))
            sheets.append(took)
    assert len(intake.submissions) == SUBMISSIONS
    assert len(marks.ratings) == SCORE_ROWS * len(contest.criteria)
    a, f, b, c = (np.median(x, axis=0) for x in (plain, frames, forms, sheets))
    print("| what | seconds, wall / processor | intake : this |\n|---|---|---|")
    print(f"| intake of {SUBMISSIONS} submissions | {pair(b)} | |")
    print(f"| intake of {SCORE_ROWS} score rows | {pair(c)} | |")
    print(f"| reading the cells with calamine, nothing kept | {pair(a)} | {pair((b + c) / a)} |")
    print(f"| pandas, every sheet as text, calamine | {pair(f)} | {pair((b + c) / f)} |")
    print(f"| pandas, every sheet as text, openpyxl (once) | {pair(slow)} | {pair((b + c) / slow)} |")


def pair(values: np.ndarray) -> str:
    """Two numbers of a table: of the wall clock and of the processors."""
    return " / ".join(f"{v:.2f}" for v in values)


if __name__ == "__main__":
    main()
