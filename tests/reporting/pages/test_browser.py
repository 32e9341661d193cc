"""The page in a browser that has no network: light, dark, narrow, on paper, in Chinese."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from crmkit.kernel.period import Grain
from crmkit.testing.machine import lacking
from services.reporting.pages.as_html import as_html
from services.reporting.pages.markup import Markup, tag
from services.reporting.pages.style import STYLE
from services.reporting.report.views import document
from services.reporting.report.words import Language
from tests.reporting.browser import Browser, has_chinese_font
from tests.reporting.samples import report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
_WIDE, _PHONE = (1200, 1500), (390, 1500)
_CELL = 60
_GROUND = (0xF4, 0xF6, 0xF9)


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser.find(tmp_path)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The weekly report."""
    kept = tmp_path / "report.html"
    kept.write_bytes(as_html(document(report(), Language.ZH)))
    return kept


@pytest.fixture
def monthly(tmp_path: Path) -> Path:
    kept = tmp_path / "monthly.html"
    told = document(report(label="2026-11", grain=Grain.MONTH), Language.ZH)
    kept.write_bytes(as_html(told))
    return kept


def brightness(picture: Image.Image) -> float:
    """From 0, black, to 255, white."""
    return float(ImageStat.Stat(picture.convert("L")).mean[0])


def colours(picture: Image.Image) -> int:
    return len(picture.getcolors(maxcolors=1 << 24) or ())


def test_pages_are_light_or_dark_as_their_reader_prefers_and_not_blank(
    browser: Browser, page: Path, monthly: Path
) -> None:
    light = browser.picture(page, *_WIDE)
    dark = browser.picture(monthly, *_WIDE, dark=True)
    assert light.size == dark.size == _WIDE
    assert brightness(light) > 200
    assert brightness(dark) < 60
    assert colours(light) > 100
    assert colours(dark) > 100


def test_a_blank_page_would_be_found_out(browser: Browser, tmp_path: Path) -> None:
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html>")
    assert colours(browser.picture(blank, *_WIDE)) == 1


def test_the_policy_within_the_page_lets_its_own_style_in(browser: Browser, page: Path) -> None:
    styled = browser.picture(page, *_WIDE)
    bare = page.with_name("bare.html")
    bare.write_bytes(page.read_bytes().replace(STYLE.encode(), STYLE.encode() + b" "))
    unstyled = browser.picture(bare, *_WIDE)
    assert styled.getpixel((2, 2)) == _GROUND
    assert unstyled.getpixel((2, 2)) == (255, 255, 255)


def test_showing_the_page_asks_nobody_for_anything(browser: Browser, page: Path) -> None:
    assert browser.asked_for(page) == []


def test_a_page_that_asks_somebody_is_found_out(browser: Browser, tmp_path: Path) -> None:
    asking = tmp_path / "asking.html"
    asking.write_text('<p>x<img src="http://planted.example/x.png">')
    assert browser.asked_for(asking) == ["planted.example"]


def edge(picture: Image.Image) -> set[tuple[int, int, int]]:
    """The colours at the right edge of a picture."""
    strip = picture.crop((picture.width - 3, 0, picture.width, picture.height))
    return {colour for _, colour in strip.getcolors() or ()}  # type: ignore[misc]  # of an image of colours these are pairs


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, monthly: Path) -> None:
    assert edge(browser.picture(monthly, *_PHONE)) == {_GROUND}
    wide = monthly.with_name("wide.html")
    spoilt = re.sub(rb"<meta http-equiv[^>]*>", b"", monthly.read_bytes())
    wide.write_bytes(spoilt.replace(b"</style>", b".page{width:600px}</style>"))
    assert edge(browser.picture(wide, *_PHONE)) > {_GROUND}


def test_on_paper_the_page_is_light_and_each_currency_begins_a_sheet(
    browser: Browser, monthly: Path
) -> None:
    paper = browser.printed(monthly)
    assert paper.startswith(b"%PDF-")
    sheets = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert 3 <= sheets <= 8
    assert re.findall(rb"/MediaBox\s*\[0 0 59[0-9.]+ 84[0-9.]+\]", paper)


def glyphs(
    browser: Browser, folder: Path, letters: str, style: str = STYLE
) -> Iterator[Image.Image]:
    """Each letter by itself, in the page's fonts."""
    line = "".join(
        tag("text", letter, x=n * _CELL + 8, y=44, font_size=40) for n, letter in enumerate(letters)
    )
    width = len(letters) * _CELL
    drawing = tag("svg", Markup(line), width=width, height=_CELL, style="position:fixed;inset:0")
    kept = folder / "glyphs.html"
    kept.write_bytes(
        tag("html", Markup('<meta charset="utf-8">'), tag("style", Markup(style)), drawing,
            lang="zh-CN").encode()
    )  # fmt: skip
    picture = browser.picture(kept, max(width, 500), 200)
    for n in range(len(letters)):
        yield picture.crop((n * _CELL, 0, (n + 1) * _CELL, _CELL))


def differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


def test_chinese_is_written_and_not_put_in_boxes(browser: Browser, tmp_path: Path) -> None:
    if not has_chinese_font():
        lacking("fonts-wqy-microhei", "apt-get install it, or another Chinese font")
    drawn = partial(glyphs, browser, tmp_path)
    letters = [*drawn("销售周报漏斗")]
    assert all(colours(letter) > 4 for letter in letters)
    pairs = [(a, b) for n, a in enumerate(letters) for b in letters[:n]]
    assert all(differ(one, other) for one, other in pairs)
    unknown, another = drawn("\u0378\u0379")
    assert not differ(unknown, another)
    assert all(differ(letter, unknown) for letter in letters)
