"""The ways of estimating in words: a short name, the rule of a round that prescribes it, and its formula."""

from dataclasses import dataclass

from fairlib.report.words.locale import Voice

Formula = tuple[str, str, str, str]  # title, formula, words, source


@dataclass(frozen=True)
class Said:
    """An estimator in short, as a rule of a round, and for the chapter of methods where there is more to say."""

    name: str
    rule: str
    formula: Formula | None = None


def estimator_name(method: str, say: Voice) -> str:
    """A way of estimating, in short; an unknown one as it is."""
    words = estimators(say)
    return words[method].name if method in words else method


def estimators(say: Voice) -> dict[str, Said]:
    """The words of each estimator, in the order in which the chapter of methods explains them."""
    return {
        "severity": Said(
            say("severity with shrinkage"),
            say(
                "Each juror's severity is estimated from the submissions that jurors share and taken out; "
                "where there are few scores, the estimate is drawn towards the mean."
            ),
            (
                say("Estimate with severity"),
                "y = μ + a + b + e,  a ~ N(0, σ_a²),  b ~ N(0, σ_b²),  e ~ N(0, σ²)",
                say(
                    "a: effect of the submission, b: effect of the juror, e: the rest. The variances are estimated by "
                    "restricted maximum likelihood, the effects as best linear unbiased predictions. A submission with "
                    "fewer readers is drawn more towards the mean."
                ),
                "Patterson & Thompson 1971; Robinson 1991; Bates et al. 2015",
            ),
        ),
        "ordinal": Said(
            say("severity on the steps of the scale"),
            say(
                "Each juror's severity is estimated from the submissions that jurors share and taken out; marks are "
                "read as steps of a scale that may differ in width and end at the highest mark. The estimate is the "
                "mark to expect from a juror of mean severity."
            ),
            (
                say("Estimate on the steps of the scale"),
                "y = k  ⇔  τ_k < μ + a + b + e ≤ τ_{k+1},  a ~ N(0, σ_a²),  b ~ N(0, σ_b²),  e ~ N(0, 1)",
                say(
                    "a: effect of the submission, b: effect of the juror, e: the rest, τ: ends of the steps. "
                    "Submissions are integrated out, the rest is found with its error by the rule of Laplace; the "
                    "estimate is Σ y P(y) for b = 0."
                ),
                "McCullagh 1980; Linacre 1989; Rue, Martino & Chopin 2009",
            ),
        ),
        "additive": Said(
            say("severity by least squares"),
            say(
                "Each juror's severity is estimated from the submissions that jurors share, by least "
                "squares, and taken out."
            ),
            (
                say("Estimate by least squares"),
                "y = μ + a + b + e,  Σb = 0",
                say("The effects of submissions and jurors are found together by least squares."),
                "Searle 1971",
            ),
        ),
        "zscore": Said(
            say("standard scores of each juror"),
            say("Each juror's scores are put on the same mean and spread before they are averaged."),
            (
                say("Estimate by standard scores"),
                "z = (y − ȳⱼ) / sⱼ",
                say("Each juror's scores are put on the same mean and spread."),
                "",
            ),
        ),
        "rasch": Said(
            say("many-facet Rasch model"),
            say("A many-facet Rasch model puts submissions, jurors and criteria on one scale."),
            (
                say("Many-facet Rasch model"),
                "log P(x)/P(x−1) = θ − β − δ − τ",
                say(
                    "θ: submission, β: severity of the juror, δ: difficulty of the criterion, τ: step of the scale."
                ),
                "Andrich 1978; Linacre 1989",
            ),
        ),
        "raw": Said(
            say("mean of scores"), say("The score of a submission is the mean of its jurors' scores.")
        ),
        "median": Said(
            say("median of scores"), say("The score of a submission is the median of its jurors' scores.")
        ),
        "trimmed": Said(
            say("mean without the highest and the lowest"),
            say(
                "The score of a submission is the mean of its jurors' scores without the highest and lowest."
            ),
        ),
    }
