"""How estimates become decisions: seats, quotas, thresholds, money, ties, and what people decide by hand."""

from datetime import date
from typing import Literal

from pydantic import AliasChoices, Field, field_validator, model_validator

from fairlib.rules.base import Rule
from fairlib.rules.mistakes import one_of

TIES = ("criterion", "median", "fewer_missing", "earlier", "draw", "refuse")
Sharing = Literal["largest_remainder", "sainte_lague", "dhondt"]  # seats in proportion, see `apportion`


class Quota(Rule):
    """Seats by group of a column.

    `fixed` gives each group its number, `min` and `max` bound it, `proportional` shares the seats by
    the number of eligible submissions with `method`, none under `floor`.
    """

    column: str
    kind: Literal["fixed", "min", "max", "proportional"]
    seats: dict[str, int] = {}
    method: Sharing = "largest_remainder"
    floor: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _has_its_seats(self):
        if self.kind == "proportional" and self.seats:
            raise ValueError(
                "a proportional quota computes its seats: leave `seats` out or choose another kind"
            )
        if self.kind != "proportional" and not self.seats:
            raise ValueError(f"a quota of kind {self.kind} needs `seats`, a number for each group")
        if self.kind != "proportional" and self.floor:
            raise ValueError("`floor` goes with kind proportional")
        if any(n < 0 for n in self.seats.values()):
            raise ValueError("a group cannot have fewer than 0 seats")
        return self


class Threshold(Rule):
    """A submission worse than this mark is never selected; `on` is `estimate` or a criterion's id.

    The mark is on the contest's own scale, whichever end of it is best. Params files of earlier years say
    `at_least` for the same.
    """

    on: str = "estimate"
    no_worse_than: float = Field(validation_alias=AliasChoices("no_worse_than", "at_least"))

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, value):
        # YAML 1.1, which papermill reads too, takes a bare `on` for true
        return {"on" if k is True else k: v for k, v in value.items()} if isinstance(value, dict) else value


class Budget(Rule):
    """Money for the selected: the total, what each gets, and what happens to the first that does not fit."""

    total: int = Field(ge=0)
    grant: Literal["requested", "fixed", "share"] = "requested"
    amount: int | None = Field(None, gt=0)
    share: float | None = Field(None, gt=0, le=1)
    minimum: int = Field(0, ge=0)
    maximum: int | None = Field(None, gt=0)
    policy: Literal["stop", "skip"] = "stop"

    @model_validator(mode="after")
    def _grants_make_sense(self):
        if (self.grant == "fixed") != (self.amount is not None):
            raise ValueError("`amount` goes with grant: fixed, and that needs it")
        if (self.grant == "share") != (self.share is not None):
            raise ValueError("`share` goes with grant: share, and that needs it")
        if self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"the minimum grant {self.minimum} is above the maximum {self.maximum}")
        return self


class Certainty(Rule):
    """How many draws of the posterior, and the probabilities between which a submission is open."""

    draws: int = Field(default=2000, ge=100)
    clear_in: float = Field(default=0.9, gt=0, lt=1)
    clear_out: float = Field(default=0.1, gt=0, lt=1)

    @model_validator(mode="after")
    def _band(self):
        if self.clear_out >= self.clear_in:
            raise ValueError("clear_out must be below clear_in")
        return self


class Lottery(Rule):
    """A lottery with chances: the level of the intervals that give them, and a public number to draw with.

    `source` names beforehand where the `number` will come from; while it is not
    known, the list is published and nobody is drawn. Without both, lots are drawn with the seed of the contest.
    """

    interval: float = Field(default=0.5, gt=0, lt=1)
    source: str = ""
    number: str = ""

    @field_validator("number", mode="before")
    @classmethod
    def _as_written(cls, number):
        if isinstance(number, (int, float)):
            raise ValueError(f'write the number in quotes, as it was announced: "{number}"')
        return number

    @model_validator(mode="after")
    def _has_a_source(self):
        if self.number and not self.source.strip():
            raise ValueError(
                "`number` needs `source`: where it comes from, named before the list of the draw was known"
            )
        return self


class Manual(Rule):
    """A decision of people, applied last and always shown."""

    submission: str
    decision: Literal["selected", "reserve", "not_selected", "not_eligible"]
    reason: str = Field(min_length=1)
    who: str = Field(min_length=1)
    when: date


class Selection(Rule):
    """How estimates become decisions."""

    seats: int | None = Field(None, ge=1)
    objective: Literal["in_order", "best_total"] = "in_order"
    quotas: tuple[Quota, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    per_organisation: int | None = Field(None, ge=1)
    budget: Budget | None = None
    ties: tuple[str, ...] = ("median", "earlier")
    decimals: int = Field(6, ge=0, le=12)
    reserve: int = Field(0, ge=0)
    certainty: Certainty = Certainty()
    line: Literal["cut", "discuss", "extra_readings", "draw", "maximin"] = "cut"
    lottery: Lottery = Lottery()
    manual: tuple[Manual, ...] = ()

    @field_validator("ties")
    @classmethod
    def _known_ties(cls, ties):
        for tie in ties:
            if tie.split(":")[0] not in TIES or (tie.startswith("criterion") != (":" in tie)):
                known = one_of(tie, ["criterion:ID", *TIES[1:]])
                raise ValueError(f"unknown step {tie!r} in the tie chain: {known}")
        if "refuse" in ties[:-1]:
            raise ValueError("`refuse` ends a tie chain: nothing after it is reached")
        return ties

    @property
    def by_lot(self) -> bool:
        """Whether lots decide at the line, so that nobody is some points away from it."""
        return self.line in ("draw", "maximin")

    @model_validator(mode="after")
    def _lots_can_be_drawn(self):
        if self.line != "maximin":
            if self.lottery != Lottery():
                raise ValueError("`lottery` goes with line: maximin")
            return self
        if self.seats is None and self.budget is None:
            raise ValueError("line: maximin draws for `seats`, which are not given")
        if self.budget is not None and self.budget.grant != "fixed":
            raise ValueError(
                "line: maximin needs equal grants (grant: fixed): no draw keeps chances fixed beforehand and a "
                "budget of unequal grants; line: draw goes down the lots as long as the money lasts"
            )
        return self

    @model_validator(mode="after")
    def _can_end(self):
        if self.seats is None and self.budget is None and not self.thresholds:
            raise ValueError("give seats, a budget or a threshold: without one of them everybody is selected")
        for quota in self.quotas:
            total = sum(quota.seats.values())
            if self.seats is not None and quota.kind in ("fixed", "min") and total > self.seats:
                raise ValueError(
                    f"quota on {quota.column}: {total} seats are promised, there are {self.seats}"
                )
            if quota.kind == "proportional" and self.seats is None:
                raise ValueError(
                    f"quota on {quota.column}: a proportional quota shares `seats`, which are not given"
                )
        return self
