"""The report's pages, one per file."""
