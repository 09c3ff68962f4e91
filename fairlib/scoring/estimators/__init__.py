"""What is a submission worth? Estimators with their errors and joint draws."""
