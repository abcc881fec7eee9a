// SPDX-License-Identifier: BSD-3-Clause
// For those who write the behaviour of a board as a library of its own; see docs/models.md.
#pragma once

#include <upciedev/crate_file.hpp>
#include <upciedev/extend/model.hpp>

#include <memory>

namespace upciedev {
inline namespace v1 {

/// Raised whenever `model` or `model_board` changes for those who derive from or call it.
inline constexpr std::uint32_t model_abi = 1;

/// What such a library and this one both lay out in memory.
struct model_layout {
    std::uint32_t string = sizeof(std::string);
    std::uint32_t new_strings = _GLIBCXX_USE_CXX11_ABI;
    std::uint32_t function = sizeof(model_board::task);
    std::uint32_t model = sizeof(upciedev::model);
    std::uint32_t model_part = sizeof(upciedev::model_part);
    std::uint32_t board_description = sizeof(upciedev::board_description);
    std::uint32_t register_description = sizeof(upciedev::register_description);
};

/// What the library looks at before it calls anything in it. Its first three members never change.
struct model_tag {
    std::uint32_t magic = 0x6d637075; ///< "upcm"
    std::uint32_t size = sizeof(model_tag);
    std::uint32_t abi = model_abi;
    model_layout layout{};
    const char* board = nullptr; ///< name in the board file that it is written for
    std::unique_ptr<model> (*make)(model_board&) = nullptr;
};

template <class Model>
std::unique_ptr<model> make_model(model_board& board) {
    return std::make_unique<Model>(board);
}

/// The behaviour that a crate file gives a board by `model`: a library by its path, or
/// libupciedev-model-NAME.so in $UPCIEDEV_MODELS (folders, with ':' between them) or in the folder
/// `upciedev` beside this library. It stays loaded.
/// \returns an empty one if the file names none
/// \throws error at the place in the crate file: no_such_board (no such library), abi_mismatch,
/// io_error; the factory itself also bad_board_file (written for another board), io_error (its
/// constructor threw)
[[nodiscard]] UPCIEDEV_API model_factory model_of(const crate_slot& slot);

} // namespace v1
} // namespace upciedev

/// Once in such a library, outside of all namespaces: \p model_class, derived from model, behaves
/// as the boards whose board file is called \p board_name.
#define UPCIEDEV_MODEL(board_name, model_class)                                                    \
    extern "C" UPCIEDEV_API const ::upciedev::model_tag upciedev_model;                            \
    const ::upciedev::model_tag upciedev_model {                                                   \
        .board = (board_name), .make = &::upciedev::make_model<model_class>                        \
    }
