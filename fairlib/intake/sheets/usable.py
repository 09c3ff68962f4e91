"""Which marks may be used? Known submission, juror and criterion; one mark a cell; no conflict.

A mark that names something unknown is rejected with a finding; a mark under a declared conflict is
recused; two different marks in one cell stop the run, because choosing one would be guessing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fairlib.contract import MARK
from fairlib.errors import DataError
from fairlib.intake.cells.identifiers import mask
from fairlib.intake.findings import Remedy, finding

RATINGS = [*MARK, "score", "status", "source"]
FEW = 5  # so many ids are named in a finding; more would say nothing
REASONS = [
    "",
    "repeated",
    "unknown_criterion",
    "unknown_juror",
    "not_in_round",
    "set_aside",
    "unknown_submission",
    "title_of_another",
]


@dataclass(frozen=True)
class Roster:
    """Who may mark what.

    `jurors` (index juror) or None where the contest keeps no list; `conflicts` (juror, submission) as
    declared; `submissions` (index submission) of the contest with `in_round` (bool) and, if known,
    `organisation_id`; `versions` maps the ids of earlier sent versions to the id that was kept, `set_aside`
    those that intake left out to its reason; `findings` are those of the files of jurors and conflicts.
    """

    jurors: pd.DataFrame | None
    conflicts: pd.DataFrame
    submissions: pd.DataFrame
    versions: dict[str, str]
    set_aside: dict[str, str] = field(default_factory=dict)
    findings: tuple[dict[str, str], ...] = ()


def labelled(codes: ArrayLike, labels: Sequence[str]) -> pd.Categorical:
    """Labels by their codes, as categories in sorted order; a label may stand under several codes.

    >>> labelled([0, 1, 2, 0], ["b", "a", "b"]).codes.tolist()
    [1, 0, 1, 1]
    """
    rank, different = pd.factorize(np.array(labels, dtype=object), sort=True)
    return pd.Categorical.from_codes(rank[np.asarray(codes, dtype=np.intp)], pd.Index(different, dtype="str"))


def check_marks(
    raw: pd.DataFrame, roster: Roster, criteria: list[str], found: list[dict]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split raw marks into ratings and rejected ones; every row goes one way. Appends to `found`.

    Text columns of `raw` are categories, those of MARK in sorted order (`labelled`); for `column` and
    `row` see `sources`, for `perhaps` see `meant.match_rows`.
    Ratings come sorted by submission, juror and criterion.
    Raises DataError where one juror gave a submission two different marks on a criterion.
    """
    raw = _follow_versions(raw, roster, found)
    reason = _reasons(raw, roster, criteria)
    unmarked = _unmarked(raw, reason == 0, roster)
    told = unmarked if _tell_rejected(raw, reason, roster, unmarked, found) else []
    cells = _cells(raw)
    order = np.argsort(cells, kind="stable")
    reason[_repeated(raw, reason, cells, order, found)] = REASONS.index("repeated")
    kept = reason == 0
    raw = _recuse(raw, kept, roster, found)
    _tell_own_organisation(raw, kept, roster, found)
    for submission in (s for s in _unmarked(raw, kept, roster) if s not in told):
        found.append(finding("no_marks", "error", Remedy("no_estimate"), submission=submission))
    more = [c for c in ("day", "slot") if c in raw]
    ratings = raw.take(order[kept[order]]).reset_index(drop=True)
    ratings["source"] = sources(ratings)
    rejected = raw.loc[~kept, [*MARK, "typed"]].astype("str")
    rejected.insert(0, "source", sources(raw[~kept]))
    rejected["typed"] = rejected["typed"].map(mask)
    rejected["reason"] = np.array(REASONS, dtype=object)[reason[~kept]]
    plain = dict.fromkeys([*MARK, *more], "str") | {"status": object}
    return ratings[[*RATINGS, *more]].astype(plain), rejected


def sources(marks: pd.DataFrame) -> pd.api.extensions.ExtensionArray:
    """File, sheet and cell of each mark, from its `column` (file, sheet, letters; categories) and its `row`.

    >>> sources(pd.DataFrame({"column": pd.Categorical(["e1.xlsx!E1!C"]), "row": [12]})).tolist()
    ['e1.xlsx!E1!C12']
    """
    column, row = marks["column"].cat, marks["row"].to_numpy()
    number = np.array([str(n) for n in range(row.max(initial=0) + 1)], dtype=object)
    return pd.array(column.categories.to_numpy(object)[column.codes] + number[row], dtype="str")


