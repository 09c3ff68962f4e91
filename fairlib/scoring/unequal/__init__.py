"""Jurors who differ in noise and slope: the crossed model on weighted readings."""
