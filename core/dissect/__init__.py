"""Network dissection: what units respond to, how they are linked, and what fails without them."""

from core.dissect.ablation import logits_without
from core.dissect.classes import responses_by_class, selectivity
from core.dissect.concepts import (
    CONCEPTS,
    PartScores,
    count_kinds,
    draw_scenes_steps,
    parts,
    parts_steps,
)
from core.dissect.fields import receptive_fields, receptive_fields_steps
from core.dissect.filters import NoFilters, first_filters
from core.dissect.links import incoming, incoming_steps, outgoing, outgoing_steps
from core.dissect.responses import (
    Responses,
    activation_layers,
    dead_share,
    responses,
    responses_steps,
)
from core.dissect.strongest import StrongUnits, box_around, choose_units, strongest_units
from core.dissect.votes import NoVotes, Votes, votes

__all__ = [
    "CONCEPTS",
    "NoFilters",
    "NoVotes",
    "PartScores",
    "Responses",
    "StrongUnits",
    "Votes",
    "activation_layers",
    "box_around",
    "choose_units",
    "count_kinds",
    "dead_share",
    "draw_scenes_steps",
    "first_filters",
    "incoming",
    "incoming_steps",
    "logits_without",
    "outgoing",
    "outgoing_steps",
    "parts",
    "parts_steps",
    "receptive_fields",
    "receptive_fields_steps",
    "responses",
    "responses_by_class",
    "responses_steps",
    "selectivity",
    "strongest_units",
    "votes",
]
