// SPDX-License-Identifier: MIT
#pragma once
// A blob moved in parts, some of them at a time: how object stores take and give large ones. Sources are
// read, and sinks written, in order and by the calling thread only; the parts in flight are what memory it
// takes.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "net/body.h"
#include "net/failure.h"

namespace stillage::blob {

struct Parts {
  std::uint64_t size = 4 << 20;  ///< of each part; the last may be smaller
  std::size_t at_once = 4;
};

/// Sends part `index` of a blob; called by several threads.
using SendPart =
    std::function<net::Outcome<void>(std::size_t index, std::string_view bytes, std::stop_token stop)>;
/// Reads the source from its start and sends all of it. The first failure ends it, and stops the other parts.
/// Returns how many parts there were (an empty source has one).
net::Outcome<std::size_t> send_parts(net::ByteSource& source, const Parts& parts, const SendPart& send,
                                     std::stop_token stop);

/// Gives exactly `size` bytes from `offset` on; called by several threads.
using FetchPart =
    std::function<net::Outcome<std::string>(std::uint64_t offset, std::uint64_t size, std::stop_token stop)>;
/// Fetches what lies from `offset` up to `end`, and writes it to the sink.
net::Outcome<void> fetch_parts(std::uint64_t offset, std::uint64_t end, const Parts& parts,
                               const FetchPart& fetch, net::ByteSink& sink, std::stop_token stop);

}  // namespace stillage::blob
