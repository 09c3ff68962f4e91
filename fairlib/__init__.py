"""From jurors' spreadsheets to decisions that anyone can check."""

__version__ = "0.1.0"
