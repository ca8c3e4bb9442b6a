"""What makes a dataset's numbers doubtful."""
