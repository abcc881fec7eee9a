// SPDX-License-Identifier: BSD-3-Clause
#include "batch.hpp"
#include "numbers.hpp"
#include "wait.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {

std::unique_ptr<batch_handle> make_batch(board_handle& owner) {
    return std::make_unique<batch_handle>(owner.get().batch(), owner.children());
}

namespace {

/// The answer to a read. It outlives the board: close() leaves it the bits.
class result_handle : public handle<batch::result> {
  public:
    result_handle(batch::result what, const batch_handle& from)
        : handle(std::move(what), from.owner()), running_(from.running()) {}

    void drop() noexcept override {
        keep();
        handle::drop();
    }
    std::uint64_t raw() { return kept_ ? kept_->first : idle().raw(); }
    value get_value() { return kept_ ? kept_->second : idle().get(); }

  private:
    batch::result& idle() {
        if (*running_) throw std::runtime_error("the batch is still running");
        return get();
    }
    void keep() noexcept {
        if (*running_ || closed()) return;
        try {
            kept_.emplace(get().raw(), get().get());
        } catch (const error&) {
            kept_.reset(); // it did not run
        }
    }
    std::shared_ptr<bool> running_;
    std::optional<std::pair<std::uint64_t, value>> kept_;
};

/// Marks a batch as running, while the GIL is released.
class run_mark {
  public:
    explicit run_mark(std::shared_ptr<bool> running) : running_(std::move(running)) {
        *running_ = true;
    }
    run_mark(const run_mark&) = delete;
    run_mark& operator=(const run_mark&) = delete;
    ~run_mark() { *running_ = false; }

  private:
    std::shared_ptr<bool> running_;
};

void run(batch_handle& self) {
    batch what = self.idle();
    const run_mark mark(self.running());
    try {
        const py::gil_scoped_release unlocked;
        what.run();
    } catch (const error& reason) {
        const bool interrupted = reason.kind() == errc::interrupted;
        if (interrupted && PyErr_CheckSignals() != 0) throw py::error_already_set();
        throw;
    }
}

template <class Handle>
std::unique_ptr<result_handle> read(batch_handle& self, Handle& what) {
    return std::make_unique<result_handle>(self.idle().read(what.get()), self);
}

// Numbers come first: their conversion may run Python code, which may close or run the batch.

template <class Handle>
void write(batch_handle& self, Handle& what, const py::object& number) {
    if (PyUnicode_Check(number.ptr())) return self.idle().write(what.get(), to_text(number.ptr()));
    const auto plain = value_for(what, number.ptr());
    self.idle().write(what.get(), plain);
}

void write_raw(batch_handle& self, reg_handle& what, const py::object& bits) {
    const auto plain = bits_for(what, bits.ptr());
    self.idle().write_raw(what.get(), plain);
}

void modify_raw(batch_handle& self, reg_handle& what, std::uint64_t mask, std::uint64_t bits) {
    self.idle().modify_raw(what.get(), mask, bits);
}

void wait(batch_handle& self, reg_handle& what, std::uint64_t mask, std::uint64_t wanted,
          const py::object& timeout) {
    const auto time = to_timeout(timeout);
    self.idle().wait(what.get(), mask, wanted, time);
}

void leave(batch_handle& self, const py::object& raised, const py::args& /*details*/) {
    if (raised.is_none()) run(self);
}

void bind_result(py::module_& core) {
    py::class_<result_handle>(core, "Result", py::is_final())
        .def("raw", &result_handle::raw, "The bits that were read.")
        .def(
            "get", [](result_handle& self) { return to_object(self.get_value()); },
            "The value that was read, in engineering units.");
}

} // namespace

void bind_batch(py::module_& core) {
    bind_result(core);
    py::class_<batch_handle>(core, "Batch", py::is_final())
        .def("read", &read<reg_handle>, py::arg("what"))
        .def("read", &read<field_handle>, py::arg("what"),
             "Read a register or field; the Result has the answer after run().")
        .def("write", &write<reg_handle>, py::arg("what"), py::arg("value"))
        .def("write", &write<field_handle>, py::arg("what"), py::arg("value"))
        .def("write_raw", &write_raw, py::arg("what"), py::arg("bits"))
        .def("modify_raw", &modify_raw, py::arg("what"), py::arg("mask"), py::arg("bits"),
             "Replace the bits in mask.")
        .def("wait", &wait, py::arg("what"), py::arg("mask"), py::arg("wanted"), py::arg("timeout"),
             "Go on when (bits & mask) == (wanted & mask).")
        .def("run", &run, "Carry out what was collected, in order, up to the first error.")
        .def("clear", [](batch_handle& self) { self.idle().clear(); })
        .def("__len__", [](batch_handle& self) { return self.idle().size(); })
        .def_property_readonly("done", [](batch_handle& self) { return self.idle().done(); })
        .def("__enter__", [](const py::object& self) { return self; })
        .def("__exit__", &leave);
}

} // namespace upciedev::python
