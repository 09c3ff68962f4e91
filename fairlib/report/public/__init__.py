"""What may the public see? The allow-list of tables, and the audit of what follows from them."""
