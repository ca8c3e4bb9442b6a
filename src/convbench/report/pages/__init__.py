"""The report's pages, one a file."""
