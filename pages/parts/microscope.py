"""One unit from every side: its faces, what excites it, its parts, its links, and doing without."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from core import dissect, figures, predict, tasks, visualize
from core.dissect import sample
from core.visualize import LOGITS
from pages.parts import crops
from pages.parts.session import held
from pages.parts.slide import Needs, Results, Section, Slide
from pages.parts.text import plain

FACES, LINKS = 4, 8
CANVASES = {
    "fourier": "**Waves**: all sizes of detail change alike.",
    "maco": "**Phases only** of nature's spectrum (MACO), faded where nothing mattered.",
    "pixels": "**Pixels**: nothing keeps out fine noise, which the network likes too.",
}


def choose(slide: Slide) -> Section:
    """Let it be chosen what to look at; the URL keeps it."""
    offered = [name for name, section in SECTIONS.items() if section.fits(slide)]
    if held("section") not in offered:
        st.session_state.section = offered[0]
    chosen = st.pills(
        "Look at", offered, key="section", bind="query-params", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return SECTIONS[chosen or offered[0]]


def _show_faces(slide: Slide, results: Results) -> None:
    st.caption("Four pictures made to excite it and to differ from each other.")
    arrays = results["faces"].arrays
    with st.grid(2, min_column_width=100) as grid:
        for index, name in enumerate(sorted(arrays)):
            with grid.cell():
                alt = f"Face {index + 1} of {slide.title}"
                st.image(arrays[name], alt=alt, width="stretch")


def _canvases_needs(slide: Slide) -> Needs:
    quality = visualize.quality_for(slide.card.input_size, slide.layer, slide.organ.shape)
    return {
        canvas: tasks.picture_recipe(
            slide.card, slide.organ, slide.unit, quality=visualize.on_canvas(quality, canvas)
        )
        for canvas in CANVASES
    }


def _show_canvases(slide: Slide, results: Results) -> None:
    st.caption("The same search, with the picture held in other ways. What is drawn is also what"
               " is easy to draw: see what the three agree on.")  # fmt: skip
    for place, (canvas, caption) in zip(st.columns(3), CANVASES.items(), strict=True):
        arrays = results[canvas].arrays
        picture = arrays["face0"]
        if "importance0" in arrays:
            picture = visualize.translucent(picture, arrays["importance0"].astype(np.float32))
        place.image(picture, caption=caption, alt=f"{slide.title}, {canvas}", width="stretch")


def _show_classes(slide: Slide, results: Results) -> None:
    responses = tasks.responses_of(results["responses"])
    classes = [sample.class_of(index) for index in range(len(responses.peak))]
    best = dissect.selectivity(responses, classes).iloc[slide.unit]
    st.caption(
        f"Its mean peak over scenes of each class. Selectivity for {best['class']}:"
        f" {best['selectivity']:.2f} (0 none, 1 no other class; Morcos et al. 2018)."
    )
    table = dissect.by_class(responses, classes, slide.unit)
    st.plotly_chart(
        figures.bars(table["mean"], "mean peak"), key="_by_class",
        config={"displayModeBar": False}, alt=f"Mean peak of {slide.title} by class",
    )  # fmt: skip


def _show_parts(slide: Slide, results: Results) -> None:
    scores = tasks.parts_of(results["parts"])
    st.caption(
        "How well the places where it answers most cover the true mask of each part of drawn"
        " scenes: intersection over union (Network Dissection, Bau et al. 2017)."
    )
    own = pd.Series(scores.iou[slide.unit], index=list(dissect.CONCEPTS)).nlargest(8)
    bar = st.column_config.ProgressColumn("IoU", format="%.2f", max_value=1.0)
    st.dataframe(own.rename("iou").rename_axis("part"), column_config={"iou": bar})
    st.caption("All units of this layer, with what each covers best, and of parts alone:")
    st.dataframe(
        scores.best().rename_axis("channel"), height=240,
        column_config={"concept": "covers best", "iou": bar, "part": "best part", "part_iou": bar},
    )  # fmt: skip


def _links_needs(slide: Slide) -> Needs:
    needs = {}
    for method, other in (("incoming", slide.before), ("outgoing", slide.after)):
        if other:
            needs[method] = tasks.links_recipe(
                slide.card, slide.layer, slide.unit, other.name, method
            )
    return needs


def _show_links(slide: Slide, results: Results) -> None:
    st.caption(
        "What its mean answer changes by when a unit of the layer before rises by its own standard"
        " deviation, over drawn scenes; and what it does to the layer after."
    )
    for method, other in (("incoming", slide.before), ("outgoing", slide.after)):
        if other and method in results:
            pulls = pd.Series(results[method].arrays["pulls"])
            strongest = pulls.loc[pulls.abs().nlargest(LINKS).index]
            title = f"From {other.name}" if method == "incoming" else f"To {other.name}"
            st.markdown(f"**{plain(title)}**")
            st.dataframe(
                strongest.rename("effect").rename_axis("channel"),
                column_config={"effect": st.column_config.NumberColumn(format="%+.3f")},
            )


def _without_needs(slide: Slide) -> Needs:
    if slide.picture is None:
        return {}
    recipe = tasks.without_recipe(slide.card, slide.layer, [slide.unit], slide.picture.id)
    return {"with": tasks.scores_recipe(slide.card, slide.picture.id), "without": recipe}


def _show_without(slide: Slide, results: Results) -> None:
    if not results:
        st.info("Choose a picture in the sidebar.")
        return
    st.caption("What the network says of the chosen picture, and what without this channel.")
    before, after = (
        predict.softmax(results[name].arrays["logits"]) for name in ("with", "without")
    )
    table = pd.DataFrame({"class": slide.card.labels, "with it": before, "without it": after})
    table["change"] = after - before
    rows = np.union1d(np.argsort(-before)[:3], np.argsort(-np.abs(after - before))[:5])
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        table.iloc[rows].sort_values("with it", ascending=False),
        hide_index=True,
        column_config=dict.fromkeys(table.columns[1:], percent),
    )


def _picture_needs(slide: Slide) -> Needs:
    if slide.picture is None:
        return {}
    return {
        method: tasks.direction_recipe(slide.card, slide.organ, slide.picture.id, method)
        for method in ("direction", "caricature")
    }


def _show_picture(slide: Slide, results: Results) -> None:
    if not results:
        st.info("Choose a picture in the sidebar.")
        return
    st.caption("What this whole layer makes of the chosen picture, not this channel alone.")
    captions = {
        "direction": "its mix of channels, anywhere",
        "caricature": "everything at its place",
    }
    for place, (method, caption) in zip(st.columns(2), captions.items(), strict=True):
        place.image(results[method].arrays["face0"], caption=caption, alt=caption, width="stretch")


def _responses_needs(slide: Slide) -> Needs:
    return {"responses": tasks.responses_recipe(slide.card, slide.layer)}


def _faces_needs(slide: Slide) -> Needs:
    return {"faces": tasks.picture_recipe(slide.card, slide.organ, slide.unit, faces=FACES)}


def _parts_needs(slide: Slide) -> Needs:
    return {"parts": tasks.parts_recipe(slide.card, slide.layer)}


SECTIONS: Mapping[str, Section] = {
    "Faces": Section(_faces_needs, _show_faces, lambda slide: True),
    "Canvases": Section(_canvases_needs, _show_canvases, lambda slide: True),
    "Top crops": Section(crops.needs, crops.show),
    "Classes": Section(_responses_needs, _show_classes),
    "Parts": Section(_parts_needs, _show_parts, lambda slide: slide.organ.has_positions),
    "The picture": Section(_picture_needs, _show_picture, lambda slide: slide.organ.has_positions),
    "Links": Section(_links_needs, _show_links),
    "Without it": Section(
        _without_needs, _show_without, lambda s: s.layer != LOGITS and bool(s.card.labels)
    ),
}
