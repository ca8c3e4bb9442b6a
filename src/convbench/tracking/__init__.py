"""Sync of the runs' own files to MLflow."""
