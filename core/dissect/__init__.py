"""What a network's units respond to, and what breaks without them."""

from core.dissect.ablation import logits_without
from core.dissect.classes import by_class, selectivity
from core.dissect.concepts import CONCEPTS, PartScores, count_kinds, parts, parts_steps
from core.dissect.fields import field_box, receptive_fields
from core.dissect.filters import NoFilters, first_filters
from core.dissect.links import incoming, outgoing
from core.dissect.peaks import (
    Responses,
    activations,
    dead_share,
    responses,
    responses_steps,
)

__all__ = [
    "CONCEPTS",
    "NoFilters",
    "PartScores",
    "Responses",
    "activations",
    "by_class",
    "count_kinds",
    "dead_share",
    "field_box",
    "first_filters",
    "incoming",
    "logits_without",
    "outgoing",
    "parts",
    "parts_steps",
    "receptive_fields",
    "responses",
    "responses_steps",
    "selectivity",
]
