"""In which language do notebooks say it? In English, with the report's own sentences where it says the same."""

from fairlib.report.words.locale import speak

SAY = speak("en")
