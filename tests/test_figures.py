"""Every figure can be drawn alone, in each language, of much, of little and of one thing, twice alike."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from fairlib.report import figures

mpl.use("Agg")
LANGUAGES = ["kk", "ru", "en"]


def ranked(n: int) -> pd.DataFrame:
    rank = np.arange(1, n + 1, dtype=float)
    seats = max(n // 3, 1)
    return pd.DataFrame(
        {
            "rank": rank,
            "rank_raw": rank[::-1],
            "estimate": 9 - rank / n,
            "low": 8.5 - rank / n,
            "high": 9.5 - rank / n,
            "p_selected": 1 - rank / (n + 1),
            "decision": np.where(rank <= seats, "selected", "not_selected"),
        }
    )


def jurors(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"juror": [f"Қазы {i}" for i in range(n)], "severity": np.linspace(-1, 1, n), "se": 0.3}
    )


def marks(n: int) -> pd.DataFrame:
    return pd.DataFrame({"juror": np.repeat([f"j{i}" for i in range(n)], 3), "score": [4.0, 5, np.nan] * n})


def matrix(n: int) -> pd.DataFrame:
    names = [f"j{i}" for i in range(n)]
    table = pd.DataFrame(0.5, index=names, columns=names)
    table.iloc[0, -1] = table.iloc[-1, 0] = np.nan
    return table


CASES = {
    "funnel": (
        figures.plot_funnel,
        lambda n: pd.Series(range(n, 0, -1), index=[f"қадам {i}" for i in range(n)]),
    ),
    "counts": (figures.plot_counts, lambda n: pd.Series(range(n), index=[f"ауыл {i}" for i in range(n)])),
    "tile_map": (figures.plot_tile_map, lambda n: pd.Series({"KZ-23": n, "KZ-63": 1})),
    "severity": (figures.plot_severity, jurors),
    "marks": (figures.plot_marks, marks),
    "agreement": (figures.plot_agreement, matrix),
    "ranking": (figures.plot_ranking, ranked),
    "probabilities": (figures.plot_probabilities, ranked),
    "slopes": (figures.plot_slopes, ranked),
    "rates": (
        figures.plot_rates,
        lambda n: pd.DataFrame(
            {"group": [f"№ {i}" for i in range(n)], "rate": 0.2, "low": 0.1, "high": 0.4, "n": 9}
        ),
    ),
    "profiles": (
        figures.plot_profiles,
        lambda n: pd.DataFrame(
            {"selected": [7.0] * n, "not_selected": [6.0] * n}, index=[f"c{i}" for i in range(n)]
        ),
    ),
    "budget": (
        figures.plot_budget,
        lambda n: pd.DataFrame({"label": [str(i) for i in range(n)], "grant": [1.5e6] * n}),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("n", [1, 2, 12])
def test_it_draws_alone_and_the_same_twice(name, n):
    plot, table = CASES[name]
    data = table(n)
    kept = data.copy()
    one, two = (figures.to_svg(lambda ax: plot(data, ax, "kk"), (6, 3), "f") for _ in range(2))
    assert one == two
    assert one.startswith("<svg")
    (pd.testing.assert_series_equal if data.ndim == 1 else pd.testing.assert_frame_equal)(data, kept)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_text_follows_the_language_and_numbers_its_separators(name):
    plot, table = CASES[name]
    drawn = {
        lang: figures.to_svg(lambda ax, lang=lang: plot(table(6), ax, lang), (6, 3), "f")
        for lang in LANGUAGES
    }
    if name not in ("counts", "tile_map", "funnel", "agreement"):
        assert len(set(drawn.values())) == 3


def test_without_axes_it_makes_its_own():
    import matplotlib.pyplot as plt

    ax = figures.plot_counts(pd.Series({"қала": 3, "ауыл": 2}), lang="kk")
    assert ax.figure.axes == [ax]
    plt.close(ax.figure)


def test_a_drawing_holds_no_date_no_comment_and_no_foreign_id():
    plot, table = CASES["ranking"]
    svg = figures.to_svg(lambda ax: plot(table(30), ax, "ru"), (6, 3), "first")
    assert "<metadata" not in svg
    assert "<!--" not in svg
    assert all(part.startswith("first-") for part in __import__("re").findall(r' id="([^"]+)"', svg))


def test_the_map_of_2021_has_17_regions_and_todays_20():
    from datetime import date

    from fairlib.intake.places.names import region_table

    assert len(region_table(date(2021, 3, 10))) == 17
    assert len(region_table(date.max)) == 20
    for day in (date(2021, 3, 10), date.max):
        assert not region_table(day).duplicated(["row", "column"]).any()


@pytest.mark.parametrize("span", [(5.4, 7.4), (6.9, 8.7), (7.0, 7.3), (0.0, 30.0), (-1.4, 1.6)])
def test_a_tick_says_where_it_stands(span):
    from matplotlib.figure import Figure

    from fairlib.report.figures.base import count_axis
    from fairlib.report.words.locale import speak

    ax = Figure(figsize=(7, 3)).subplots()
    ax.set_xlim(*span)
    count_axis(ax.xaxis, speak("en"), 1)
    ticks = ax.xaxis.get_majorticklocs()
    told = [float(ax.xaxis.get_major_formatter()(t, 0).replace("−", "-")) for t in ticks]
    assert told == pytest.approx(list(ticks))


@pytest.mark.parametrize("name", ["ranking", "probabilities"])
def test_ranks_begin_at_one(name):
    plot, table = CASES[name]
    svg = figures.to_svg(lambda ax: plot(table(198), ax, "en"), (6, 3), "f")
    assert ">1</text>" in svg
    assert ">0</text>" not in svg


@pytest.mark.parametrize("share", np.linspace(0.05, 1, 20))
def test_words_on_a_tile_can_be_read(share):
    from fairlib.report.figures.base import _luminance, ink_on
    from fairlib.report.figures.counts import _blend

    fill = _blend(share)
    low, high = sorted(_luminance(c) + 0.05 for c in (fill, ink_on(fill)))
    assert high / low >= 4.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CASES)
def test_of_nothing_there_is_an_empty_figure(name):
    draw, make = CASES[name]
    empty = make(1).iloc[:0]
    empty = empty.iloc[:, :0] if name == "agreement" else empty
    assert figures.to_svg(lambda ax: draw(empty, ax), (5, 3), name).startswith("<svg")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["ranking", "probabilities", "slopes", "severity", "marks", "budget"])
def test_where_no_number_is_known_there_is_an_empty_figure(name):
    draw, make = CASES[name]
    table = make(3)
    table[table.select_dtypes("number").columns] = np.nan
    assert draw(table, None).axison is False


def test_more_jurors_than_can_be_read_are_drawn_as_colours_alone():
    names = [f"E{k}" for k in range(40)]
    ax = figures.plot_agreement(pd.DataFrame(0.5, index=names, columns=names))
    assert not ax.texts
    assert len(ax.get_yticks()) <= 30
