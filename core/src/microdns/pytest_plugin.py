"""Fixtures for tests of plugins; pytest finds them through the entry point ``pytest11``.

They stand outside ``microdns.testing``, which imports the whole kernel: pytest loads this module
in every run, before coverage is measured.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from microdns.lifecycle.kernel import Kernel
    from microdns.testing.clock import FakeClock
    from microdns.testing.network import LoopbackNetwork

# Imports stand inside the fixtures: a pytest run that uses none of them loads no kernel.


@pytest.fixture
def fake_clock() -> "FakeClock":
    """A clock that the test turns by hand."""
    from microdns.testing.clock import FakeClock

    return FakeClock()


@pytest.fixture
def loopback_network() -> "LoopbackNetwork":
    """A network that binds free ports on loopback, whatever address is asked."""
    from microdns.testing.network import LoopbackNetwork

    return LoopbackNetwork()


@pytest.fixture
def running_kernel() -> "Callable[..., AbstractAsyncContextManager[Kernel]]":
    """``async with running_kernel([plugin], config_text) as kernel``; see ``run_kernel``."""

    def run(*arguments: Any, **options: Any) -> "AbstractAsyncContextManager[Kernel]":
        from microdns.testing.kernels import run_kernel

        return run_kernel(*arguments, **options)

    return run
