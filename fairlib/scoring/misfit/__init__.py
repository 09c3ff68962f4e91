"""Does the severity model fit these marks? Discrepancies against replicated marks, and models that allow for them."""
