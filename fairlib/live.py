"""What if, live: a control for each thing that a round's rule may change, with `Stage.what_if` behind them."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import pandas as pd
import yaml

from fairlib import tell
from fairlib.dress import dress
from fairlib.errors import FairlibError
from fairlib.notebook import show
from fairlib.scoring.estimators.adjust import METHODS
from fairlib.selection.firm.certainty import Certainty
from fairlib.selection.otherwise.what_if import Comparison
from fairlib.stage import Scored, Stage

WHERE = "In JupyterLab (`make lab`) a panel stands here: seats, quotas, budget, threshold, estimator, weights, jurors."


def panel(stage: Stage, scored: Scored, sure: Certainty | None = None) -> "Panel | None":
    """Controls for the rule of a round, and below them who comes and who goes, with the probability `sure` gives each.

    A sentence instead, and None, in a batch (FAIRLIB_RUN_DIR) and where ipywidgets is not installed: it comes with
    JupyterLab, and no run needs it.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        widgets = None
    if widgets is None or "FAIRLIB_RUN_DIR" in os.environ:
        show(WHERE)
        return None
    return Panel(stage, scored, sure, widgets)


@dataclass
class Panel:
    """The controls by name (`seats`, `quota:0:legal`, `weight:impact`, `juror:E01` …) and what they come to."""

    stage: Stage
    scored: Scored
    sure: Certainty | None
    widgets: Any
    controls: dict[str, Any] = field(default_factory=dict)
    found: Comparison | None = None

    def __post_init__(self) -> None:
        made = self.widgets
        self.controls = _controls(made, self.stage, self.scored)
        self.held = {name: c.value for name, c in self.controls.items()}
        self.said, self.params = made.HTML(), made.HTML()
        for control in self.controls.values():
            control.observe(lambda _: self.refresh(), names="value")
        self.reset_button = self._button("reset", self.reset)
        self.params_button = self._button("write as params", self.write_params)
        self.refresh()

    def _button(self, label: str, act: Callable[[], None]) -> Any:
        button = self.widgets.Button(description=label)
        button.on_click(lambda _: act())
        return button

    @property
    def moved(self) -> dict[str, Any]:
        """The controls that were moved away from the values that hold, with their values."""
        return {n: c.value for n, c in self.controls.items() if c.value != self.held[n]}

    @property
    def changes(self) -> dict[str, Any]:
        """The arguments of `Stage.what_if` for what was moved; of jurors left out nothing."""
        return _changes(self.stage, self.moved, {n: c.value for n, c in self.controls.items()})

    def refresh(self) -> None:
        """Choose again and say who comes and who goes, or why it cannot be done."""
        out = {n.partition(":")[2] for n in self.moved if n.startswith("juror:")}
        ratings, changes = self.scored.ratings, self.changes
        if out:
            ratings = ratings[~ratings["juror"].isin(out)]
            changes = {"estimator": self.stage.rules.estimator} | changes
        try:
            self.found = self.stage.what_if(replace(self.scored, ratings=ratings), **changes)
        except FairlibError as why:
            self.found, self.said.value = None, f"<p>{escape(str(why))}</p>"
            return
        table = dress(self.with_chances())._repr_html_()
        self.said.value = f"<p><strong>{escape(tell.what_if(self.found))}</strong></p>{table}"

    def with_chances(self) -> pd.DataFrame:
        """Who comes and who goes, with the probability of being selected under the rule that holds."""
        moved = self.found.moved if self.found else pd.DataFrame()
        return moved if self.sure is None else moved.join(self.sure.table[["p_selected"]])

    def reset(self) -> None:
        """Put every control back to the value that holds."""
        for name, value in self.held.items():
            self.controls[name].value = value

    def write_params(self) -> None:
        """Write what was moved as the lines that would stand in the params file."""
        text = yaml.safe_dump(as_params(self.stage, self.changes), allow_unicode=True, sort_keys=False)
        self.params.value = f"<pre>{escape(text)}</pre>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        boxes = self.widgets.HBox([self.reset_button, self.params_button])
        display(self.widgets.VBox([*self.controls.values(), boxes, self.said, self.params]))


def as_params(stage: Stage, changes: dict[str, Any]) -> dict[str, Any]:
    """Changes of a rule as they would stand under `rounds` of a params file; jurors are left out by their sheets."""
    own = {k: v for k, v in changes.items() if k in ("estimator", "weights")}
    select = {k: v for k, v in changes.items() if k not in own}
    told = own | ({"select": select} if select else {})
    return {"rounds": [{"id": stage.rules.id, **told}]}


def _controls(widgets: Any, stage: Stage, scored: Scored) -> dict[str, Any]:
    """One control for each thing that may be changed, at the values that hold."""
    made: dict[str, Any] = {}
    rule, n = stage.rules.select, int(scored.roster.submissions["in_round"].sum())
    slow = {"continuous_update": False}
    if rule.seats is not None:
        most = max(n, rule.seats)
        made["seats"] = widgets.IntSlider(value=rule.seats, min=1, max=most, description="seats", **slow)
    for k, quota in enumerate(rule.quotas):
        made[f"quota:{k}"] = widgets.Checkbox(value=True, description=f"quota: {quota.column} {quota.kind}")
        for group, seats in quota.seats.items():
            label = f"{quota.kind} {group}"
            made[f"quota:{k}:{group}"] = widgets.BoundedIntText(value=seats, min=0, max=n, description=label)
    if rule.budget is not None:
        purse = {"min": 0, "max": 2**53, "step": 1_000_000}
        made["budget"] = widgets.BoundedIntText(value=rule.budget.total, description="budget, ₸", **purse)
    ends = {"min": stage.scale.min, "max": stage.scale.max, "step": 0.1}
    worst = stage.scale.min if stage.scale.best == "high" else stage.scale.max
    held = next((t.no_worse_than for t in rule.thresholds if t.on == "estimate"), worst)
    made["threshold"] = widgets.FloatSlider(value=held, description="no worse than", **ends, **slow)
    method = stage.rules.estimator
    made["estimator"] = widgets.Dropdown(options=METHODS, value=method, description="estimator")
    for name, weight in stage.weights.items():
        ends = {"min": 0, "max": max(3.0, 3 * weight), "step": 0.1}
        made[f"weight:{name}"] = widgets.FloatSlider(value=weight, description=name, **ends, **slow)
    for juror in sorted(scored.ratings["juror"].unique()):
        made[f"juror:{juror}"] = widgets.Checkbox(value=True, description=juror)
    return made


def _changes(stage: Stage, moved: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What `moved` means for the rule; `now` are the values of all controls."""
    rule, changes = stage.rules.select, {}
    if "seats" in moved:
        changes["seats"] = now["seats"]
    if any(n.startswith("quota:") for n in moved):
        changes["quotas"] = [
            quota.model_dump() | {"seats": {g: now[f"quota:{k}:{g}"] for g in quota.seats}}
            for k, quota in enumerate(rule.quotas)
            if now[f"quota:{k}"]
        ]
    if "budget" in moved and rule.budget is not None:
        changes["budget"] = rule.budget.model_dump() | {"total": now["budget"]}
    if "threshold" in moved:
        others = [t.model_dump() for t in rule.thresholds if t.on != "estimate"]
        changes["thresholds"] = [*others, {"on": "estimate", "no_worse_than": now["threshold"]}]
    if "estimator" in moved or any(n.startswith("weight:") for n in moved):
        changes["weights"] = {name: now[f"weight:{name}"] for name in stage.weights}
    if "estimator" in moved:
        changes["estimator"] = now["estimator"]
    return changes
