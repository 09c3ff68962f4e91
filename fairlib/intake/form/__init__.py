"""Who applied, with what? The export of the form, cleaned, told apart and checked."""
