"""Which network does better on a set: a sentence for each network, and bars."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core import compare, figures, zoo
from core.compare import AccuracyReport, Costs
from core.sets import GalleryViews, PictureSet
from core.workbench.recipes import Recipe
from core.workbench.tasks.class_separation import ClassSeparation, class_separation_recipe
from core.workbench.tasks.features import features_recipe
from core.workbench.tasks.layers import NetworkLayers
from core.zoo import Card
from pages.parts.compare import accuracy
from pages.parts.compare.predictions import predictions
from pages.parts.shared import downloads
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench

# Views that lie together are compared by the direction of features, whose length differs between
# networks.
METRIC = "cosine"
# Shares of views that differ by less are called equal: they are shown in whole percent.
SAME = 0.01


def show(
    results: Results,
    models: Mapping[str, Card],
    pictures: PictureSet,
    costs: Mapping[str, Costs],
    layers: Mapping[str, NetworkLayers],
) -> dict[str, AccuracyReport]:
    """Show which network does better, and return the accuracies that are known, by title.

    For the views of photographs, which no network has classes for, it is how well the views of one
    photograph lie together; for all other sets it is the accuracy, where networks know the labels.

    Args:
        results: Of the page.
        models: The networks by name.
        pictures: The set.
        costs: The costs that are known, by title.
        layers: The layers of the networks as far as they are known, by title.
    """
    st.subheader("Which does better?", anchor=False)
    titles = zoo.distinct_titles(models)
    if isinstance(pictures, GalleryViews):
        _show_views(results, {titles[name]: card for name, card in models.items()}, pictures, costs,
                    layers)  # fmt: skip
        return {}
    able = accuracy.scorable(models, pictures)
    predicted = predictions(results, able, pictures) if able else {}
    measured = accuracy.measure(able, predicted, pictures)
    reports = {titles[name]: report for name, report in measured.items()}
    if reports:
        shares = {title: report.accuracy for title, report in reports.items()}
        count = sum(bool(pictures.label(index)) for index in range(len(pictures)))
        words = f"is right for **{{:.0%}}** of {count:,} pictures"
        _show_shares(shares, _chance(list(shares.values()), count), words, "accuracy", costs)
    return reports


def _show_views(
    results: Results,
    cards: Mapping[str, Card],
    pictures: GalleryViews,
    costs: Mapping[str, Costs],
    layers: Mapping[str, NetworkLayers],
) -> None:
    counts = Counter(pictures.label(index) for index in range(len(pictures)))
    chance = sum(count * (count - 1) for count in counts.values()) / (
        len(pictures) * (len(pictures) - 1)
    )
    st.caption(
        "No accuracy: the labels of these pictures are photographs, not classes. Instead: of the"
        " pictures that a network finds most similar to a view, by its last features, how many"
        f" show the same photograph? By chance {chance:.0%} do."
    )
    shares = _separations(results, cards, pictures, layers)
    words = "sees the same photograph in **{:.0%}** of the pictures nearest to a view"
    if shares:
        _show_shares(shares, SAME, words, "nearest pictures of the same photograph", costs)


def _separations(
    results: Results,
    cards: Mapping[str, Card],
    pictures: PictureSet,
    layers: Mapping[str, NetworkLayers],
) -> dict[str, float]:
    """The share of nearest pictures with the same label at each network's last features."""
    features = {
        title: features_recipe(card, pictures.reference, layers[title].main[-1].name)
        for title, card in cards.items()
        if title in layers and layers[title].main
    }
    wanted: dict[str, Recipe[ClassSeparation]] = {
        title: class_separation_recipe(recipe, pictures.reference, METRIC)
        for title, recipe in features.items()
    }
    recipes: list[Recipe] = list(wanted.values())
    if not workbench().has(recipes):
        recipes += features.values()  # it is they that have progress to show
    results.ask(recipes)
    results.show_errors(recipes)
    found = results.values(wanted)
    return {title: each.purity for title, each in found.items() if each.purity is not None}


def _chance(shares: Sequence[float], count: int) -> float:
    """The difference of two accuracies that may be chance: two standard errors (binomial)."""
    return 2 * math.sqrt(sum(share * (1 - share) for share in sorted(shares)[-2:]) / count)


def _show_shares(
    shares: Mapping[str, float], same: float, words: str, title: str, costs: Mapping[str, Costs]
) -> None:
    """Show the sentences and the bars.

    Args:
        shares: The figure of each network, 0 to 1, by title.
        same: Largest difference that does not count.
        words: What a network does, with a place for its figure.
        title: Title of the bars' axis.
        costs: The costs that are known, by title.
    """
    if len(shares) > 1:
        best = compare.best_share(shares, same)
        st.markdown(
            f"**{escape_markdown(best)}** does best on these pictures." if best
            else "The best networks do about equally well: these pictures do not tell them apart."
            " More pictures, or harder ones, may."
        )  # fmt: skip
    lines = [
        f"- **{escape_markdown(network)}** {words.format(share)}{_cost(costs.get(network))}."
        for network, share in shares.items()
    ]
    st.markdown("\n".join(lines))
    figure = figures.share_bars(shares, title)
    described = ", ".join(f"{network} {share:.0%}" for network, share in shares.items())
    st.plotly_chart(
        figure, key="_better", config={"displayModeBar": False},
        alt=f"Which network does better, {title}: {described}",
    )  # fmt: skip
    table = pd.Series(shares, name=title).rename_axis("network").to_frame()
    downloads.csv(table, "which-does-better")


def _cost(costs: Costs | None) -> str:
    if costs is None:
        return ""
    milliseconds = 1000 * compare.median_seconds(costs)
    return (
        f"; it has {costs.parameters / 1e6:.1f} M parameters and takes"
        f" {costs.multiply_adds / 1e9:.2f} G multiply-adds and {milliseconds:.1f} ms per picture"
    )
