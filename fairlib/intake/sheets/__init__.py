"""What did the jurors mark? Lists of jurors and score sheets in every layout."""
