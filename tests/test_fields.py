"""Columns are known by the headings that offices write, in three languages; none names two fields."""

import pandas as pd
import pytest

from fairlib.intake.form.export import read_form
from fairlib.intake.headings import known as fields
from fairlib.intake.headings.find import find_headings
from fairlib.intake.texts import fold
from fairlib.rules import Submissions

SHEETS = {
    "submission": fields.SUBMISSION, "juror": fields.JUROR, "comment": fields.COMMENT, "day": fields.DAY,
    "slot": fields.SLOT, "criterion": fields.CRITERION, "score": fields.SCORE,
}  # fmt: skip
JURORS = {"juror": fields.JUROR, "name": fields.FULL_NAME}
WRITTEN = {
    "Дата подачи": "sent_at", "Дата отправки": "sent_at", "Время подачи заявки": "sent_at",
    "Дата и время подачи заявки": "sent_at", "Өтінім берілген күн": "sent_at", "Submission date": "sent_at",
    "Рег. номер": "submission", "Өтінімнің тіркеу нөмірі": "submission", "Application No.": "submission",
    "Полное наименование организации": "organisation", "Өтінім беруші": "organisation", "Applicant": "organisation",
    "Организационно-правовая форма": "legal_form", "БИН/ИИН": "bin", "Ұйымның БСН-і": "bin",
    "Направление": "nomination", "Наименование проекта": "title", "1. Название проекта *": "title",
    "Project name": "title", "Жоба атауы": "title", "Описание проекта": "summary", "Түйіндеме": "summary",
    "Регион реализации": "region", "Облыс/қала": "region", "Место реализации проекта": "place", "City": "place",
    "Сумма гранта": "requested", "Запрашиваемая сумма (в тенге)": "requested", "Сұралған сома": "requested",
    "Софинансирование": "own_funds", "Меншікті қаражат": "own_funds", "Срок реализации (мес.)": "duration",
    "Жобаның мерзімі": "duration", "Сайт организации": "links", "Әлеуметтік желілер": "links",
    "Ф.И.О.": "contact_person", "Аты-жөні": "contact_person", "Контактный телефон": "phone",
    "Ұялы телефон": "phone", "Электронная почта": "email", "Электрондық пошта мекенжайы": "email",
    "Впервые участвует": "first_time", "Жариялауға келісемін": "consent",
}  # fmt: skip


@pytest.mark.parametrize("table", [fields.FIELDS, SHEETS, JURORS])
def test_no_heading_names_two_fields(table):
    named = pd.DataFrame([(f, fold(h) or h) for f, known in table.items() for h in known]).drop_duplicates()
    assert not named[1].duplicated().any(), named[named[1].duplicated(keep=False)]


@pytest.mark.parametrize("heading", WRITTEN)
def test_headings_that_offices_write(heading):
    head = find_headings([[heading, "x"]], fields.FIELDS, [])
    assert head and list(head.columns) == [WRITTEN[heading]] and not head.near


@pytest.mark.parametrize(
    "heading", ["Дата регистрации", "Согласие на обработку персональных данных", "№ п/п", "Название", "Дата"]
)
def test_a_heading_that_can_mean_two_things_is_not_guessed(heading):
    assert find_headings([[heading, "x"]], fields.FIELDS, []).columns == {}


def test_headings_of_ones_own_go_before_the_usual_ones(tmp_path):
    (tmp_path / "form.csv").write_text("Проект;Плакат\nА;Море\n", encoding="utf-8")
    rules = Submissions(file="form.csv", columns={"title": ("плакат",)})
    assert read_form(rules, tmp_path, [], "ru").rows["title"].tolist() == ["Море"]


def test_a_heading_given_to_a_field_is_no_heading_of_another(tmp_path):
    (tmp_path / "form.csv").write_text("Проект;Плакат\nҚор;Море\n", encoding="utf-8")
    rules = Submissions(file="form.csv", columns={"title": ("плакат",), "organisation": ("Проект",)})
    assert read_form(rules, tmp_path, [], "ru").rows[["title", "organisation"]].values.tolist() == [
        ["Море", "Қор"]
    ]
