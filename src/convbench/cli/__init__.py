"""Argument parsing only; the work is in commands/ and jobs/.

Each command imports what it needs when it is called: a training needs no MLflow, a diff no torch.
"""

import argparse
import os
import sys
import traceback

from convbench import __version__
from convbench.cli import user, workflow
from convbench.errors import (
    EXIT_EXCEPTION,
    EXIT_MEMORY,
    EXIT_USER_ERROR,
    UserError,
    is_out_of_memory,
)
from convbench.portable import cap


def main(arguments: list[str] | None = None) -> None:
    """Run one command; a user's mistake ends with one message, each error with its own status."""
    options = parser().parse_args(arguments)
    if options.capped(options):  # here, before a command imports torch and NumPy
        cap()
    try:
        code = options.run(options)
    except UserError as error:
        print(f"convbench {options.command}: {error}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    except BrokenPipeError:  # the reader has seen enough: convbench anatomy ... | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        sys.exit(EXIT_MEMORY if is_out_of_memory(error) else EXIT_EXCEPTION)
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    whole = argparse.ArgumentParser(
        prog="convbench",
        description="Compare architectures, transfer strategies and augmentations.",
    )
    whole.add_argument("--version", action="version", version=__version__)
    whole.set_defaults(capped=lambda options: False)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    user.add_to(commands)
    workflow.add_to(commands)
    return whole
