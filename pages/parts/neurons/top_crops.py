"""The strongest examples of a unit: crops of the pictures that excite it most."""

from collections.abc import Sequence

import streamlit as st
from PIL import Image

from core import dissect
from core.dissect import Responses, reference_scenes
from core.errors import ZooscopeError
from core.sets import Folder
from core.workbench.recipes import Recipe
from core.workbench.tasks.responses import responses_recipe
from pages.parts.neurons import photographs
from pages.parts.neurons.unit import Needs, Unit
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.renamed_options import accept_old_options
from pages.parts.shared.results import Results
from pages.parts.shared.session import workbench

LINKED = Linked("neurons")
CROPS = 9
CROP_SIDE = 120  # of a crop on the page, in pixels
SCENES, PHOTOGRAPHS = "drawn scenes", "gallery and my photos"
OLD_NAMES = {"photographs at hand": PHOTOGRAPHS}


def needs(unit: Unit) -> Needs:
    """Show a picker of the pictures to search, and return the recipe of the responses."""
    accept_old_options(LINKED, "over", OLD_NAMES)
    LINKED.segmented(
        "Pictures to search", _sources(unit), "over", label_visibility="collapsed",
        format_func=escape_markdown,
    )  # fmt: skip
    try:
        folder = _folder(unit)
        recipe = _recipe(unit)
    except ZooscopeError as error:  # the folder's table of labels cannot be read
        st.warning(escape_markdown(error), icon=":material/folder_off:")
        return []
    if folder is not None:
        st.caption(_size(folder))
    return [recipe] if recipe else []


def show(unit: Unit, results: Results) -> None:
    """Show the crops, strongest first."""
    recipe = _recipe(unit)
    responses = results.value(recipe) if recipe else None
    if responses is None:
        return
    if responses.dead[unit.index]:
        st.warning(
            "It never activates: its response is the same for all of these pictures.",
            icon=":material/do_not_disturb_on:",
        )
        return
    st.caption(
        "Each crop shows as much as one position of the layer can see; the number is the response."
        f" It exceeds half its maximum in {responses.firing[unit.index]:.0%} of the pictures."
    )
    with st.grid(3, min_column_width=90) as grid:
        for rank, index in enumerate(responses.top(unit.index, CROPS).tolist()):
            with grid.cell():
                _show_crop(unit, responses, index, rank)


def crop_around(
    picture: Image.Image, shape: Sequence[int], place: Sequence[int], field: float | None
) -> Image.Image:
    """Return the part of a picture that a unit sees, enlarged.

    Args:
        picture: The picture as the network sees it.
        shape: Shape of the unit's layer, channels first.
        place: Row and column on the layer's grid.
        field: Side of the layer's receptive field in pixels; the whole picture's where None.
    """
    _, rows, columns = shape
    y, x = map(int, place)
    box = dissect.box_around((y, x), (rows, columns), picture.size, field or max(picture.size))
    return picture.resize((CROP_SIDE, CROP_SIDE), Image.Resampling.BICUBIC, box=box)


def _sources(unit: Unit) -> list[str]:
    """What can be searched; first the kind of pictures on which the network was trained."""
    own = [SCENES, PHOTOGRAPHS] if unit.card.knows_scenes_only else [PHOTOGRAPHS, SCENES]
    return [*own, *workbench().sets.folders.names]


def _source(unit: Unit) -> str:
    return str(LINKED.value("over") or _sources(unit)[0])


def _folder(unit: Unit) -> Folder | None:
    """The chosen folder of the server; None where another source is chosen."""
    folders = workbench().sets.folders
    return folders.get(_source(unit)) if _source(unit) in folders.names else None


def _recipe(unit: Unit) -> Recipe[Responses] | None:
    """The recipe of the unit's responses to the chosen pictures; None where there are none."""
    if _source(unit) == PHOTOGRAPHS:
        return photographs.recipe(unit)
    ids: list[str] = []
    if (folder := _folder(unit)) is not None:
        if not folder:
            return None
        ids = [folder.reference]
    return responses_recipe(unit.card, unit.layer.name, ids)


def _show_crop(unit: Unit, responses: Responses, index: int, rank: int) -> None:
    try:
        picture = _picture(unit, index)
    except ZooscopeError as error:  # the picture was deleted, or has changed on disk
        st.caption(f":red[{escape_markdown(error)}]")
        return
    field = unit.receptive_fields.get(unit.layer.name)
    place = responses.place[index, unit.index]
    st.image(
        crop_around(picture, unit.layer.shape, place, field), width="stretch",
        caption=f"{responses.peak[index, unit.index]:.2f}", alt=f"Crop {rank + 1}",
        output_format="JPEG",
    )  # fmt: skip


def _picture(unit: Unit, index: int) -> Image.Image:
    """A picture of the chosen source, as the network sees it."""
    if _source(unit) == PHOTOGRAPHS:
        picture = photographs.pictures()[index].image
    elif (folder := _folder(unit)) is not None:
        picture = folder.image(index)
    else:
        picture = reference_scenes.scene(index, max(unit.card.input_size[1:])).image
    return unit.card.preprocessing.crop(picture)


def _size(folder: Folder) -> str:
    more = f"; {folder.omitted_count:,} more are not searched" if folder.omitted_count else ""
    return f"{len(folder):,} pictures{more}."
