"""Many-facet Rasch: measures of submissions, jurors, criteria and steps on one line."""
