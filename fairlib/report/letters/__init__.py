"""What does everyone who applied get told? One page each."""
