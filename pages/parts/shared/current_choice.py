"""What is above every page: the chosen picture and networks in a line, and what is missing."""

import streamlit as st

from core.zoo import Card
from pages.parts.shared import sidebar
from pages.parts.shared.weights_download import offer_missing

# A line with the choice, shown where the sidebar does not show it: on a phone, and where the
# sidebar is closed. Its button opens the sidebar at the choosers. On a narrow screen the sidebar
# covers the page, so it is closed where another page opens.
_LINE = st.components.v2.component(
    "zooscope_current_choice",
    html='<button type="button"><span></span><b>Change</b></button>',
    css="""
    button {
        width: 100%; display: flex; gap: 0.75rem; justify-content: space-between;
        padding: 0.4rem 0.75rem; text-align: left; cursor: pointer;
        font: inherit; font-size: 0.875rem; color: var(--st-text-color);
        background: var(--st-secondary-background-color);
        border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
    }
    b { color: var(--st-link-color); font-weight: 600; }
    """,
    js="""
    const NARROW = "(max-width: 767.98px)";
    const find = id => document.querySelector(`[data-testid=${id}]`);
    const isOpen = () => find("stSidebar")?.dataset.collapsed === "false";
    let page = null;

    function closeOnNewPage(opened) {
        if (page !== opened && matchMedia(NARROW).matches && isOpen())
            find("stSidebarCollapseButton")?.querySelector("button")?.click();
        page = opened;
    }

    function open(choosers) {
        if (!isOpen()) find("stExpandSidebarButton")?.click();
        const show = () => document.querySelector(choosers)?.scrollIntoView();
        requestAnimationFrame(show);
        setTimeout(show, 400);  // once the sidebar has slid in
    }

    export default function ({ data, parentElement }) {
        const button = parentElement.querySelector("button");
        button.querySelector("span").textContent = data.text;
        button.onclick = () => open(data.choosers);
        closeOnNewPage(data.page);
        const narrow = matchMedia(NARROW);
        const update = () => { button.hidden = !narrow.matches && isOpen();
                               button.style.display = button.hidden ? "none" : ""; };
        const observer = new MutationObserver(update);
        const sidebar = find("stSidebar");
        if (sidebar) observer.observe(sidebar, { attributeFilter: ["data-collapsed"] });
        narrow.addEventListener("change", update);
        update();
        return () => { observer.disconnect(); narrow.removeEventListener("change", update); };
    }
    """,
)


def show(page: str) -> None:
    """Show the line, and offer the weights that are not on this machine.

    Args:
        page: The page that is open.
    """
    chosen = sidebar.models()
    names = [card.title if isinstance(card, Card) else f"{name} (not available)"
             for name, card in chosen.items()]  # fmt: skip
    text = " · ".join([sidebar.picture_title(), *(names or ["no network"])])
    _LINE(
        key="_current_choice",
        data={"text": text, "page": page, "choosers": f".st-key-{sidebar.CHOOSERS}"},
    )
    offer_missing(chosen)
