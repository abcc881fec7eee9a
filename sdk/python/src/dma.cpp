// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "dma_memory.hpp"
#include "peer.hpp"
#include "wait.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

using dma_handle = handle<dma>;

std::unique_ptr<dma_handle> channel_of(board_handle& self, std::string_view name) {
    return std::make_unique<dma_handle>(self.get().dma(name), self.children());
}

/// An engine knows no Python objects: their pointers would come from the board, or go there.
void check_plain(const py::dtype& type, const dma& what) {
    if (!type.attr("hasobject").cast<bool>()) return;
    throw py::type_error(what.where() + ": moves bytes, not Python objects; give numbers");
}

py::array read_memory(dma_handle& self, std::int64_t offset, std::optional<std::int64_t> count,
                      const py::object& type, const std::optional<py::array>& out,
                      const py::object& timeout) {
    const dma what = self.get(); // a copy: close() may come while the GIL is released
    if (!out && !count)
        throw py::type_error("read() wants a count of elements, or an array as out");
    const auto wanted = out ? out->dtype() : py::dtype::from_args(type);
    check_plain(wanted, what);
    const auto part = extent_of(offset, count, out, what.facts().memory, what.where());
    py::array array = target(out, wanted, part.count);
    const std::span bytes(static_cast<std::byte*>(array.mutable_data()), size_bytes(array));
    until_done(timeout, [&](auto time) { return what.read(part.first, bytes, time); });
    return array;
}

void write_memory(dma_handle& self, std::uint64_t offset, const py::object& values,
                  const py::object& timeout) {
    const dma what = self.get();
    const py::array array =
        py::module_::import("numpy").attr("ascontiguousarray")(values).cast<py::array>();
    check_plain(array.dtype(), what);
    const std::span bytes(static_cast<const std::byte*>(array.data()), size_bytes(array));
    until_done(timeout, [&](auto time) { return what.write(offset, bytes, time); });
}

/// Memory that stays pinned.
class buffer_object final : public exporter {
  public:
    explicit buffer_object(dma_buffer&& what)
        : buffer_(std::make_shared<dma_buffer>(std::move(what))) {}
    [[nodiscard]] std::span<std::byte> bytes() override { return share()->bytes(); }
    /// Outlives a close() meanwhile. \throws ValueError when it is closed
    [[nodiscard]] std::shared_ptr<dma_buffer> share() const {
        if (!buffer_) throw_closed();
        return buffer_;
    }
    void close() {
        check_unused("the buffer cannot be closed");
        buffer_.reset();
    }
    [[nodiscard]] bool closed() const noexcept { return !buffer_; }
    std::atomic_flag in_use;

  private:
    std::shared_ptr<dma_buffer> buffer_;
};

std::unique_ptr<buffer_object> buffer_of(dma_handle& self, std::uint64_t bytes) {
    return std::make_unique<buffer_object>(self.get().buffer(bytes));
}

void transfer(buffer_object& self, std::uint64_t offset, std::uint64_t at,
              std::optional<std::uint64_t> length, const py::object& timeout) {
    const only_user alone(self.in_use, "another thread uses this buffer");
    const auto buffer = self.share();
    const std::uint64_t size = buffer->bytes().size();
    const auto bytes = length.value_or(size - std::min(at, size));
    until_done(timeout, [&](auto time) { return buffer->transfer(offset, at, bytes, time); });
}

struct guarded_stream {
    explicit guarded_stream(dma_stream&& what) : stream(std::move(what)) {}
    dma_stream stream;
    std::atomic_flag in_use;
};

using stream_handle = handle<std::shared_ptr<guarded_stream>>;
constexpr auto stream_refusal = "another thread waits for this stream; open one for each thread";

dma_stream_options options_of(std::uint64_t offset, std::uint64_t step, std::uint64_t count,
                              const std::vector<std::string>& trigger, const py::object& timeout) {
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(to_timeout(timeout));
    return {
        .offset = offset, .step = step, .count = count, .trigger = trigger, .timeout = patience};
}

std::unique_ptr<stream_handle> handle_of(dma_stream&& stream, const dma_handle& channel) {
    return std::make_unique<stream_handle>(std::make_shared<guarded_stream>(std::move(stream)),
                                           channel.owner());
}

std::unique_ptr<stream_handle> stream_of(dma_handle& self, unsigned depth, std::uint64_t frame_size,
                                         std::uint64_t offset, std::uint64_t step,
                                         std::uint64_t count,
                                         const std::vector<std::string>& trigger,
                                         const py::object& timeout) {
    const auto options = options_of(offset, step, count, trigger, timeout);
    return handle_of(self.get().stream(depth, frame_size, options), self);
}

std::unique_ptr<stream_handle> stream_into(dma_handle& self, region_handle& target,
                                           std::uint64_t frame_size, std::uint64_t offset,
                                           std::uint64_t step, std::uint64_t count,
                                           const std::vector<std::string>& trigger,
                                           const py::object& timeout) {
    const auto options = options_of(offset, step, count, trigger, timeout);
    return handle_of(self.get().stream_to(target.get(), frame_size, options), self);
}

std::unique_ptr<frame_object> next_frame(stream_handle& self, const py::object& timeout) {
    const auto shared = self.get(); // outlives a close() meanwhile
    const only_user alone(shared->in_use, stream_refusal);
    std::optional<dma_frame> frame;
    wait_in_slices(timeout, [&](std::chrono::microseconds time) -> std::optional<std::uint64_t> {
        frame = shared->stream.next(time);
        return frame || shared->stream.ended() ? std::optional<std::uint64_t>(0) : std::nullopt;
    });
    return frame ? std::make_unique<frame_object>(std::move(*frame)) : nullptr;
}

