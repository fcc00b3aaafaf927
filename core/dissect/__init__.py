"""What a network's units respond to."""

from core.dissect.filters import first_filters
from core.dissect.responses import Activity, activations, activity, dead_share

__all__ = ["Activity", "activations", "activity", "dead_share", "first_filters"]
