"""MLflow, as a mirror of the runs' own files."""