def check_conflicts(roster: Roster, file: str, found: list[dict]) -> None:
    """Tell which declared conflicts name a juror or a submission that nobody knows, by their row in the file.

    Such a conflict keeps nobody from marking, so a slip in an id undoes it.
    """
    known = {"submission": roster.submissions.index.union(list(roster.set_aside))}
    if roster.jurors is not None:
        known["juror"] = roster.jurors.index
    done = Remedy("no_conflict")
    for key, code in (("submission", "conflict_unknown_submission"), ("juror", "conflict_unknown_juror")):
        ids = known.get(key, roster.conflicts[key])
        for row, pair in roster.conflicts[~roster.conflicts[key].isin(ids)].iterrows():
            where = {"file": file, "cell": str(row), "submission": pair["submission"], "juror": pair["juror"]}
            found.append(finding(code, "error", done, found=pair[key], **where))


def at_mark(row: dict, code: str, severity: str, done: Remedy, found: str = "") -> dict[str, str]:
    """A finding at the cell of a mark."""
    where = {k: row[k] for k in ("file", "sheet", "submission", "juror")}
    return finding(code, severity, done, found=found, cell=_place(row).rpartition("!")[2], **where)


def _place(row: Mapping) -> str:
    return f"{row['column']}{row['row']}"


def _each(raw: pd.DataFrame, which: np.ndarray, keys: list[str]) -> list[dict]:
    """The first of the rows that are `which` for each of their `keys`, with `n`, how many there are."""
    if not which.any():
        return []
    rows = raw[which]
    n = rows.groupby(keys, observed=True)["row"].transform("size")
    return rows.assign(n=n).drop_duplicates(keys).to_dict("records")


def _follow_versions(raw: pd.DataFrame, roster: Roster, found: list[dict]) -> pd.DataFrame:
    sent = raw["submission"].cat.categories
    if not sent.isin(list(roster.versions)).any():
        return raw
    old = raw["submission"].isin(roster.versions).to_numpy()
    for row in _each(raw, old, ["juror", "submission"]):
        kept = roster.versions[row["submission"]]
        found.append(
            at_mark(row, "earlier_version", "warning", Remedy("counted_for", what=kept), row["submission"])
        )
    meant = [roster.versions.get(s, s) for s in sent]
    return raw.assign(submission=labelled(raw["submission"].cat.codes, meant))


def _reasons(raw: pd.DataFrame, roster: Roster, criteria: list[str]) -> np.ndarray:
    """Why each mark is rejected, as its place in REASONS: of several reasons the last counts."""
    submissions, jurors, marked = (raw[key].cat.categories for key in MARK)
    known, here = roster.submissions.index, roster.submissions.index[roster.submissions["in_round"]]
    aside = submissions.isin(list(roster.set_aside))
    listed = jurors if roster.jurors is None else roster.jurors.index
    why = {
        "submission": np.select(
            [submissions.isin(here), submissions.isin(known), aside],
            [0, REASONS.index("not_in_round"), REASONS.index("set_aside")],
            REASONS.index("unknown_submission"),
        ),
        "juror": np.where(jurors.isin(listed) & (jurors != ""), 0, REASONS.index("unknown_juror")),
        "criterion": np.where(marked.isin(criteria), 0, REASONS.index("unknown_criterion")),
    }
    reason = np.maximum.reduce([why[key].astype(np.int8)[raw[key].cat.codes] for key in MARK])
    against = (raw["perhaps"] != "").to_numpy() & (reason != REASONS.index("unknown_submission"))
    return np.where(against, np.int8(REASONS.index("title_of_another")), reason)


def _tell_rejected(
    raw: pd.DataFrame, reason: np.ndarray, roster: Roster, unmarked: list[str], found: list[dict]
) -> bool:
    """Tell the marks that cannot be used; whether that told of the `unmarked` too.

    Marks for somebody who is not in the round and somebody in it whom nobody marked may be one slip: then
    they are one finding, which names whom this juror did not mark and whom nobody did, as far as they are
    few.
    """
    joined, unknown = False, {"unknown_juror": "juror", "unknown_criterion": "criterion"}
    why = pd.Categorical.from_codes(reason, REASONS)
    for row in _each(raw.assign(reason=why), reason > 0, ["reason", "submission", "perhaps", "juror"]):
        code = row["reason"]
        told = {"n": row["n"]}
        if code == "set_aside":
            told["why"] = roster.set_aside[row["submission"]]
        if row["perhaps"]:
            told["perhaps"] = row["perhaps"]
        astray = code == "not_in_round" and 0 < len(unmarked) <= FEW
        if code == "not_in_round":
            mine = _gaps(raw, reason, roster, row["juror"])
            if 0 < len(mine) <= FEW:
                told["mine"] = ", ".join(mine)
            if astray:
                told["nobody"] = ", ".join(unmarked)
        joined |= astray
        severity = "warning" if code in ("not_in_round", "set_aside") and not astray else "error"
        found.append(
            at_mark(row, code, severity, Remedy("marks_out", **told), row[unknown.get(code, "submission")])
        )
    return joined


