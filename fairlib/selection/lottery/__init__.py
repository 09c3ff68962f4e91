"""Chances instead of a cut: the lottery that is best in the worst case that the intervals allow, and its lots."""
