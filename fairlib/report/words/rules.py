"""Every rule of the params file in plain words, with the key that it quotes."""

from pydantic import BaseModel

from fairlib.report.blocks import Rule
from fairlib.report.words.codes import criterion_name, group_name, word
from fairlib.report.words.estimators import estimators
from fairlib.report.words.locale import Voice, speak
from fairlib.rules import Budget, Certainty, Contest, Duplicates, Language, Quota, Round, Scale, Threshold
from fairlib.scoring.estimators.table import estimator


def rule_sentences(r: Round, contest: Contest, lang: Language) -> list[str]:
    """Each rule of a round as a sentence, in the order in which they are applied; for a notebook or a terminal."""
    return [rule.text for rule in Quoter(contest, speak(lang)).round(r)]


def intake_sentences(contest: Contest, lang: Language) -> list[str]:
    """Each rule of intake as a sentence: when, what counts as the same project, what is needed."""
    return [rule.text for rule in Quoter(contest, speak(lang)).submissions()]


def is_written(contest: Contest, key: str) -> bool:
    """Whether somebody wrote this key, or anything under it, into the params file."""
    node: object = contest
    for part in key.split("."):
        if isinstance(node, tuple):
            node = next(n for n in node if n.id == part)
        elif not isinstance(node, BaseModel) or part not in node.model_fields_set:
            return False
        else:
            node = getattr(node, part)
    return True


