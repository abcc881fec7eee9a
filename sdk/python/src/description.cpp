// SPDX-License-Identifier: BSD-3-Clause
#include "handles.hpp"

#include <pybind11/stl.h>

#include <array>

namespace py = pybind11;

namespace upciedev::python {
namespace {

constexpr std::array access_names{"rw", "ro", "wo"};
constexpr std::array read_names{"none", "clear", "pop"};
constexpr std::array write_names{"none", "one_to_clear", "one_to_set", "one_to_toggle", "strobe"};

/// What the board file says in the same word.
template <class Description>
const char* access_of(const Description& what) {
    return access_names.at(static_cast<std::size_t>(what.access));
}

template <class Description>
const char* read_effect_of(const Description& what) {
    return read_names.at(static_cast<std::size_t>(what.on_read));
}

template <class Description>
const char* write_effect_of(const Description& what) {
    return write_names.at(static_cast<std::size_t>(what.on_write));
}

template <class Description>
std::string type_of(const Description& what) {
    return what.convert.type.name();
}

template <class Description>
py::dict values_of(const Description& what) {
    py::dict names;
    for (const auto& [name, bits] : what.values)
        names[py::str(name)] = bits;
    return names;
}

/// What registers, fields and areas have in common.
template <class Class>
void bind_common(Class& type) {
    using description = typename Class::type;
    type.def_property_readonly("type", &type_of<description>);
    type.def_readonly("unit", &description::unit);
    type.def_readonly("text", &description::text);
    type.def_property_readonly("access", &access_of<description>);
}

template <class Class>
void bind_value_facts(Class& type) {
    using description = typename Class::type;
    bind_common(type);
    type.def_readonly("width", &description::width);
    type.def_readonly("range", &description::range);
    type.def_property_readonly("values", &values_of<description>);
    type.def_property_readonly("on_read", &read_effect_of<description>);
    type.def_property_readonly("on_write", &write_effect_of<description>);
}

void bind_described(py::module_& core) {
    py::class_<field_description> field(core, "FieldDescription", py::is_final());
    bind_value_facts(field);
    field.def_readonly("name", &field_description::name);
    field.def_readonly("lsb", &field_description::lsb);
    field.def_property_readonly("mask", &field_description::mask);

    py::class_<register_description> reg(core, "RegisterDescription", py::is_final());
    bind_value_facts(reg);
    reg.def_readonly("path", &register_description::path);
    reg.def_readonly("bar", &register_description::bar);
    reg.def_readonly("reset", &register_description::reset);
    reg.def_readonly("guard", &register_description::guard);
    reg.def_readonly("guard_admin", &register_description::guard_admin);
    reg.def_readonly("enables_interrupts", &register_description::enables_interrupts);
    reg.def_readonly("fields", &register_description::fields);

    py::class_<area_description> area(core, "AreaDescription", py::is_final());
    bind_common(area);
    area.def_readonly("path", &area_description::path);
    area.def_readonly("bar", &area_description::bar);
    area.def_readonly("offset", &area_description::offset);
    area.def_readonly("count", &area_description::count);
}

void bind_facts(py::module_& core) {
    py::class_<board_ids>(core, "BoardIds", py::is_final())
        .def_readonly("vendor", &board_ids::vendor)
        .def_readonly("device", &board_ids::device)
        .def_readonly("subvendor", &board_ids::subvendor)
        .def_readonly("subdevice", &board_ids::subdevice);
    py::class_<board_identity>(core, "BoardIdentity", py::is_final())
        .def_readonly("ids", &board_identity::ids)
        .def_readonly("slot", &board_identity::slot)
        .def_readonly("pci_address", &board_identity::pci_address)
        .def_readonly("card", &board_identity::card)
        .def_readonly("driver", &board_identity::driver)
        .def_readonly("generation", &board_identity::generation);
    py::class_<bar_facts>(core, "BarFacts", py::is_final())
        .def_readonly("name", &bar_facts::name)
        .def_readonly("size", &bar_facts::size)
        .def_readonly("io_ports", &bar_facts::io_ports)
        .def_readonly("is_64bit", &bar_facts::is_64bit)
        .def_readonly("prefetchable", &bar_facts::prefetchable)
        .def_readonly("assigned", &bar_facts::assigned)
        .def_readonly("write_combined", &bar_facts::write_combined)
        .def_readonly("peer", &bar_facts::peer, "Offered to other boards' DMA.")
        .def_readonly("mapping", &bar_facts::mapping);
}

std::string entry_repr(const crate_entry& entry) {
    const auto place = entry.slot ? "slot " + std::to_string(*entry.slot) : entry.pci_address;
    return "<upciedev.CrateEntry " + place + " " + (entry.name.empty() ? "?" : entry.name) + ">";
}

void bind_entry(py::module_& core) {
    py::class_<crate_entry>(core, "CrateEntry", py::is_final())
        .def_readonly("crate", &crate_entry::crate)
        .def_readonly("slot", &crate_entry::slot)
        .def_readonly("alias", &crate_entry::alias)
        .def_readonly("name", &crate_entry::name)
        .def_readonly("title", &crate_entry::title)
        .def_readonly("pci_address", &crate_entry::pci_address)
        .def_readonly("ids", &crate_entry::ids)
        .def_readonly("transport", &crate_entry::transport)
        .def_readonly("remark", &crate_entry::remark)
        .def_property_readonly("expected",
                               [](const crate_entry& entry) { return word_of(entry.expected); })
        .def("__repr__", &entry_repr);
}

} // namespace

void bind_descriptions(py::module_& core) {
    bind_described(core);
    bind_facts(core);
    bind_entry(core);
}

} // namespace upciedev::python
