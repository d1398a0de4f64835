// SPDX-License-Identifier: MIT
#include "line.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <list>
#include <string>
#include <vector>

#include "figures.h"

namespace stillage::bench {
namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr std::size_t kPiece = 256 << 10;
constexpr std::size_t kMostOnTheWay = 64 << 20;

/// What flows from one socket to another, in pieces that are let through when they are due.
class Direction {
 public:
  Direction(int from, int to, Time opened, std::chrono::microseconds delay)
      : from_(from), to_(to), opened_(opened), delay_(delay) {}

  bool wants_to_read() const { return !ended_ && on_the_way_ < kMostOnTheWay; }
  bool wants_to_write(Time now) const { return !pieces_.empty() && pieces_.front().due <= now; }
  bool finished() const { return finished_; }
  int from() const { return from_; }
  int to() const { return to_; }

  /// When something is due that is not yet.
  Time next(Time now) const {
    return pieces_.empty() || pieces_.front().due <= now ? Time::max() : pieces_.front().due;
  }

  void read(Time now) {
    std::string data(kPiece, '\0');
    const ssize_t got = recv(from_, data.data(), data.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    ended_ = got <= 0;
    data.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    on_the_way_ += data.size();
    pieces_.push_back({std::max(now, opened_) + delay_, std::move(data)});
  }

  void write(Time now) {
    while (wants_to_write(now)) {
      Piece& piece = pieces_.front();
      if (piece.data.empty()) {
        shutdown(to_, SHUT_WR);
        finished_ = true;
        pieces_.clear();
        return;
      }
      const ssize_t sent =
          send(to_, piece.data.data() + sent_, piece.data.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (sent < 0) {
        ended_ = finished_ = true;
        pieces_.clear();
        return;
      }
      sent_ += static_cast<std::size_t>(sent);
      if (sent_ < piece.data.size()) return;
      on_the_way_ -= piece.data.size();
      sent_ = 0;
      pieces_.pop_front();
    }
  }

 private:
  struct Piece {
    Time due;
    std::string data;  // empty: the end
  };

  int from_;
  int to_;
  Time opened_;
  std::chrono::microseconds delay_;
  std::deque<Piece> pieces_;
  std::size_t sent_ = 0;  // of the first piece
  std::size_t on_the_way_ = 0;
  bool ended_ = false;
  bool finished_ = false;
};

struct Connection {
  Direction up;
  Direction down;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int tcp_socket() {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) die(std::string("no socket: ") + std::strerror(errno));
  return made;
}

void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int listen_anywhere() {
  const int listening = tcp_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listening, SOMAXCONN) != 0 ||
      getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    die(std::string("can't listen: ") + std::strerror(errno));
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listening;
}

void accept_one(int listening, std::uint16_t server_port, std::chrono::microseconds one_way,
                std::list<Connection>& connections) {
  const int client = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = tcp_socket();
  const sockaddr_in address = loopback(server_port);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(server);
    return;
  }
  send_at_once(client);
  send_at_once(server);
  const Time now = std::chrono::steady_clock::now();
  // There and back again before the first byte: the handshake, of which loopback itself takes no notice.
  connections.push_back({{client, server, now + 2 * one_way, one_way}, {server, client, now, one_way}});
}

timespec until(Time next, Time now) {
  const auto wait = std::max<std::chrono::nanoseconds>(next - now, std::chrono::nanoseconds(0));
  return {.tv_sec = wait.count() / 1'000'000'000, .tv_nsec = wait.count() % 1'000'000'000};
}

}  // namespace

void serve_line(std::uint16_t server_port, std::chrono::microseconds one_way) {
  const int listening = listen_anywhere();
  std::list<Connection> connections;
  for (;;) {
    const Time now = std::chrono::steady_clock::now();
    Time next = Time::max();
    std::vector<pollfd> waited{{listening, POLLIN, 0}};
    std::vector<Direction*> directions{nullptr};
    for (Connection& connection : connections) {
      for (Direction* const one : {&connection.up, &connection.down}) {
        next = std::min(next, one->next(now));
        if (one->wants_to_read()) {
          waited.push_back({one->from(), POLLIN, 0});
          directions.push_back(one);
        }
        if (one->wants_to_write(now)) {
          waited.push_back({one->to(), POLLOUT, 0});
          directions.push_back(one);
        }
      }
    }
    const timespec wait = until(next, now);
    ppoll(waited.data(), waited.size(), next == Time::max() ? nullptr : &wait, nullptr);
    const Time later = std::chrono::steady_clock::now();
    for (std::size_t i = 1; i < waited.size(); ++i) {
      if (waited[i].revents == 0) continue;
      if (waited[i].events == POLLIN) {
        directions[i]->read(later);
      } else {
        directions[i]->write(later);
      }
    }
    for (Connection& connection : connections) {
      connection.up.write(later);
      connection.down.write(later);
    }
    connections.remove_if([](const Connection& connection) {
      const bool over = connection.up.finished() && connection.down.finished();
      if (over) {
        close(connection.up.from());
        close(connection.up.to());
      }
      return over;
    });
    if (waited[0].revents) accept_one(listening, server_port, one_way, connections);
  }
}

}  // namespace stillage::bench
