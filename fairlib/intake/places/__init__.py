"""Where do they come from? Places by any spelling, in the regions of the contest's day."""
