"""The whole contest: nominations, criteria, rounds with their juries, and how all its parts agree."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AliasChoices, Field, field_validator, model_validator

from fairlib.rules.base import LANGUAGES, Identifier, Language, Names, Rule, Scale, among, language_of
from fairlib.rules.mistakes import meant
from fairlib.rules.selection import Quota, Selection
from fairlib.rules.submissions import Submissions

Layout = Literal["sheets", "rows", "long", "wide"]
Estimator = Literal[
    "raw", "median", "trimmed", "zscore", "additive", "severity", "reliability", "ordinal", "rasch"
]
SCORE_FIELDS = (
    "submission",
    "juror",
    "criterion",
    "score",
    "comment",
    "day",
    "slot",
    "name",
    "organisation",
    "organisation_id",
    "region",
)
_GROUPS = ("nomination", "region", "settlement", "monotown", "place", "legal_form", "language", "first_time")
MOST_DRAWN = 3  # groupings whose levels are drawn together, each over a spread of its own
STEPS = ("intake", "report")  # folders of a run that no round may take


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


class Scores(Rule):
    """The score files of a round, how a sheet is laid out (else its headings say it), and more headings.

    `columns` are headings by field, in the sheets as in the tables of the round's jurors and conflicts.
    """

    files: str
    layout: Layout | None = None
    columns: dict[Annotated[str, among(SCORE_FIELDS)], tuple[str, ...]] = {}


class Divergence(Rule):
    """Ask for another reader when marks of one submission differ by more than this share of the scale.

    But not where all of them are worse than a mark on the contest's own scale. Params files of earlier years
    say `unless_all_below` for the same.
    """

    share: float = Field(gt=0, lt=1)
    unless_all_worse_than: float | None = Field(
        None, validation_alias=AliasChoices("unless_all_worse_than", "unless_all_below")
    )


class Level(Rule):
    """A grouping of submissions whose groups have levels of their own: drawn to each other, or `fixed`, as they are."""

    column: str
    fixed: bool = False


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
    levels: tuple[Level, ...] | None = None
    divergence: Divergence | None = None
    select: Selection

    @field_validator("levels", mode="before")
    @classmethod
    def _one_or_several(cls, value):
        """A name, a list of names, or names with how they are treated; `none` for no levels."""
        if value is None or isinstance(value, tuple):
            return value
        treated = dict.fromkeys([value], "drawn") if isinstance(value, str) else value
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            treated = dict.fromkeys(value, "drawn")
            if twice := [v for v in treated if value.count(v) > 1]:
                raise ValueError(f"levels: {twice[0]!r} is named twice; once is enough")
        if not isinstance(treated, dict) or not all(isinstance(v, str) for v in treated):
            raise ValueError(
                "levels: name a column (nomination), several ([nomination, language]), or say how each is "
                "treated ({nomination: drawn, language: fixed})"
            )
        _among([str(v) for v in treated.values()], ["drawn", "fixed"], "levels")
        if "none" in treated:
            if len(treated) > 1:
                raise ValueError(
                    "levels: none means that all have one level; leave it out beside other names"
                )
            return ()
        return tuple(Level(column=c, fixed=how == "fixed") for c, how in treated.items())


class Held(Rule):
    """How a round was announced: the day on which it began, for how many days, whether online, who judges."""

    begins: date | None = None
    days: int | None = Field(None, ge=1)
    online: bool = False
    members: Names | None = None


class Award(Rule):
    """Where and when the winners are named."""

    event: Names
    begins: date
    ends: date | None = None
    place: Names | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self):
        if self.ends and self.ends < self.begins:
            raise ValueError(f"it ends on {self.ends}, before it begins on {self.begins}")
        return self


class Published(Rule):
    """What somebody announced, and where: the report sets figures beside what was found, tells the rest."""

    source: Names
    languages: tuple[Language, ...] = LANGUAGES  # names in the others are translations of the params file's
    organiser: Names | None = None
    rounds: dict[str, Held] = {}
    award: Award | None = None
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
    language: Language
    submissions: Submissions
    nominations: tuple[Nomination, ...] = ()
    criteria: tuple[Criterion, ...]
    rounds: tuple[Round, ...]
    published: Published | None = None
    ours: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _language_of_the_name(cls, value):
        if isinstance(value, dict) and "language" not in value:
            return value | {"language": language_of(value.get("name"))}
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone):
        if zone not in available_timezones():
            raise ValueError(
                f"unknown time zone: {meant(zone, available_timezones())}use a name such as Asia/Almaty"
            )
        return zone

    @model_validator(mode="after")
    def _parts_agree(self):
        for name in ("nominations", "criteria", "rounds"):
            ids = [part.id for part in getattr(self, name)]
            if not ids and name != "nominations":
                raise ValueError(f"{name}: none are given; a contest needs at least one")
            folded = [i.casefold() for i in ids]  # a round is a folder, and some disks know no capitals
            if twice := [i for i, f in zip(ids, folded, strict=True) if folded.count(f) > 1]:
                raise ValueError(f"{name}: the id {twice[-1]!r} is used twice, capitals apart")
        if sum(c.weight for c in self.criteria) == 0:
            raise ValueError("criteria: all weights are 0; give at least one a weight")
        for r in self.rounds:
            self._check_round(r)
        self._check_seats()
        if self.published:
            _among(self.published.nominations, [n.id for n in self.nominations], "published.nominations")
            _among(self.published.rounds, [r.id for r in self.rounds], "published.rounds")
        return self

    def _check_seats(self) -> None:
        given = [(r.id, r.select.seats) for r in self.rounds if r.select.seats is not None]
        for (earlier, few), (later, many) in pairwise(given):
            if many > few:
                raise ValueError(f"round {later} has {many} seats, round {earlier} before it only {few}")

    def _check_round(self, r: Round) -> None:
        """Raises ValueError where a round and the rest of the contest do not fit."""
        at = f"round {r.id}"
        if r.id.casefold() in STEPS:
            raise ValueError(f"{at}: this id is the name of a folder of the run; choose another")
        if r.divergence and r.divergence.unless_all_worse_than is not None:
            _on_scale(r, r.divergence.unless_all_worse_than, f"{at}, divergence")
        self._check_weights(r, at)
        _among([q.column for q in r.select.quotas], _GROUPS, f"{at}, quotas")
        if r.select.per_organisation is not None and self.submissions.organisation_id == "none":
            raise ValueError(
                f"{at}: per_organisation needs to know whose a submission is: say `organisation_id: bin` "
                "under submissions, or leave per_organisation out"
            )
        self._check_levels(r, at)
        for q in r.select.quotas:
            if q.column == "nomination":
                self._check_quota(q, r, at)

    def _check_levels(self, r: Round, at: str) -> None:
        """Levels are of columns that group submissions, and not more of them are drawn together than can be."""
        columns = [level.column for level in r.levels or ()]
        _among(columns, ["none", *_GROUPS], f"{at}, levels")
        if "nomination" in columns and not self.nominations:
            raise ValueError(f"{at}: levels by nomination, and the contest names no nominations")
        drawn = [level.column for level in r.levels or () if not level.fixed]
        if len(drawn) > MOST_DRAWN:
            raise ValueError(
                f"{at}, levels: {len(drawn)} groupings are drawn together, and {MOST_DRAWN} can be; leave some out or "
                f"take them as they are: {{{drawn[-1]}: fixed}}"
            )

    def _check_weights(self, r: Round, at: str) -> None:
        """Weights name criteria of the contest; ties and thresholds name criteria that the round marks."""
        marked = [c.id for c in self.criteria]
        if r.weights is not None:
            _among(r.weights, marked, f"{at}, weights")
            if min(r.weights.values(), default=0) < 0 or sum(r.weights.values()) == 0:
                raise ValueError(f"{at}, weights: none may be negative and one must be above 0")
            marked = list(r.weights)
        _among([t.split(":")[1] for t in r.select.ties if ":" in t], marked, f"{at}, ties")
        _among([t.on for t in r.select.thresholds], ["estimate", *marked], f"{at}, thresholds")
        for t in r.select.thresholds:
            _on_scale(r, t.no_worse_than, f"{at}, thresholds")

    def _check_quota(self, q: Quota, r: Round, at: str) -> None:
        """A quota on nomination names those of the contest, and its floors fit into the seats."""
        if not self.nominations:
            raise ValueError(f"{at}: a quota on nomination, and the contest names no nominations")
        _among(q.seats, [n.id for n in self.nominations], f"{at}, quota on nomination")
        groups = len(self.nominations)
        seats = r.select.seats
        if q.kind == "proportional" and seats is not None and q.floor * groups > seats:
            raise ValueError(f"{at}: a floor of {q.floor} for {groups} nominations is over {seats} seats")

    def round(self, round_id: str) -> Round:
        """The round of that id; KeyError with the known ids if there is none."""
        for r in self.rounds:
            if r.id == round_id:
                return r
        raise KeyError(f"no round {round_id!r}; this contest has {', '.join(r.id for r in self.rounds)}")

    def weights(self, round_id: str) -> dict[str, float]:
        """Weight of each criterion marked in a round: those that its `weights` name, else all there are."""
        own = self.round(round_id).weights
        return dict(own) if own is not None else {c.id: c.weight for c in self.criteria}

    def levels(self, round_id: str) -> tuple[Level, ...]:
        """The groupings whose groups have levels of their own in the severity model; none where all have one."""
        declared = self.round(round_id).levels
        if declared is None:
            return (Level(column="nomination"),) if self.nominations else ()
        return declared

    def within(self, round_id: str) -> bool:
        """Whether submissions are chosen inside groups that have levels: a quota gives each group its seats."""
        levels, quotas = self.levels(round_id), self.round(round_id).select.quotas
        named = {n.id for n in self.nominations}

        def shared(column: str) -> bool:
            own = [q for q in quotas if q.column == column]
            fixed = column == "nomination" and any(q.kind == "fixed" and named <= set(q.seats) for q in own)
            return fixed or any(q.kind == "proportional" for q in own)

        return bool(levels) and all(shared(x.column) for x in levels)

    def before(self, round_id: str) -> Round | None:
        """The round whose survivors this one scores; None for the first."""
        ids = [r.id for r in self.rounds]
        place = ids.index(self.round(round_id).id)
        return self.rounds[place - 1] if place else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of deadlines."""
        return ZoneInfo(self.timezone)

    @property
    def has_window(self) -> bool:
        """Whether forms can be early or late."""
        return self.submissions.accepted_from is not None or self.submissions.accepted_to is not None

    @property
    def regions_on(self) -> date:
        """The day whose names of regions count: the one that the rules name, else today's names."""
        return self.submissions.regions_on or date.max

    def opens_and_closes(self) -> tuple[datetime | None, datetime | None]:
        """First moment that is in time and first moment that is late."""
        first, last = self.submissions.accepted_from, self.submissions.accepted_to
        opens = datetime.combine(first, time.min, self.zone) if first else None
        closes = datetime.combine(last + timedelta(days=1), time.min, self.zone) if last else None
        return opens, closes


def _on_scale(r: Round, mark: float, where: str) -> None:
    if not r.scale.min <= mark <= r.scale.max:
        raise ValueError(f"{where}: {mark:g} is off the scale {r.scale.min:g}–{r.scale.max:g}")


def _among(used, known, where: str) -> None:
    for name in used:
        if name not in known:
            near = meant(name, known).strip()
            listed = ", ".join(known) or "none"
            raise ValueError(f"{where}: {name!r} is not one of {listed}{near and '; '}{near}")
