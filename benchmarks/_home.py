"""Puts the project in reach, whose `samples` draw contests: a benchmark is started as a file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
