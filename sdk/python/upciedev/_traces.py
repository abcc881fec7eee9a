# SPDX-License-Identifier: BSD-3-Clause
"""What several channels recorded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Traces:
    """`data` is channel x sample, in engineering units; `names` names its rows."""

    names: "list[str]"
    data: "npt.NDArray[np.float64]"

    def __getitem__(self, channel: "str | int") -> "npt.NDArray[np.float64]":
        """The samples of a channel, by name or by number."""
        if isinstance(channel, str):
            if channel not in self.names:
                raise KeyError(f"no channel {channel!r}; there are {', '.join(self.names)}")
            channel = self.names.index(channel)
        return cast("npt.NDArray[np.float64]", self.data[channel])
