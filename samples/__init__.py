"""The sample contests as files: what people would have sent, with everything that goes wrong planted.

Every person, organisation, number, text and score here is synthetic; the published counts, the dates and
the ten project titles of 2021 are not.
"""

from samples.files import YEARS, write_sample, write_truth

__all__ = ["YEARS", "write_sample", "write_truth"]
