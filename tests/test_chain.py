"""The chain: a run appears whole or not at all, goes on where it stopped, and can be checked against its record."""

import os
import shutil
import warnings
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml

from fairlib.cli import main
from fairlib.contract import INTAKE, ROUND
from fairlib.errors import DataError, RulesError
from fairlib.intake.submissions import receive
from fairlib.params import read_params
from fairlib.runs import chain, record, swap
from fairlib.runs.engine import execute
from fairlib.runs.kernels import kernels
from fairlib.runs.place import open_run, project_root
from fairlib.stage.handed_on import read_submissions, roster
from fairlib.store import write_table

ROOT = Path(__file__).parents[1]
SMALL = ROOT / "params" / "example-minimal.yaml"


def test_the_tables_of_a_run_have_the_columns_of_the_contract(small_run):
    for path in sorted(small_run.glob("*/*.csv")):
        known = (INTAKE if path.parent.name == "intake" else ROUND)[path.stem]
        table = pd.read_csv(path, dtype=str)
        names = table["key"].tolist() if known.keys else table.columns.tolist()
        columns = known.in_file(names)
        assert set(names) <= set(columns), path.name
        if not known.keys:
            left_out = set(columns) - set(names)
            assert left_out <= {"day", "slot", "level"}, path.name
            assert names == [n for n in columns if n not in left_out], path.name


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own with the smallest contest, to be damaged."""
    for name in ("notebooks", "params"):
        shutil.copytree(ROOT / name, tmp_path / name)
    raw = yaml.safe_load(SMALL.read_text(encoding="utf-8"))
    shutil.copytree(ROOT / raw["contest"]["data"], tmp_path / raw["contest"]["data"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_steps_follow_the_rounds():
    steps = chain.steps_of(read_params(ROOT / "params" / "2021.yaml"))
    assert [(s.notebook, s.round) for s in steps] == [
        ("01_intake", None), ("02_scoring", "commission"), ("03_selection", "commission"),
        ("02_scoring", "fair"), ("03_selection", "fair")]  # fmt: skip


def test_a_run_directory_has_what_the_contract_says(small_run):
    names = {p.relative_to(small_run).as_posix() for p in small_run.rglob("*") if p.is_file()}
    (only,) = [r.id for r in read_params(SMALL).contest.rounds]
    steps = ["intake/submissions", "intake/set_aside", "intake/findings"]
    steps += [f"{only}/{t}" for t in ("ratings", "estimates", "jurors", "consistency", "decisions")]
    pages = [f"report/public/{lang}.html" for lang in ("kk", "ru", "en")]
    top = ["params.yaml", "record.json", "run.json", "01_intake.ipynb", f"{only}/02_scoring.ipynb"]
    for name in [*top, *(f"{s}.csv" for s in steps), *pages]:
        assert name in names, name
    assert not [n for n in names if Path(n).name.startswith(".") or "failed" in n]


def test_executed_notebooks_tell_no_place_and_no_time(small_run, tmp_path):
    for path in small_run.rglob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text and str(small_run) not in text, path
        nb = nbformat.reads(text, 4)
        assert all(c.execution_count for c in nb.cells if c.cell_type == "code")
        assert "papermill" not in nb.metadata


def test_the_record_is_checked_to_the_byte(small_run, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(small_run, copy)
    data = ROOT / read_params(SMALL).contest.data
    assert record.verify(copy, data) == []
    assert main(["verify", str(copy), "--data", str(data)]) == 0
    (copy / "intake" / "findings.csv").write_text("changed")
    (copy / "new.txt").write_text("x")
    (copy / "intake" / "set_aside.csv").unlink()
    assert [(d.name, d.what) for d in record.verify(copy)] == [
        ("intake/findings.csv", "changed"), ("intake/set_aside.csv", "missing"), ("new.txt", "new")]  # fmt: skip
    assert main(["verify", str(copy)]) == 1
    assert "changed: output intake/findings.csv" in capsys.readouterr().out
    for content in (None, "[]", "{}", "{"):
        (tmp_path / "record.json").write_text(content) if content else None
        with pytest.raises(DataError, match="no readable record"):
            record.verify(tmp_path)


@pytest.mark.slow
def test_a_failing_notebook_leaves_its_copy_and_names_the_file(project, capsys):
    params = project / "params" / "example-minimal.yaml"
    rules = read_params(params).contest
    form = project / rules.data / rules.submissions.file
    form.write_text("<html><body><table></table></body></html>")
    assert main(["run", str(params), "--out", str(project / "out")]) == 1
    said = capsys.readouterr().err
    assert form.name in said and "html" in said
    assert (project / "out.partial" / "01_intake.failed.ipynb").exists()
    assert not (project / "out").exists()


def test_what_was_there_before_stays_untouched(project, small_run):
    shutil.copytree(small_run, project / "out")
    before = record.outputs_of(project / "out")
    params = project / "params" / "example-minimal.yaml"
    rules = read_params(params).contest
    (project / rules.data / rules.submissions.file).unlink()
    with pytest.raises(DataError, match="no such file"):
        chain.run_chain(params, project / "out")
    assert record.outputs_of(project / "out") == before


def test_an_interrupted_run_goes_on_and_leaves_the_same_bytes(project, monkeypatch, small_run):
    """As a run without a stop, of the same inputs in another place."""
    params, real, ran = project / "params" / "example-minimal.yaml", chain._execute_notebook, []

    def stop_at_selection(step, *rest):
        if step.notebook == "03_selection" and len(ran) < 3:
            ran.append("stopped")
            raise KeyboardInterrupt
        ran.append(step.notebook)
        return real(step, *rest)

    monkeypatch.setattr(chain, "_execute_notebook", stop_at_selection)
    with pytest.raises(KeyboardInterrupt):
        chain.run_chain(params, project / "out")
    assert not (project / "out").exists()
    done = chain.run_chain(params, project / "out").dir
    assert ran == ["01_intake", "02_scoring", "stopped", "03_selection"]
    assert not (project / "out.partial").exists()
    assert record.outputs_of(done) == record.outputs_of(small_run)
    assert (done / "record.json").read_bytes() == (small_run / "record.json").read_bytes()


def test_files_that_change_during_a_run_are_noticed(project, monkeypatch):
    params = project / "params" / "example-minimal.yaml"
    places = project / read_params(params).contest.data / "places.csv"

    def change(*_):
        places.write_text(places.read_text() + "\n")
        return {}

    monkeypatch.setattr(chain, "_execute", change)
    monkeypatch.setattr("fairlib.report.render", lambda *_: [])
    with pytest.raises(DataError, match="changed while the run was being made"):
        chain.run_chain(params, project / "out")
    assert not (project / "out").exists()


def test_two_runs_of_a_year_do_not_mix(project):
    with swap.alone(project / "out"), pytest.raises(DataError, match="being made by another process"):
        chain.run_chain(project / "params" / "example-minimal.yaml", project / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_by_rights(project):
    (project / "closed").mkdir(mode=0o500)
    with pytest.raises(DataError, match="check the folder's permissions"):
        chain.run_chain(project / "params" / "example-minimal.yaml", project / "closed" / "out")


def test_a_place_that_cannot_be_a_folder(project, capsys):
    (project / "file").write_text("x")
    assert (
        main(
            ["run", str(project / "params" / "example-minimal.yaml"), "--out", str(project / "file" / "out")]
        )
        == 1
    )
    assert "cannot be written" in capsys.readouterr().err


def test_two_contests_of_one_year_do_not_share_a_folder(project, capsys):
    shutil.copy(project / "params" / "example-minimal.yaml", project / "params" / "again.yaml")
    assert main(["batch", "params/again.yaml", "params/example-minimal.yaml"]) == 2
    assert "of the same year" in capsys.readouterr().err and not (project / "runs").exists()


def test_wrong_calls_have_their_exit_code(project, capsys):
    assert main(["run", "params/2099.yaml"]) == 2
    params = project / "params" / "bad.yaml"
    params.write_text(SMALL.read_text(encoding="utf-8").replace("seats:", "saets:"), encoding="utf-8")
    assert main(["run", str(params)]) == 2
    assert "did you mean seats?" in capsys.readouterr().err
    shutil.rmtree(project / read_params(SMALL).contest.data)
    assert main(["run", str(project / "params" / "example-minimal.yaml")]) == 2
    with pytest.raises(SystemExit) as call:
        main(["fly"])
    assert call.value.code == 2


def test_the_run_of_a_notebook_is_opened_from_its_parameters(project):
    year = read_params(SMALL).year
    (project / "params" / f"{year}.yaml").write_bytes(SMALL.read_bytes())
    assert open_run(year).dir == project / "runs" / f"{year}.draft"
    assert open_run(year, run_dir="x").dir == project / "x"
    raw = yaml.safe_load(SMALL.read_text(encoding="utf-8"))
    assert open_run(year, raw["contest"]).rules == read_params(SMALL)
    with pytest.raises(RulesError, match="no round 'final'"):
        open_run(year).round("final")
    (project / "params" / "2025.yaml").write_bytes(SMALL.read_bytes())
    with pytest.raises(RulesError, match=r"2025\.yaml: these rules are of 2024"):
        open_run(2025)
    with pytest.raises(RulesError, match="not inside a project"):
        project_root(Path("/"))


def test_a_notebook_reads_the_rules_as_they_are_now_and_the_chain_its_own(project, monkeypatch):
    year = read_params(SMALL).year
    now = project / "params" / f"{year}.yaml"
    now.write_text(SMALL.read_text(encoding="utf-8").replace("seats: 2", "seats: 3"), encoding="utf-8")
    (project / "runs" / str(year)).mkdir(parents=True)
    (project / "runs" / str(year) / "params.yaml").write_bytes(SMALL.read_bytes())
    assert open_run(year).contest.rounds[0].select.seats == 3
    monkeypatch.setenv("FAIRLIB_RUN_DIR", str(project / "runs" / str(year)))
    assert open_run(year).contest.rounds[0].select.seats == 2


def test_a_run_never_takes_the_place_of_other_things(project, capsys):
    (project / "mine").mkdir()
    (project / "mine" / "thesis.txt").write_text("x")
    for out in ("mine", ".", "mine/thesis.txt"):
        assert main(["run", "params/example-minimal.yaml", "--out", out]) == 2
        assert "not a run" in capsys.readouterr().err
    assert (project / "mine" / "thesis.txt").exists() and not (project / "mine.partial").exists()


def test_tables_come_back_as_they_were_written(project):
    """Also where a text looks like a number, or nobody filled a column."""
    run = open_run(contest=yaml.safe_load(SMALL.read_text(encoding="utf-8"))["contest"], run_dir="x")
    form = run.data / run.contest.submissions.file
    form.write_text("id;title;organisation\n001;1984;0012\n002;NA;7\n", encoding="utf-8")
    intake = receive(run.contest, run.data)
    run.save_intake(intake)
    again = read_submissions(run.dir)
    assert again[["title", "organisation"]].to_dict("index") == {
        "001": {"title": "1984", "organisation": "0012"}, "002": {"title": "NA", "organisation": "7"}}  # fmt: skip
    assert (again[["nomination", "region", "legal_form"]] == "").all(axis=None)
    assert again["requested"].isna().all() and again["eligible"].dtype == bool


def test_a_round_that_nobody_reaches_says_why(project):
    raw = yaml.safe_load(SMALL.read_text(encoding="utf-8"))["contest"]
    raw["submissions"]["accepted_to"] = "2023-12-31"
    run = open_run(2024, raw, "x")
    form = run.data / run.contest.submissions.file
    form.write_text("submission;title;sent\nA;Sea;2024-01-01\n", encoding="utf-8")
    run.save_intake(run.receive())
    with pytest.raises(DataError, match="nothing to score in the round jury: 0 submissions were accepted"):
        run.round("jury").read_marks()


def test_rounding_noise_is_written_as_zero(tmp_path):
    write_table(pd.DataFrame({"x": [5.6e-17, -8.9e-16, 1.25e-9, 2.0]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "x\n0\n0\n1.25e-09\n2\n"


def test_a_conflict_with_an_earlier_version_holds_for_the_kept_one(tmp_path):
    (tmp_path / "conflicts.csv").write_text("juror;submission\nE1;A0\n")
    c = read_params(SMALL).contest
    r = c.rounds[0].model_copy(update={"conflicts": "conflicts.csv"})
    table = pd.DataFrame({"eligible": [True]}, index=pd.Index(["A"], name="submission"))
    found = roster(c, r, tmp_path, table, table["eligible"], {"A0": "A"})
    assert found.conflicts.values.tolist() == [["E1", "A"]]


def test_no_warning_reaches_the_reader(small_run):
    for path in small_run.rglob("*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            for out in cell.get("outputs", []):
                assert out.output_type != "stream" or out.name != "stderr", (path, out)


def test_nothing_in_a_table_is_nan(small_run):
    for path in small_run.rglob("*.csv"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert not table.isin(["nan", "NaN", "inf", "<NA>", "None", "NaT"]).any().any(), path


def test_a_run_takes_the_place_of_what_notebooks_left(project):
    out = project / "out"
    (out / "intake").mkdir(parents=True)
    (out / "intake" / "submissions.csv").write_text("submission\n")
    swap.refuse_to_replace(out)
    swap.refuse_to_replace(project / "nothing")


@pytest.mark.slow
def test_what_a_cell_prints_in_pieces_is_one_output(tmp_path):
    cell = nbformat.v4.new_code_cell(
        "import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "slow.ipynb")
    with kernels(1, tmp_path, tmp_path, tmp_path) as ready:
        done = execute(tmp_path / "slow.ipynb", tmp_path / "out.ipynb", {}, next(ready))
    assert [o["text"] for o in done.cells[-1].outputs] == ["0\n1\n2\n"]


def test_a_round_without_a_mark_on_the_scale_says_so(project):
    raw = yaml.safe_load(SMALL.read_text(encoding="utf-8"))["contest"]
    run = open_run(2024, raw, "x")
    (run.data / raw["rounds"][0]["scores"]["files"]).write_text(
        "juror,submission,score\nAigul,A,\nBerik,A,99\n", "utf-8"
    )
    run.save_intake(run.receive())
    with pytest.raises(
        DataError, match=r"no mark on the scale 1–6 in the round jury \(invalid: 1, missing: 1; the first"
    ):
        run.round("jury").read_marks()


def test_the_lab_opens_the_project_at_its_first_notebook_and_hands_options_on(monkeypatch):
    calls = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr("fairlib.cli.subprocess.call", lambda call, env: calls.append((call, env)) or 0)
    assert main(["lab", "--no-browser", "--port", "9000"]) == 0
    ((call, env),) = calls
    assert f"--ServerApp.root_dir={ROOT}" in call
    assert "--LabApp.default_url=/lab/tree/notebooks/01_intake.ipynb?file-browser-path=/" in call
    lab = Path(env["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0]) / "labconfig" / "page_config.json"
    assert "announcements" in lab.read_text()  # no pop-up that asks about news
    assert call[-3:] == ["--no-browser", "--port", "9000"]
    with pytest.raises(SystemExit):
        main(["verify", ".", "--fast"])
