"""One statistic as it is handed over: the number, its error, what it rests on, or why there is none."""

from dataclasses import dataclass

from scipy.special import ndtri

Z95 = ndtri(0.975)  # half a 95 % interval, in standard errors
REASONS = {
    "ok": "",
    "one_juror": "only one juror gave marks, so there is nobody to agree with",
    "one_submission": "only one submission has marks, so nothing differs between submissions",
    "no_pairs": "no submission was read by two jurors",
    "no_variation": "all marks are equal, so agreement cannot be told from habit",
    "no_submission_variance": "the submissions have equal mean marks, so the ratio has no denominator",
    "no_error_variance": "jurors order the submissions identically; F has no upper bound",
    "negative_denominator": "the estimated total variance is not positive",
    "unbounded_low": "the interval has no lower limit",
    "incomplete": "some juror did not mark some submission; this statistic needs a complete table",
    "disconnected": "some jurors share no submission with the others, even through third parties",
    "not_identified": "the design does not tell submissions from error; second readings would",
    "no_replication": "nobody marked anything twice over, so the error cannot be separated",
    "too_few_common": "the two jurors share fewer than three submissions",
    "constant_juror": "a juror gave every shared submission the same mark",
    "one_score": "the only submission that two jurors read gives no idea of the error",
    "partial": "some jurors skipped a criterion; their composite is taken over the others",
    "boundary": "a variance is estimated at zero",
    "range_restriction": "the submissions were chosen by an earlier round, so their spread is cut off",
    "no_restriction": "the submissions are no more alike than all from whom the earlier round chose",
    "no_earlier_estimates": "the earlier round gave no estimates that differ",
    "first_round": "no earlier round chose these submissions",
    "too_few": "too few submissions for it",
    "not_reached": "no number of jurors reaches the target",
}


@dataclass(frozen=True)
class Statistic:
    """A statistic with its 95 % interval, p-value and what it was computed from.

    `value`, `low`, `high`, `p`, `df` are None where there is none, never NaN. `n` counts the marks used,
    `method` says in few words where interval and p come from, `status` is "ok" or a key of `REASONS`.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    df: float | None = None
    n: int = 0
    n_submissions: int = 0
    n_jurors: int = 0
    method: str = ""
    status: str = "ok"

    @property
    def reason(self) -> str:
        """The status in a sentence; empty when all is well."""
        return REASONS[self.status]
