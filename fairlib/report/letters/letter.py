"""What does everyone who applied get told? One page each: the decision, why, and what the scores can say."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pandas as pd
import typst

from fairlib.intake.texts import guess_language
from fairlib.report.blocks import Block, Heading, Text
from fairlib.report.chapters.common import Context, text
from fairlib.report.letters.words import Field, field_of, round_blocks, shortened
from fairlib.report.results import Results
from fairlib.report.set.html import TEMPLATES, environment, style
from fairlib.report.set.pdf import as_data, breakable, fonts
from fairlib.report.words.locale import TAGS, Voice, speak
from fairlib.rules import Language

_LONGEST = 80  # signs of a file name, of which disks hold 255 bytes


@dataclass(frozen=True)
class Letter:
    """A letter to one applicant, in one language; `blocks` in reading order."""

    submission: str
    lang: str
    contest: str
    year: int
    heading: str
    to: str
    number: str
    title: str
    subtitle: str
    synthetic: str
    blocks: tuple[Block, ...]


def file_names(submissions: Iterable[str]) -> dict[str, str]:
    """A name for the files of each submission, told from the others also by a disk that knows no capitals.

    >>> file_names(["21-0001", "A/1", "a 1"])
    {'21-0001': '21-0001', 'A/1': 'A_1', 'a 1': 'a_1_2'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for submission in submissions:
        plain = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", submission))[:_LONGEST]
        free = (f"{plain}_{k}" if k > 1 else plain for k in count(1))
        names[submission] = next(name for name in free if name.casefold() not in taken)
        taken.add(names[submission].casefold())
    return names


def write_letters(results: Results, submissions: Iterable[str] | None = None) -> list[Letter]:
    """A letter for each addressee (all, or those named), in the language it was written in."""
    fields = [field_of(results, stage) for stage in results.rounds]
    known, aside = results.by_id, results.set_aside.drop_duplicates("submission").set_index("submission")
    asked = results.addressees if submissions is None else submissions
    return [
        letter(results, fields, known.loc[s])
        if s in known.index
        else outside_letter(results, s, aside.loc[s])
        for s in asked
    ]


def letter(results: Results, fields: list[Field], sent: pd.Series) -> Letter:
    """The letter for one row of the submissions table."""
    lang = sent["language"] if sent["language"] in TAGS else results.contest.language
    context = Context(results, speak(lang), "public")
    say = context.say
    mine = [f for f in fields if sent["submission"] in f.joined.index]
    blocks: list[Block] = [_thanks(say)]
    for field in reversed(mine):
        blocks += round_blocks(field, field.joined.loc[sent["submission"]], context, latest=field is mine[-1])
    if not mine:
        blocks.append(Text(say("This submission has not been decided yet.")))
    else:
        blocks += _closing(results, sent["submission"], say)
    return _letter(results, lang, sent, tuple(blocks))


def outside_letter(results: Results, submission: str, sent: pd.Series) -> Letter:
    """The letter for a form that came before or after the window; it was not read by any juror."""
    guess = guess_language(pd.Series([text(sent["title"])])).item()
    lang = guess if guess in TAGS else results.contest.language
    context = Context(results, speak(lang), "public")
    say, rules = context.say, results.contest.submissions
    early = sent["reason"] == "early"
    why = (
        say("The form came before the window opened.")
        if early
        else say("The form came after the window closed.")
    )
    window = say(
        "Submissions were accepted from {first} to {last}, time zone: {zone}.",
        first=say.date(rules.accepted_from),
        last=say.date(rules.accepted_to),
        zone=results.contest.timezone,
    )
    blocks = (
        _thanks(say),
        Heading(say("The submission was not accepted.")),
        Text(f"{why} {window}", "lead"),
        Text(
            say(
                "No juror read it, so it has neither a score nor a rank. The decision says nothing about the "
                "project."
            )
        ),
        *_ending(results, submission, say),
    )
    return _letter(results, lang, sent, blocks, submission)


def _thanks(say: Voice) -> Text:
    return Text(
        say("Dear applicant, thank you for taking part in the contest and for the work put into the project.")
    )


def _ending(results: Results, submission: str, say: Voice) -> list[Block]:
    """Where to ask, and who writes."""
    told = say(
        "Questions about this letter are answered by the office of the contest; please quote the number of the "
        "submission: {id}.",
        id=submission,
    )
    signed = say("With respect, the organisers of the contest – {name}", name=results.contest.name[say.lang])
    return [Heading(say("Questions about this letter")), Text(told), Text(signed)]


def _letter(
    results: Results,
    lang: Language,
    sent: pd.Series,
    blocks: tuple[Block, ...],
    submission: str | None = None,
) -> Letter:
    say, name, title = speak(lang), results.contest.name[lang], text(sent["title"])
    submission = submission or sent["submission"]
    return Letter(
        submission=submission,
        lang=lang,
        contest=name,
        year=results.rules.year,
        heading=shortened(title),
        to=say("To: {who}", who=text(sent["organisation"]) or say("the applicant")),
        number=say("Submission: {id}", id=submission),
        title=f"{name}: {shortened(title)}",
        subtitle=say("Letter on the result"),
        synthetic=say("Synthetic data: scores, people and organisations in this report are invented.")
        if results.contest.synthetic
        else "",
        blocks=blocks,
    )


def _closing(results: Results, submission: str, say: Voice) -> list[Block]:
    """Earlier forms of the same project, where everything can be checked and where to ask."""
    earlier = results.replaced.get(submission)
    told = say(
        "All decisions with their rules stand in the public report. Marks are not published; whoever is "
        "given the files of the contest can compute the same decisions again."
    )
    if earlier:
        told = say("Forms sent again and replaced by this one: {ids}.", ids=", ".join(earlier)) + " " + told
    head, *ending = _ending(results, submission, say)
    return [head, Text(told, "note"), *ending]


def letter_html(letter: Letter) -> str:
    """A letter as a page that needs nothing else."""
    return (
        environment()
        .get_template("letter.html.j2")
        .render(letter=letter, say=speak(letter.lang), style=style(), drawings={})
    )


class LetterPress:
    """Sets letters as PDF/UA-1, one after another, with the fonts read once."""

    def __init__(self):
        self._press = typst.Compiler(
            TEMPLATES / "letter.typ", root=TEMPLATES, font_paths=fonts(), ignore_system_fonts=True
        )

    def pdf(self, letter: Letter) -> bytes:
        """One letter as a tagged one-page A4 file."""
        shown = replace(letter, blocks=())
        data = {k: breakable(v) if isinstance(v, str) else v for k, v in vars(shown).items() if k != "blocks"}
        data["blocks"] = [as_data(b) for b in letter.blocks]
        return self._press.compile(
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=0,
            sys_inputs={"letter": json.dumps(data, ensure_ascii=False)},
        )


def save_letters(letters: Iterable[Letter], folder: Path, names: Mapping[str, str]) -> list[Path]:
    """Write each letter as page and PDF under the name of its submission (`file_names`); return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    press, paths = LetterPress(), []
    for one in letters:
        page, print_ = (folder / f"{names[one.submission]}{kind}" for kind in (".html", ".pdf"))
        page.write_text(letter_html(one), "utf-8", newline="\n")
        print_.write_bytes(press.pdf(one))
        paths += [page, print_]
    return paths