std::unique_ptr<frame_object> iterate(stream_handle& self) {
    // The analyzer does not follow a unique_ptr that is returned.
    auto frame = next_frame(self, py::none()); // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)
    if (!frame) throw py::stop_iteration();
    return frame;
}

void send(stream_handle& self, frame_object& frame) {
    const auto shared = self.get();
    const only_user alone(shared->in_use, stream_refusal);
    shared->stream.send(frame.take());
}

bool finish(stream_handle& self, const py::object& timeout) {
    const auto shared = self.get();
    const only_user alone(shared->in_use, stream_refusal);
    return wait_in_slices(timeout,
                          [&](std::chrono::microseconds time) -> std::optional<std::uint64_t> {
                              if (!shared->stream.finish(time)) return std::nullopt;
                              return 0;
                          })
        .has_value();
}

void stop(stream_handle& self) {
    const auto shared = self.get();
    const py::gil_scoped_release unlocked;
    shared->stream.stop();
}

void bind_buffer(py::module_& core) {
    py::class_<buffer_object, exporter>(core, "DmaBuffer", py::is_final(), buffer_of_exporter())
        .def("transfer", &transfer, py::arg("offset"), py::arg("at") = 0,
             py::arg("length") = py::none(), py::kw_only(), py::arg("timeout") = 10.0,
             "Move bytes between the board and the buffer, in the channel's direction.")
        .def("array", &array_of, py::arg("dtype") = "u1",
             "Its bytes as an array, without a copy; the array keeps the memory.")
        .def("close", &buffer_object::close)
        .def_property_readonly("closed", &buffer_object::closed)
        .def("__len__", [](buffer_object& self) { return self.bytes().size(); })
        .def("__enter__", [](py::object self) { return self; })
        .def("__exit__", [](buffer_object& self, const py::args&) { self.close(); });
}

void bind_stream(py::module_& core) {
    py::class_<stream_handle> type(core, "DmaStream", py::is_final());
    type.def("next", &next_frame, py::arg("timeout") = py::none(),
             "The next frame; None if the time, in seconds, is over or the stream has ended.")
        .def("send", &send, py::arg("frame"), "To the board: write this frame.")
        .def("finish", &finish, py::arg("timeout") = 10.0,
             "To the board: wait until all that was sent is written.")
        .def("stop", &stop, "No frame changes any more when it returns.")
        .def_property_readonly("ended",
                               [](stream_handle& self) { return self.get()->stream.ended(); })
        .def_property_readonly("lost",
                               [](stream_handle& self) { return self.get()->stream.lost(); })
        .def_property_readonly("depth",
                               [](stream_handle& self) { return self.get()->stream.depth(); })
        .def_property_readonly("frame_size",
                               [](stream_handle& self) { return self.get()->stream.frame_size(); })
        .def("fileno", [](stream_handle& self) { return self.get()->stream.fd(); })
        .def("__iter__", [](py::object self) { return self; })
        .def("__next__", &iterate);
    bind_closing(type);
}

} // namespace

void bind_dma(py::module_& core, py::class_<board_handle>& board_type) {
    bind_frame(core);
    bind_buffer(core);
    bind_stream(core);
    py::class_<dma_handle>(core, "Dma", py::is_final())
        .def("read", &read_memory, py::arg("offset"), py::arg("count") = py::none(), py::kw_only(),
             py::arg("dtype") = "u1", py::arg("out") = py::none(), py::arg("timeout") = 10.0,
             "Elements from the board's memory, from byte offset on.")
        .def("write", &write_memory, py::arg("offset"), py::arg("values"), py::kw_only(),
             py::arg("timeout") = 10.0, "The bytes of an array into the board's memory.")
        .def("buffer", &buffer_of, py::arg("bytes"), "Memory that stays pinned.")
        .def("stream", &stream_of, py::arg("depth"), py::arg("frame_size"), py::kw_only(),
             py::arg("offset") = 0, py::arg("step") = 0, py::arg("count") = 0,
             py::arg("trigger") = std::vector<std::string>(), py::arg("timeout") = 1.0,
             "Frames that begin to flow now.")
        .def("stream_to", &stream_into, py::arg("target"), py::arg("frame_size"), py::kw_only(),
             py::arg("offset") = 0, py::arg("step") = 0, py::arg("count") = 0,
             py::arg("trigger") = std::vector<std::string>(), py::arg("timeout") = 1.0,
             "Frames that begin to flow now into another board.")
        .def(
            "region",
            [](dma_handle& self, std::uint64_t offset, std::uint64_t bytes) {
                return std::make_unique<region_handle>(self.get().region(offset, bytes),
                                                       self.owner());
            },
            py::arg("offset"), py::arg("bytes"), "Of its memory, for copy().")
        .def_property_readonly("alignment",
                               [](dma_handle& self) { return self.get().facts().alignment; })
        .def_property_readonly("memory", [](dma_handle& self) { return self.get().facts().memory; })
        .def_property_readonly("to_board",
                               [](dma_handle& self) { return self.get().facts().to_board; })
        .def("__repr__", [](dma_handle& self) {
            return repr("Dma", self, [](const dma& what) { return what.where(); });
        });
    board_type.def("dma", &channel_of, py::arg("name"), "A DMA channel of the board file.");
}

} // namespace upciedev::python
