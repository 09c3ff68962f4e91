"""The export of an application form: headings in both languages, a row for each form sent."""

from collections.abc import Sequence

from samples.books import Cell
from samples.forms import FIELDS
from samples.year import Sent

HEADINGS = {
    "submission": "Өтінім № / № заявки",
    "sent_at": "Жіберілген уақыты / Время отправки",
    "organisation": "Ұйымның атауы / Наименование организации",
    "legal_form": "Құқықтық нысаны / Правовая форма",
    "bin": "БСН / БИН",
    "nomination": "Номинация",
    "title": "Жобаның атауы / Название проекта",
    "summary": "Қысқаша мазмұны / Краткое описание",
    "region": "Өңір / Регион",
    "place": "Елді мекен / Населённый пункт",
    "requested": "Сұралатын сома, ₸ / Запрашиваемая сумма, ₸",
    "own_funds": "Өз қаражаты, ₸ / Собственные средства, ₸",
    "duration": "Ұзақтығы, ай / Срок, мес.",
    "links": "Ашықтық сілтемелері / Ссылки (открытость НКО)",
    "contact_person": "Байланыс тұлғасы / Контактное лицо",
    "phone": "Телефон",
    "email": "Эл. пошта / E-mail",
    "consent": "Жариялауға келісім / Согласие на публикацию",
    "first_time": "Бірінші рет қатысу / Участвует впервые",
}
WIDTHS = (10, 17, 40, 22, 15, 40, 50, 60, 24, 20, 16, 16, 10, 34, 26, 20, 22, 12, 12)


def export_rows(sent: Sent, fields: Sequence[str] = FIELDS) -> list[list[Cell]]:
    """The cells of every form in the order of the fields."""
    return [[form.cells.get(name) for name in fields] for form in sent.forms]
