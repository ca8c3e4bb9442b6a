"""Getting files from elsewhere, and making sure that they are the right ones."""
