"""What was found in a file, and what was done about it? Findings of intake in words, by what each of them tells."""

from fairlib.intake.findings import Evidence, Remedy
from fairlib.report.words.codes import criterion_name, meanings, plain, word
from fairlib.report.words.locale import Voice
from fairlib.rules import Contest


def finding_words(code: object, say: Voice) -> str:
    """What was found in a cell; an unknown code is shown with spaces."""
    return word("finding", code, say).replace("_", " ")


def found_words(code: object, found: object, say: Voice) -> str:
    """What was found under the code of a finding: as typed, or how much there was, or which two, in words."""
    fact = Evidence.of(plain(found), plain(code)) if plain(code) else None
    if fact is None:
        return plain(found)
    if fact.told.keys() == {"what"}:
        return fact.text("what")
    if fact.kind == "perhaps_resent":
        percent = fact.number("percent")
        alike = say.percent(None if percent is None else percent / 100)
        said = say("{first} and {second}, titles alike: {share}", **fact.told, share=alike)
        return said + "; " + say("the organisations have one name") if "same" in fact else said
    told = {name: value if isinstance(value, str) else say.number(value) for name, value in fact.told.items()}
    return word("evidence", fact.kind, say, **told)


def done_words(done: object, contest: Contest, say: Voice) -> str:
    """What was done about a finding; what cannot be taken apart is shown as it stands."""
    remedy = Remedy.of(plain(done))
    if remedy is None:
        return plain(done)
    if remedy.kind == "layout":
        return word("layout", remedy["layout"], say)
    if remedy.kind == "marks_out":
        return _marks_out(remedy, say)
    told = dict(remedy.told)
    if "n" in remedy:
        told["n"] = say.number(remedy.number("n"))
    if remedy.kind == "read_as":
        told["what"] = word("mark", told["what"], say)
    elif remedy.kind == "taken_as" and "n" not in remedy:
        told["what"] = _field(remedy.text("what"), contest, say)
    code = f"{remedy.kind}_first" if "n" in remedy else remedy.kind
    return say(meanings().get(("remedy", code), remedy.form), **told)


def whole_sentences() -> list[str]:
    """What is done in words that are always the same, and the same as in the table of findings."""
    forms = {kind: form for kind, (form,) in Remedy.forms.items() if "{" not in form}
    return [form for kind, form in forms.items() if ("remedy", kind) not in meanings()]


def _marks_out(remedy: Remedy, say: Voice) -> str:
    """How many marks were left out, and what is known of it: why, or which submissions may be meant."""
    told = remedy.told | {"n": say.number(remedy.number("n"))}
    if "why" in remedy:
        why = word("aside", remedy["why"], say)
        said = [say("marks left out: {n}; the form was set aside: {reason}", **told, reason=why)]
    elif "perhaps" in remedy:
        said = [say("marks left out: {n}; perhaps meant: {ids}", **told, ids=told["perhaps"])]
    else:
        said = [say("marks left out: {n}", **told)]
    said += [say("not marked by this juror: {ids}", ids=told["mine"])] if "mine" in remedy else []
    said += [say("marked by nobody: {ids}", ids=told["nobody"])] if "nobody" in remedy else []
    return "; ".join(said)


def _field(field: str, contest: Contest, say: Voice) -> str:
    """A column of the form, a criterion, or any other name."""
    known = ("field", field) in meanings()
    return word("field", field, say) if known else criterion_name(field, contest, say)
