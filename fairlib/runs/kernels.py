"""Kernels for the chain: over IPC in a folder of their own, booted while the notebook before still runs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client import AsyncKernelManager
from jupyter_core.utils import run_sync

# Matrices are of the size of a jury: more threads wait for each other, and add in another order.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Kernel:
    """One running kernel and the folder of its sockets, so that parallel years never share a port."""

    def __init__(self, cwd: Path, run_dir: Path, home: Path):
        self._folder = tempfile.TemporaryDirectory(prefix="fairlib-kernel-", ignore_cleanup_errors=True)
        sockets = str(Path(self._folder.name) / "k.json")
        self.manager = AsyncKernelManager(kernel_name="python3", transport="ipc", connection_file=sockets)
        # An in-memory history: parallel kernels would lock each other's SQLite file.
        arguments = ["--HistoryManager.enabled=False", "--IPKernelApp.extensions=fairlib.notebook"]
        # By environment and not by parameter: the executed notebook must not depend on where it was run.
        env = (
            dict.fromkeys(ONE_THREAD, "1")
            | os.environ
            | {"FAIRLIB_RUN_DIR": str(run_dir), "FAIRLIB_HOME": str(home)}
        )
        run_sync(self.manager.start_kernel)(extra_arguments=arguments, cwd=str(cwd), env=env)

    def close(self) -> None:
        """Stop the kernel if its notebook did not, and remove its sockets."""
        if self.manager.has_kernel:
            run_sync(self.manager.shutdown_kernel)(now=True)
        self._folder.cleanup()


@contextmanager
def kernels(count: int, cwd: Path, run_dir: Path, home: Path) -> Iterator[Iterator[Kernel]]:
    """An iterator over `count` kernels, each booted while its predecessor is in use.

    They work in `cwd`, write into `run_dir`, and take the contest's files from below `home`.
    """
    alive: list[Kernel] = []

    def ahead() -> Iterator[Kernel]:
        if count:
            alive.append(Kernel(cwd, run_dir, home))
        for i in range(count):
            if i + 1 < count:
                alive.append(Kernel(cwd, run_dir, home))
            yield alive[0]
            alive.pop(0).close()

    try:
        yield ahead()
    finally:
        for kernel in alive:
            kernel.close()
