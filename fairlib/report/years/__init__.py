"""How do the years compare? Their figures, and one page a language."""
