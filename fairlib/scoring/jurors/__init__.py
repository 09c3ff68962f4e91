"""How does each juror mark? Habits, each against the other readers of the same submissions."""
