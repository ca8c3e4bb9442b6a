"""How a user's own images may be laid out."""
