"""The chapters of a report, a room for each, and `write`, which puts them in the order in which they are read."""
