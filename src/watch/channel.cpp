// SPDX-License-Identifier: MIT
#include "watch/channel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "os/at.h"
#include "os/file.h"

namespace stillage::watch {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kName = "socket";
constexpr int kBacklog = 64;

/// By way of the open folder: the path of a state folder may be longer than an address can hold.
sockaddr_un address_in(const os::Fd& folder) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/{}", folder.get(), kName);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool is_own(int socket) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

/// Waits until the socket can go on; false when the time is up.
bool wait_for(int socket, short events, Clock::time_point end) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd wanted = {.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool receive_exactly(int socket, char* bytes, std::size_t size, Clock::time_point end) {
  while (size > 0) {
    const ssize_t got = ::recv(socket, bytes, size, MSG_DONTWAIT);
    if (got == 0) return false;
    if (got > 0) {
      bytes += got;
      size -= static_cast<std::size_t>(got);
    } else if ((errno != EAGAIN && errno != EINTR) || !wait_for(socket, POLLIN, end)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<os::Fd> listen_in(const std::string& folder) {
  STILLAGE_ASSIGN(const os::Fd dir, os::open_path(folder, O_PATH | O_DIRECTORY));
  os::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return os::io_error("listen in", folder);
  STILLAGE_TRY(os::unlink_at(dir.get(), kName));
  const sockaddr_un address = address_in(dir);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::fchmodat(dir.get(), kName, 0600, 0) != 0 || ::listen(listener.get(), kBacklog) != 0)
    return os::io_error("listen in", folder);
  return listener;
}

std::optional<os::Fd> accept_own(int listener) {
  os::Fd client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client || !is_own(client.get())) return std::nullopt;
  return client;
}

std::optional<os::Fd> connect_in(const std::string& folder) {
  const auto dir = os::open_path(folder, O_PATH | O_DIRECTORY);
  os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!dir || !socket) return std::nullopt;
  const sockaddr_un address = address_in(*dir);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      !is_own(socket.get()))
    return std::nullopt;
  return socket;
}

bool send_message(int socket, std::string_view payload, std::chrono::milliseconds patience) {
  const auto end = Clock::now() + patience;
  base::ByteWriter writer;
  writer.text(payload);
  std::string_view rest = writer.bytes();
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !wait_for(socket, POLLOUT, end)) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> receive_message(int socket, std::size_t most, std::chrono::milliseconds patience) {
  const auto end = Clock::now() + patience;
  char length[8];
  if (!receive_exactly(socket, length, sizeof length, end)) return std::nullopt;
  const std::uint64_t size = base::ByteReader(std::string_view(length, sizeof length)).u64();
  if (size > most) return std::nullopt;
  std::string payload(size, '\0');
  if (!receive_exactly(socket, payload.data(), payload.size(), end)) return std::nullopt;
  return payload;
}

}  // namespace stillage::watch
