"""Params files: read, validated as a whole, with errors that name key, value and remedy."""

import hashlib
import json
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import yaml
from pydantic import BaseModel, ValidationError, model_validator

from fairlib.errors import RulesError
from fairlib.rules import Contest, Rule
from fairlib.rules.mistakes import in_words, meant


class RulesFile(Rule):
    """The two keys of a params file."""

    year: int
    contest: Contest

    @model_validator(mode="after")
    def _forms_are_of_the_year(self):
        closes = self.contest.submissions.accepted_to
        if closes and abs(closes.year - self.year) > 1:
            raise ValueError(
                f"forms were accepted to {closes}, the contest is of {self.year}: mend one of them"
            )
        return self


class _Mistake(TypedDict):
    """What the validator tells of one mistake."""

    type: str
    loc: tuple[int | str, ...]
    msg: str
    input: Any
    ctx: NotRequired[dict[str, Any]]


_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how .xlsx, .ods and .xls begin


@dataclass(frozen=True)
class Ours:
    """A value that the contest did not publish and the params file chose."""

    key: str
    value: object


class _Loader(yaml.SafeLoader):
    """YAML in which a key given twice is an error: the second would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise RulesError(
                    f"{key_node.start_mark.name}, line {line}: the key {key!r} is given twice; keep one."
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _moment(loader: _Loader, node: yaml.ScalarNode) -> object:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        mark = node.start_mark
        raise RulesError(
            f"{mark.name}, line {mark.line + 1}: there is no such day as {node.value}; write a date as "
            "2021-03-10."
        ) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _moment)


def read_params(path: str | Path) -> RulesFile:
    """Read and validate a params file.

    Raises RulesError naming the file, the key's path, the value found and what would be right.
    """
    path = Path(path)
    if path.is_dir():
        there = ", ".join(sorted(p.name for p in path.glob("*.yaml"))) or "no .yaml file"
        raise RulesError(f"{path}: this is a folder, and one params file is needed; in it there is: {there}.")
    try:
        with path.open("rb") as stream:
            if stream.read(8).startswith(_WORKBOOKS):
                raise RulesError(
                    f"{path}: this is a spreadsheet or another packed file. The rules stand in a text file "
                    "such as params/example-minimal.yaml; files that people sent belong in the folder that "
                    "its `data:` names."
                )
        with path.open(encoding="utf-8") as stream:
            raw = yaml.load(stream, _Loader)
    except FileNotFoundError:
        raise RulesError(
            f"{path}: there is no such params file; see params/ for the years there are."
        ) from None
    except (OSError, UnicodeDecodeError) as why:
        told = why.strerror if isinstance(why, OSError) else "some of its bytes are no UTF-8"
        raise RulesError(f"{path}: the params file cannot be read ({told}); it must be UTF-8 text.") from why
    except yaml.YAMLError as why:
        raise RulesError(f"{path}: not valid YAML: {' '.join(str(why).split())}") from why
    return check_params(raw, str(path))


def check_params(raw: object, name: str = "params") -> RulesFile:
    """Validate `{"year": …, "contest": …}`; see `read_params`."""
    if raw is None:
        raise RulesError(f"{name}: the file is empty; copy params/example-minimal.yaml and go on from there.")
    if not isinstance(raw, dict):
        kind = "a list" if isinstance(raw, list) else "one text or number"
        raise RulesError(f"{name}: a params file has two keys, year and contest; this one is {kind}.")
    try:
        rules = RulesFile.model_validate(raw)
    except ValidationError as why:
        lines = list(dict.fromkeys(_sentence(error, raw) for error in why.errors()))
        raise RulesError("\n".join([f"{name}: {len(lines)} mistake(s) in the rules", *lines])) from None
    list_ours(rules, name)
    return rules


def rules_hash(rules: RulesFile) -> str:
    """SHA-256 of the rules: of their meaning, not of comments, order of keys or spacing."""
    canonical = json.dumps(
        rules.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def list_ours(rules: RulesFile, name: str = "params") -> list[Ours]:
    """The values marked as ours, in the order of the file; a key that leads nowhere is a RulesError."""
    return [Ours(key, _at(rules.contest, key, name)) for key in rules.contest.ours]


def _at(node: object, key: str, name: str) -> object:
    for part in key.split("."):
        if isinstance(node, BaseModel) and part in type(node).model_fields:
            node = getattr(node, part)
        elif isinstance(node, tuple) and (found := [n for n in node if getattr(n, "id", None) == part]):
            node = found[0]
        else:
            raise RulesError(
                f"{name}: contest.ours: {key!r} leads nowhere, there is no {part!r}; "
                "use a path such as rounds.ID.scale"
            )
    return node


def _sentence(error: _Mistake, raw: object) -> str:
    found = error["input"]
    steps = tuple(step for step in error["loc"] if step != "[key]")
    where = _path(steps, raw)
    if torn := _torn(steps, raw):
        return (
            f"- {_path((*steps[:-1], torn), raw)}: write the number with a point; inside {{ }} a comma ends "
            f"it, so {steps[-1]} was read as a key"
        )
    if error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        known = _fields(error["loc"][:-1])
        return f"- {where}: unknown key; {meant(key, known).strip() or 'known keys: ' + ', '.join(known)}"
    if error["type"] == "missing":
        return f"- {where}: this key is needed and was not given"
    if not isinstance(found, str) and (error["type"] == "invalid_key" or error["loc"][-1:] == ("[key]",)):
        return f"- {where}: put this key in quotes; without them YAML reads it as {found}"
    words = in_words(error["type"], found, error.get("ctx", {}))
    message = words or error["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(found, dict | list) else f" (found {found!r})"
    return f"- {where}: {message}{shown}"


def _torn(steps: tuple, raw: object) -> str | None:
    """The key whose number a decimal comma tore in two: {max: 6,5} has the keys max and 5."""
    node = raw
    for step in steps[:-1]:
        node = _below(node, step)
    if not isinstance(node, dict) or not steps:
        return None
    for (key, value), (behind, nothing) in pairwise(node.items()):
        if str(behind) == str(steps[-1]) and str(behind).isdigit() and nothing is None and type(value) is int:
            return str(key)
    return None


def _below(node: object, step: object) -> object:
    """What stands in a mapping or list of YAML under a key or place; None where nothing does."""
    if isinstance(node, list):
        return node[step] if isinstance(step, int) and 0 <= step < len(node) else None
    return node.get(step) if isinstance(node, dict) else None


def _path(loc: tuple, raw: object) -> str:
    parts: list[str] = []
    node = raw
    for step in loc:
        above, node = node, _below(node, step)
        has_id = isinstance(above, list) and isinstance(node, dict)
        parts.append(str(_below(node, "id") or step) if has_id else str(step))
    return ".".join(parts) or "the file"


def _fields(loc: tuple) -> list[str]:
    model: type[BaseModel] = RulesFile
    for step in loc:
        if isinstance(step, str) and step in model.model_fields:
            model = _model_of(model.model_fields[step].annotation) or model
    return list(model.model_fields)


def _model_of(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _model_of(inner):
            return found
    return None
