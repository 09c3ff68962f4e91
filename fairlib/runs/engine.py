"""Papermill's engine with a kernel that is already running, and that goes with its notebook.

Imported late: papermill pulls in most of Jupyter.
"""

import logging
import sys
from pathlib import Path
from types import ModuleType

# No Jupyter schema uses the format this module checks, and its import takes seconds.
sys.modules.setdefault("rfc3987_syntax", ModuleType("rfc3987_syntax"))

import nbformat  # noqa: E402
import papermill  # noqa: E402
from papermill.clientwrap import PapermillNotebookClient  # noqa: E402
from papermill.engines import NBClientEngine, papermill_engines  # noqa: E402
from papermill.exceptions import PapermillExecutionError  # noqa: E402

from fairlib.runs.kernels import Kernel  # noqa: E402

__all__ = ["PapermillExecutionError", "execute"]


class WarmEngine(NBClientEngine):
    """Executes on the kernel manager `km`; closes its channels and ends the kernel at once."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, km, **_):
        """Execute every cell; papermill keeps the record in `nb_man`."""
        # A busy machine prints in more pieces than a quiet one: what comes out must be the same.
        client = PapermillNotebookClient(
            nb_man, km=km, kernel_name=kernel_name, shutdown_kernel="immediate", coalesce_streams=True
        )
        return client.execute(cleanup_kc=True)


papermill_engines.register("fairlib", WarmEngine)
logging.getLogger("papermill").setLevel(logging.ERROR)


def execute(notebook: Path, output: Path, parameters: dict, kernel: Kernel) -> nbformat.NotebookNode:
    """Execute a notebook on a running kernel; the output is written, also as far as a failing one came.

    Raises PapermillExecutionError where a cell fails.
    """
    return papermill.execute_notebook(
        notebook,
        output,
        parameters,
        engine_name="fairlib",
        km=kernel.manager,
        cwd=notebook.parent,
        progress_bar=False,
        request_save_on_cell_execute=False,
    )
