"""What a grid leaves on disk: where it lies, and what is in it."""
