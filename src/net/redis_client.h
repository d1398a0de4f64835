// SPDX-License-Identifier: MIT
#pragma once
// A Redis server as all threads share it: a bounded pool of connections, each of which has said who asks and
// which database is meant before it is used.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "net/redis_connection.h"
#include "net/url.h"

namespace stillage::net {

struct RedisClientOptions {
  /// redis://host[:port] or rediss:// (TLS); the user info in it is not looked at.
  Url url;
  std::string user = {};      ///< of Redis' ACL; "" is the default user
  std::string password = {};  ///< "" is none
  unsigned database = 0;
  TlsOptions tls = {};
  HttpDeadlines deadlines = {};
  /// At once; who needs one more waits, without any deadline running.
  std::size_t max_connections = 16;
};

class RedisClient {
 public:
  explicit RedisClient(RedisClientOptions options);

  /// "redis://host:port", for messages.
  std::string display() const { return options_.url.origin(); }

  /// Calls `work(RedisConnection&)`, which makes one exchange of commands and replies, and returns what that
  /// returns. If a connection from the pool turns out to be dead before any reply has come, `work` is called
  /// once more with a new one. Failures besides those of `work`: of Stream::connect, and unauthorised.
  template <class Work>
  auto exchange(const std::stop_token& stop, Work work) -> decltype(work(std::declval<RedisConnection&>())) {
    STILLAGE_ASSIGN(Lease lease, borrow(Fresh::no, stop));
    auto outcome = work(lease.connection());
    if (outcome || !lease.was_dead(outcome.error())) return outcome;
    lease.give_back();
    STILLAGE_ASSIGN(lease, borrow(Fresh::yes, stop));
    return work(lease.connection());
  }

 private:
  enum class Fresh { no, yes };

  bool over_tls() const { return options_.url.scheme() == "rediss"; }

  /// The right to one connection, and the connection, which goes back to the pool if it can be used again.
  class Lease {
   public:
    explicit Lease(RedisClient& client) : client_(&client) {}
    Lease(Lease&& other) noexcept { *this = std::move(other); }
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { give_back(); }

    RedisConnection& connection() { return *connection_; }
    void hold(std::unique_ptr<RedisConnection> connection, bool reused);
    /// Whether the server had ended the connection while nobody used it.
    bool was_dead(const Failure& failure) const;
    void give_back();

   private:
    RedisClient* client_ = nullptr;
    std::unique_ptr<RedisConnection> connection_;
    bool reused_ = false;
  };

  Outcome<Lease> borrow(Fresh fresh, const std::stop_token& stop);
  Outcome<std::unique_ptr<RedisConnection>> connect(const std::stop_token& stop);
  std::unique_ptr<RedisConnection> take_idle();

  const RedisClientOptions options_;
  const std::vector<std::string> secrets_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<RedisConnection>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace stillage::net
