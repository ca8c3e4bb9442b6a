"""Commands that a user runs beside the workflow."""
