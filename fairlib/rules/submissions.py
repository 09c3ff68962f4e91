"""Which forms count: where they lie, when they were accepted, which are one project, which are eligible."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fairlib.rules.base import Rule, among

ELIGIBILITY = (
    "bin_valid",
    "consent",
    "openness_link",
    "requested_within",
    "duration_within",
    "legal_form",
    "region_known",
)
FORM_FIELDS = (
    "submission",
    "sent_at",
    "organisation",
    "legal_form",
    "bin",
    "nomination",
    "title",
    "summary",
    "region",
    "place",
    "requested",
    "own_funds",
    "duration",
    "links",
    "contact_person",
    "phone",
    "email",
    "consent",
    "first_time",
    "status",
)


class Duplicates(Rule):
    """Same organisation and titles at least this similar (0–100): the same project sent again."""

    similarity: float = Field(default=90, ge=0, le=100)
    doubt: float = Field(default=75, ge=0, le=100)
    keep: Literal["last", "first"] = "last"

    @model_validator(mode="after")
    def _doubt_is_lower(self):
        if self.doubt > self.similarity:
            raise ValueError("doubt begins below similarity: give doubt a smaller number than similarity")
        return self


class Eligibility(Rule):
    """One rule that makes a submission ineligible when it does not hold. Nothing else does."""

    rule: Annotated[str, among(ELIGIBILITY)]
    at_least: float | None = None
    at_most: float | None = None
    allowed: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_its_numbers(self):
        within = self.rule.endswith("_within")
        if within and self.at_least is None and self.at_most is None:
            raise ValueError(f"{self.rule} needs at_least, at_most or both")
        if within and None not in (self.at_least, self.at_most) and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least:g} is above at_most {self.at_most:g}")
        if (self.rule == "legal_form") != bool(self.allowed):
            raise ValueError(
                "`allowed` lists legal forms: it goes with the rule legal_form, and that rule needs it"
            )
        return self


class Submissions(Rule):
    """Where the forms are, when they were accepted, and what a complete one has."""

    file: str
    accepted_from: date | None = None
    accepted_to: date | None = None
    regions_on: date | None = None
    organisation_id: Literal["bin", "none"] = "none"
    columns: dict[Annotated[str, among(FORM_FIELDS)], tuple[str, ...]] = {}
    test_words: tuple[str, ...] = ("тест", "test", "сынақ")
    duplicates: Duplicates = Duplicates()
    eligibility: tuple[Eligibility, ...] = ()

    @model_validator(mode="after")
    def _window_is_open(self):
        if self.accepted_from and self.accepted_to and self.accepted_from > self.accepted_to:
            raise ValueError(f"the window closes ({self.accepted_to}) before it opens ({self.accepted_from})")
        return self

    @model_validator(mode="after")
    def _rules_have_their_columns(self):
        rules = {e.rule for e in self.eligibility}
        if "bin_valid" in rules and self.organisation_id != "bin":
            raise ValueError("the rule bin_valid needs organisation_id: bin, else nobody meets it")
        if "region_known" in rules and self.regions_on is None:
            raise ValueError("the rule region_known needs regions_on, else nobody meets it")
        return self
