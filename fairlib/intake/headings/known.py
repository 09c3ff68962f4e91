"""How do people head a column? The headings of forms, score sheets and lists of jurors, in kk, ru and en.

They stand in `reference/headings.csv`: of several columns that name one field the heading that stands first there
goes first. A heading is left out on purpose where it says two things: «Дата регистрации» may be the organisation's,
«Согласие на обработку данных» is no consent to publication, «№ п/п» counts rows, and a bare «Название» heads many a
list that is no form. A draft is begun and kept, so "Start time", "Created at" or «Дата создания» is no time of
sending.
"""

from fairlib.intake.reference import load


def _of(place: str) -> dict[str, tuple[str, ...]]:
    """The headings of each field, in their order."""
    table = load("headings")
    return {
        field: tuple(rows)
        for field, rows in table[table["of"] == place].groupby("field", sort=False)["heading"]
    }


FIELDS, _MARKS = _of("form"), _of("marks")
# headings that say when somebody finished only beside one that says when he began, and with clocks below:
# «End Date» alone may be the last day of the project
FINISHED = {
    "end date": "start date",
    "enddate": "startdate",
    "end time": "start time",
    "end": "start",
    "дата окончания": "дата начала",
    "дата завершения": "дата начала",
    "время окончания": "время начала",
}
SUBMISSION = FIELDS["submission"] + _MARKS["submission"]
NAMING = _MARKS["naming"]  # also before a name: «Эксперт: …»
JUROR = NAMING + _MARKS["juror"]
JUROR_NAME = _MARKS["juror_name"]
FULL_NAME = _MARKS["name"] + JUROR_NAME
COMMENT, DAY, SLOT, CRITERION, SCORE = (_MARKS[f] for f in ("comment", "day", "slot", "criterion", "score"))
