"""What a contest decided before any score was read: the types of a params file, checked as a whole.

Every field has the meaning that `docs/params.md` gives it. Defaults here are the suite's, never a
contest's: what a contest did not publish and the params file chose is listed under `ours`.
"""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Language = Literal["kk", "ru", "en"]
Estimator = Literal["raw", "median", "trimmed", "zscore", "additive", "severity", "rasch"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

ELIGIBILITY = (
    "bin_valid", "consent", "openness_link", "requested_within", "duration_within", "legal_form", "region_known",
)  # fmt: skip
FORM_FIELDS = (
    "submission", "sent_at", "organisation", "legal_form", "bin", "nomination", "title", "summary", "region", "place",
    "requested", "own_funds", "duration", "links", "contact_person", "phone", "email", "consent", "first_time",
)  # fmt: skip
GROUPS = ("nomination", "region", "settlement", "monotown", "place", "legal_form", "language", "first_time")
STEPS = ("intake", "report")  # folders of a run that no round may take
TIES = ("criterion", "median", "fewer_missing", "earlier", "draw", "refuse")


class Rule(BaseModel):
    """A frozen part of a params file in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Names(Rule):
    """One name in the three languages; a plain text in the file serves for all of them."""

    kk: str
    ru: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, value):
        return dict.fromkeys(("kk", "ru", "en"), value) if isinstance(value, str) else value

    def __getitem__(self, lang: Language) -> str:
        return getattr(self, lang)


class Nomination(Rule):
    """A category of the contest, with the other ways in which people write it."""

    id: Identifier
    name: Names
    aliases: tuple[str, ...] = ()


class Criterion(Rule):
    """What jurors mark, with its weight in the composite and the headings it hides under."""

    id: Identifier
    name: Names
    weight: float = Field(1.0, ge=0)
    aliases: tuple[str, ...] = ()


class Scale(Rule):
    """The marks a juror may give: `min` to `max`, in steps of `step` if there is one."""

    min: float
    max: float
    step: float | None = Field(None, gt=0)
    best: Literal["high", "low"] = "high"

    @model_validator(mode="after")
    def _makes_sense(self):
        if self.min >= self.max:
            raise ValueError(f"the scale ends (max {self.max:g}) where it has not begun (min {self.min:g})")
        if self.step and not (_exact(self.max) - _exact(self.min)) % _exact(self.step) == 0:
            raise ValueError(f"steps of {self.step:g} from {self.min:g} never reach {self.max:g}")
        return self

    def orient(self, mark):
        """Turn marks so that higher is better, on the same scale; applied twice it gives them back."""
        return mark if self.best == "high" else self.min + self.max - mark

    def holds(self, mark: float) -> bool:
        """Whether a mark is on the scale."""
        on_step = self.step is None or (_exact(mark) - _exact(self.min)) % _exact(self.step) == 0
        return self.min <= mark <= self.max and on_step


class Duplicates(Rule):
    """Same organisation and titles at least this similar (0–100): the same project sent again."""

    similarity: float = Field(90, ge=0, le=100)
    doubt: float = Field(75, ge=0, le=100)
    keep: Literal["last", "first"] = "last"

    @model_validator(mode="after")
    def _doubt_is_lower(self):
        if self.doubt > self.similarity:
            raise ValueError("doubt begins below similarity: give doubt a smaller number than similarity")
        return self


class Eligibility(Rule):
    """One rule that makes a submission ineligible when it does not hold. Nothing else does."""

    rule: Literal[ELIGIBILITY]
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
    columns: dict[Literal[FORM_FIELDS], tuple[str, ...]] = {}
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


class Scores(Rule):
    """The score files of a round: one sheet a juror with a column a criterion, or one long table."""

    files: str
    layout: Literal["sheets", "long"] = "sheets"


class Divergence(Rule):
    """Ask for another reader when marks of one submission differ by more than this share of the scale."""

    share: float = Field(gt=0, lt=1)
    unless_all_below: float | None = None


class Quota(Rule):
    """Seats by group of a column.

    `fixed` gives each group its number, `min` and `max` bound it, `proportional` shares the seats by
    the number of eligible submissions with `method`, none under `floor`.
    """

    column: str
    kind: Literal["fixed", "min", "max", "proportional"]
    seats: dict[str, int] = {}
    method: Literal["largest_remainder", "sainte_lague", "dhondt"] = "largest_remainder"
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
    """A submission below this is never selected; `on` is `estimate` or a criterion's id."""

    on: str = "estimate"
    at_least: float

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

    draws: int = Field(2000, ge=100)
    clear_in: float = Field(0.9, gt=0, lt=1)
    clear_out: float = Field(0.1, gt=0, lt=1)

    @model_validator(mode="after")
    def _band(self):
        if self.clear_out >= self.clear_in:
            raise ValueError("clear_out must be below clear_in")
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
    line: Literal["cut", "discuss", "extra_readings", "draw"] = "cut"
    manual: tuple[Manual, ...] = ()

    @field_validator("ties")
    @classmethod
    def _known_ties(cls, ties):
        for tie in ties:
            if tie.split(":")[0] not in TIES or (tie.startswith("criterion") != (":" in tie)):
                raise ValueError(
                    f"unknown step {tie!r} in the tie chain: use criterion:ID, {', '.join(TIES[1:])}"
                )
        if "refuse" in ties[:-1]:
            raise ValueError("`refuse` ends a tie chain: nothing after it is reached")
        return ties

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


class Round(Rule):
    """One body scoring what the round before left: its files, its scale, its estimator, its rule."""

    id: Identifier
    name: Names
    scores: Scores
    jurors: str | None = None
    conflicts: str | None = None
    scale: Scale
    weights: dict[str, float] | None = None
    min_scores: int = Field(1, ge=1)
    estimator: Estimator = "severity"
    divergence: Divergence | None = None
    select: Selection


class Published(Rule):
    """Figures somebody announced, and where: the report sets them beside what was found."""

    source: str
    submissions: int | None = None
    finalists: int | None = None
    winners: int | None = None
    nominations: dict[str, int] = {}
    regions: dict[str, int] = {}


class Contest(Rule):
    """All the rules of one contest year."""

    name: Names
    data: str
    synthetic: bool = False
    timezone: str = "Asia/Almaty"
    seed: int = Field(ge=0)
    language: Language = "kk"
    submissions: Submissions
    nominations: tuple[Nomination, ...] = ()
    criteria: tuple[Criterion, ...]
    rounds: tuple[Round, ...]
    published: Published | None = None
    ours: tuple[str, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone):
        if zone not in available_timezones():
            raise ValueError(f"unknown time zone {zone!r}: use a name such as Asia/Almaty")
        return zone

    @model_validator(mode="after")
    def _parts_agree(self):
        for name in ("nominations", "criteria", "rounds"):
            ids = [part.id for part in getattr(self, name)]
            if not ids and name != "nominations":
                raise ValueError(f"{name}: none are given; a contest needs at least one")
            if twice := sorted({i for i in ids if ids.count(i) > 1}):
                raise ValueError(f"{name}: the id {twice[0]!r} is used twice")
        if sum(c.weight for c in self.criteria) == 0:
            raise ValueError("criteria: all weights are 0; give at least one a weight")
        for r in self.rounds:
            self._check_round(r)
        self._check_seats()
        if self.published:
            _among(self.published.nominations, [n.id for n in self.nominations], "published.nominations")
        return self

    def _check_seats(self) -> None:
        given = [(r.id, r.select.seats) for r in self.rounds if r.select.seats is not None]
        for (earlier, few), (later, many) in pairwise(given):
            if many > few:
                raise ValueError(f"round {later} has {many} seats, round {earlier} before it only {few}")

    def _check_round(self, r: Round) -> None:
        at, criteria = f"round {r.id}", [c.id for c in self.criteria]
        if r.id in STEPS:
            raise ValueError(f"{at}: this id is the name of a folder of the run; choose another")
        if r.divergence and r.divergence.unless_all_below is not None:
            _on_scale(r, r.divergence.unless_all_below, f"{at}, divergence")
        if r.weights is not None:
            _among(r.weights, criteria, f"{at}, weights")
            if min(r.weights.values(), default=0) < 0 or sum(r.weights.values()) == 0:
                raise ValueError(f"{at}, weights: none may be negative and one must be above 0")
        marked = criteria if r.weights is None else list(r.weights)
        _among([t.split(":")[1] for t in r.select.ties if ":" in t], marked, f"{at}, ties")
        _among([t.on for t in r.select.thresholds], ["estimate", *marked], f"{at}, thresholds")
        for t in r.select.thresholds:
            _on_scale(r, t.at_least, f"{at}, thresholds")
        _among([q.column for q in r.select.quotas], GROUPS, f"{at}, quotas")
        for q in r.select.quotas:
            if q.column == "nomination":
                if not self.nominations:
                    raise ValueError(f"{at}: a quota on nomination, and the contest names no nominations")
                _among(q.seats, [n.id for n in self.nominations], f"{at}, quota on nomination")
                groups = len(self.nominations)
                if q.kind == "proportional" and q.floor * groups > r.select.seats:
                    raise ValueError(
                        f"{at}: a floor of {q.floor} for {groups} nominations is over {r.select.seats} seats"
                    )

    def round(self, round_id: str) -> Round:
        """The round of that id; KeyError with the known ids if there is none."""
        for r in self.rounds:
            if r.id == round_id:
                return r
        raise KeyError(f"no round {round_id!r}; this contest has {', '.join(r.id for r in self.rounds)}")

    def weights(self, round_id: str) -> dict[str, float]:
        """Weight of each criterion marked in a round: those that its `weights` name, else all of the contest."""
        own = self.round(round_id).weights
        return dict(own) if own is not None else {c.id: c.weight for c in self.criteria}

    def before(self, round_id: str) -> Round | None:
        """The round whose survivors this one scores; None for the first."""
        ids = [r.id for r in self.rounds]
        place = ids.index(self.round(round_id).id)
        return self.rounds[place - 1] if place else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of deadlines."""
        return ZoneInfo(self.timezone)

    def opens_and_closes(self) -> tuple[datetime | None, datetime | None]:
        """First moment that is in time and first moment that is late."""
        s = self.submissions
        start = s.accepted_from and datetime(*s.accepted_from.timetuple()[:3], tzinfo=self.zone)
        last = s.accepted_to and date.fromordinal(s.accepted_to.toordinal() + 1)
        return start, last and datetime(*last.timetuple()[:3], tzinfo=self.zone)


def _exact(number: float) -> Fraction:
    return Fraction(Decimal(repr(float(number))))


def _on_scale(r: Round, mark: float, where: str) -> None:
    if not r.scale.min <= mark <= r.scale.max:
        raise ValueError(f"{where}: {mark:g} is off the scale {r.scale.min:g}–{r.scale.max:g}")


def _among(used, known, where: str) -> None:
    for name in used:
        if name not in known:
            raise ValueError(f"{where}: {name!r} is not one of {', '.join(known) or 'none'}")
