"""Which column is which? Headings in three languages: known, found, taken apart, shown."""
