# SPDX-License-Identifier: BSD-3-Clause
"""DMA from Python."""

import gc
import select
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import upciedev

CRATE = "sim:devices/crates/full.yaml"


@pytest.fixture
def crate() -> Iterator[upciedev.Crate]:
    with upciedev.open(CRATE) as opened:
        yield opened


@pytest.fixture
def adc(crate: upciedev.Crate) -> upciedev.Board:
    return crate["adc1"]


def ramp(board: upciedev.Board, elements: int) -> "npt.NDArray[np.uint32]":
    """Known numbers in the sample memory, by the CPU."""
    numbers = np.arange(1, 1 + 3 * elements, 3, dtype=np.uint32)
    board.area("DDR").write(0, numbers)
    return numbers


def test_read_gives_what_the_cpu_wrote(adc: upciedev.Board) -> None:
    numbers = ramp(adc, 5000)
    read = adc.dma("read")
    assert not read.to_board and read.alignment == 4 and read.memory == 64 << 20
    assert np.array_equal(read.read(0, 5000, dtype=np.uint32), numbers)
    assert np.array_equal(read.read(400, 100, dtype="<u4"), numbers[100:200])
    odd = read.read(3, 10)
    assert odd.dtype == np.uint8 and np.array_equal(odd, numbers.view(np.uint8)[3:13])


def test_read_fills_my_array(adc: upciedev.Board) -> None:
    numbers = ramp(adc, 64)
    mine = np.zeros((8, 8), dtype=np.uint32)
    assert adc.dma("read").read(0, out=mine) is mine
    assert np.array_equal(mine.ravel(), numbers)
    with pytest.raises(ValueError, match="contiguous"):
        adc.dma("read").read(0, out=mine[:, ::2])
    with pytest.raises(TypeError, match="count"):
        adc.dma("read").read(0)


def test_python_objects_are_not_moved(crate: upciedev.Crate, adc: upciedev.Board) -> None:
    with pytest.raises(TypeError, match="DMA read: moves bytes"):
        adc.dma("read").read(0, 2, dtype=object)
    with pytest.raises(TypeError, match="objects"):
        adc.dma("read").read(0, out=np.array([None, "x"], dtype=object))
    with pytest.raises(TypeError, match="DMA write: moves bytes"):
        crate["io1"].dma("write").write(0, np.array([None, "x"], dtype=object))


def test_errors_name_the_channel(adc: upciedev.Board) -> None:
    with pytest.raises(KeyError, match="read"):
        adc.dma("raed")
    read = adc.dma("read")
    with pytest.raises(IndexError, match="DMA read"):
        read.read(64 << 20, 1)
    with pytest.raises(upciedev.NotSupported):
        read.write(0, np.zeros(4, dtype=np.uint32))
    with pytest.raises(IndexError):
        read.read(-1, 1)


def test_write_reaches_the_board(crate: upciedev.Crate) -> None:
    carrier = crate["io1"]
    sent = np.arange(1000, dtype=np.uint8)
    carrier.dma("write").write(5, sent)
    assert np.array_equal(carrier.dma("read").read(5, 1000), sent)


def test_a_buffer_is_used_again(adc: upciedev.Board) -> None:
    numbers = ramp(adc, 2000)
    with adc.dma("read").buffer(4000) as memory:
        view = memory.array(np.uint32)
        for first in (0, 1000):
            memory.transfer(4 * first)
            assert np.array_equal(view, numbers[first:first + 1000])
        with pytest.raises(BufferError):
            memory.close()
        del view
        gc.collect()
    assert memory.closed
    with pytest.raises(BufferError):
        memory.array()


def test_frames_come_in_order(adc: upciedev.Board) -> None:
    numbers = ramp(adc, 4000)
    seen = []
    with adc.dma("read").stream(4, 1000, step=1000, count=16) as stream:
        assert (stream.depth, stream.frame_size) == (4, 1000)
        for frame in stream:
            assert np.array_equal(frame.array("<u4"), numbers[frame.sequence * 250:][:250])
            assert frame.lost == 0 and abs(frame.time - time.monotonic()) < 60
            seen.append(frame.sequence)
            frame.release()
            assert frame.released
        assert stream.ended and stream.lost == 0
    assert seen == list(range(16))


def test_an_array_keeps_its_frame(adc: upciedev.Board) -> None:
    numbers = ramp(adc, 1000)
    stream = adc.dma("read").stream(2, 400, count=1)
    frame = stream.next(10)
    assert frame is not None and len(frame) == 400
    array = np.asarray(frame)
    assert array.nbytes == 400 and array.flags.writeable
    with pytest.raises(BufferError, match="array"):
        frame.release()
    stream.close()
    del frame
    gc.collect()
    assert np.array_equal(array.view("<u4"), numbers[:100]), "the memory outlives the stream"


