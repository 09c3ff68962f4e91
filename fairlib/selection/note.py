"""What must be known of a choice beside its reasons? Notes as data, and as the codes that a notebook lists."""

from fairlib.facts import Fact


class Note(Fact):
    """What was decided on the way, left out or gone beyond.

    >>> str(Note("empty_group", column="nomination", group="health"))
    'empty_group:nomination=health'
    """

    forms = {
        "seats_above_eligible": ("seats_above_eligible:{seats}>{eligible}",),
        "empty_group": ("empty_group:[{column}=]{group}",),
        "seat_tie": ("seat_tie:[{column}=]{first}>{second} by {how}",),
        "tie_step_absent": ("tie_step_absent:{step}",),
        "tie_orders_tried": ("tie_orders_tried:{tried} of {orders}",),
        "passed_over": ("passed_over:{submission}",),
        "manual": ("manual:{submission}={decision}",),
        "manual_over_budget": ("manual_over_budget:{spent}>{budget}",),
        "manual_over_seats": ("manual_over_seats:{selected}>{seats}",),
        "draw": ("draw:seed={seed} commitment={commitment}",),
    }
    numbers = frozenset({"seats", "eligible", "tried", "orders", "spent", "budget", "selected", "seed"})
