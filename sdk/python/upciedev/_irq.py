# SPDX-License-Identifier: BSD-3-Clause
"""`async for event in irq`: the event loop watches the descriptor."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from upciedev._core import Irq, IrqEvent


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(descriptor, tell)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


async def events(irq: "Irq") -> "AsyncIterator[IrqEvent]":
    while True:
        event = irq.wait(0)
        if event is None:
            await _readable(irq.fileno())
        else:
            yield event
