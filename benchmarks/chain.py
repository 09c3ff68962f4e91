"""The chain's notebook executions against as many notebooks that only import and draw one line.

    python benchmarks/chain.py [--repeat 3]

Both go through papermill's Python API in this process; the figure is the ratio of medians.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import nbformat
import papermill

from fairlib.params import read_params
from fairlib.runs.chain import run_chain, steps_of
from fairlib.runs.place import project_root

BARE = "import pandas, scipy.stats\nimport matplotlib.pyplot as plt\nplt.plot([0, 1]);"


def bare(count: int, folder: Path) -> float:
    """Seconds for `count` notebooks that import what everybody imports and draw a line."""
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(BARE)])
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nb, folder / "bare.ipynb")
    begun = time.perf_counter()
    for i in range(count):
        papermill.execute_notebook(folder / "bare.ipynb", folder / f"out{i}.ipynb", progress_bar=False)
    return time.perf_counter() - begun


def ours(params: Path, folder: Path) -> tuple[float, float]:
    """Seconds for the notebooks of a year, and for the whole run with its report."""
    begun = time.perf_counter()
    done = run_chain(params, folder / "run")
    whole = time.perf_counter() - begun
    return json.loads((done.dir / "run.json").read_text())["seconds"]["notebooks"], whole


def main() -> None:
    """Measure and print a markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    params = project_root() / "params" / "2021.yaml"
    count = len(steps_of(read_params(params)))
    plain, chain, whole = [], [], []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            plain.append(bare(count, Path(folder)))
            notebooks, all_of_it = ours(params, Path(folder))
            chain.append(notebooks)
            whole.append(all_of_it)
    a, b = statistics.median(plain), statistics.median(chain)
    memory = (
        max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    )
    print("| what | median seconds |\n|---|---|")
    print(f"| {count} bare notebooks | {a:.1f} |\n| {count} notebooks of 2021 | {b:.1f} |")
    print(f"| the whole run with its report | {statistics.median(whole):.1f} |\n")
    print(f"ratio {b / a:.2f}; peak memory of the largest process {memory:.0f} MiB")


if __name__ == "__main__":
    main()
