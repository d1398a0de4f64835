// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace stillage::bench {

/// A long line of any bandwidth before a server on loopback: every byte is `one_way` late in each direction,
/// and a connection takes as long to be made. Prints the port that it listens on; never returns.
[[noreturn]] void serve_line(std::uint16_t server_port, std::chrono::microseconds one_way);

}  // namespace stillage::bench
