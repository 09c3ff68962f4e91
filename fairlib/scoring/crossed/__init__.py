"""Submissions, jurors and levels as crossed effects: the design, the likelihood, the posterior."""
