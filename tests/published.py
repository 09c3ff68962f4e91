"""Small published tables, typed from their sources, and the long form that the library reads."""

import pandas as pd

# Shrout & Fleiss (1979) Psychol. Bull. 86:420-428, Table 2: 6 targets, 4 judges
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

# Krippendorff (2011) Computing Krippendorff's Alpha-Reliability, example C: 4 observers, 12 units
X = None
KRIPPENDORFF_C = [
    [1, 1, X, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [X, 5, 5, 5], [X, X, 1, 1], [X, X, 3, X],
]  # fmt: skip

# R. Quandt, wine tasting report 3 (liquidasset.com/report3.html): 4 wines, ranks of 6 judges
QUANDT_3 = [[1, 1, 3, 4, 1, 1], [3, 4, 1, 2, 3, 4], [2, 2, 2, 1, 4, 3], [4, 3, 4, 3, 2, 2]]

# Gwet (2014) Handbook of Inter-Rater Reliability, 4th ed., Table 2.15: 12 subjects, 4 raters, text
GWET_TEXT = [
    [x or None for x in row]
    for row in zip(
        ["a", "b", "c", "c", "b", "a", "d", "a", "b", X, X, X],
        ["a", "b", "c", "c", "b", "b", "d", "a", "b", "e", X, X],
        [X, "c", "c", "c", "b", "c", "d", "b", "b", "e", "a", "c"],
        ["a", "b", "c", "c", "b", "d", "d", "a", "b", "e", "a", X],
        strict=True,
    )
]

# Fleiss' kappa, worked example with 14 raters and 10 subjects (Wikipedia): counts of categories 1-5
FLEISS_COUNTS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def long_of(table, criterion="all"):
    """A wide table (rows submissions, columns jurors, None missing) as a ratings table."""
    rows = [
        (f"s{i:03}", f"j{j:03}", criterion, x)
        for i, row in enumerate(table)
        for j, x in enumerate(row)
        if x is not None
    ]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


def shuffled(long, order, suffix="~"):
    """The same table in another row order and with other names that sort alike."""
    moved = long.iloc[list(order)]
    return moved.assign(submission=moved.submission + suffix, juror=moved.juror + suffix)
