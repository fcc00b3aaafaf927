"""The errors of finding, downloading and loading models."""

from core.errors import ZooscopeError


class UnknownModel(ZooscopeError):
    """No architecture, pretrained tag or folder has this name."""


class WeightsUnavailable(ZooscopeError):
    """The weights can't be downloaded, read or used; the message states why and the way out."""


class HubUnreachable(WeightsUnavailable):
    """The hub can't be reached, or the connection broke: that holds for all of its weights."""


class ModelTooLarge(ZooscopeError):
    """A model or its download exceeds a limit of the settings, the disk or the memory."""
