"""fair221: contests with a known truth, rules that rank them, and how well each finds what is true.

`conditions` says what is drawn, `contests` draws it, `faults` spoils it, `rules` rank, `measures` judge,
`signals` asks who would be named, `work` does it in resumable pieces, `results` sums up, `page` tells.
"""
