"""What does the rule say of these submissions? Bounds, quotas and ties, compiled."""
