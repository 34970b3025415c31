"""The verdict of a check that finds more than a number out of bounds."""

__all__ = ["Wrong"]


class Wrong(Exception):  # noqa: N818 - a verdict on what is checked
    """A property that does not hold: what was found and what was expected, in a sentence."""
