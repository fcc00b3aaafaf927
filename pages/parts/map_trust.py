"""How far a map can be trusted, in words below it."""

import numpy as np
import streamlit as st

from core.recipes import Recipe, Result


def show(recipe: Recipe, result: Result | None, again: Result | None, note: str) -> None:
    """What is known of a map.

    Args:
        recipe: Of the map.
        result: The map, once it is done.
        again: The map from another seed, laid over it.
        note: What to say until then.
    """
    if not result:
        st.caption(note)
        return
    record, positions = result.record, result.arrays["positions"]
    words = [f"Trustworthiness {record['trustworthiness']:.3f}"]
    if record["purity"] is not None:
        words.append(
            f"class purity {record['purity']:.2f}, by features {record['purity_of_features']:.2f}"
        )
    if "perplexity" in record:
        words.append(_perplexity(recipe, record["perplexity"], len(positions)))
    if len(positions) > 1 and not np.ptp(positions, axis=0).any():
        words.append("these pictures are all the same to this layer")
    if again:
        kept, moved = again.arrays["kept"].mean(), np.median(again.arrays["moved"])
        words.append(
            f"from another seed {kept:.0%} of the neighbours stay, and half of the pictures lie"
            f" within {moved:.2f} of the map's spread of where they were"
        )
    st.caption(
        f"{'; '.join(words)}.",
        help=f"Over {record['neighbours']} neighbours. Trustworthiness: points that are neighbours"
        " on the map are so by features (Venna and Kaski 2001); 0.5 is chance. Purity: share of"
        " neighbours of a picture's own class.",
    )


def _perplexity(recipe: Recipe, used: float, count: int) -> str:
    asked = dict(recipe.options)["perplexity"]
    if not used:
        return (
            f"too few pictures for neighbourhoods ({count}): they lie as their principal axes say"
        )
    if used != asked:
        return f"perplexity {used:.1f}, since {count} pictures allow no more (asked: {asked:.0f})"
    return f"perplexity {used:.0f}"
