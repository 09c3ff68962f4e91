"""The command line: run a year, run many, verify a record, render, open the lab."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm

import fairlib
from fairlib.errors import CLOSED, FULL, FairlibError, RulesError, left_behind, not_written

LANGUAGES = {"kk": "қазақша", "ru": "русский", "en": "English"}


def main(argv: list[str] | None = None) -> int:
    """Entry point; returns 0 done, 1 the data needs a person, 2 the call or the rules are wrong, 3 ours."""
    parser = _parser()
    args, options = parser.parse_known_args(argv)
    args.options = options
    if options and args.command is not _lab:
        parser.error(f"unrecognized arguments: {' '.join(options)}")
    try:
        return args.command(args)
    except KeyboardInterrupt:
        print("fairlib: interrupted; the same command goes on where it stopped.", file=sys.stderr)
        return 130
    except Exception as why:
        return _say_no(why)


def _say_no(why: Exception, about: str = "") -> int:
    """Tell a person what went wrong, in a sentence; returns the exit code of its kind."""
    if isinstance(why, OSError) and why.errno in FULL + CLOSED:
        why = not_written(why.filename or "A file", why)
    elif not isinstance(why, FairlibError):
        why = left_behind(why)
    print(f"fairlib: {about}{why}", file=sys.stderr)
    return why.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fairlib", description=__doc__)
    parser.add_argument("--version", action="version", version=f"fairlib {fairlib.__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser("run", help="run a contest year and render its report")
    run.add_argument("params", type=Path, help="the rules, for example params/2021.yaml")
    run.add_argument("--out", type=Path, help="run directory (default runs/YEAR)")
    run.set_defaults(command=_run)

    batch = commands.add_parser("batch", help="run several years and compare them on one page")
    batch.add_argument("params", type=Path, nargs="+")
    batch.add_argument("--out", type=Path, help="folder of the run directories (default runs)")
    batch.set_defaults(command=_batch)

    verify = commands.add_parser("verify", help="check a run directory, and the inputs, against its record")
    verify.add_argument("run_dir", type=Path)
    verify.add_argument("--data", type=Path, help="the folder of the files that were sent")
    verify.set_defaults(command=_verify)

    report = commands.add_parser("report", help="render the report of a run directory again")
    report.add_argument("run_dir", type=Path)
    report.set_defaults(command=_report)

    lab = commands.add_parser(
        "lab", help="open the project in JupyterLab; further options are JupyterLab's own"
    )
    lab.set_defaults(command=_lab)
    return parser


def _run(args: argparse.Namespace) -> int:
    done = _chain(args.params, args.out)
    print(f"Done: {_near(done.dir)}")
    print("The report for the public (beside it as PDF; report/internal is for those who decide):")
    for code, name in LANGUAGES.items():
        print(f"  {name}: {_near(done.dir / 'report' / 'public' / f'{code}.html')}")
    _tell_findings(done.dir)
    return 0


def _tell_findings(run_dir: Path) -> None:
    """How many findings want a person or a look, and where they stand."""
    import pandas as pd

    for table in sorted(run_dir.glob("*/findings.csv")):
        severity = pd.read_csv(table, usecols=["severity"], dtype="str")["severity"]
        if n := int((severity == "error").sum()):
            print(f"A person should look at {n} finding(s): {_near(table)}, severity error")
        if n := int((severity == "warning").sum()):
            print(f"Worth a look: {n} finding(s) of severity warning in {_near(table)}")


def _chain(params: Path, out: Path | None):
    from fairlib.params import read_params
    from fairlib.runs.chain import run_chain, steps_of

    rules = read_params(params)
    total = len(steps_of(rules)) + 1
    shape = "{desc}: {bar:30} {n}/{total} {postfix}"
    with tqdm(total=total, desc=str(rules.year), bar_format=shape) as bar:

        def tell(step: str) -> None:
            bar.update(bar.postfix is not None)
            bar.set_postfix_str(step)

        return run_chain(params, out, tell)


def _batch(args: argparse.Namespace) -> int:
    from fairlib.params import read_params

    years = [read_params(p).year for p in args.params]
    if not args.out and len(set(years)) < len(years):
        raise RulesError(
            "Two of these files are of the same year and would write one folder; give --out, and each has "
            "its own."
        )
    from fairlib.report.years.page import write_index
    from fairlib.runs.place import home_of

    folder = args.out or home_of(args.params[0]) / "runs"
    done, worst = [], 0
    for params in args.params:
        try:
            done.append(_chain(params, args.out and args.out / params.stem).dir)
        except Exception as why:  # the other years go on
            worst = max(worst, _say_no(why, f"{params}: "))
    if done:
        print(f"Years compared: {_near(write_index(done, folder))}")
    return worst


def _verify(args: argparse.Namespace) -> int:
    from fairlib.runs.record import verify
    from fairlib.runs.swap import settle

    if args.data and not args.data.is_dir():
        raise RulesError(f"--data {args.data}: there is no such folder.")
    settle(args.run_dir)
    differences = verify(args.run_dir, args.data)
    for d in differences:
        print(f"{d.what}: {d.part} {d.name}")
    print(
        "Everything is as recorded."
        if not differences
        else f"{len(differences)} thing(s) are not as recorded."
    )
    return int(bool(differences))


def _report(args: argparse.Namespace) -> int:
    from fairlib.params import read_params
    from fairlib.report import render
    from fairlib.runs.swap import settle

    settle(args.run_dir)
    if not (args.run_dir / "params.yaml").is_file():
        raise RulesError(f"{args.run_dir}: there is no run here to report on; `fairlib run` makes one.")
    for page in render(args.run_dir, read_params(args.run_dir / "params.yaml")):
        print(_near(page))
    return 0


def _lab(args: argparse.Namespace) -> int:
    from importlib.util import find_spec

    from fairlib.runs.place import home_of, notebooks_of

    if find_spec("jupyterlab") is None:
        raise RulesError("JupyterLab is not installed here; `make lab` installs it and opens the notebooks.")
    notebooks = notebooks_of(home_of(Path("params.yaml")))
    call = [sys.executable, "-m", "jupyterlab", *_lab_options(notebooks), *args.options]
    # where JupyterLab finds that its pop-up about news is off
    config = [str(Path(__file__).with_name("lab")), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    return subprocess.call(call, env=os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(config)})


def _lab_options(notebooks: Path) -> list[str]:
    """Params, data and runs in sight, the first notebook open; root may, as in a container."""
    first = min(notebooks.glob("*.ipynb")).name
    return [
        f"--ServerApp.root_dir={notebooks.parent}",
        f"--LabApp.default_url=/lab/tree/{notebooks.name}/{first}?file-browser-path=/",
        *(["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
    ]


def _near(path: Path) -> str:
    """A path as short as it can be said from here."""
    short = os.path.relpath(path)
    return str(path) if short.startswith("..") else short


if __name__ == "__main__":
    sys.exit(main())
