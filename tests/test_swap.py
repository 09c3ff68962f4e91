"""A finished run takes its place whole, whenever its maker is stopped, and notebooks leave it alone."""

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from fairlib.cli import main
from fairlib.errors import DataError, RulesError
from fairlib.runs import record, swap
from fairlib.runs.place import home_of, notebooks_of, open_run

ROOT = Path(__file__).parents[1]
SMALL = ROOT / "params" / "example-minimal.yaml"


class Killed(BaseException):
    """Nothing catches this, as nothing catches a kill."""


@pytest.fixture
def run(small_run, tmp_path):
    """A finished run, and a newer one that waits beside it to take its place."""
    final = tmp_path / "runs" / "2024"
    shutil.copytree(small_run, final)
    shutil.copytree(final, swap.working_place(final))
    (final / "record.json").write_text((final / "record.json").read_text() + "\n")  # the older one
    return final


def is_new(final: Path) -> bool:
    return not (final / "record.json").read_text().endswith("\n\n")


def beside(final: Path) -> set[str]:
    return {p.name for p in final.parent.iterdir()} - {f".{final.name}.lock"}


def test_a_contest_is_run_from_anywhere(far_home):
    done = far_home / "runs" / "2024"
    assert record.verify(done, far_home / "data" / "example-minimal") == []
    assert {p.name for p in far_home.iterdir()} == {"params", "data", "runs"}
    assert str(far_home) not in (done / "01_intake.ipynb").read_text(encoding="utf-8")


def test_where_the_paths_of_a_params_file_start(tmp_path, monkeypatch):
    assert home_of(SMALL) == ROOT
    monkeypatch.chdir(ROOT / "docs")
    assert home_of(Path("../params/2021.yaml")) == ROOT
    assert home_of(tmp_path / "params" / "2027.yaml") == tmp_path
    assert home_of(tmp_path / "2027.yaml") == tmp_path
    assert notebooks_of(tmp_path) == ROOT / "notebooks"
    monkeypatch.setattr("fairlib.runs.place._BESIDE", tmp_path)
    with pytest.raises(RulesError, match="no notebooks"):
        notebooks_of(tmp_path)


def test_a_data_folder_that_is_not_there_is_named_with_its_whole_path(tmp_path, capsys):
    shutil.copy(SMALL, tmp_path / "2024.yaml")
    assert main(["run", str(tmp_path / "2024.yaml")]) == 2
    assert str(tmp_path / "data" / "example-minimal") in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_run_takes_the_place_of_an_older_one(run):
    swap.put_in_place(run)
    assert is_new(run) and beside(run) == {"2024"}


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_kill_between_the_renames_loses_nothing(run, monkeypatch, renames):
    left, real = [True] * renames, os.replace

    def replace(*places):
        if not left:
            raise Killed
        left.pop()
        real(*places)

    def rmtree(*_, **__):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(swap.os, "replace", replace)
        patch.setattr(swap.shutil, "rmtree", rmtree)
        swap.put_in_place(run)
    assert run.exists() is (renames != 1)
    assert main(["verify", str(run)]) == 0
    assert is_new(run) is (renames > 0)
    with swap.alone(run):
        assert beside(run) == ({"2024", "2024.partial"} if renames == 0 else {"2024"})


def test_the_old_run_comes_back_where_the_new_one_is_not_whole(run):
    os.replace(run, run.with_name(".2024.old"))
    (swap.working_place(run) / "intake" / "submissions.csv").unlink()
    swap.settle(run)
    assert record.verify(run) == [] and not is_new(run)
    os.replace(run, run.with_name(".2024.old"))
    shutil.rmtree(swap.working_place(run))
    assert main(["verify", str(run)]) == 0


def test_nothing_is_settled_while_a_run_is_being_made(run):
    os.replace(run, run.with_name(".2024.old"))
    with (run.parent / ".2024.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="being made by another process"):
            swap.settle(run)
    assert not run.exists()


def test_a_rename_that_fails_leaves_the_old_run_where_it_was(run):
    shutil.rmtree(swap.working_place(run))
    with pytest.raises(DataError, match="cannot take this name"):
        swap.put_in_place(run)
    assert not is_new(run) and beside(run) == {"2024"}


def test_verify_of_places_that_hold_no_run(run, tmp_path, capsys):
    assert main(["verify", str(tmp_path / "nothing")]) == 1
    assert "no readable record" in capsys.readouterr().err
    assert main(["verify", str(run), "--data", str(tmp_path / "nothing")]) == 2
    assert "no such folder" in capsys.readouterr().err
    (run / "params.yaml").unlink()
    assert main(["verify", str(run)]) == 1
    assert "missing: output params.yaml\nchanged: rules params.yaml\n" in capsys.readouterr().out


@contextmanager
def without_rights():
    """As somebody whom nothing belongs to; root may write everywhere."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def test_a_folder_without_permission_is_named():
    with tempfile.TemporaryDirectory() as closed:
        (Path(closed) / "2024").mkdir()
        os.chmod(closed, 0o555)
        try:
            with without_rights(), pytest.raises(DataError, match="cannot be written.*folder's permissions"):  # noqa: SIM117
                with swap.alone(Path(closed) / "2024"):
                    pass
            assert [p.name for p in Path(closed).iterdir()] == ["2024"]
        finally:
            os.chmod(closed, 0o755)


@pytest.fixture
def project(far_home, tmp_path, monkeypatch):
    """A project with a recorded run, seen from its notebooks folder as JupyterLab does."""
    for name in ("notebooks", "params"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "params" / "2024.yaml").write_bytes(
        (far_home / "params" / "example-minimal.yaml").read_bytes()
    )
    shutil.copytree(far_home / "runs" / "2024", tmp_path / "runs" / "2024")
    monkeypatch.chdir(tmp_path / "notebooks")
    return tmp_path


def test_a_notebook_works_on_a_draft_and_a_recorded_run_stays(project):
    run = open_run(2024)
    assert run.dir == project / "runs" / "2024.draft"
    tables = {p.relative_to(run.dir): p.read_bytes() for p in run.dir.rglob("*") if p.is_file()}
    recorded = project / "runs" / "2024"
    assert tables == {p.relative_to(recorded): p.read_bytes() for p in recorded.glob("*/*.csv")}
    (run.dir / "intake" / "findings.csv").write_text("mine")
    assert open_run(2024).dir == run.dir
    assert (run.dir / "intake" / "findings.csv").read_text() == "mine", "a draft is begun once"
    assert record.verify(recorded) == []
    assert {p.name for p in (project / "runs").iterdir()} == {"2024", "2024.draft"}


def test_a_draft_takes_nothing_from_a_run_by_other_rules(project):
    raw = yaml.safe_load((project / "params" / "2024.yaml").read_text(encoding="utf-8"))["contest"]
    raw["rounds"][0]["select"]["seats"] = 3
    assert not open_run(2024, raw).dir.exists()


@pytest.mark.parametrize("place", ["runs/2024", "runs/../runs/2024"])
def test_a_notebook_refuses_to_write_into_a_recorded_run(project, place):
    with pytest.raises(RulesError, match="a recorded run lies here, and a notebook would change it"):
        open_run(2024, run_dir=place)