def test_without_a_frame_given_back_none_comes(adc: upciedev.Board) -> None:
    ramp(adc, 100)
    stream = adc.dma("read").stream(2, 400)
    kept = [stream.next(10), stream.next(10)]
    assert stream.next(0.2) is None and not stream.ended
    assert select.select([stream], [], [], 0)[0] == []
    kept.pop()
    assert stream.next(10) is not None
    stream.stop()


def test_a_trigger_makes_a_frame(adc: upciedev.Board) -> None:
    adc["LENGTH"] = 100
    daq = adc.area("DAQ")
    size = 100 * daq.sample_size
    channel = adc.dma(daq.dma_channel)
    with channel.stream(4, size, offset=daq.dma_offset, trigger=["done"]) as stream:
        assert stream.next(0.1) is None
        adc["CTRL.SINGLE"] = 1
        adc["CTRL.ARM"] = 1
        adc["CTRL.SOFT_TRIGGER"] = 1
        frame = stream.next(10)
        assert frame is not None
        traces = daq.split(frame)
        assert traces.data.shape == (len(traces.names), 100)
        assert np.array_equal(traces["ch[0]"], daq.dma_traces(0, 100)["ch[0]"])
        assert np.ptp(traces["ch[0]"]) > 0
        with pytest.raises(KeyError, match="ch"):
            traces["no"]


def test_split_takes_bytes_that_lie_one_behind_the_other(adc: upciedev.Board) -> None:
    daq = adc.area("DAQ")
    rows = np.zeros((4, daq.sample_size), np.uint8)
    rows[::2] = 255
    assert daq.split(rows).data.shape[1] == daq.split(rows.tobytes()).data.shape[1] == 4
    for wrong in (rows[::2], rows[::-1], rows.T):
        with pytest.raises((ValueError, BufferError), match="contiguous"):
            daq.split(wrong)


def test_frames_are_written(crate: upciedev.Crate) -> None:
    carrier = crate["io1"]
    with carrier.dma("write").stream(3, 64, step=64, count=6) as stream:
        for number in range(6):
            frame = stream.next(10)
            assert frame is not None
            np.asarray(frame)[:] = number + 1
            stream.send(frame)
            assert frame.released
        assert stream.finish(10)
    data = carrier.dma("read").read(0, 6 * 64).reshape(6, 64)
    assert [set(row) for row in data] == [{n} for n in range(1, 7)]


def test_ctrl_c_ends_a_wait(adc: upciedev.Board) -> None:
    stream = adc.dma("read").stream(2, 400, trigger=["done"])
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        stream.next()


def test_closing_the_board_closes_its_channels(crate: upciedev.Crate) -> None:
    board = crate["adc2"]
    channel = board.dma("read")
    stream = channel.stream(2, 400, trigger=["done"])
    board.close()
    with pytest.raises(ValueError):
        channel.read(0, 1)
    with pytest.raises(ValueError):
        stream.next(0)


SLOW = """\
format: 1
board: slow
bars: {regs: {index: 0, size: 4 KiB}}
registers:
  HOST: {at: regs+0x0, guard: true}
  OFFSET: {at: regs+0x4, guard: true}
  LENGTH: {at: regs+0x8, guard: true}
  BUSY: {at: regs+0xc, access: ro}
  STOP: {at: regs+0x10, guard: true}
dma:
  read:
    direction: from_board
    host: HOST
    board: OFFSET
    length: LENGTH
    stop: [{STOP: 1}]
    busy: BUSY
    max_length: 4  # so every fourth byte is a start of its own
    memory: {at: 0, size: 16 MiB}
"""


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[upciedev.Dma]:
    """A channel whose transfer of all its memory goes on until its time is over."""
    (tmp_path / "slow.yaml").write_text(SLOW)
    (tmp_path / "crate.yaml").write_text("format: 1\ncrate: slow\nslots: {1: {board: slow.yaml}}\n")
    with upciedev.open(f"sim:{tmp_path}/crate.yaml") as opened:
        yield opened[1].dma("read")


def in_use(memory: upciedev.DmaBuffer) -> bool:
    """Whether another thread is inside transfer(). Moves nothing: the time-out is refused."""
    try:
        memory.transfer(0, timeout=-1)
    except RuntimeError:
        return True
    except ValueError:
        return False
    raise AssertionError("a negative time-out was taken")


def test_a_buffer_may_be_closed_during_a_transfer(slow: upciedev.Dma) -> None:
    memory = slow.buffer(16 << 20)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(memory.transfer, 0, timeout=2)
        while not in_use(memory):
            assert not job.done()
        memory.close()
        assert memory.closed
        with pytest.raises(upciedev.Timeout, match="DMA read"):
            job.result(timeout=60)
    with pytest.raises(ValueError, match="closed"):
        memory.transfer(0)
