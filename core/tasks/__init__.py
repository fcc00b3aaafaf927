"""The tasks recipes may name, and makers of their recipes."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from core.dissect import PartScores, Responses
from core.recipes import Task
from core.tasks.body import BODY, body_recipe, organs_of
from core.tasks.costs import COSTS, costs_of, costs_recipe
from core.tasks.embeddings import (
    EMBEDDING,
    OVERLAY,
    PLACE,
    PURITY,
    overlay_recipe,
    pca_recipe,
    place_recipe,
    purity_recipe,
    second_seed_recipe,
    through_recipes,
    tsne_recipe,
)
from core.tasks.explanations import (
    CHECK,
    EVALUATE,
    EXPLAIN,
    TRUTH,
    check_recipe,
    evaluate_recipe,
    evaluation_of,
    explain_recipe,
    truth_of,
    truth_recipe,
)
from core.tasks.matches import MATCHES, matches_of, matches_recipe
from core.tasks.neurons import NEURONS, kinds_of, neurons_recipe
from core.tasks.pictures import PICTURE, direction_recipe, picture_recipe
from core.tasks.scores import SCORES, scores_recipe
from core.tasks.sets import (
    CKA,
    FEATURES,
    GRAMS,
    VERDICTS,
    cka_error_of,
    cka_of,
    cka_recipe,
    features_of,
    features_recipe,
    grams_recipe,
    verdicts_of,
    verdicts_recipe,
)
from core.tasks.units import (
    LINKS,
    MAPS,
    PARTS,
    RESPONSES,
    WITHOUT,
    links_recipe,
    maps_recipe,
    parts_of,
    parts_recipe,
    responses_of,
    responses_recipe,
    without_recipe,
)

__all__ = [
    "ALL",
    "SCORES",
    "PartScores",
    "Responses",
    "body_recipe",
    "by_name",
    "check_recipe",
    "cka_error_of",
    "cka_of",
    "cka_recipe",
    "costs_of",
    "costs_recipe",
    "direction_recipe",
    "evaluate_recipe",
    "evaluation_of",
    "explain_recipe",
    "features_of",
    "features_recipe",
    "grams_recipe",
    "kinds_of",
    "links_recipe",
    "maps_recipe",
    "matches_of",
    "matches_recipe",
    "neurons_recipe",
    "organs_of",
    "overlay_recipe",
    "parts_of",
    "parts_recipe",
    "pca_recipe",
    "picture_recipe",
    "place_recipe",
    "purity_recipe",
    "responses_of",
    "responses_recipe",
    "scores_recipe",
    "second_seed_recipe",
    "through_recipes",
    "truth_of",
    "truth_recipe",
    "tsne_recipe",
    "verdicts_of",
    "verdicts_recipe",
    "without_recipe",
]


def by_name(tasks: Iterable[Task]) -> Mapping[str, Task]:
    """Tasks by their names."""
    return MappingProxyType({task.name: task for task in tasks})


ALL = by_name(
    [
        SCORES, BODY, PICTURE, RESPONSES, PARTS, LINKS, MAPS, WITHOUT,
        EXPLAIN, EVALUATE, CHECK, TRUTH, FEATURES, VERDICTS, GRAMS, CKA, COSTS,
        MATCHES,
        EMBEDDING, OVERLAY, PLACE, PURITY, NEURONS,
    ]
)  # fmt: skip
