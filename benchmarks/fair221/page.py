"""The document, written from the four tables of results and nothing else."""

from pathlib import Path


def write() -> None:
    """stub"""
