"""What a user can put right, told apart from what only we can."""


class UserError(ValueError):
    """A mistake in what the user gave: names the bad value, where it is, and what would be right.

    The command line prints its message alone; every other exception keeps its traceback.
    """
