// SPDX-License-Identifier: BSD-3-Clause
#include "base/joined.hpp"
#include "plugins/tagged_library.hpp"

#include <upciedev/error.hpp>
#include <upciedev/extend/model_plugin.hpp>

#include <fmt/format.h>

#include <array>

namespace upciedev {
inline namespace v1 {
namespace {

namespace fs = std::filesystem;

constexpr detail::library_kind models{"model", "libupciedev-model-", "UPCIEDEV_MODELS",
                                      "upciedev_model", "UPCIEDEV_MODEL(\"BOARD\", class)"};

[[noreturn]] void refuse_missing(const std::string& name, const std::string& file) {
    const auto looked = detail::joined(detail::library_folders(models),
                                       [](const auto& each) { return each.string(); });
    throw error(errc::no_such_board, file, "is not there",
                fmt::format("model '{}' is looked for in {}; $UPCIEDEV_MODELS names folders", name,
                            looked));
}

fs::path file_of(const std::string& model) {
    if (model.find('/') != std::string::npos) {
        if (fs::exists(model)) return model;
        throw error(errc::no_such_board, model, "is not there",
                    "build it; its path is relative to the crate file");
    }
    const auto file = fmt::format("{}{}.so", models.prefix, model);
    for (const auto& folder : detail::library_folders(models))
        if (fs::exists(folder / file)) return fs::absolute(folder / file);
    refuse_missing(model, file);
}

void check_tag(const fs::path& file, const model_tag& tag) {
    check_head(file, models, detail::head_of_tag(tag), detail::head_of_tag(model_tag{}));
    constexpr model_layout ours;
    const auto& its = tag.layout;
    const auto parts = std::to_array<detail::layout_part>(
        {{"std::string", its.string, ours.string},
         {"_GLIBCXX_USE_CXX11_ABI", its.new_strings, ours.new_strings},
         {"std::function", its.function, ours.function},
         {"model", its.model, ours.model},
         {"model_part", its.model_part, ours.model_part},
         {"board_description", its.board_description, ours.board_description},
         {"register_description", its.register_description, ours.register_description}});
    detail::check_layout(file, parts);
    if (tag.board == nullptr || tag.make == nullptr)
        detail::refuse_library(file, "its tag names no board or no class",
                               "say UPCIEDEV_MODEL(\"BOARD\", class) once in its source");
}

const model_tag& load(const fs::path& file) {
    const auto check = [&](const void* tag) {
        check_tag(file, *static_cast<const model_tag*>(tag));
    };
    return *static_cast<const model_tag*>(detail::load_tag(file, models, check));
}

/// The library's error, at the place of the crate file that names it.
error at_place(const std::string& where, const std::string& library, const error& wrong) {
    const std::string place =
        wrong.where().empty() || wrong.where() == library ? "" : wrong.where() + " ";
    return {wrong.kind(), where, fmt::format("model {}: {}{}", library, place, wrong.reason()),
            wrong.remedy(), wrong.cause()};
}

std::unique_ptr<model> construct(const model_tag& tag, model_board& board) try {
    return tag.make(board);
} catch (const error&) {
    throw;
} catch (const std::exception& wrong) {
    throw error(errc::io_error, {}, fmt::format("its constructor threw: {}", wrong.what()));
} catch (...) {
    throw error(errc::io_error, {}, "its constructor threw what is no std::exception");
}

std::unique_ptr<model> make(const model_tag& tag, model_board& board) {
    const auto& name = board.description().name;
    if (name != tag.board)
        throw error(errc::bad_board_file, {},
                    fmt::format("it is written for board '{}', the slot's board file is '{}'",
                                tag.board, name),
                    "name the model of that board, or the board file of that model");
    return construct(tag, board);
}

} // namespace

model_factory model_of(const crate_slot& slot) {
    if (slot.model.empty()) return {};
    std::string library = slot.model;
    try {
        const auto file = file_of(slot.model);
        library = file.string();
        const auto& tag = load(file);
        return [&tag, library, where = slot.model_where](model_board& board) {
            try {
                return make(tag, board);
            } catch (const error& wrong) {
                throw at_place(where, library, wrong);
            }
        };
    } catch (const error& wrong) {
        throw at_place(slot.model_where, library, wrong);
    }
}

} // namespace v1
} // namespace upciedev
