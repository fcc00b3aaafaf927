"""Maps of pictures and of neurons: features, t-SNE and PCA, alignment, quality and clusters."""

from core.embed.affinity import feasible_perplexity
from core.embed.align import (
    Alignment,
    aligned_tsne,
    aligned_tsne_steps,
    procrustes,
    tsne_sequence,
    tsne_sequence_steps,
)
from core.embed.features import (
    FLATTENED,
    POOLED,
    POSITION,
    SPATIAL_MODES,
    BadFeatures,
    features,
    features_of_inputs_steps,
    features_steps,
)
from core.embed.place import place
from core.embed.reduction import METRICS, Components, NoMap, pca
from core.embed.trust import (
    NEIGHBOURS,
    continuity,
    continuity_steps,
    kept_neighbours,
    purity,
    purity_steps,
    trustworthiness,
    trustworthiness_steps,
)
from core.embed.tsne import (
    AXES,
    CHANCE,
    EXAGGERATION,
    ITERATIONS,
    PERPLEXITY,
    tsne,
    tsne_steps,
)
from core.embed.units import (
    NeuronGroup,
    Units,
    find_clusters,
    groups_by_networks,
    neuron_groups,
    unit_points,
)

__all__ = [
    "AXES",
    "CHANCE",
    "EXAGGERATION",
    "FLATTENED",
    "ITERATIONS",
    "METRICS",
    "NEIGHBOURS",
    "PERPLEXITY",
    "POOLED",
    "POSITION",
    "SPATIAL_MODES",
    "Alignment",
    "BadFeatures",
    "Components",
    "NeuronGroup",
    "NoMap",
    "Units",
    "aligned_tsne",
    "aligned_tsne_steps",
    "continuity",
    "continuity_steps",
    "feasible_perplexity",
    "features",
    "features_of_inputs_steps",
    "features_steps",
    "find_clusters",
    "groups_by_networks",
    "kept_neighbours",
    "neuron_groups",
    "pca",
    "place",
    "procrustes",
    "purity",
    "purity_steps",
    "trustworthiness",
    "trustworthiness_steps",
    "tsne",
    "tsne_sequence",
    "tsne_sequence_steps",
    "tsne_steps",
    "unit_points",
]
