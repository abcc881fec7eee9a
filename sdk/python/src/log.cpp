// SPDX-License-Identifier: BSD-3-Clause
#include "handles.hpp"

#include <memory>
#include <thread>

namespace py = pybind11;

namespace upciedev::python {
namespace {

/// A callable that any thread may let go of.
using callable_ptr = std::shared_ptr<py::object>;

callable_ptr keep(py::object callable) {
    return {new py::object(std::move(callable)), [](py::object* last) {
                const py::gil_scoped_acquire locked;
                delete last;
            }};
}

/// As the module logging numbers them.
int number_of(log_level level) noexcept {
    return level == log_level::info ? 20 : 30;
}

void tell(const py::object& callable, log_level level, const std::string& line) {
    try {
        callable(number_of(level), py::str(line));
    } catch (py::error_already_set& raised) { // nobody called who could be told
        raised.discard_as_unraisable(callable);
    }
}

/// A line that waits for Python's main thread.
struct pending_line {
    callable_ptr callable;
    log_level level;
    std::string line;

    static int deliver(void* self) noexcept {
        const std::unique_ptr<pending_line> mine(static_cast<pending_line*>(self));
        tell(*mine->callable, mine->level, mine->line);
        return 0;
    }
};

/// What the SDK calls. A thread that is not Python's must not wait for the GIL, whose holder may be
/// waiting for that thread: a simulated board's, say, which is being closed.
struct python_log {
    callable_ptr callable;

    void operator()(log_level level, const std::string& line) const {
        if (PyGILState_GetThisThreadState() != nullptr) {
            const py::gil_scoped_acquire locked;
            return tell(*callable, level, line);
        }
        auto waiting = std::make_unique<pending_line>(pending_line{callable, level, line});
        if (Py_AddPendingCall(&pending_line::deliver, waiting.get()) == 0)
            static_cast<void>(waiting.release());
    }
};

log_callback exchange(log_callback next) {
    const py::gil_scoped_release unlocked; // the callback before may be waiting for the GIL
    return upciedev::set_log(std::move(next));
}

py::object set_log(const py::object& callable) {
    if (!callable.is_none() && PyCallable_Check(callable.ptr()) == 0)
        throw py::type_error("a log is a callable that takes a level and a line, or None");
    const auto before =
        exchange(callable.is_none() ? log_callback() : log_callback(python_log{keep(callable)}));
    const auto* mine = before.target<python_log>();
    return mine == nullptr ? py::none() : *mine->callable;
}

/// To test what a thread of the SDK's own does to the log.
void tell_from_outside(const std::string& line) {
    const auto mine = exchange({});
    static_cast<void>(exchange(mine));
    std::thread([&] { mine(log_level::warning, line); }).join(); // the GIL is held
}

} // namespace

void bind_log(py::module_& core) {
    core.def("set_log", &set_log, py::arg("callable"),
             "Tell what is no error to callable(level, line), with the levels of the module "
             "logging; to nobody if it is None. Returns the callable before.");
    core.def("_tell_from_outside", &tell_from_outside, py::arg("line"));
    // Before the interpreter goes, for threads of the SDK may live longer.
    py::module_::import("atexit").attr("register")(
        py::cpp_function([] { static_cast<void>(exchange({})); }));
}

} // namespace upciedev::python
