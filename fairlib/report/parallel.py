"""Who does what, and when? The tasks of a render shared by processes, the longest piece first."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

from fairlib.errors import DataError
from fairlib.report.blocks import Audience
from fairlib.report.results import Results
from fairlib.rules import Language


@dataclass(frozen=True)
class Job:
    """What every task needs: the results as each audience may see them, and where to write."""

    seen: dict[Audience, Results]
    out: Path
    languages: tuple[Language, ...]


@dataclass(frozen=True)
class Task:
    """A piece of work: `work` does it, from the job and what is `given`.

    `seconds` are rough and on one core; they only say what to begin with, so that nobody waits for a
    long last piece.
    """

    seconds: float
    work: "Callable[..., Done]"
    given: tuple = ()

    def do(self, job: Job) -> "Done":
        """Do it."""
        return self.work(job, *self.given)


@dataclass(frozen=True)
class Done:
    """What a task leaves: the files that it wrote, and the tasks that can begin now."""

    paths: list[Path]
    then: list[Task] = field(default_factory=list)


_job: Job  # of this process, where it is a worker


def alone(job: Job, tasks: list[Task]) -> list[Path]:
    """Do the tasks, and those that follow from them, in this process; return the files written."""
    paths, tasks = [], list(tasks)
    while tasks:
        done = tasks.pop().do(job)
        paths += done.paths
        tasks += done.then
    return paths


def shared(job: Job, tasks: list[Task], workers: int, context: BaseContext) -> list[Path]:
    """The same with so many processes of `context`.

    Raises DataError where one of them was ended from outside.
    """
    try:
        return _shared(job, tasks, workers, context)
    except BrokenProcessPool:
        raise DataError(
            f"The report in {job.out} stopped: a process that was drawing it was ended from outside. Most often "
            "memory was short; close other programs, then the same command goes on where it stopped."
        ) from None


def _shared(job: Job, tasks: list[Task], workers: int, context: BaseContext) -> list[Path]:
    paths, tasks, running = [], list(tasks), set[Future]()
    with ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(job,)) as pool:
        while tasks or running:
            tasks.sort(key=lambda task: task.seconds)
            while tasks and len(running) < workers:
                running.add(pool.submit(_do_mine, tasks.pop()))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for done in (future.result() for future in finished):
                paths += done.paths
                tasks += done.then
    return paths


def prepare(libraries: Sequence[str]) -> BaseContext:
    """Where workers come from: a fresh process, which begins at once to load these libraries.

    Never a fork of this one: typst's threads do not survive the fork of a process that has used it.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(libraries))
    forkserver.ensure_running()
    return context


def _begin(job: Job) -> None:
    """A worker is given the job once, and not with every task: results can be large."""
    global _job
    _job = job
    # typst has threads of its own: a worker has one core, where more would wait for each other
    os.environ["RAYON_NUM_THREADS"] = "1"


def _do_mine(task: Task) -> Done:
    return task.do(_job)
