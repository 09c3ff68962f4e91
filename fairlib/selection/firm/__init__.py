"""How firm is it? Certainty, a second commission, stability, next readings, the line and the draw."""
