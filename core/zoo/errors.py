"""What can go wrong between a model's name and its network."""

from core.errors import ZooscopeError


class UnknownModel(ZooscopeError):
    """No such architecture, tag or folder."""


class WeightsUnavailable(ZooscopeError):
    """The weights can't be had, now or ever; the message says which and the way out."""


class ModelTooLarge(ZooscopeError):
    """A model or its download is larger than the settings, the disk or the memory allow."""
