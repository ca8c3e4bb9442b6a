"""Commands that users run outside the workflow."""
