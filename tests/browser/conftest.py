"""Debian's Chromium, headless, without any network."""

import shutil
from collections.abc import Iterator

import pytest

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:  # noqa: F821 (imported where there is one)
    """A running browser."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the report is not opened")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()
