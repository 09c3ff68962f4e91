"""What does one cell mean? Repaired text, numbers, marks, dates, contacts, numbers of people."""
