"""How a map is made: the options that are chosen before computing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core import embed, tasks
from core.recipes import Recipe
from pages.parts.session import held

PCA, TSNE = "PCA", "t-SNE"
# Bounds: of perplexity, where a map of 20,000 still takes minutes; of iterations, where nothing
# moves any more; of exaggeration, where clusters have long found each other.
PERPLEXITIES, ITERATIONS, EXAGGERATIONS = (1, 200), (50, 3000), (1, 50)
MOST_SEED = 10**6


@dataclass(frozen=True)
class Settling:
    """Options of a page's maps.

    Attributes:
        by: "PCA" or "t-SNE".
        perplexity: As `embed.tsne` has it, as the rest.
        iterations: In all.
        exaggeration: In the first third.
        metric: One of `embed.METRICS`.
        seed: Of what is left to chance.
        comparable: Further networks' maps start from the first one's.
    """

    by: str
    perplexity: int
    iterations: int
    exaggeration: int
    metric: str
    seed: int
    comparable: bool

    @property
    def asked(self) -> dict[str, Any]:
        """As `tasks.tsne_recipe` has them."""
        names = ("perplexity", "iterations", "exaggeration", "metric", "seed")
        return {name: getattr(self, name) for name in names}

    def quick(self, features: Mapping[str, Recipe], labelled: str) -> dict[str, Recipe]:
        """The first maps of networks, by name."""
        return {
            name: tasks.pca_recipe(one, labelled, self.metric) for name, one in features.items()
        }

    def recipes(self, features: Mapping[str, Recipe], labelled: str) -> dict[str, Recipe]:
        """The maps of networks, by name.

        Args:
            features: By network.
            labelled: Reference of the set.
        """
        if self.by == PCA:
            return self.quick(features, labelled)
        maps: dict[str, Recipe] = {}
        for name, one in features.items():
            first = next(iter(maps.values()), None)
            start = first if first is not None and self.comparable else embed.AXES
            maps[name] = tasks.tsne_recipe(one, start, labelled, **self.asked)
        return maps


def choose(several: bool) -> Settling:
    """Let the kind of map and its options be chosen; the URL keeps them.

    Args:
        several: There is more than one network.
    """
    if held("map") not in (PCA, TSNE):
        st.session_state.map = TSNE
    by = st.segmented_control(
        "Map", [PCA, TSNE], key="map", bind="query-params", required=True,
        help="PCA: the two directions in which pictures differ most. t-SNE: neighbours stay"
        " neighbours; how far apart groups lie says little.",
    )  # fmt: skip
    return replace(options(several), by=by or TSNE)


def options(several: bool) -> Settling:
    """Let the options of t-SNE be chosen. See `choose`."""
    with st.popover("How it is made", icon=":material/tune:", width="stretch"):
        return Settling(
            by=TSNE,
            metric=_metric(),
            perplexity=_number(
                "Perplexity", "perplexity", PERPLEXITIES, int(embed.PERPLEXITY),
                "Neighbours that count: few show small groups, many the large arrangement.",
            ),
            iterations=_number(
                "Iterations", "iterations", ITERATIONS, embed.ITERATIONS, "In all."
            ),
            exaggeration=_number(
                "Exaggeration", "exaggeration", EXAGGERATIONS, int(embed.EXAGGERATION),
                "Of the attraction in the first third of the iterations.",
            ),
            seed=_number("Seed", "seed", (0, MOST_SEED), 0, "Of what is left to chance."),
            comparable=several and _comparable(),
        )  # fmt: skip


def _comparable() -> bool:
    """Whether further networks' maps start from the first one's."""
    if "comparable" not in st.session_state and held("comparable") is None:
        st.session_state.comparable = True
    return st.toggle(
        "Comparable", key="comparable", bind="query-params",
        help="Further networks' maps start from the first one's and are laid over it, so that a"
        " picture that lies elsewhere is one that this network sees otherwise.",
    )  # fmt: skip


def _metric() -> str:
    if held("metric") not in embed.METRICS:
        st.session_state.metric = embed.METRICS[0]
    return str(
        st.segmented_control(
            "Distance", embed.METRICS, key="metric", bind="query-params", required=True
        )
        or embed.METRICS[0]
    )


def _number(label: str, key: str, bounds: tuple[int, int], first: int, text: str) -> int:
    """A whole number; a link's is brought within its bounds."""
    asked = str(held(key) if held(key) is not None else first)
    st.session_state[key] = min(max(int(asked), bounds[0]), bounds[1]) if _whole(asked) else first
    return int(st.number_input(label, *bounds, key=key, bind="query-params", help=text))


def _whole(text: str) -> bool:
    return text.isdecimal() and len(text) < 10
