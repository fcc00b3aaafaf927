"""The options of maps: t-SNE or PCA, and the parameters of t-SNE."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from core import embed
from core.workbench.recipes import Recipe
from core.workbench.tasks.picture_map import PictureMap, pca_recipe, tsne_recipe
from pages.parts.shared.linked import Linked
from pages.parts.shared.page_intro import expert

LINKED = Linked("maps")
PCA, TSNE = "PCA", "t-SNE"
# Bounds: perplexity for which a map of 20,000 pictures takes minutes; iterations after which points
# no longer move; exaggeration beyond which clusters do not change.
PERPLEXITIES, ITERATIONS, EXAGGERATIONS = (1, 200), (50, 3000), (1, 50)
MAX_SEED = 10**6
# What holds where the options are not shown; maps of several networks are aligned.
DEFAULTS: dict[str, Any] = {
    "perplexity": int(embed.PERPLEXITY), "iterations": embed.ITERATIONS,
    "exaggeration": int(embed.EXAGGERATION), "metric": embed.METRICS[0], "seed": 0,
}  # fmt: skip

FeatureRecipes = Mapping[str, Recipe[np.ndarray]]


@dataclass(frozen=True)
class MapOptions:
    """The options of a page's maps.

    Attributes:
        kind: "PCA" or "t-SNE".
        perplexity: Perplexity, as in `embed.tsne`; so are the next ones.
        iterations: Number of iterations.
        exaggeration: Exaggeration in the first third of the iterations.
        metric: One of `embed.METRICS`.
        seed: Seed of all random numbers.
        aligned: Whether the maps of further networks start from the first network's map.
    """

    kind: str
    perplexity: int
    iterations: int
    exaggeration: int
    metric: str
    seed: int
    aligned: bool

    @property
    def tsne_options(self) -> dict[str, Any]:
        """The options as `tsne_recipe` takes them."""
        return {
            "perplexity": self.perplexity, "iterations": self.iterations,
            "exaggeration": self.exaggeration, "metric": self.metric, "seed": self.seed,
        }  # fmt: skip

    def pca_recipes(self, features: FeatureRecipes, labelled: str) -> dict[str, Recipe[PictureMap]]:
        """Return recipes of the PCA maps, by network. Arguments as for `recipes`."""
        return {
            name: pca_recipe(recipe, labelled, self.metric) for name, recipe in features.items()
        }

    def recipes(self, features: FeatureRecipes, labelled: str) -> dict[str, Recipe[PictureMap]]:
        """Return the recipes of the maps, by network.

        Args:
            features: Recipes of the features, by network.
            labelled: Reference of the set.
        """
        if self.kind == PCA:
            return self.pca_recipes(features, labelled)
        maps: dict[str, Recipe[PictureMap]] = {}
        for name, recipe in features.items():
            first = next(iter(maps.values()), None)
            start = first if first is not None and self.aligned else embed.AXES
            maps[name] = tsne_recipe(recipe, start, labelled, **self.tsne_options)
        return maps


def pick_map_options(several: bool) -> MapOptions:
    """Show pickers of the kind of map and its options.

    Args:
        several: Whether there is more than one network.
    """
    kind = LINKED.segmented(
        "Map", [PCA, TSNE], "map", TSNE,
        help="t-SNE keeps neighbours together; how far apart groups lie says little. PCA shows the"
        " two directions in which pictures differ most.",
    )  # fmt: skip
    return replace(pick_tsne_options(several), kind=kind)


def pick_tsne_options(several: bool) -> MapOptions:
    """Show a popover with the rare options of t-SNE, for experts and for links that set one.

    Defaults hold for what is not shown. See `pick_map_options`.
    """
    options = {**DEFAULTS, "comparable": True}
    if not any(_is_shown(name, default) for name, default in options.items()):
        return MapOptions(TSNE, aligned=several, **DEFAULTS)
    with st.popover("Settings", icon=":material/tune:", width="stretch"):
        metric = LINKED.select("Distance", embed.METRICS, "metric")
        perplexity = LINKED.number(
            "Perplexity", *PERPLEXITIES, "perplexity", int(embed.PERPLEXITY),
            help="About how many neighbours count: few show small groups, many the large picture.",
        )  # fmt: skip
        iterations = LINKED.number("Iterations", *ITERATIONS, "iterations", embed.ITERATIONS)
        exaggeration = LINKED.number(
            "Exaggeration", *EXAGGERATIONS, "exaggeration", int(embed.EXAGGERATION),
            help="How much stronger neighbours attract in the first third of the iterations.",
        )  # fmt: skip
        seed = LINKED.number("Random seed", 0, MAX_SEED, "seed", 0)
        aligned = several and LINKED.toggle(
            "Align maps", "comparable", True,
            help="The maps of further networks start from the first one and are turned onto it, so"
            " that a picture at another place is one that this network sees differently.",
        )  # fmt: skip
    return MapOptions(TSNE, perplexity, iterations, exaggeration, metric, seed, aligned)


def _is_shown(name: str, default: object) -> bool:
    """Whether an option is shown: to experts, or because a link or an earlier choice sets it."""
    held = LINKED.value(name)
    usual = {str(default), str(default).lower(), f"{default}.0"}
    return expert() or (held is not None and str(held) not in usual)
