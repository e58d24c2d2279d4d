"""The console says that the machine's clock was set: as long as our time goes on without it, and for a day afterwards."""

from pathlib import Path

import pytest
from desk import NOW, Desk
from starlette.testclient import TestClient

from api.language import COOKIE
from events.types.fact import DAY


def page(folder: Path, language: str, **clock: float) -> str:
    desk = Desk(folder, health=lambda: {"ok": True, **clock})
    try:
        desk.user()
        with TestClient(desk.app) as client:
            client.get(desk.link())
            client.cookies.set(COOKIE, language)
            return client.get("/").text
    finally:
        desk.close()


@pytest.mark.parametrize(
    ("language", "off", "said"),
    [
        ("zh", 3600.0, "这台电脑的钟被拨快了1 小时；各步骤仍按原来的时间走"),
        ("zh", -3600.0, "这台电脑的钟被拨慢了1 小时"),
        ("en", 3600.0, "was set 1 h forward; steps keep their own time"),
        ("en", -90.0, "was set 1 min back"),
    ],
)
def test_a_clock_that_we_do_not_follow_yet_is_shown(tmp_path: Path, language: str, off: float, said: str) -> None:
    assert said in page(tmp_path, language, clock_off_s=off, clock_stepped_at=NOW, clock_stepped_by_s=off)


def test_a_step_that_was_followed_is_shown_for_a_day(tmp_path: Path) -> None:
    text = page(tmp_path, "zh", clock_off_s=0.0, clock_stepped_at=NOW - DAY // 2, clock_stepped_by_s=-3600.0)
    assert "这台电脑的钟被拨慢了1 小时，已记录" in text


def test_an_old_step_and_a_right_clock_are_no_words_worth(tmp_path: Path) -> None:
    text = page(tmp_path, "zh", clock_off_s=0.0, clock_stepped_at=NOW - 2 * DAY, clock_stepped_by_s=-3600.0)
    assert "clock-set" not in text
    (tmp_path / "never").mkdir()
    assert "clock-set" not in page(tmp_path / "never", "zh", clock_off_s=0.0, clock_stepped_at=0, clock_stepped_by_s=0)
