"""Every rule of the params file in plain words, with the key that it quotes."""

from fairlib.report.blocks import Rule
from fairlib.report.locale import Voice, speak
from fairlib.report.reasons import column_name, criterion_name, eligibility_words, group_name
from fairlib.rules import Budget, Contest, Language, Quota, Round


def rule_sentences(r: Round, contest: Contest, lang: Language) -> list[str]:
    """Each rule of a round as a sentence, in the order in which they are applied; for a notebook or a terminal."""
    return [rule.text for rule in Quoter(contest, speak(lang)).round(r)]


def intake_sentences(contest: Contest, lang: Language) -> list[str]:
    """Each rule of intake as a sentence: when, what counts as the same project, what is needed."""
    return [rule.text for rule in Quoter(contest, speak(lang)).submissions()]


class Quoter:
    """Rules of one contest in one language, each with its key."""

    def __init__(self, contest: Contest, say: Voice):
        self.say, self.contest, self.ours = say, contest, contest.ours

    def rule(self, text: str, key: str, value: object = "") -> Rule:
        """A sentence with the key and the value that it quotes; whether it is ours follows from the key."""
        mine = any(key == o or key.startswith(o + ".") or o.startswith(key + ".") for o in self.ours)
        return Rule(text, key, str(value), mine)

    def submissions(self) -> list[Rule]:
        """Who may take part."""
        say, rule = self.say, self.contest.submissions
        found = []
        if rule.accepted_from or rule.accepted_to:
            text = say("Submissions were accepted from {first} to {last}, time zone: {zone}.",
                       first=say.date(rule.accepted_from), last=say.date(rule.accepted_to),
                       zone=self.contest.timezone)  # fmt: skip
            found.append(self.rule(text, "submissions.accepted_to", rule.accepted_to))
        kept = say("the last form counts") if rule.duplicates.keep == "last" else say("the first form counts")
        text = say("The same project sent again by the same organisation counts once: {kept}. Titles count as the "
                   "same from a similarity of {least} out of 100.",
                   kept=kept, least=say.number(rule.duplicates.similarity))  # fmt: skip
        found.append(self.rule(text, "submissions.duplicates", rule.duplicates.similarity))
        for e in rule.eligibility:
            text = say("Needed: {what}.", what=eligibility_words(e.rule, say) + self._limits(e))
            found.append(self.rule(text, "submissions.eligibility", e.rule))
        return found

    def _limits(self, e) -> str:
        shown = self.say.money if e.rule == "requested_within" else self.say.number
        if e.allowed:
            return f" ({', '.join(e.allowed)})"
        if e.at_least is not None and e.at_most is not None:
            return f" ({shown(e.at_least)} – {shown(e.at_most)})"
        limit = f" (≥ {shown(e.at_least)})" if e.at_least is not None else ""
        return limit or (f" (≤ {shown(e.at_most)})" if e.at_most is not None else "")

    def round(self, stage: Round) -> list[Rule]:
        """How a round marks, estimates and selects, in the order in which it is done."""
        say, at = self.say, f"rounds.{stage.id}"
        scale = say("Marks go from {low} to {high}; the best mark is {best}.",
                    low=say.number(stage.scale.min), high=say.number(stage.scale.max),
                    best=say.number(stage.scale.max if stage.scale.best == "high" else stage.scale.min))  # fmt: skip
        found = [self.rule(scale, f"{at}.scale", f"{stage.scale.min:g}–{stage.scale.max:g}")]
        weights = self.contest.weights(stage.id)
        total = sum(weights.values())
        shares = say.listed(
            [
                f"{criterion_name(c, self.contest, say)} – {say.percent(w / total)}"
                for c, w in weights.items()
                if w
            ]
        )
        key = f"{at}.weights" if stage.weights is not None else "criteria"
        found.append(self.rule(say("Criteria and their share of the score: {list}.", list=shares), key, ""))
        text = say(
            "A submission needs scores of at least so many jurors: {n}.", n=say.number(stage.min_scores)
        )
        found.append(self.rule(text, f"{at}.min_scores", stage.min_scores))
        found.append(self.rule(self._estimator(stage.estimator), f"{at}.estimator", stage.estimator))
        if stage.divergence:
            text = say("Another reader is asked for where marks of one submission differ by more than this share of "
                       "the scale: {share}.", share=say.percent(stage.divergence.share))  # fmt: skip
            found.append(self.rule(text, f"{at}.divergence", stage.divergence.share))
        return found + self._select(stage)

    def _estimator(self, name: str) -> str:
        say = self.say
        words = {
            "raw": say("The score of a submission is the mean of its jurors' scores."),
            "median": say("The score of a submission is the median of its jurors' scores."),
            "trimmed": say("The score of a submission is the mean of its jurors' scores without the highest and "
                           "lowest."),
            "zscore": say("Each juror's scores are put on the same mean and spread before they are averaged."),
            "additive": say("Each juror's severity is estimated from the submissions that jurors share, by least "
                            "squares, and taken out."),
            "severity": say("Each juror's severity is estimated from the submissions that jurors share and taken out; "
                            "where there are few scores, the estimate is drawn towards the mean."),
            "rasch": say("A many-facet Rasch model puts submissions, jurors and criteria on one scale."),
        }  # fmt: skip
        return words[name]

    def _select(self, stage: Round) -> list[Rule]:
        say, rule, at = self.say, stage.select, f"rounds.{stage.id}.select"
        found = []
        if rule.seats is not None:
            found.append(self.rule(say("Seats: {n}.", n=say.number(rule.seats)), f"{at}.seats", rule.seats))
        objective = (
            say("The ranking is gone down from the top; nobody is passed over for a lower-ranked submission unless a "
                "rule forces it, and the rule is named.")
            if rule.objective == "in_order"
            else say("The choice is the one with the largest sum of estimates that the rules allow.")
        )  # fmt: skip
        found.append(self.rule(objective, f"{at}.objective", rule.objective))
        found += [self.rule(self._quota(q), f"{at}.quotas", q.kind) for q in rule.quotas]
        for t in rule.thresholds:
            text = say("Never selected below: {what} {least}.", what=criterion_name(t.on, self.contest, say),
                       least=say.number(t.at_least, 1))  # fmt: skip
            found.append(self.rule(text, f"{at}.thresholds", t.at_least))
        if rule.per_organisation:
            text = say("At most so many of one organisation: {n}.", n=say.number(rule.per_organisation))
            found.append(self.rule(text, f"{at}.per_organisation", rule.per_organisation))
        if rule.budget:
            found.append(self.rule(self._budget(rule.budget), f"{at}.budget", rule.budget.total))
        steps = [criterion_name(t.removeprefix("criterion:"), self.contest, say) for t in rule.ties]
        text = say("Equal estimates are settled in this order: {steps}.", steps=say.listed(steps))
        found.append(self.rule(text, f"{at}.ties", ", ".join(rule.ties)))
        if rule.reserve:
            text = say("Length of the reserve list: {n}.", n=say.number(rule.reserve))
            found.append(self.rule(text, f"{at}.reserve", rule.reserve))
        found.append(self.rule(self._line(rule.line), f"{at}.line", rule.line))
        for m in rule.manual:
            text = say("Decided by people: {submission} – {why} ({who}, {when}).", submission=m.submission,
                       why=m.reason, who=m.who, when=say.date(m.when))  # fmt: skip
            found.append(self.rule(text, f"{at}.manual", m.decision))
        return found

    def _quota(self, quota: Quota) -> str:
        say = self.say
        column = column_name(quota.column, say)
        if quota.kind == "proportional":
            method = {
                "largest_remainder": say("largest remainder"),
                "sainte_lague": "Sainte-Laguë",
                "dhondt": "D'Hondt",
            }
            return say("Seats are shared in proportion to eligible submissions by: {column}; method: {method}; at "
                       "least a group: {floor}.", column=column, method=method[quota.method],
                       floor=say.number(quota.floor))  # fmt: skip
        seats = say.listed(
            [
                f"{group_name(quota.column, g, self.contest, say)} – {say.number(n)}"
                for g, n in quota.seats.items()
            ]
        )
        kinds = {
            "fixed": say("Seats fixed by: {column} ({seats}).", column=column, seats=seats),
            "min": say("Seats at least, by: {column} ({seats}).", column=column, seats=seats),
            "max": say("Seats at most, by: {column} ({seats}).", column=column, seats=seats),
        }
        return kinds[quota.kind]

    def _budget(self, budget: Budget) -> str:
        say = self.say
        each = {
            "requested": say("each gets the requested sum"),
            "fixed": say("each gets {sum}", sum=say.money(budget.amount)),
            "share": say(
                "each gets this share of the requested sum: {share}", share=say.percent(budget.share)
            ),
        }[budget.grant]
        end = (
            say("the first that does not fit ends the list")
            if budget.policy == "stop"
            else say("one that does not fit is passed over")
        )
        return say("Budget: {total}; {each}; {end}.", total=say.money(budget.total), each=each, end=end)

    def _line(self, line: str) -> str:
        say = self.say
        return {
            "cut": say("At the line the ranking is cut, whatever the uncertainty; the report shows it."),
            "discuss": say("Submissions in the open band are discussed by the commission."),
            "extra_readings": say("Submissions in the open band get extra readings."),
            "draw": say("In the open band a draw with a published seed decides."),
        }[line]
