"""What is a heading called? One example of each field, in the language of the contest."""

from fairlib.rules import Language

EXAMPLES: dict[Language, dict[str, str]] = {
    "kk": {
        "submission": "«Өтінім №»",
        "title": "«Жобаның атауы»",
        "juror": "«Сарапшы»",
        "criterion": "«Өлшемшарт»",
        "score": "«Балл»",
    },
    "ru": {
        "submission": "«№ заявки»",
        "title": "«Название проекта»",
        "juror": "«Эксперт»",
        "criterion": "«Критерий»",
        "score": "«Балл»",
    },
    "en": {
        "submission": "«Application ID»",
        "title": "«Project title»",
        "juror": "«Juror»",
        "criterion": "«Criterion»",
        "score": "«Score»",
    },
}


def examples(language: Language, *fields: str) -> str:
    """Headings that would be understood as these fields.

    >>> examples("en", "juror", "score")
    '«Juror», «Score»'
    """
    return ", ".join(EXAMPLES[language][field] for field in fields)
