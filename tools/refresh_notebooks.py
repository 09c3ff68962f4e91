"""Execute the committed notebooks on their defaults and save them with their outputs, as nbval expects them.

python tools/refresh_notebooks.py
"""

import tempfile
from pathlib import Path

import nbformat

from fairlib.runs.chain import clean
from fairlib.runs.engine import execute
from fairlib.runs.kernels import kernels

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def main() -> None:
    """Execute 01, 02 and 03 in order, into a run directory that is thrown away."""
    paths = sorted(NOTEBOOKS.glob("0*.ipynb"))
    with tempfile.TemporaryDirectory() as folder:
        run_dir, aside = Path(folder) / "run", Path(folder) / "out.ipynb"
        with kernels(len(paths), NOTEBOOKS, run_dir, NOTEBOOKS.parent) as ready:
            for path, kernel in zip(paths, ready, strict=True):
                nb = clean(execute(path, aside, {}, kernel))
                nbformat.write(nb, path)


if __name__ == "__main__":
    main()
