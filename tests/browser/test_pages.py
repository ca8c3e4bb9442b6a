"""The report as a reader meets it: every page opened in a browser, at three widths, light and dark."""

from importlib import resources

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from convbench.report.pages.names import PAGES

EVERY = [*PAGES, "runs/digits@50/simple_cnn/fine_tune/none/s0.html"]
WIDTHS = (390, 1024, 1920)
OVERLAPS = """() => {
  const shown = [...document.querySelectorAll("main *, header *, nav *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) &&
    element.checkVisibility() && !element.closest("details:not([open]) > :not(summary)"));
  const boxes = shown.map((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return [element, [...range.getClientRects()]];
  });
  const clash = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  const found = [];
  boxes.forEach(([one, ours], place) => boxes.slice(place + 1).forEach(([other, theirs]) => {
    if (one.contains(other) || other.contains(one)) return;
    if (ours.some((a) => theirs.some((b) => clash(a, b))))
      found.push(`${one.textContent.trim().slice(0, 40)} / ${other.textContent.trim().slice(0, 40)}`);
  }));
  return found;
}"""


@pytest.fixture
def opened(chromium, reproduced):
    """Open a page of the report; what it complains of and what it asks for is noted in lists of it."""
    contexts = []

    def open_page(name, width=1024, scheme="light"):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.complaints, page.requests = [], []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto((reproduced.root / "reports" / name).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", EVERY)
def test_a_page_fits_asks_for_nothing_and_complains_of_nothing(opened, reproduced, name, width):
    page = opened(name, width)

    assert page.complaints == []
    outside = [url for url in page.requests if not url.startswith("data:")]
    assert outside == [(reproduced.root / "reports" / name).as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", EVERY)
def test_an_accessibility_checker_finds_no_serious_fault(opened, name, scheme):
    found = Axe().run(opened(name, scheme=scheme)).response["violations"]

    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []


def test_every_page_leads_to_every_other(opened):
    page = opened("index.html")
    for file, target in PAGES.items():
        page.get_by_label("Pages").get_by_role("link", name=target.title, exact=True).click()
        assert page.url.endswith(f"/reports/{file}")


def column(table, number):
    return [row.locator("td, th").nth(number).inner_text() for row in table.locator("tbody tr").all()]


def test_a_heading_sorts_by_its_column_up_and_down(opened):
    table = opened("reproduce.html").locator("#all-runs")
    seconds = [float(text) for text in column(table, 5)]

    table.get_by_role("button", name="Training, s").click()
    assert [float(text) for text in column(table, 5)] == sorted(seconds, reverse=True)
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    table.get_by_role("button", name="Training, s").click()
    assert [float(text) for text in column(table, 5)] == sorted(seconds)
    table.get_by_role("button", name="Run", exact=True).click()
    assert column(table, 0) == sorted(column(table, 0))


def test_a_heading_sorts_by_the_keyboard_too(opened):
    page = opened("index.html")
    page.get_by_role("button", name="Test", exact=True).first.focus()

    page.keyboard.press("Enter")

    shown = [float(text.rstrip("%")) for text in column(page.locator("table").first, 0)]
    assert shown == sorted(shown, reverse=True)


def test_words_leave_the_rows_that_hold_all_of_them(opened):
    page = opened("reproduce.html")
    page.get_by_label("Show the rows that hold these words").fill("FINE_tune none")

    rows = page.locator("#all-runs tbody tr")
    assert [row.inner_text().split()[0] for row in rows.all() if row.is_visible()] == [
        "digits@50/simple_cnn/fine_tune/none/s0"
    ]
    assert page.get_by_role("status").inner_text() == "1 of 4"


@pytest.fixture
def long_table(chromium, tmp_path):
    """Open a page of our script, our style and a table of 450 rows, at a hash."""
    templates = resources.files("convbench.report.pages") / "templates" / "shared"
    style, script = ((templates / name).read_text() for name in ("style.css", "tables.js"))
    rows = "".join(f"<tr id='r{n}'><td>r{n}</td><td class=n>{n}</td></tr>" for n in range(450))
    (tmp_path / "long.html").write_text(
        f"<style>{style}</style><table class=sortable><thead><tr><th>Name</th>"
        f"<th class=n>Number</th></tr></thead><tbody>{rows}</tbody></table><script>{script}</script>"
    )
    pages = []

    def open_at(place=""):
        pages.append(chromium.new_page())
        pages[-1].goto((tmp_path / "long.html").as_uri() + place)
        return pages[-1]

    yield open_at
    for page in pages:
        page.close()


def shown(page):
    return page.locator("tbody tr:visible").all_inner_texts()


def test_a_long_table_shows_its_first_rows_as_it_is_sorted_and_filtered(long_table):
    page = long_table()
    assert len(shown(page)) == 200
    assert page.get_by_role("status").inner_text() == "the first 200 shown"

    page.get_by_role("button", name="Number").click()
    assert [row.split()[1] for row in shown(page)] == [str(number) for number in range(449, 249, -1)]

    page.get_by_label("Show the rows that hold these words").fill("r1")
    assert len(shown(page)) == 111
    assert page.get_by_role("status").inner_text() == "111 of 450"
    assert not page.get_by_role("button", name="Show all").is_visible()


def test_a_long_table_is_shown_whole_when_asked_printed_or_led_into(long_table):
    page = long_table()
    page.emulate_media(media="print")
    assert len(shown(page)) == 450
    page.emulate_media(media="screen")
    assert len(shown(page)) == 200
    page.get_by_role("button", name="Show all 450 rows").click()
    assert len(shown(page)) == 450
    assert page.get_by_role("status").inner_text() == ""

    page = long_table("#r430")
    expect(page.locator("#r430")).to_be_in_viewport()

    page = long_table()
    page.get_by_label("Show the rows that hold these words").fill("r2")
    page.evaluate("location.hash = '#r301'")
    expect(page.locator("#r301")).to_be_in_viewport()


def test_dark_is_dark(opened):
    light, dark = (
        opened("index.html", scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    )

    assert sum(map(int, light[4:-1].split(","))) > 600
    assert sum(map(int, dark[4:-1].split(","))) < 150


def test_the_answer_and_its_price_are_seen_without_scrolling(opened):
    page = opened("index.html", 1280)

    box = page.locator(".answer").first.bounding_box()

    assert box["y"] + box["height"] < 900
    assert "s of training" in page.locator(".answer").first.inner_text()
