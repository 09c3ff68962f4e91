"""What all rules are made of: frozen models, ids, names in three languages, the scale of marks."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    ValidationInfo,
    field_validator,
    model_validator,
)

Language = Literal["kk", "ru", "en"]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


def among(names: Sequence[str]) -> GetPydanticSchema:
    """Of a text in a params file: it must be one of these names, as with a Literal of them."""
    return GetPydanticSchema(lambda source, handler: handler(Literal.__getitem__(tuple(names))))


class Rule(BaseModel):
    """A frozen part of a params file in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value, info: ValidationInfo):
        # YAML reads a bare yes, no, on or off as true or false, which would count as 1 or 0
        wanted = cls.model_fields[str(info.field_name)].annotation
        inside = value.values() if isinstance(value, dict) and get_origin(wanted) is dict else [value]
        if wanted is not bool and any(isinstance(v, bool) for v in inside):
            raise ValueError(
                "true and false (also yes, no, on and off) mean nothing here; put a text in quotes"
            )
        return value


LANGUAGES: tuple[Language, ...] = get_args(Language)
_KAZAKH = re.compile("[әғқңөұүһі]", re.IGNORECASE)
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


class Names(Rule):
    """One name in three languages; a plain text serves for all, a given language for those left out."""

    kk: str
    ru: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, value):
        if isinstance(value, dict):
            given = [value[lang] for lang in LANGUAGES if lang in value]
            return dict.fromkeys(LANGUAGES, given[0]) | value if given else value
        return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value

    def __getitem__(self, lang: Language) -> str:
        return getattr(self, lang)


def language_of(name: object) -> Language:
    """The language of a name in the file: of a plain text by its letters, else the first that is named.

    >>> language_of("Poster prize"), language_of("Конкурс"), language_of({"ru": "Конкурс", "en": "Contest"})
    ('en', 'ru', 'ru')
    """
    if isinstance(name, dict):
        return next((lang for lang in LANGUAGES if lang in name), "kk")
    text = name if isinstance(name, str) else ""
    return "kk" if _KAZAKH.search(text) else "ru" if _CYRILLIC.search(text) else "en"


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
        """Turn marks so that higher is better, on the same scale; applied twice it gives them back.

        A single number, which is one of the rules', is turned as the decimal number that was written.
        """
        if self.best == "high":
            return mark
        if isinstance(mark, int | float) and math.isfinite(mark):
            return float(_exact(self.min) + _exact(self.max) - _exact(mark))
        return self.min + self.max - mark

    def gain(self, difference):
        """A difference of marks so that above zero is better; applied twice it gives it back."""
        return difference if self.best == "high" else -difference

    def holds(self, mark: float) -> bool:
        """Whether a mark is on the scale."""
        on_step = self.step is None or (_exact(mark) - _exact(self.min)) % _exact(self.step) == 0
        return self.min <= mark <= self.max and on_step


def _exact(number: float) -> Fraction:
    return Fraction(Decimal(repr(float(number))))
