"""The params of the sample contest of 2021 as typed, and the same with another value in one place."""

import copy
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
RAW = yaml.safe_load((ROOT / "params" / "2021.yaml").read_text(encoding="utf-8"))
COMMISSION = ("contest", "rounds", 0)


def with_value(path, value, raw=RAW):
    """A copy of `raw` in which `value` stands at the end of `path`."""
    raw = copy.deepcopy(raw)
    node = raw
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return raw
