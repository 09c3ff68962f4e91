"""How the suite is run: notebooks into a folder of their own, files of tests shared out among workers."""

import gc
import os
import tempfile

import pytest

_FOLDER = tempfile.TemporaryDirectory(prefix="fairlib-nbval-")
os.environ.setdefault("FAIRLIB_RUN_DIR", _FOLDER.name)
os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture(autouse=True)
def _outside_the_notebooks_run(monkeypatch, request):
    if "tests" in str(request.node.path):
        monkeypatch.delenv("FAIRLIB_RUN_DIR", raising=False)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported to find the tests stays: it is not searched for garbage, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def file_of(item: pytest.Item) -> str:
    """The file of a test as its id begins."""
    return item.nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long is `slow`. Its files come first, notebooks before all: nobody is left alone with them."""
    for item in items:
        if file_of(item).endswith(".ipynb") or "once" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    slow = {file_of(item) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (not file_of(item).endswith(".ipynb"), file_of(item) not in slow))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A worker takes a file at a time, and the notebooks together with what looks at all they left."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            together = file.endswith(".ipynb") or file == "tests/test_three_ways.py"
            return "notebooks" if together else file

    config.option.loadscopereorder = False
    return ByFile(config, log)
