"""``python -m convbench``: the same as the ``convbench`` command."""

from convbench.cli import main

if __name__ == "__main__":
    main()
