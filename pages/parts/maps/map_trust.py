"""How far a map can be trusted, in words below it."""

import numpy as np
import streamlit as st

from core.sets import GalleryViews, PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.map_overlay import MapOverlay
from core.workbench.tasks.picture_map import PictureMap


def same_thing(pictures: PictureSet) -> str:
    """Return what pictures with one label have in common: the photograph, or the class."""
    return "photograph" if isinstance(pictures, GalleryViews) else "class"


def show_trust(
    recipe: Recipe[PictureMap],
    drawn: PictureMap | None,
    again: MapOverlay | None,
    note: str,
    same: str,
) -> None:
    """Say how well a network groups the pictures, and how far to trust a map.

    Args:
        recipe: The map's recipe.
        drawn: The map; None until it is there.
        again: The map from another seed, laid over it; None where there is none.
        note: Shown until the map is there.
        same: What pictures with one label have in common (`same_thing`).
    """
    if drawn is None:
        st.caption(note)
        return
    if drawn.purity_of_features is not None:
        st.markdown(
            f"**{drawn.purity_of_features:.0%}** of each picture's nearest neighbours, for the"
            f" network, show the same {same}."
        )
    words = [f"Trustworthiness {drawn.trustworthiness:.3f}"]
    if drawn.purity is not None:
        words.append(f"same {same} among neighbours on the map: {drawn.purity:.0%}")
    if drawn.perplexity is not None:
        words.append(_perplexity(recipe, drawn.perplexity, len(drawn.positions)))
    if len(drawn.positions) > 1 and not np.ptp(drawn.positions, axis=0).any():
        words.append("this layer finds all these pictures the same")
    if again is not None:
        words.append(
            f"with a second seed {again.kept.mean():.0%} of the neighbours stay, and half of the"
            f" pictures move by less than {np.median(again.moved):.2f} of the map's spread"
        )
    st.caption(
        f"{'; '.join(words)}.",
        help=f"Over {drawn.neighbours} neighbours. Trustworthiness: points that are neighbours"
        " on the map are neighbours for the network, too (Venna and Kaski 2001); 0.5 is chance.",
    )


def _perplexity(recipe: Recipe[PictureMap], used: float, count: int) -> str:
    requested = recipe.option("perplexity", float)
    if not used:
        return f"too few pictures for t-SNE ({count}): this is PCA"
    if used != requested:
        return (
            f"perplexity {used:.1f}: {count} pictures allow no more than that ({requested:.0f}"
            " chosen)"
        )
    return f"perplexity {used:.0f}"