class Quoter:
    """Rules of one contest in one language, each with its key; without organisations nothing is said of them."""

    def __init__(self, contest: Contest, say: Voice, organisations: bool = True):
        self.say, self.contest, self.ours = say, contest, contest.ours
        self.organisations = organisations

    def rule(self, text: str, key: str, value: object = "") -> Rule:
        """A sentence with the key and the value that it quotes; ours if the params say so or say nothing."""
        mine = any(key == o or key.startswith(o + ".") or o.startswith(key + ".") for o in self.ours)
        return Rule(text, key, str(value), mine or not is_written(self.contest, key))

    def every(self) -> list[Rule]:
        """Every rule of the contest, in the order of the params file."""
        found = [*self.general(), *self.submissions()]
        return found + [rule for stage in self.contest.rounds for rule in self.round(stage)]

    def general(self) -> list[Rule]:
        """What holds for the whole contest."""
        text = self.say(
            "Every draw and every simulation begins with this number: {seed}.", seed=str(self.contest.seed)
        )
        found = [self.rule(text, "seed", self.contest.seed)]
        if named := self.contest.nominations:
            told = "; ".join(
                f"{self.say('No.')}\xa0{k}{self.say.dash}{n.name[self.say.lang]}"
                for k, n in enumerate(named, 1)
            )
            ids = ", ".join(n.id for n in named)
            found.append(self.rule(self.say("Nominations: {names}.", names=told), "nominations", ids))
        return found

    def submissions(self) -> list[Rule]:
        """Who may take part."""
        say, rule = self.say, self.contest.submissions
        found = []
        zone = self.contest.timezone
        if rule.accepted_from:
            text = say(
                "Submissions were accepted from: {day}, time zone: {zone}.",
                day=say.date(rule.accepted_from),
                zone=zone,
            )
            found.append(self.rule(text, "submissions.accepted_from", rule.accepted_from))
        if rule.accepted_to:
            text = say(
                "Submissions were accepted until: {day}, time zone: {zone}.",
                day=say.date(rule.accepted_to),
                zone=zone,
            )
            found.append(self.rule(text, "submissions.accepted_to", rule.accepted_to))
        if rule.regions_on:
            text = say("The map of regions is that of the day: {day}.", day=say.date(rule.regions_on))
            found.append(self.rule(text, "submissions.regions_on", rule.regions_on))
        if self.organisations:
            found.append(self._sent_again(rule.duplicates))
        if rule.test_words:
            text = say(
                "A form whose title is one of these words is a test and not counted: {words}.",
                words=", ".join(rule.test_words),
            )
            found.append(self.rule(text, "submissions.test_words", ", ".join(rule.test_words)))
        for e in rule.eligibility:
            text = say("Needed: {what}.", what=word("eligibility", e.rule, say) + self._limits(e))
            found.append(self.rule(text, "submissions.eligibility", e.rule))
        return found

    def _sent_again(self, rule: Duplicates) -> Rule:
        """What becomes of a project that one organisation sent more than once."""
        say = self.say
        kept = say("the last form counts") if rule.keep == "last" else say("the first form counts")
        text = say(
            "The same project sent again by the same organisation counts once: {kept}. Titles count as the "
            "same from a similarity of {least} out of 100.",
            kept=kept,
            least=say.number(rule.similarity),
        )
        if rule.doubt < rule.similarity:
            text += " " + say(
                "From {doubt} on a person is asked, and both are kept.", doubt=say.number(rule.doubt)
            )
        return self.rule(text, "submissions.duplicates", f"{rule.similarity:g}")

    def _limits(self, e) -> str:
        shown = self.say.money if e.rule == "requested_within" else self.say.number
        if e.allowed:
            return f" ({', '.join(e.allowed)})"
        if e.at_least is not None and e.at_most is not None:
            return f" ({shown(e.at_least)}–{shown(e.at_most)})"
        limit = f" (≥ {shown(e.at_least)})" if e.at_least is not None else ""
        return limit or (f" (≤ {shown(e.at_most)})" if e.at_most is not None else "")

    def round(self, stage: Round) -> list[Rule]:
        """How a round marks, estimates and selects, in the order in which it is done."""
        say, at = self.say, f"rounds.{stage.id}"
        scale = say(
            "Marks go from {low} to {high}; the best mark is {best}.",
            low=say.mark(stage.scale.min),
            high=say.mark(stage.scale.max),
            best=say.mark(stage.scale.max if stage.scale.best == "high" else stage.scale.min),
        )
        if stage.scale.step:
            step = stage.scale.step
            scale += " " + say("Between them in steps of: {step}.", step=say.mark(step))
        found = [self.rule(scale, f"{at}.scale", f"{stage.scale.min:g}–{stage.scale.max:g}")]
        weights = self.contest.weights(stage.id)
        key = f"{at}.weights" if stage.weights is not None else "criteria"
        typed = ", ".join(f"{c}: {w:g}" for c, w in weights.items())
        found.append(self.rule(self.shares(stage), key, typed))
        text = say(
            "A submission needs scores of at least so many jurors: {n}.", n=say.number(stage.min_scores)
        )
        found.append(self.rule(text, f"{at}.min_scores", stage.min_scores))
        found.append(self.rule(estimators(say)[stage.estimator].rule, f"{at}.estimator", stage.estimator))
        if estimator(stage.estimator).has_levels and (levels := self.contest.levels(stage.id)):
            named = ", ".join(word("column", x.column, say) for x in levels)
            text = say("Groups with a level of their own: {column}.", column=named)
            if fixed := ", ".join(word("column", x.column, say) for x in levels if x.fixed):
                text += " " + say("Levels taken as they are: {column}.", column=fixed)
            typed = ", ".join(f"{x.column}: fixed" if x.fixed else x.column for x in levels)
            found.append(self.rule(text, f"{at}.levels", typed))
        if stage.divergence:
            text = say(
                "Another reader is asked for where marks of one submission differ by more than this share of "
                "the scale: {share}.",
                share=say.percent(stage.divergence.share),
            )
            if (worst := stage.divergence.unless_all_worse_than) is not None:
                mark = say.mark(worst)
                text += " " + (
                    say("Not where all of them are below: {mark}.", mark=mark)
                    if stage.scale.best == "high"
                    else say("Not where all of them are above: {mark}.", mark=mark)
                )
            found.append(self.rule(text, f"{at}.divergence", f"{stage.divergence.share:g}"))
        return found + self._select(stage)

    def shares(self, stage: Round) -> str:
        """What each criterion counts in the score of a round."""
        say, weights = self.say, self.contest.weights(stage.id)
        total = sum(weights.values())
        named = [
            f"{criterion_name(c, self.contest, say)}{say.dash}{say.percent(w / total)}"
            for c, w in weights.items()
            if w
        ]
        return say("Share of each criterion in the score: {list}.", list=say.listed(named))

    def _select(self, stage: Round) -> list[Rule]:
        say, rule, at = self.say, stage.select, f"rounds.{stage.id}.select"
        found = []
        if rule.seats is not None:
            found.append(self.rule(say("Seats: {n}.", n=say.number(rule.seats)), f"{at}.seats", rule.seats))
        objective = (
            say(
                "The ranking is gone down from the top; nobody is passed over for a lower-ranked submission unless a "
                "rule forces it, and the rule is named."
            )
            if rule.objective == "in_order"
            else say("The choice is the one with the largest sum of estimates that the rules allow.")
        )
        found.append(self.rule(objective, f"{at}.objective", rule.objective))
        found += [self.rule(self.quota(q), f"{at}.quotas", q.kind) for q in rule.quotas]
        found += [
            self.rule(self.threshold(t, stage.scale), f"{at}.thresholds", f"{t.no_worse_than:g}")
            for t in rule.thresholds
        ]
        if rule.per_organisation:
            found.append(
                self.rule(self.cap(rule.per_organisation), f"{at}.per_organisation", rule.per_organisation)
            )
        if rule.budget:
            found.append(self.rule(self.budget(rule.budget), f"{at}.budget", rule.budget.total))
        steps = [criterion_name(t, self.contest, say) for t in rule.ties]
        text = say("Equal estimates are settled in this order: {steps}.", steps=say.listed(steps))
        found.append(self.rule(text, f"{at}.ties", ", ".join(rule.ties)))
        text = say("Estimates are equal if they agree to so many decimals: {n}.", n=say.number(rule.decimals))
        found.append(self.rule(text, f"{at}.decimals", rule.decimals))
        if rule.reserve:
            text = say("Length of the reserve list: {n}.", n=say.number(rule.reserve))
            found.append(self.rule(text, f"{at}.reserve", rule.reserve))
        found.append(self.rule(word("line", rule.line, say), f"{at}.line", rule.line))
        found.append(self._certainty(rule.certainty, f"{at}.certainty"))
        for m in rule.manual:
            text = say(
                "Decided by people: {submission} – {why} ({who}, {when}).",
                submission=m.submission,
                why=m.reason,
                who=m.who,
                when=say.date(m.when),
            )
            found.append(self.rule(text, f"{at}.manual", m.decision))
        return found

    def _certainty(self, levels: Certainty, key: str) -> Rule:
        say = self.say
        text = say(
            "Probabilities come from so many draws: {n}. Certain: from {high} up; certainly not: up to {low}; "
            "the open band lies between them.",
            n=say.number(levels.draws),
            high=say.percent(levels.clear_in),
            low=say.percent(levels.clear_out),
        )
        return self.rule(text, key, f"{levels.draws}, {levels.clear_in:g}, {levels.clear_out:g}")

    def quota(self, quota: Quota) -> str:
        """A quota in words."""
        say = self.say
        column = word("column", quota.column, say)
        if quota.kind == "proportional":
            return say(
                "Seats are shared in proportion to eligible submissions by: {column}; method: {method}; at "
                "least a group: {floor}.",
                column=column,
                method=word("method", quota.method, say),
                floor=say.number(quota.floor),
            )
        seats = say.listed(
            [
                f"{group_name(quota.column, g, self.contest, say)}{say.dash}{say.number(n)}"
                for g, n in quota.seats.items()
            ]
        )
        return word("quota", quota.kind, say, column=column, seats=seats)

    def threshold(self, threshold: Threshold, scale: Scale) -> str:
        """A threshold in words, on the side of it that is worse."""
        say, mark = self.say, self.say.mark(threshold.no_worse_than)
        what = criterion_name(threshold.on, self.contest, say)
        if scale.best == "low":
            return say("Never selected above: {what} {most}.", what=what, most=mark)
        return say("Never selected below: {what} {least}.", what=what, least=mark)

    def cap(self, most: int) -> str:
        """The most that one organisation can have."""
        return self.say("At most so many of one organisation: {n}.", n=self.say.number(most))

    def budget(self, budget: Budget) -> str:
        """A budget in words."""
        say = self.say
        each = word("grant", budget.grant, say, sum=say.money(budget.amount), share=say.percent(budget.share))
        end = word("budget_policy", budget.policy, say)
        told = say("Budget: {total}; {each}; {end}.", total=say.money(budget.total), each=each, end=end)
        for limit, words in ((budget.minimum, say("Smallest grant")), (budget.maximum, say("Largest grant"))):
            told += f" {words}: {say.money(limit)}." if limit is not None else ""
        return told
