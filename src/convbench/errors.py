"""Exceptions for mistakes that a user can correct, as opposed to bugs."""

from collections.abc import Sequence

EXIT_USER_ERROR, EXIT_EXCEPTION, EXIT_MEMORY = 2, 70, 71
"""Exit statuses of the command line: a user's mistake, any other exception, no memory left."""
_LISTED = 10


class UserError(ValueError):
    """A mistake in what the user gave: names the bad value, where it is, and what would be right.

    The command line prints its message alone; every other exception keeps its traceback.
    """


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an exception means that memory ran out: Python's, torch's on a GPU or on the CPU."""
    kinds = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return kinds or "can't allocate memory" in str(error)


def listed(names: Sequence[str]) -> str:
    """List the first ten names, and how many more there are."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
