"""What if? Other rules, neighbours of the rule, and what each rule costs."""
