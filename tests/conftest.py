"""What several files of tests look at, made once for all of them and for all workers."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from fairlib.cli import main
from fairlib.runs.chain import run_chain

ROOT = Path(__file__).parents[1]

# Time is measured in benchmarks/, on a machine that does nothing else.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """`once(name, make)`: the folder that `make` filled, here or in another worker. Look at it; change a copy."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # which all workers have in common

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        done = place / f"{name}.done"
        with (place / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                make(place / name)
                done.touch()
        return place / name

    return folder


@pytest.fixture(scope="session")
def far_home(once):
    """The smallest contest far from the project, with no notebooks of its own, run once from yet another place."""
    return once("far", _run_far)


def _run_far(home: Path) -> None:
    for name in ("params/example-minimal.yaml", "data/example-minimal"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (home / name).parent.mkdir(parents=True)
        copy(ROOT / name, home / name)
    with contextlib.chdir(home.parent):
        assert main(["run", str(home / "params" / "example-minimal.yaml")]) == 0


@pytest.fixture(scope="session")
def small_run(far_home):
    """A run of the smallest contest by the chain."""
    return far_home / "runs" / "2024"


@pytest.fixture(scope="session")
def run_2021(once):
    """A run of 2021 by the chain."""
    return once("2021", lambda folder: run_chain(ROOT / "params" / "2021.yaml", folder))
