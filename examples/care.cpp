// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    (void)upciedev::set_log([](upciedev::log_level level, const std::string& line) {
        const bool warning = level == upciedev::log_level::warning;
        std::cout << (warning ? "warning: " : "log: ") << line.substr(0, line.find(',')) << '\n';
    });
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto adc = crate.board("adc");
    (void)upciedev::set_log({});

    for (const auto& name : adc.way().capabilities().names())
        std::cout << name << ' ';
    std::cout << "can be done\n";
    if (adc.way().capabilities().has(upciedev::capability::claim)) {
        const auto mine = adc.claim(); // others read on, but do not write
        const auto before = upciedev::settings::of(adc);
        adc.write("PRETRIGGER", 100);
        adc.write("CTRL.MODE", "external");
        for (const auto& change : before.diff(adc))
            std::cout << change.path << " was " << change.saved << ", is " << change.present
                      << '\n';
        before.restore(adc);
    } // the claim ends

    const auto table = adc.reg("TABLE[3]");
    table.write(7);
    adc.reset(); // and reopen(): handles go on
    std::cout << "after a reset " << table.raw() << '\n';

    adc.remove(); // before it is unplugged; on hardware for root
    std::cout << (adc.gone() ? "gone\n" : "still there\n");
    crate.rescan();
    adc.reopen();
    std::cout << "back: " << table.raw() << '\n';

    const auto health = adc.health();
    if (health.link && health.link->degraded()) std::cout << "the link is slow\n";
    for (const auto& complaint : health.complaints())
        std::cout << complaint << '\n';
    std::cout << health.card << (health.simulated ? ", simulated\n" : "\n");
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
