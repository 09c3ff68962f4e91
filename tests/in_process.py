"""Notebooks executed by the process of the tests, which boots no kernel for each."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import matplotlib.pyplot as plt
import nbformat
from papermill.exceptions import PapermillExecutionError

import fairlib
from fairlib.errors import FairlibError
from fairlib.runs import chain, engine


def cells(path: Path, given: dict) -> Iterator[tuple[str, list]]:
    """Execute a notebook with these parameters: the source of each cell and what it showed."""
    names: dict = {}
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type != "code":
            continue
        shown: list = []
        with mock.patch.object(fairlib, "show", lambda what, words="", shown=shown: shown.append(what)):
            exec(compile(cell.source, path.name, "exec"), names)
        yield cell.source, shown
        if "parameters" in cell.metadata.get("tags", ()):
            names.update(given)
    plt.close("all")


def without_kernels(patch) -> None:
    """Let the chain execute its notebooks here, and draw its report; what notebooks show is not kept."""
    patch.setattr(engine, "execute", _execute)
    patch.setattr(os, "cpu_count", lambda: 1)

    @contextlib.contextmanager
    def kernels(count, cwd, run_dir, home):
        with contextlib.chdir(cwd):
            patch.setenv("FAIRLIB_RUN_DIR", str(run_dir))
            patch.setenv("FAIRLIB_HOME", str(home))
            yield itertools.repeat(None, count)
        patch.delenv("FAIRLIB_RUN_DIR")
        patch.delenv("FAIRLIB_HOME")

    patch.setattr(chain, "kernels", kernels)


def _execute(notebook: Path, output: Path, parameters: dict, _) -> nbformat.NotebookNode:
    source = nbformat.read(notebook, 4)
    nbformat.write(source, output)
    try:
        for _ in cells(notebook, parameters):
            pass
    except FairlibError as why:
        raise PapermillExecutionError(0, 0, "", type(why).__name__, str(why), []) from None
    return source
