"""From jurors' spreadsheets to decisions that anyone can check.

A contest in ten lines: two jurors, three projects, one seat.

>>> import pandas as pd
>>> import fairlib as fl
>>> rows = [("A", "Ann", 8), ("B", "Ann", 6), ("C", "Ann", 3), ("A", "Ben", 7), ("B", "Ben", 4), ("C", "Ben", 2)]
>>> ratings = pd.DataFrame(rows, columns=["submission", "juror", "score"]).assign(criterion="worth", status="scored")
>>> fl.design(ratings).verdict
'crossed'
>>> found = fl.estimate(ratings, "additive")
>>> found.jurors["severity"].round(2).to_dict()
{'Ann': -0.67, 'Ben': 0.67}
>>> choice = fl.choose(found.submissions.assign(eligible=True), fl.Selection(seats=1), seed=1)
>>> choice.decisions["decision"].to_list()
['selected', 'not_selected', 'not_selected']

A year of a contest with its rules, files and reports is `fl.open_run(2021)`; its rounds are `run.round("commission")`,
and a method of a round is the function of its name with the round's weights, scale, seed and rules filled in.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:  # the same names, for a checker; a test holds them equal
    from fairlib import tell as tell
    from fairlib.explore import compare as compare
    from fairlib.explore import juror as juror
    from fairlib.explore import story as story
    from fairlib.live import panel as panel
    from fairlib.notebook import show as show
    from fairlib.params import read_params as read_params
    from fairlib.report.figures import plot_agreement as plot_agreement
    from fairlib.report.figures import plot_funnel as plot_funnel
    from fairlib.report.figures import plot_marks as plot_marks
    from fairlib.report.figures import plot_probabilities as plot_probabilities
    from fairlib.report.figures import plot_ranking as plot_ranking
    from fairlib.report.figures import plot_severity as plot_severity
    from fairlib.report.figures import plot_slopes as plot_slopes
    from fairlib.report.figures import plot_tile_map as plot_tile_map
    from fairlib.report.figures import plot_what_if as plot_what_if
    from fairlib.rules import Selection as Selection
    from fairlib.runs.place import Run as Run
    from fairlib.runs.place import open_run as open_run
    from fairlib.scoring import consistency as consistency
    from fairlib.scoring import decision_study as decision_study
    from fairlib.scoring import design as design
    from fairlib.scoring import diagnose as diagnose
    from fairlib.scoring import estimate as estimate
    from fairlib.scoring import generalizability as generalizability
    from fairlib.scoring import icc as icc
    from fairlib.scoring import jurors_needed as jurors_needed
    from fairlib.scoring import krippendorff_alpha as krippendorff_alpha
    from fairlib.scoring import model_fit as model_fit
    from fairlib.selection import certainty as certainty
    from fairlib.selection import choose as choose
    from fairlib.selection import stability as stability
    from fairlib.selection import what_if as what_if
    from fairlib.stage import Stage as Stage

# By the module that has them, which is loaded when one of them is first asked for.
_HOMES = {
    "fairlib.params": ("read_params",),
    "fairlib.rules": ("Selection",),
    "fairlib.runs.place": ("Run", "open_run"),
    "fairlib.stage": ("Stage",),
    "fairlib.scoring": (
        "design",
        "consistency",
        "icc",
        "krippendorff_alpha",
        "generalizability",
        "decision_study",
        "jurors_needed",
        "estimate",
        "diagnose",
        "model_fit",
    ),
    "fairlib.selection": ("choose", "certainty", "stability", "what_if"),
    "fairlib.report.figures": (
        "plot_funnel",
        "plot_tile_map",
        "plot_marks",
        "plot_agreement",
        "plot_severity",
        "plot_slopes",
        "plot_ranking",
        "plot_probabilities",
        "plot_what_if",
    ),
    "fairlib.explore": ("story", "juror", "compare"),
    "fairlib.notebook": ("show",),
    "fairlib.live": ("panel",),
    "fairlib": ("tell",),  # a module
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*_HOME]


def __getattr__(name: str) -> Any:
    """A public name, loaded when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOME[name]
    if home == __name__:
        return importlib.import_module(f"{home}.{name}")
    globals()[name] = getattr(importlib.import_module(home), name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
