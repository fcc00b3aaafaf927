"""One unit from every side: its faces, what excites it, its parts, its links, and doing without."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core import dissect, images, predict, tasks
from core.anatomy import Organ
from core.dissect import sample
from core.pictures import PHOTOS, Picture
from core.recipes import Recipe, Result
from core.visualize import LOGITS
from core.zoo import Card
from pages.parts.session import held, workbench
from pages.parts.text import plain

FACES, CROPS, LINKS = 4, 9, 8
# Side at which a crop is shown, and the least share of the picture it shows.
CROP_SIDE, LEAST_CROP = 120, 0.12
SCENES, PHOTOGRAPHS = "drawn scenes", "photographs at hand"

Needs = dict[str, Recipe]
Results = Mapping[str, Result]


@dataclass(frozen=True)
class Slide:
    """A unit, and where it is.

    Attributes:
        card: Its model.
        organ: Its layer.
        unit: Its number.
        fields: Receptive fields of the model's main layers, in input pixels.
        before: The main layer before this one, or None.
        after: The main layer after it, or None.
        picture: The chosen picture, or None where it is gone.
    """

    card: Card
    organ: Organ
    unit: int
    fields: Mapping[str, float]
    before: Organ | None
    after: Organ | None
    picture: Picture | None

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.organ.name

    @property
    def title(self) -> str:
        """Its name: of a class its label."""
        if self.layer == LOGITS:
            return self.card.labels[self.unit]
        return f"{self.layer}, channel {self.unit}"


@dataclass(frozen=True)
class Section:
    """A side to look at a unit from.

    Attributes:
        needs: The recipes for it, by what they are for.
        show: Shows it, once all are there.
        fits: Whether this unit has such a side.
    """

    needs: Callable[[Slide], Needs]
    show: Callable[[Slide, Results], None]
    fits: Callable[[Slide], bool] = lambda slide: slide.layer != LOGITS


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


def _show_crops(slide: Slide, results: Results) -> None:
    responses = tasks.responses_of(results["responses"])
    if responses.dead[slide.unit]:
        st.warning("Dead: it never changes over these pictures.", icon=":material/skull:")
        return
    st.caption(
        f"Where it answered most, with as much around it as it looks at. It comes to half of its"
        f" most in {responses.firing[slide.unit]:.0%} of the pictures."
    )
    with st.grid(3, min_column_width=90) as grid:
        for rank, index in enumerate(responses.top(slide.unit, CROPS)):
            with grid.cell():
                crop = _crop(slide, int(index), responses.place[index, slide.unit])
                peak = responses.peak[index, slide.unit]
                st.image(crop, caption=f"{peak:.2f}", alt=f"Crop {rank + 1}", width="stretch")


def _crop(slide: Slide, index: int, place: Sequence[int]) -> Image.Image:
    """What a unit looked at in a picture of the set."""
    chosen = _photographs()
    if chosen:
        whole = slide.card.preprocessing.crop(chosen[index].image)
    else:
        whole = sample.scene(index, max(slide.card.input_size[1:])).image
    side = max(slide.fields.get(slide.layer, whole.width), LEAST_CROP * whole.width)
    _, rows, columns = slide.organ.shape
    y, x = (place[0] + 0.5) * whole.height / rows, (place[1] + 0.5) * whole.width / columns
    left = min(max(x - side / 2, 0), max(whole.width - side, 0))
    top = min(max(y - side / 2, 0), max(whole.height - side, 0))
    box = (left, top, min(left + side, whole.width), min(top + side, whole.height))
    return whole.resize((CROP_SIDE, CROP_SIDE), Image.Resampling.BICUBIC, box=box)


def _photographs() -> list[Picture]:
    """The photographs to look over; none where scenes are looked over."""
    if held("over") != PHOTOGRAPHS:
        return []
    references = [f"photo:{name}" for name in PHOTOS] + st.session_state.get("_uploads", [])
    return [workbench().pictures.find(reference) for reference in references]


def _crops_needs(slide: Slide) -> Needs:
    st.segmented_control(
        "Over", [SCENES, PHOTOGRAPHS], key="over", bind="query-params", default=SCENES,
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    ids = [picture.id for picture in _photographs()]
    return {"responses": tasks.responses_recipe(slide.card, slide.layer, ids)}


def _show_classes(slide: Slide, results: Results) -> None:
    responses = tasks.responses_of(results["responses"])
    classes = [sample.class_of(index) for index in range(len(responses.peak))]
    best = dissect.selectivity(responses, classes).iloc[slide.unit]
    st.caption(
        f"Its mean peak over scenes of each class. Selectivity for {best['class']}:"
        f" {best['selectivity']:.2f} (0 none, 1 no other class; Morcos et al. 2018)."
    )
    table = dissect.by_class(responses, classes, slide.unit)
    st.bar_chart(table["mean"], horizontal=True, sort=False, height=520, x_label="mean peak")


def _show_parts(slide: Slide, results: Results) -> None:
    scores = tasks.parts_of(results["parts"])
    st.caption(
        "How well its strongest hundredth of places covers the true mask of each part of drawn"
        " scenes: intersection over union (Network Dissection, Bau et al. 2017)."
    )
    own = pd.Series(scores.iou[slide.unit], index=list(dissect.CONCEPTS)).nlargest(8)
    st.dataframe(
        own.rename("IoU").rename_axis("part"),
        column_config={"IoU": st.column_config.ProgressColumn(format="%.2f", max_value=1.0)},
    )
    st.caption("All units of this layer:")
    st.dataframe(scores.best().rename_axis("channel"), height=240)


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
        method: tasks.direction_recipe(slide.card, slide.layer, slide.picture.id, method)
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
    return {"faces": tasks.picture_recipe(slide.card, slide.layer, slide.unit, faces=FACES)}


def _parts_needs(slide: Slide) -> Needs:
    return {"parts": tasks.parts_recipe(slide.card, slide.layer)}


SECTIONS: Mapping[str, Section] = {
    "Faces": Section(_faces_needs, _show_faces, lambda slide: True),
    "Top crops": Section(_crops_needs, _show_crops),
    "Classes": Section(_responses_needs, _show_classes),
    "Parts": Section(_parts_needs, _show_parts, lambda slide: slide.organ.has_positions),
    "The picture": Section(_picture_needs, _show_picture, lambda slide: slide.organ.has_positions),
    "Links": Section(_links_needs, _show_links),
    "Without it": Section(
        _without_needs, _show_without, lambda s: s.layer != LOGITS and bool(s.card.labels)
    ),
}


def png(pixels: np.ndarray) -> bytes:
    """A picture to download."""
    return images.png(Image.fromarray(pixels))
