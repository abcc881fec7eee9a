// SPDX-License-Identifier: BSD-3-Clause
// upciedev-behaviour: one suite, any transport.

#include "report.hpp"
#include "stand.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <cstdio>

namespace {

void add_options(CLI::App& app) {
    auto& options = behaviour::options;
    app.add_option("--crate", options.uri, "URI of the crate under test")->required();
    app.add_option("--devices", options.devices, "Folder of board files")->allow_extra_args(false);
    app.add_option("--names", options.names, "Crate file with aliases for this machine's slots");
    app.add_option("--unplug", options.unplug,
                   "Command that takes the board at PCI address, or in slot, $1 away");
    app.add_option("--replug", options.replug, "Command that brings it back");
    app.add_option("--report", options.report, "File that collects several runs for one table");
    app.add_option("--at-least", options.at_least, "Fewer rows exercised is a failure");
    app.footer("GoogleTest's own options work too, for example --gtest_filter='batch_row.*'");
}

int run() {
    const auto& uri = behaviour::options.uri;
    const auto name =
        uri.starts_with("sim:") ? uri : uri + " (" + behaviour::transport_name() + ")";
    auto* collected = new behaviour::collector(name); // GoogleTest owns it
    ::testing::UnitTest::GetInstance()->listeners().Append(collected);
    int status = RUN_ALL_TESTS();
    if (collected->rows().empty()) {
        std::fprintf(stderr, "no row ran\n");
        return 1;
    }
    behaviour::write_results(collected->rows());
    behaviour::print_report(behaviour::keep_report(behaviour::options.report, collected->rows()));
    fmt::print("\n{} can: {}\n", behaviour::transport_name(),
               fmt::join(behaviour::common_capabilities().names(), ", "));
    std::printf("%s: %u of %zu rows exercised\n", name.c_str(), collected->exercised(),
                collected->rows().size());
    if (collected->exercised() < behaviour::options.at_least) {
        std::printf("FAILED: at least %u should be: a board or register is missing\n",
                    behaviour::options.at_least);
        status = 1;
    }
    return status;
}

} // namespace

int main(int argc, char** argv) {
    GTEST_FLAG_SET(output, ""); // several runs share one $GTEST_OUTPUT; write_results() serves
    ::testing::InitGoogleTest(&argc, argv);
    CLI::App app{"The behaviour suite of the upciedev SDK, over any transport."};
    add_options(app);
    CLI11_PARSE(app, argc, argv);
    try {
        return run();
    } catch (const upciedev::error& failure) {
        std::fprintf(stderr, "upciedev-behaviour: %s\n", failure.what());
        return 1;
    }
}
