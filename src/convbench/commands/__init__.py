"""What a user asks for beside the workflow."""
