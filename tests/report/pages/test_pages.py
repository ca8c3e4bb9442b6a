"""What holds for every page of a report, on the report of the tiny grid."""

import io
import re
import subprocess
import sys
from base64 import b64decode
from importlib import resources
from pathlib import Path

import pandas as pd
import pytest

from convbench.report.pages.names import PAGES
from convbench.report.write import pages

TEMPLATES = Path(str(resources.files("convbench.report.pages") / "templates"))


@pytest.fixture
def html(reproduced):
    folder = reproduced.root / "reports"
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.html")
    }


def test_every_page_is_there_and_marks_itself_in_the_navigation(html):
    assert set(PAGES) <= set(html)
    for file in PAGES:
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', html[file]) == [file]
        assert f", {PAGES[file].title}</title>" in html[file]


def test_nothing_outside_the_folder_is_named_and_every_link_arrives(html, reproduced):
    folder = reproduced.root / "reports"
    ids = {file: set(re.findall(r'\bid="([^"]+)"', text)) for file, text in html.items()}

    for file, text in html.items():
        text = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
        text = re.sub(r'"data:[^"]*"', '""', text.replace("sqlite:///", ""))
        assert re.findall(r"(?:https?:)?//(?!/)[a-z0-9.-]+\.[a-z]+", text) == []
        for link in re.findall(r'(?:src|href)="([^"]+)"', text):
            name, _, place = link.partition("#")
            target = (folder / file).parent / name.replace("%40", "@") if name else folder / file
            found = target.resolve().relative_to(folder.resolve()).as_posix()
            assert found in html, link
            assert not place or place in ids[found], link


def test_the_same_results_give_the_same_bytes(on_disk, html):
    assert dict(pages(on_disk)) == {file: html[file] for file in PAGES}


def test_every_figure_has_a_title_alternative_text_a_caption_and_its_data(html):
    found = re.findall(
        r'<section aria-labelledby="figure-.*?</section>', html["accuracy.html"], re.DOTALL
    )

    assert len(found) == 3
    for section in found:
        assert len(re.findall(r'<img src="data:image/svg\+xml[^"]*" alt="[^"]{40,}"', section)) == 1
        assert section.count("<figcaption>") == 1
        (data,) = re.findall(r'href="data:text/csv;base64,([^"]+)" download="\w+.csv"', section)
        assert len(pd.read_csv(io.BytesIO(b64decode(data)))) > 0


def test_every_page_has_its_module_and_its_template_and_nothing_else_lies_there():
    modules = {page.module for page in PAGES.values()}

    assert {path.name.partition(".")[0] for path in TEMPLATES.glob("*.jinja")} == modules | {"run"}


def test_the_list_of_pages_is_read_at_no_cost():
    code = "import sys, convbench.report.pages.names; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    heavy = {"torch", "pandas", "numpy", "jinja2", "matplotlib"}
    assert heavy & set(done.stdout.split()) == set()
