"""The jobs of the workflow, one a file: files in, files out."""
