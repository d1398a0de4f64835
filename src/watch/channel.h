// SPDX-License-Identifier: MIT
#pragma once
// The socket between the watcher service and its clients: a UNIX socket in the checkout's state folder, which
// is the user's alone. Both sides also ask the kernel who the other one is.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::watch {

/// Makes the socket in `folder` and listens, in place of what was there.
Result<os::Fd> listen_in(const std::string& folder);
/// The next client of this user, ready to be read without waiting; nothing if there is none.
std::optional<os::Fd> accept_own(int listener);
/// Connects to the service of this user in `folder`; nothing if none is there.
std::optional<os::Fd> connect_in(const std::string& folder);

/// Sends a message with its length in front. False if the other side is not there, or does not take it.
bool send_message(int socket, std::string_view payload, std::chrono::milliseconds patience);
/// The next message; nothing if none comes in time, or one longer than `most` bytes.
std::optional<std::string> receive_message(int socket, std::size_t most, std::chrono::milliseconds patience);

}  // namespace stillage::watch
