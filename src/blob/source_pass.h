// SPDX-License-Identifier: MIT
#pragma once
// A look at all bytes of a source before they are sent: for protocols whose requests begin with a digest.

#include <functional>
#include <stop_token>
#include <string_view>

#include "net/body.h"
#include "net/failure.h"

namespace stillage::blob {

/// Calls `look` with all of the source, from its start, in pieces. Failures: local, cancelled.
net::Outcome<void> look_through(net::ByteSource& source, const std::function<void(std::string_view)>& look,
                                const std::stop_token& stop);

}  // namespace stillage::blob
