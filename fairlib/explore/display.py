"""How a notebook or a terminal shows what was found: blocks of the report, as a card or as plain text."""

from dataclasses import dataclass, field

from fairlib.report.blocks import Block, Text
from fairlib.report.set.text import to_text
from fairlib.report.words.locale import Voice
from fairlib.rules import Language


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Display:
    """`blocks` in reading order, in one language; the same ones as HTML and as text."""

    blocks: tuple[Block, ...] = field()
    lang: Language = "en"

    def __repr__(self) -> str:
        return to_text(self.blocks)

    def _repr_html_(self) -> str:
        from fairlib.report.set.html import card

        return card(self.blocks, self.lang, repr(self))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def parts(*blocks: Block | str | None) -> tuple[Block, ...]:
    """What there is to show: nothing empty, plain sentences as paragraphs."""
    shown = [Text(b) if isinstance(b, str) else b for b in blocks if b]
    return tuple(b for b in shown if not isinstance(b, Text) or b.text)


def not_published(say: Voice) -> Text:
    """For whom this is."""
    told = say("for those who decide: not for publication")
    return Text(f"{told[:1].upper()}{told[1:]}.", "note")
