"""What every part of the rules is made of: frozen models, ids, names in three languages, the scale of marks."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Language = Literal["kk", "ru", "en"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


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
