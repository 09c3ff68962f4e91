"""Several ids in one cell of a table, and back: joined by commas; one that holds such a comma is quoted as in JSON."""

import json
import re
from collections.abc import Iterable

from fairlib.facts import QUOTED, unquoted

_ENDS = re.compile(r', |,$|^"|^$')
_ONE = re.compile(rf"({QUOTED}|.+?)(?:, |$)", re.DOTALL)


def written(ids: Iterable[object]) -> str:
    """Ids as one text.

    >>> written(["21-0001", "Moss, and us"])
    '21-0001, "Moss, and us"'
    """
    texts = map(str, ids)
    return ", ".join(json.dumps(i, ensure_ascii=False) if _ENDS.search(i) else i for i in texts)


def read(text: object) -> list[str]:
    """The ids of a text, `written`'s inverse; none where it is missing.

    >>> read('21-0001, "Moss, and us"')
    ['21-0001', 'Moss, and us']
    """
    return [unquoted(one) for one in _ONE.findall(text)] if isinstance(text, str) else []
