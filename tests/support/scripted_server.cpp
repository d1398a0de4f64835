// SPDX-License-Identifier: MIT
#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace stillage::test {
namespace {

constexpr int kTickMs = 20;

bool readable(int fd, const std::atomic<bool>& ending) {
  while (!ending) {
    pollfd watched{fd, POLLIN, 0};
    if (::poll(&watched, 1, kTickMs) > 0) return true;
  }
  return false;
}

}  // namespace

bool Connection::fill() {
  if (!fd_ || !readable(fd_.get(), ending_)) return false;
  std::array<char, 65536> buffer;
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Connection::read_head() {
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return {};
  std::string head = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  return head;
}

std::string Connection::read_body(std::size_t size) {
  while (received_.size() < size && fill()) {
  }
  std::string body = received_.substr(0, size);
  received_.erase(0, body.size());
  return body;
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Connection::hang() {
  while (fill()) received_.clear();
}

void Connection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.close();
}

ScriptedServer::ScriptedServer(Handler handler)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("a loopback port");
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  ending_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

void ScriptedServer::accept_all() {
  while (readable(listener_.get(), ending_)) {
    const int accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    ++connections_;
    threads_.emplace_back([this, accepted] {
      Connection connection(accepted, ending_);
      handler_(connection);
    });
  }
}

std::string http_answer(int status, std::string_view body, std::string_view fields) {
  return fmt::format("HTTP/1.1 {} Words\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), fields,
                     body);
}

}  // namespace stillage::test
