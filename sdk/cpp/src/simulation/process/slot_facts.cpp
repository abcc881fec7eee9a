// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_facts.hpp"
#include "simulation/process/crate_folder.hpp"

#include <cerrno>

namespace upciedev::inline v1::detail {

slot_facts facts_of(const slot_link& link) {
    slot_wire::reader greeting(link.greeting());
    slot_facts facts;
    facts.hello = greeting.take<slot_wire::hello_answer>();
    facts.process = link.process();
    for (auto* text :
         {&facts.file, &facts.board, &facts.title, &facts.alias, &facts.crate, &facts.crate_title})
        *text = greeting.take_text();
    if (greeting.bad()) link.refuse(EPROTO);
    return facts;
}

slot_facts ask_slot(const std::filesystem::path& folder, unsigned slot) {
    return facts_of(slot_link(access_socket(folder, slot), slot));
}

} // namespace upciedev::inline v1::detail
