"""What did they send? Every kind of table file as text, each cell at its own address."""
