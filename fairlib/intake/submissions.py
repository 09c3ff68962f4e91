"""Who applied, with what? The form's rows → submissions, rows set aside with a reason, and findings.

Intake flags, people exclude: a row is set aside only for being empty, a test, out of time or an earlier
version of a kept one, by the rules of params; received = accepted + set aside.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.contract import INTAKE
from fairlib.errors import DataError
from fairlib.intake.cells.columns import map_each
from fairlib.intake.files.tables import collecting_later
from fairlib.intake.findings import Evidence, Remedy, as_table, counted, finding
from fairlib.intake.form.cleaning import clean_form
from fairlib.intake.form.duplicates import find_resent
from fairlib.intake.form.eligibility import failed_rules
from fairlib.intake.form.export import Form, read_form
from fairlib.intake.texts import fold, fold_all
from fairlib.rules import Contest

COLUMNS = [name for name in INTAKE["submissions"].names() if name != "submission"]
SET_ASIDE = INTAKE["set_aside"].names()


@dataclass(frozen=True)
class Intake:
    """What came of the form: `submissions` (index submission), `set_aside`, `findings`, rows received."""

    submissions: pd.DataFrame
    set_aside: pd.DataFrame
    findings: pd.DataFrame
    received: int

    @property
    def versions(self) -> dict[str, str]:
        """Id of each version that was sent again → id of the one that was kept."""
        resent = self.set_aside[self.set_aside["reason"] == "resent"]
        return dict(zip(resent["submission"], resent["kept"], strict=True))

    @property
    def errors(self) -> pd.DataFrame:
        """The findings that want a person."""
        return self.findings[self.findings["severity"] == "error"].reset_index(drop=True)

    @property
    def finding_counts(self) -> pd.DataFrame:
        """How many findings there are of each severity and code."""
        return counted(self.findings)

    @property
    def by_region(self) -> pd.Series:
        """Accepted submissions by region, index region; `unknown` are those without one."""
        regions = self.submissions["region"].replace("", "unknown")
        return regions.value_counts().sort_index().rename("submissions")

    @property
    def eligibility(self) -> pd.Series:
        """Accepted submissions by the rule they do not meet, index rule; one may fail several."""
        failed = self.submissions["ineligible_by"].str.split(";").explode().replace("", "meets every rule")
        return failed.value_counts().sort_index().rename("submissions").rename_axis("rule")

    @property
    def completeness(self) -> pd.DataFrame:
        """How many submissions have each field: index field, columns `given, share`."""
        derived = ["source", "bin_verdict", "settlement", "monotown", "language", "eligible", "ineligible_by"]
        filled = self.submissions[COLUMNS].drop(columns=derived).replace("", np.nan).notna()
        return pd.DataFrame({"given": filled.sum(), "share": filled.mean()}).rename_axis("field")

    def beside_published(self, contest: Contest) -> pd.DataFrame:
        """Counts found and announced: index what, columns `found, published` (missing where not announced)."""
        announced, here = contest.published, self.submissions
        rows = {"submissions": (len(here), announced and announced.submissions)}
        for n in contest.nominations:
            told = announced.nominations.get(n.id) if announced else None
            rows[f"nomination {n.id}"] = (int((here["nomination"] == n.id).sum()), told)
        for region, told in announced.regions.items() if announced else ():
            rows[f"region {region}"] = (int((here["region"] == region).sum()), told)
        columns = ["found", "published"]
        return pd.DataFrame.from_dict(rows, "index", dtype="Int64", columns=columns).rename_axis("what")

    @property
    def funnel(self) -> pd.Series:
        """Counts from forms received to submissions eligible; received = accepted + set aside is asserted."""
        assert self.received == len(self.submissions) + len(self.set_aside), "a form was lost"
        reasons = self.set_aside["reason"].value_counts().sort_index()
        steps = {"received": self.received} | {f"set aside: {r}": n for r, n in reasons.items()}
        steps |= {"accepted": len(self.submissions), "eligible": int(self.submissions["eligible"].sum())}
        return pd.Series(steps, name="forms")


@collecting_later()
def receive(contest: Contest, data: Path) -> Intake:
    """Read, repair and check the application forms of a contest.

    Raises DataError for a file that cannot be read as a form.
    """
    found: list[dict] = []
    form = read_form(contest.submissions, data, found, contest.language)
    _need_columns(form, contest, found)
    forms = clean_form(form, contest, found)
    forms["submission"] = form.rows["submission"]
    forms["reason"], forms["kept"] = _set_aside(form, forms, contest, found)
    accepted = forms[forms["reason"] == ""].copy()
    accepted["ineligible_by"] = failed_rules(accepted, contest.submissions.eligibility)
    accepted["eligible"] = accepted["ineligible_by"] == ""
    _tell_seats(contest, int(accepted["eligible"].sum()), found)
    aside = forms.loc[forms["reason"] != "", SET_ASIDE].reset_index(drop=True)
    assert len(accepted) + len(aside) == len(form.rows), "a form was lost"
    return Intake(
        accepted.set_index("submission")[COLUMNS].sort_index(), aside, as_table(found), len(form.rows)
    )


def _tell_seats(contest: Contest, eligible: int, found: list[dict]) -> None:
    """Warn where the first round with seats has more of them than there are submissions."""
    seats = [(r.id, r.select.seats) for r in contest.rounds if r.select.seats is not None]
    for round_id, n in seats[:1]:
        if n > eligible:
            where = {"file": "params", "cell": f"rounds.{round_id}.select.seats"}
            told = Evidence("seats_over_submissions", seats=n, eligible=eligible)
            found.append(finding("seats_over_submissions", "warning", Remedy("no_line"), found=told, **where))


def _need_columns(form: Form, contest: Contest, found: list[dict]) -> None:
    """Raises DataError where a rule of params needs a column that the form has not, or one of its sheets."""
    file = contest.submissions.file
    if contest.nominations and "nomination" not in form.present:
        raise DataError(
            f"{file}: params name nominations, and no column of the form is headed as one; {_unread(found)}. "
            "Correct the heading, or name it in params under contest.submissions.columns.nomination."
        )
    timeless = [s for s in form.rows["sheet"].unique() if (s, "sent_at") not in form.headings]
    if contest.has_window and timeless:
        key = "accepted_to" if contest.submissions.accepted_to else "accepted_from"
        raise DataError(
            f"{file}, sheet {timeless[0]}: params have {key}, and no column of the form is headed as the "
            f"time of sending; {_unread([f for f in found if f['sheet'] == timeless[0]])}. Correct the "
            f"heading, name it in params under contest.submissions.columns.sent_at, or take {key} out of "
            "params if the form has no times."
        )


def _unread(found: list[dict]) -> str:
    unknown = ", ".join(f"«{f['found']}» ({f['cell']})" for f in found if f["code"] == "heading_unknown")
    return f"headings that are not known: {unknown or 'none'}"


def _set_aside(
    form: Form, forms: pd.DataFrame, contest: Contest, found: list[dict]
) -> tuple[pd.Series, pd.Series]:
    opens, closes = contest.opens_and_closes()
    sent = forms["sent"].mask(forms["sent_doubtful"])
    reason = pd.Series("", index=forms.index, dtype=object)
    reason = reason.mask(
        forms["title"].eq("") & forms["organisation"].eq("") & forms["summary"].eq(""), "empty"
    )
    reason = reason.mask((reason == "") & _is_test(forms, contest.submissions.test_words), "test_row")
    if opens is not None:
        reason = reason.mask((reason == "") & sent.notna() & (sent < opens), "early")
    if closes is not None:
        reason = reason.mask((reason == "") & sent.notna() & (sent >= closes), "late")
    name = map_each(forms["organisation"], fold_all)
    bin_known = forms["organisation_id"] != ""
    live = forms.assign(owner=forms["organisation_id"].where(bin_known, name), name=name)[reason == ""]
    kept, doubts = find_resent(live, contest.submissions.duplicates)
    resent = kept.dropna()
    reason[resent.index] = "resent"
    _tell_doubts(form, forms, doubts, found)
    return reason, pd.Series("", index=forms.index).mask(reason == "resent", resent.map(forms["submission"]))


def _is_test(forms: pd.DataFrame, words: tuple[str, ...]) -> pd.Series:
    """A title that is a test word, or that begins with one as the organisation does.

    A project that tests («Тестирование на ВИЧ») has an organisation of another name.
    """
    stems = tuple(fold(w) for w in words)
    titles = map_each(forms["title"], fold_all)
    begun = titles[[title.startswith(stems) for title in titles.tolist()]]
    alone = begun.str.replace(r"\s*\d+$", "", regex=True).isin(stems)
    rows = forms.loc[begun.index]
    owner_too = map_each(rows["organisation"], fold_all).str.startswith(stems)
    test = alone | owner_too & rows["organisation_id"].eq("")
    return test.reindex(forms.index, fill_value=False)


def _tell_doubts(form: Form, forms: pd.DataFrame, doubts: pd.DataFrame, found: list[dict]) -> None:
    for pair in doubts.itertuples():
        first, second = forms["submission"][pair.first], forms["submission"][pair.second]
        alike = {"percent": float(f"{pair.similarity:g}")} | ({"same": "name"} if pair.by_name else {})
        said = Evidence("perhaps_resent", first=first, second=second, **alike)
        done = Remedy("both_kept")
        found.append(
            finding(
                "perhaps_resent", "warning", done, found=said, **form.at(form.rows.loc[pair.second], "title")
            )
        )
