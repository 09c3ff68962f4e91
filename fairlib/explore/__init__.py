"""What became of one submission, what marks one juror, and what differs between two runs: for those who decide."""

from fairlib.explore.one_juror import JurorStory, juror
from fairlib.explore.submission import Story, story
from fairlib.explore.two_runs import Comparison, compare

__all__ = ["Comparison", "JurorStory", "Story", "compare", "juror", "story"]
