// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <pybind11/numpy.h>

#include <optional>
#include <string>
#include <vector>

// One build works with numpy 1 and 2. pybind11 before 2.12 reads PyArray_Descr in the layout of
// numpy 1, and numpy 2 moved the item size. Therefore new_array() makes every array, not pybind11's
// constructors, and itemsize(), nbytes(), alignment() and has_fields() are not called. The layout
// of arrays themselves is the same in both.

namespace upciedev::python {

/// How many elements a read is for, and where it starts.
struct extent {
    std::uint64_t first;
    std::size_t count;
};

/// The part of \p size elements that the arguments name. \throws IndexError, ValueError
extent extent_of(std::int64_t first, std::optional<std::int64_t> count,
                 const std::optional<pybind11::array>& out, std::uint64_t size,
                 const std::string& where);

/// A new array; it is the caller's own. numpy makes it.
pybind11::array new_array(const pybind11::dtype& type, const std::vector<std::size_t>& shape);

/// The bytes of all elements of a contiguous array.
std::size_t size_bytes(const pybind11::array& array);

/// The caller's array as one to fill, or a new one.
/// \throws TypeError (another dtype), ValueError (read-only, not contiguous)
pybind11::array target(const std::optional<pybind11::array>& out, const pybind11::dtype& wanted,
                       std::size_t count);

/// Anything that numpy takes, as contiguous elements of \p wanted; nothing is cut or rounded.
/// \throws TypeError (numbers of another kind), error out_of_range
pybind11::array elements(const pybind11::object& values, const pybind11::dtype& wanted,
                         const std::string& where);

} // namespace upciedev::python
