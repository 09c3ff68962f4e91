"""Bad files: the message names the file and what to do, the exit code is right, what was there stays untouched."""

import errno
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from in_process import without_kernels

from fairlib.cli import main
from fairlib.runs import chain

ROOT = Path(__file__).parents[1]
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the smallest contest, with an older run that must survive."""
    for name in ("notebooks", "params", "data/example-minimal"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "record.json").write_text("an older run")
    monkeypatch.chdir(tmp_path)
    without_kernels(monkeypatch)
    return tmp_path


def run(project: Path) -> int:
    return main(["run", str(project / "params" / "example-minimal.yaml"), "--out", str(project / "out")])


def use_form(project: Path, name: str) -> Path:
    """Make the form a file of another name."""
    params = project / "params" / "example-minimal.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("posters.csv", name), encoding="utf-8")
    return project / "data" / "example-minimal" / name


def missing(project):
    (project / "data" / "example-minimal" / "posters.csv").unlink()
    return ["posters.csv", "no such file"]


def no_bytes(project):
    use_form(project, "form.xlsx").write_bytes(b"")
    return ["form.xlsx", "empty"]


def empty_workbook(project):
    pd.DataFrame().to_excel(use_form(project, "form.xlsx"), index=False, engine="xlsxwriter")
    return ["form.xlsx", "nothing in this file"]


def protected(project):
    use_form(project, "form.xlsx").write_bytes(OLE)
    return ["form.xlsx", "protected by a password"]


def damaged(project):
    path = use_form(project, "form.xlsx")
    pd.DataFrame({"title": ["x"] * 50}).to_excel(path, index=False, engine="xlsxwriter")
    path.write_bytes(path.read_bytes()[:-800])
    return ["form.xlsx", "damaged"]


def html_in_disguise(project):
    (project / "data" / "example-minimal" / "posters.csv").write_text(
        "<!DOCTYPE html><html><body></body></html>"
    )
    return ["posters.csv", "web page (html)"]


def no_headings(project):
    (project / "data" / "example-minimal" / "posters.csv").write_text("a;b\n1;2\n")
    return ["posters.csv", "no sheet has a heading row"]


def two_different_marks(project):
    path = project / "data" / "example-minimal" / "places.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    first = lines[1]
    other = first[:-1] + ("1" if first[-1] != "1" else "2")
    path.write_text("\n".join([*lines, other]) + "\n", encoding="utf-8")
    return ["places.csv!places!", "two different marks", "ask which one is meant"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil",
    [
        missing,
        no_bytes,
        empty_workbook,
        protected,
        damaged,
        html_in_disguise,
        no_headings,
        two_different_marks,
    ],
)
def test_a_bad_file_stops_the_run_and_is_named(project, spoil, capsys):
    said = spoil(project)
    assert run(project) == 1
    told = capsys.readouterr().err
    for words in said:
        assert words in told, told
    assert [p.name for p in (project / "out").iterdir()] == ["record.json"]


@pytest.mark.slow
def test_an_unknown_submission_is_a_finding_and_no_crash(project):
    path = project / "data" / "example-minimal" / "places.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    separator = ";" if ";" in lines[0] else ","
    cells = lines[1].split(separator)
    at = lines[0].split(separator).index("submission")
    cells[at] = "Z99"
    path.write_text("\n".join([*lines, separator.join(cells)]) + "\n", encoding="utf-8")
    assert run(project) == 0
    found = project / "out" / "jury" / "findings.csv"
    assert "unknown_submission" in found.read_text(encoding="utf-8")


def test_a_typo_in_the_rules_stops_before_anything_is_read(project, capsys):
    params = project / "params" / "example-minimal.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("estimator", "estimater"), encoding="utf-8")
    assert run(project) == 2
    assert "did you mean estimator?" in capsys.readouterr().err
    assert not (project / "out.partial").exists()


def test_a_full_disk_leaves_nothing_half_written(project, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("fairlib.store.os.replace", full)
        assert run(project) == 1
    told = capsys.readouterr().err
    assert "params.yaml: cannot be written (No space left on device); make room there" in told
    assert [p.name for p in (project / "out").iterdir()] == ["record.json"]
    assert not list((project / "out.partial").iterdir())
    monkeypatch.setattr("fairlib.runs.chain._execute", full)
    assert run(project) == 1
    assert "A file: cannot be written (No space left on device); make room there" in capsys.readouterr().err


def test_a_kernel_that_goes_away_says_that_the_run_goes_on(project, capsys, monkeypatch):
    def gone(*_):
        raise RuntimeError("Kernel died")

    monkeypatch.setattr("fairlib.runs.engine.execute", gone)
    assert run(project) == 1
    told = capsys.readouterr().err
    assert (
        "01_intake" in told
        and "its kernel ended (Kernel died)" in told
        and "goes on where it stopped" in told
    )


def test_what_a_killed_run_was_just_writing_is_taken_away(project, monkeypatch):
    work, given = project / "out.partial", {"any": 1}
    params = project / "params" / "example-minimal.yaml"
    assert chain._resume(work, given, params) == []
    mark = chain._fingerprint(work)
    (work / "intake").mkdir()
    for name in ("01_intake.ipynb", "intake/.findings.csv.x1y2"):
        (work / name).write_text("half")
    (work / "progress.json").write_text(
        f'{{"basis": "{mark}", "finished": ["01_intake.ipynb", "gone.ipynb"]}}'
    )
    assert chain._resume(work, given, params) == ["01_intake.ipynb"]
    assert {p.name for p in work.rglob("*") if p.is_file()} == {
        ".basis", "01_intake.ipynb", "params.yaml", "progress.json"}  # fmt: skip
