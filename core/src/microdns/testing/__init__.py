"""The test kit: a kernel in a fixture, clocks that tests turn, a network on free ports.

Installed with the kernel as a pytest plugin, so that a plugin's tests need nothing else::

    async def test_says_hello(running_kernel):
        async with running_kernel([HelloPlugin()], "[hello]\\nname = 'you'") as kernel:
            assert await kernel.operations.call("hello.say", {}, Call()) == ...
"""

from microdns.testing.check import check_plugin
from microdns.testing.clock import FakeClock
from microdns.testing.kernels import run_kernel
from microdns.testing.loop import LoopTime
from microdns.testing.network import LoopbackNetwork

__all__ = ["FakeClock", "LoopTime", "LoopbackNetwork", "check_plugin", "run_kernel"]
