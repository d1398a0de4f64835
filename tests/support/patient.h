// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_message.h"

namespace stillage::test {

/// Deadlines of clients in tests whose subject is another one: a server on a busy machine may take its time.
inline constexpr net::HttpDeadlines kPatient{.connect = std::chrono::seconds(30),
                                             .stall = std::chrono::seconds(60),
                                             .answer = std::chrono::seconds(60),
                                             .slow_window = std::chrono::seconds(60)};

}  // namespace stillage::test
