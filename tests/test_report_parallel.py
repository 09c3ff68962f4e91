"""Tasks are all done, the longest first, with those that follow from others; a failure is not swallowed."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from fairlib.errors import DataError
from fairlib.report import parallel
from fairlib.report.parallel import Done, Job, Task

JOB = Job({}, Path("out"), ())


def named(job: Job, name: str, then: tuple[Task, ...] = ()) -> Done:
    """Stand-in for a task that leaves a file and hands on others."""
    return Done([job.out / name], list(then))


def failing(job: Job) -> Done:
    """Stand-in for a task that cannot be done."""
    raise ValueError("no paper")


def killed(job: Job) -> Done:
    """Stand-in for a task whose process the system ends, as where memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(params=["alone", "shared by one", "shared by three"])
def do(request, monkeypatch):
    """Each way to do tasks, with threads for processes."""
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", ThreadPoolExecutor)
    if request.param == "alone":
        return parallel.alone
    return lambda job, given: parallel.shared(job, given, 1 if "one" in request.param else 3, "threads")


def test_what_follows_is_done_too(do):
    later = Task(3, named, ("c", (Task(1, named, ("d",)),)))
    given = [Task(1, named, ("a",)), Task(2, named, ("b", (later,)))]
    assert sorted(p.name for p in do(JOB, given)) == ["a", "b", "c", "d"]
    assert len(given) == 2


def test_no_task_is_nothing_to_do(do):
    assert do(JOB, []) == []


def test_a_failure_is_not_swallowed(do):
    with pytest.raises(ValueError, match="no paper"):
        do(JOB, [Task(1, named, ("a",)), Task(9, failing)])


def test_the_longest_that_can_begin_is_next(monkeypatch):
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", ThreadPoolExecutor)
    given = [Task(1, named, ("short",)), Task(5, named, ("long", (Task(3, named, ("middle",)),)))]
    assert [p.name for p in parallel.shared(JOB, given, 1, "threads")] == ["long", "middle", "short"]


def test_a_process_ended_from_outside_is_told_in_a_sentence():
    with pytest.raises(DataError, match="ended from outside"):
        parallel.shared(JOB, [Task(1, killed)], 1, get_context("fork"))
