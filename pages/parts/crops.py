"""Where a unit answers most: crops of the pictures that excite it."""

from collections.abc import Sequence

import streamlit as st
from PIL import Image

from core import tasks
from core.dissect import sample
from core.pictures import PHOTOS, Picture
from pages.parts.session import held, workbench
from pages.parts.slide import Needs, Results, Slide

CROPS = 9
# Side at which a crop is shown, and the least share of the picture it shows.
CROP_SIDE, LEAST_CROP = 120, 0.12
SCENES, PHOTOGRAPHS = "drawn scenes", "photographs at hand"


def show(slide: Slide, results: Results) -> None:
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


def needs(slide: Slide) -> Needs:
    st.segmented_control(
        "Over", [SCENES, PHOTOGRAPHS], key="over", bind="query-params", default=SCENES,
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    ids = [picture.id for picture in _photographs()]
    return {"responses": tasks.responses_recipe(slide.card, slide.layer, ids)}