def _gaps(raw: pd.DataFrame, reason: np.ndarray, roster: Roster, juror: str) -> list[str]:
    """Submissions of the round for which a juror has no row: where marks under a wrong number may belong."""
    mine = raw.loc[(reason == 0) & (raw["juror"] == juror).to_numpy(), "submission"]
    here = roster.submissions.index[roster.submissions["in_round"]]
    return sorted(here[~here.isin(mine.unique())])


def _cells(raw: pd.DataFrame) -> np.ndarray:
    """A number for each submission, juror and criterion, in their order."""
    number = np.zeros(len(raw), dtype=np.int64)
    for key in MARK:
        number = number * len(raw[key].cat.categories) + raw[key].cat.codes.to_numpy()
    return number


def _repeated(
    raw: pd.DataFrame, reason: np.ndarray, cells: np.ndarray, order: np.ndarray, found: list[dict]
) -> np.ndarray:
    """Second and later marks of a cell. Raises DataError where they differ. `order` sorts by cell."""
    again = np.zeros(len(raw), dtype=bool)
    again[order[1:]] = cells[order[1:]] == cells[order[:-1]]
    again &= reason == 0
    if again.any():
        _refuse_differing(raw[np.isin(cells, cells[again])])
    for row in _each(raw, again, ["submission", "juror"]):
        found.append(at_mark(row, "repeated", "info", Remedy("counted_once")))
    return again


def _refuse_differing(twins: pd.DataFrame) -> None:
    for _, group in twins.groupby(MARK, observed=True, sort=True):
        if len(set(zip(group["score"].fillna(-1), group["status"], strict=True))) > 1:
            twice = group.to_dict("records")
            places = " and ".join(f"{_place(row)} ({mask(row['typed']) or 'empty'})" for row in twice)
            row = twice[0]
            raise DataError(
                f"{places}: juror {row['juror']} gave submission {row['submission']} two different marks on "
                f"{row['criterion']}; ask which one is meant and empty the other."
            )


def _of_pairs(raw: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Which marks are of one of the pairs of juror and submission."""
    jurors, submissions = raw["juror"].cat, raw["submission"].cat
    j, s = (
        jurors.categories.get_indexer(pairs["juror"]),
        submissions.categories.get_indexer(pairs["submission"]),
    )
    wanted = (j * np.int64(len(submissions.categories)) + s)[(j >= 0) & (s >= 0)]
    number = jurors.codes.to_numpy() * np.int64(len(submissions.categories)) + submissions.codes.to_numpy()
    return np.isin(number, wanted)


def _recuse(raw: pd.DataFrame, kept: np.ndarray, roster: Roster, found: list[dict]) -> pd.DataFrame:
    declared = _of_pairs(raw, roster.conflicts)
    marked = declared & kept & (raw["status"] == "scored").to_numpy()
    for row in _each(raw, marked, ["submission", "juror"]):
        found.append(at_mark(row, "marked_despite_conflict", "warning", Remedy("recused")))
    return raw.assign(status=raw["status"].mask(declared, "recused"), score=raw["score"].mask(declared))


def _tell_own_organisation(raw: pd.DataFrame, kept: np.ndarray, roster: Roster, found: list[dict]) -> None:
    if roster.jurors is None or not {"organisation_id"} <= set(roster.jurors) & set(roster.submissions):
        return
    theirs = roster.submissions["organisation_id"].rename_axis("submission").reset_index()
    his = roster.jurors["organisation_id"].rename_axis("juror").reset_index()
    own = his[his["organisation_id"].notna() & (his["organisation_id"] != "")].merge(theirs)
    marked = _of_pairs(raw, own) & kept & (raw["status"] == "scored").to_numpy()
    for row in _each(raw, marked, ["submission", "juror"]):
        done = Remedy("marks_of_own")
        found.append(at_mark(row, "own_organisation", "error", done))


def _unmarked(raw: pd.DataFrame, kept: np.ndarray, roster: Roster) -> list[str]:
    """Submissions of the round without a mark that counts."""
    here = roster.submissions.index[roster.submissions["in_round"]]
    named = raw["submission"].cat
    marked = np.zeros(len(named.categories), dtype=bool)
    marked[named.codes[kept & (raw["status"] == "scored").to_numpy()]] = True
    return sorted(here[~here.isin(named.categories[marked])])
