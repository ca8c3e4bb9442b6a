"""The stages of the benchmark: files in, files out. The only place where the parts meet."""
