"""A hosted server in Chromium: the headers that docs/hosting.md recommends, and hostile links."""

import re

import pytest

from pages.parts.shared.frame import PAGES
from tests.conftest import PROJECT
from tests.pages.browser_visit import parameters, query, wait_until_settled
from tests.pages.visit import EFFICIENTNET, PICTURE, RESNET

pytestmark = pytest.mark.browser

TEXT = (PROJECT / "docs" / "hosting.md").read_text(encoding="utf-8")
POLICY = "content-security-policy"
# What the console says where the policy refuses something.
REFUSED = "Content Security Policy"
# Streamlit's one script in the page itself, for crawlers.
NOT_NEEDED = "inline script"
# Pages with bars and with maps, whose plots are waited for.
DRAWN = ("predict", "maps")
SMALL = query([RESNET, EFFICIENTNET], PICTURE, set="scenes:12~7")


def policies() -> list[str]:
    """The policy in each of the guide's examples."""
    return re.findall(r'Content-Security-Policy "([^"]+)"', TEXT)


def test_all_examples_have_the_same_policy():
    assert len(policies()) == 2
    assert len(set(policies())) == 1


def test_the_policy_refuses_nothing_that_pages_need(small_app: str, new_page):
    # Chromium takes a page that a test answers for one of another network than the server's.
    page, refused = new_page(permissions=["local-network-access"]), []

    def add_policy(route) -> None:
        response = route.fetch()
        route.fulfill(response=response, headers={**response.headers, POLICY: policies()[0]})

    # Only the pages themselves: answering for every script as well would be slow.
    page.route(re.compile(rf"^{re.escape(small_app)}/\w*(\?.*)?$"), add_policy)
    page.on("console", lambda message: refused.append(message.text))
    for name, *_ in PAGES:
        page.goto(f"{small_app}/{name if name != PAGES[0][0] else ''}{SMALL}")
        page.get_by_role("heading", level=1).wait_for()
        if name in DRAWN:
            wait_until_settled(page)
    violations = [text for text in refused if REFUSED in text]
    assert any(NOT_NEEDED in text for text in violations)  # the policy is in force
    assert not [text for text in violations if NOT_NEEDED not in text]


def test_no_address_in_a_link_becomes_a_link_on_the_page(small_app: str, new_page):
    addresses = "https://example.org/a www.example.org me@example.org"
    page = new_page()
    page.goto(f"{small_app}/predict{query([RESNET], addresses)}")
    warning = page.get_by_role("alert").filter(has_text="There is no picture").first
    warning.wait_for()
    assert "example.org/a" in warning.inner_text()
    assert warning.get_by_role("link").count() == 0


@pytest.mark.parametrize("value", ["inf", "%ED%A0%80", "%00"])
def test_a_page_survives_a_hostile_link(small_app: str, new_page, value: str):
    """Also after Back, when Streamlit reads the URL although the widgets have values."""
    page = new_page()
    page.goto(f"{small_app}/scenes{SMALL}&scenes_number={value}&scenes_class=owl")
    page.get_by_alt_text(re.compile("drawn owl")).wait_for()
    number = page.get_by_role("spinbutton", name="Random seed")
    number.fill("12")
    number.press("Enter")
    page.wait_for_function("location.search.includes('scenes_number=12')")
    assert parameters(page)["scenes_number"] == ["12"]
    page.go_back()
    wait_until_settled(page)
    page.get_by_alt_text(re.compile("drawn owl")).wait_for()
