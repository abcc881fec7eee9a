// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "handles.hpp"

#include <atomic>
#include <span>

namespace upciedev::python {

/// Memory that arrays look into: it stays while they do.
class exporter {
  public:
    exporter() = default;
    exporter(const exporter&) = delete;
    exporter& operator=(const exporter&) = delete;
    virtual ~exporter() = default;

    /// \throws ValueError once it was released
    [[nodiscard]] virtual std::span<std::byte> bytes() = 0;
    /// \throws BufferError while an array looks into it
    void check_unused(const char* what) const;

    std::atomic<int> exports = 0;
};

/// Gives a type the buffer protocol; its instances are exporters.
pybind11::custom_type_setup buffer_of_exporter();

/// A frame, until it was given back.
class frame_object final : public exporter {
  public:
    explicit frame_object(dma_frame&& what) : frame_(std::move(what)) {}
    [[nodiscard]] std::span<std::byte> bytes() override { return get().bytes(); }
    [[nodiscard]] dma_frame& get();
    [[nodiscard]] bool released() const noexcept { return !frame_; }
    void release();
    [[nodiscard]] dma_frame take(); ///< to send it

  private:
    std::optional<dma_frame> frame_;
};

void bind_frame(pybind11::module_& core);
/// A numpy array that looks into \p self and keeps it.
pybind11::object array_of(const pybind11::object& self, const pybind11::object& type);

} // namespace upciedev::python
