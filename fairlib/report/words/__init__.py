"""How is it said? Messages in three languages; codes, reasons and rules in plain words."""
