"""The jobs of the workflow, one per file: files in, files out."""
