"""What was trained is a network like any other: open it on all pages, download it, open a file."""

from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import ZooscopeError
from core.train_lab.experiment import Experiment
from core.train_lab.kept_weights import kept_steps
from core.train_lab.network_file import MAX_ZIP_BYTES, network_files, pack, unpack
from pages.parts.shared import downloads, own_networks, sidebar
from pages.parts.shared.linked import Linked
from pages.parts.shared.markdown import escape_markdown
from pages.parts.shared.session import discard_upload, uploaded_files

LINKED = Linked("train")
# Keys of the session state: the number of files that were opened, and why one was refused.
NUMBER, REFUSED = "_network_files", "_network_refused"
PAGES = ("neurons", "compare_neurons", "saliency", "maps")


def offer_use(experiment: Experiment, folder: Path) -> None:
    """Show the buttons that open a run's network on all pages, and download it.

    Args:
        experiment: The experiment.
        folder: The run's folder.
    """
    steps = kept_steps(folder)
    if not steps:
        return
    with st.container(border=True):
        st.markdown("**Look inside: this is a network like any other**")
        step = LINKED.select_slider(
            "Use the weights after step", steps, "use", steps[-1],
            help="Step 0 has random weights: nothing was learned yet.",
        )  # fmt: skip
        with st.container(horizontal=True):
            st.button(
                "Use this network on all pages", icon=":material/check:", type="primary",
                on_click=_use, args=(experiment, folder, [step]),
                help="It takes a place among the chosen networks in the sidebar.",
            )  # fmt: skip
            milestones = sorted({steps[0], steps[len(steps) // 2], steps[-1]})
            if len(milestones) > 2:
                first, middle, last = milestones
                st.button(
                    "Compare before, during and after", icon=":material/compare:",
                    on_click=_use, args=(experiment, folder, milestones),
                    help=f"Puts the networks after step {first}, {middle} and {last} side by side.",
                )  # fmt: skip
            downloads.button(
                "Download", partial(_make_zip, folder, experiment, step),
                f"trained-step-{step}.zip", "application/zip",
                help="A zip of a folder in timm's hub layout: config.json and model.safetensors.",
            )  # fmt: skip
        _show_problem()
        _show_ways_on()


def offer_file() -> None:
    """Show the uploader of a network that was downloaded before."""
    opened = st.expander("Open a network from a file", icon=":material/folder_open:")
    with opened:
        # A new key empties the uploader.
        key = f"_network_file_{st.session_state.setdefault(NUMBER, 0)}"
        st.file_uploader(
            "A zip that was downloaded here, or a folder in timm's hub layout as a zip",
            type="zip", key=key, on_change=_open_file, args=(key,),
            max_upload_size=MAX_ZIP_BYTES // 1_000_000,
            help="Only safetensors are read. The network is yours: other visitors do not see it.",
        )  # fmt: skip
        _show_problem(of_file=True)
        if own_networks.names():
            st.button(
                "Delete my networks", icon=":material/delete:", on_click=_delete,
                help="Deletes the trained networks that you have opened on all pages.",
            )  # fmt: skip


def _show_problem(of_file: bool = False) -> None:
    """Show why a network was not opened, where the visitor has just tried it."""
    problem, was_file = st.session_state.get(REFUSED, ("", False))
    if problem and was_file == of_file:
        st.error(escape_markdown(problem), icon=":material/error:")


def _show_ways_on() -> None:
    """Say which trained networks are chosen, and link to pages that show them."""
    chosen = [name for name in sidebar.models() if name in own_networks.names()]
    if not chosen:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        these = "It is" if len(chosen) == 1 else f"{len(chosen)} trained networks are"
        st.markdown(f":material/check: {these} chosen on all pages.", width="content")
        for page in PAGES:
            st.page_link(f"pages/{page}.py", icon=":material/arrow_forward:", width="content")


def _use(experiment: Experiment, folder: Path, steps: list[int]) -> None:
    """Choose the networks after these steps, in a callback."""
    st.session_state[REFUSED] = "", False
    try:
        names = [own_networks.keep(network_files(folder, experiment, step)) for step in steps]
    except (ZooscopeError, OSError) as error:
        st.session_state[REFUSED] = _as_text(error), False
    else:
        sidebar.add_models(names)


def _make_zip(folder: Path, experiment: Experiment, step: int) -> bytes:
    return pack(network_files(folder, experiment, step))


def _open_file(key: str) -> None:
    """Open an uploaded zip and choose its network, in a callback."""
    st.session_state[REFUSED] = "", True
    for file in uploaded_files(key):
        try:
            name = own_networks.keep(unpack(file.getvalue()))
        except (ZooscopeError, OSError) as error:
            st.session_state[REFUSED] = _as_text(error), True
        else:
            sidebar.add_models([name])
            st.toast("The network is chosen on all pages.", icon=":material/check:")
        discard_upload(file)
    st.session_state[NUMBER] += 1


def _delete() -> None:
    own = own_networks.names()
    own_networks.delete()
    sidebar.choose_models([name for name in sidebar.models() if name not in own])


def _as_text(error: ZooscopeError | OSError) -> str:
    """Return why a network was not kept; what the system says about a disk has paths in it."""
    if isinstance(error, OSError):
        return f"The server can't keep the network ({error.strerror}). Try again later."
    return str(error)
