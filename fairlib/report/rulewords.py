"""The rule of a round in plain words, for a notebook or a terminal."""

from types import SimpleNamespace

from fairlib.report.chapters.rules import _Quoter
from fairlib.report.locale import speak
from fairlib.rules import Contest, Language, Round


def rule_sentences(r: Round, contest: Contest, lang: Language) -> list[str]:
    """Each rule of a round as a sentence, in the order in which they are applied."""
    return [rule.text for rule in _Quoter(SimpleNamespace(say=speak(lang), contest=contest)).round(r)]
