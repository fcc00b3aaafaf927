"""Where a unit answers most: crops of the pictures that excite it."""

from collections.abc import Sequence

import streamlit as st
from PIL import Image

from core import tasks
from core.dissect import sample
from core.errors import ZooscopeError
from core.pictures import PHOTOS, Picture, PictureForgotten
from core.sets import Folder
from pages.parts.session import held, workbench
from pages.parts.slide import Needs, Results, Slide
from pages.parts.text import plain

CROPS = 9
# Side at which a crop is shown, and the least share of the picture it shows.
CROP_SIDE, LEAST_CROP = 120, 0.12
SCENES, PHOTOGRAPHS = "drawn scenes", "photographs at hand"


def show(slide: Slide, results: Results) -> None:
    if not results:
        return
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
                peak = f"{responses.peak[index, slide.unit]:.2f}"
                try:
                    crop = _crop(slide, int(index), responses.place[index, slide.unit])
                except ZooscopeError as error:  # forgotten, or changed on disk, since
                    st.caption(f":red[{plain(error)}]")
                else:
                    st.image(
                        crop,
                        caption=peak,
                        alt=f"Crop {rank + 1}",
                        width="stretch",
                        output_format="JPEG",
                    )


def _crop(slide: Slide, index: int, place: Sequence[int]) -> Image.Image:
    """What a unit looked at in a picture of the set."""
    return around(_picture(slide, index), slide.organ.shape, place, slide.fields.get(slide.layer))


def around(
    whole: Image.Image, shape: Sequence[int], place: Sequence[int], field: float | None
) -> Image.Image:
    """What a unit looked at in a picture, enlarged.

    Args:
        whole: The picture as the network is shown it.
        shape: Of the unit's layer, channels first.
        place: Row and column on the layer's grid.
        field: Side of the layer's receptive field in pixels; the whole picture's where None.
    """
    side = max(field or whole.width, LEAST_CROP * whole.width)
    _, rows, columns = shape
    y, x = (place[0] + 0.5) * whole.height / rows, (place[1] + 0.5) * whole.width / columns
    left = min(max(x - side / 2, 0), max(whole.width - side, 0))
    top = min(max(y - side / 2, 0), max(whole.height - side, 0))
    box = (left, top, min(left + side, whole.width), min(top + side, whole.height))
    return whole.resize((CROP_SIDE, CROP_SIDE), Image.Resampling.BICUBIC, box=box)


def _picture(slide: Slide, index: int) -> Image.Image:
    """A picture of the set, as the model is shown it."""
    over = held("over")
    if over == PHOTOGRAPHS:
        return slide.card.preprocessing.crop(_photographs()[index].image)
    folders = workbench().sets.folders
    if over in folders.names:
        return slide.card.preprocessing.crop(folders.get(str(over)).image(index))
    return sample.scene(index, max(slide.card.input_size[1:])).image


def _photographs() -> list[Picture]:
    """The photographs at hand: the gallery's and the visitor's own that are still held."""
    found = []
    for reference in [*(f"photo:{name}" for name in PHOTOS), *st.session_state.get("_uploads", [])]:
        try:
            found.append(workbench().pictures.find(reference))
        except PictureForgotten:
            continue  # by another of the visitor's windows, or to make room
    return found


def _counted(folder: Folder) -> str:
    more = f", {folder.left_out:,} more left out" if folder.left_out else ""
    return f"{len(folder):,} pictures{more}."


def needs(slide: Slide) -> Needs:
    folders = workbench().sets.folders
    offered = [SCENES, PHOTOGRAPHS, *folders.names]
    if held("over") not in offered:
        st.session_state.over = SCENES
    over = st.segmented_control(
        "Over", offered, key="over", bind="query-params", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    ids = []
    if over == PHOTOGRAPHS:
        ids = [picture.id for picture in _photographs()]
    elif over and over != SCENES:
        try:
            folder = folders.get(over)
        except ZooscopeError as error:  # its table of labels can't be read
            st.warning(plain(error), icon=":material/folder_off:")
            return {}
        st.caption(_counted(folder))
        if not folder:
            return {}
        ids = [folder.reference]
    return {"responses": tasks.responses_recipe(slide.card, slide.layer, ids)}
