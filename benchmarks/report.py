"""Seconds to render every report of a year, beside the notebooks that made its numbers.

python benchmarks/report.py [PARAMS]   (default params/2021.yaml)
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path


def timed(work) -> float:
    """Wall seconds of a call; its workers are not children of this process, so their processor time is not seen."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Run the chain once, then render again and write the letters alone; print a table."""
    # Here and not above: every worker imports this file anew, and needs none of these.
    from fairlib.params import read_params
    from fairlib.report import render
    from fairlib.report.letters.letter import file_names, save_letters, write_letters
    from fairlib.report.results import read_results
    from fairlib.runs.chain import run_chain

    params = Path(sys.argv[1] if len(sys.argv) > 1 else "params/2021.yaml")
    with tempfile.TemporaryDirectory() as folder:
        run = run_chain(params, Path(folder) / "run").dir
        rules = read_params(run / "params.yaml")
        notebooks = json.loads((run / "run.json").read_text())["seconds"]["notebooks"]
        whole = timed(lambda: render(run, rules, Path(folder) / "all"))
        results = read_results(run, rules)
        letters, names = write_letters(results), file_names(results.addressees)
        alone = timed(lambda: save_letters(letters, Path(folder) / "letters", names))
    print(f"{params.stem}, {os.cpu_count()} processors\n")
    print("| | wall, s |\n|---|---:|")
    print(f"| notebooks of the chain | {notebooks:.1f} |")
    print(f"| every report, letter, workbook and notebook page | {whole:.1f} |")
    print(f"| {len(letters)} letters alone, HTML and PDF, one process | {alone:.1f} |")


if __name__ == "__main__":
    main()
