"""The root of Zooscope's own errors."""


class ZooscopeError(Exception):
    """Something the user can mend; the message says what is wrong and the way out."""
