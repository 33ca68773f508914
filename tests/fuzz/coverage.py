"""Which inputs reach code that none before them did.

The engine tells when it was built to.  Of Python the interpreter tells, a tenth as fast.
"""

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_CHECKOUT = Path(__file__).parents[2]


def news_of_coverage() -> Callable[[], int] | None:
    """A function that tells how many places the last input was the first to reach.

    None where nothing counts them: see ``tests.sanitize``.
    """
    try:
        news: Callable[[], int] = ctypes.CDLL(None).coverage_news
    except AttributeError:
        return None
    return news


class Lines:
    """Follows our own lines of Python from now on; calling it tells how many were new since."""

    def __init__(self) -> None:
        self._ours = (str(_CHECKOUT / "core" / "src"), str(_CHECKOUT / "plugins"))
        self._seen: set[tuple[CodeType, int]] = set()
        self._told = 0
        sys.settrace(self._call)

    def __call__(self) -> int:
        news = len(self._seen) - self._told
        self._told = len(self._seen)
        return news

    def _call(self, frame: FrameType, _event: str, _value: Any) -> Callable[..., Any] | None:
        return self._line if frame.f_code.co_filename.startswith(self._ours) else None

    def _line(self, frame: FrameType, event: str, _value: Any) -> Callable[..., Any]:
        if event == "line":
            self._seen.add((frame.f_code, frame.f_lineno))
        return self._line
