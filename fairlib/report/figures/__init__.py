"""The figures of the suite: each is a function of one table that draws on given or new axes."""

from fairlib.report.figures.base import draw, to_svg
from fairlib.report.figures.counts import plot_counts, plot_funnel, plot_tile_map
from fairlib.report.figures.groups import plot_budget, plot_profiles, plot_rates
from fairlib.report.figures.jurors import plot_agreement, plot_marks, plot_severity
from fairlib.report.figures.ranking import plot_probabilities, plot_ranking, plot_slopes
from fairlib.report.figures.whatif import plot_what_if

__all__ = [
    "draw",
    "plot_agreement",
    "plot_budget",
    "plot_counts",
    "plot_funnel",
    "plot_marks",
    "plot_probabilities",
    "plot_profiles",
    "plot_ranking",
    "plot_rates",
    "plot_severity",
    "plot_slopes",
    "plot_tile_map",
    "plot_what_if",
    "to_svg",
]
