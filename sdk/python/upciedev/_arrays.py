# SPDX-License-Identifier: BSD-3-Clause
"""Arrays on their way to a board, where they have not its element type yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from upciedev._errors import Errc, Error, make


def _out_of_range(array: npt.NDArray[Any], wanted: np.dtype[Any], where: str) -> Error:
    reason = f"values from {array.min()} to {array.max()} do not fit into {wanted}"
    return make(Errc.out_of_range.value, where, reason, "", f"{where}: {reason}")


def _may_become(array: npt.NDArray[Any], wanted: np.dtype[Any]) -> bool:
    if array.size == 0 or np.can_cast(array.dtype, wanted, "safe"):
        return True
    if wanted.kind == "f":
        return array.dtype.kind in "iuf"
    return array.dtype.kind in "iu"


def elements(values: npt.ArrayLike, wanted: np.dtype[Any], where: str) -> npt.NDArray[Any]:
    """The values as a contiguous array of the wanted type; integers are never cut or wrapped."""
    array = np.asarray(values)
    if not _may_become(array, wanted):
        raise TypeError(
            f"{where}: elements are {wanted}, not {array.dtype}; "
            "give integers as they are stored, or convert=True for engineering values"
        )
    if array.size and array.dtype.kind in "iu" and wanted.kind in "iu":
        limits = np.iinfo(wanted)
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            raise _out_of_range(array, wanted, where)
    return np.ascontiguousarray(array, dtype=wanted)
