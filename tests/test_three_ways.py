"""The chain, plain papermill and JupyterLab give the same tables for 2021."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PARAMS = ROOT / "params" / "2021.yaml"
STEPS = ("01_intake", "02_scoring", "03_selection")


def tables(folder: Path) -> dict[str, bytes]:
    """The tables of intake and of the first round."""
    found = [*folder.glob("intake/*.csv"), *folder.glob("commission/*.csv")]
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(found)}


@pytest.fixture(scope="module")
def by_chain(run_2021):
    return tables(run_2021)


def test_the_chain_makes_all_tables_of_the_contract(by_chain):
    wanted = {"submissions", "set_aside", "findings"}
    assert {f"intake/{n}.csv" for n in wanted} <= by_chain.keys()
    wanted = {"ratings", "comments", "findings", "estimates", "jurors", "consistency", "design", "decisions"}
    assert {f"commission/{n}.csv" for n in wanted} <= by_chain.keys()


def test_papermill_alone_gives_the_same_without_a_warning_of_parameters(by_chain, tmp_path):
    for name in STEPS:
        call = [sys.executable, "-m", "papermill", f"notebooks/{name}.ipynb", str(tmp_path / f"{name}.ipynb"),
                "-f", str(PARAMS), "-p", "run_dir", str(tmp_path / "run")]  # fmt: skip
        call += [] if name == "01_intake" else ["-p", "round", "commission"]
        done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        assert "unknown parameter" not in done.stderr
    assert tables(tmp_path / "run") == by_chain


@pytest.fixture(scope="module")
def by_lab():
    """Where the committed notebooks work by their defaults: as nbval left it in this worker, else made now."""
    folder = Path(os.environ["FAIRLIB_RUN_DIR"])
    if not (folder / "commission" / "decisions.csv").exists():
        for name in STEPS:
            nb = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)
            place = {"metadata": {"path": str(ROOT / "notebooks")}}
            NotebookClient(nb, kernel_name="python3", resources=place).execute()
    return tables(folder)


def test_jupyterlab_gives_the_same_from_the_committed_defaults(by_chain, by_lab):
    assert by_lab == by_chain
