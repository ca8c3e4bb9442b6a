"""Print the digests of ``digests.py``, computed as a portable grid computes.

PYTHONPATH=src python -m tests.portable > tests/portable/digests.txt
"""

from convbench.portable import cap


def main() -> None:
    """Set the switches, then load what they are for."""
    cap()
    from tests.portable.digests import show

    show()


if __name__ == "__main__":
    main()
