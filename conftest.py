"""Tests of the notebooks write into a folder of their own, never into runs/."""

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
