"""Who is admitted? Greedy and exact choice, contradictions, and the check by another route."""
