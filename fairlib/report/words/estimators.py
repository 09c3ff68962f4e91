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
        "reliability": Said(
            say("severity, jurors weighted by reliability"),
            say(
                "Each juror's severity is estimated from the submissions that jurors share and taken out; "
                "a juror whose scores agree less with the others counts less."
            ),
            (
                say("Estimate weighted by reliability"),
                "y = c + λ·(μ + a − c) + b + e,  e ~ N(0, σ²·exp(u)),  u ~ N(0, τ_u²),  λ ~ N(1, τ_v²)",
                say(
                    "As the estimate with severity, but each juror has a noise, u, and a slope, λ; c is the mean of "
                    "all scores. Both spreads are estimated; where jurors are alike, they are zero and nothing "
                    "changes. No juror's noise is taken for more than five times the usual, or less than a fifth."
                ),
                "Foulley et al. 1992; Johnson 1996",
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
