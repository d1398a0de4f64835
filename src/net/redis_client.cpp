// SPDX-License-Identifier: MIT
#include "net/redis_client.h"

#include <fmt/format.h>

#include <utility>

#include "net/curl_handle.h"
#include "net/percent.h"

namespace stillage::net {

RedisClient::RedisClient(RedisClientOptions options)
    : options_(std::move(options)), secrets_({options_.password, percent_encode(options_.password)}) {
  if (over_tls()) warn_if_unverified(options_.tls);
}

Outcome<RedisClient::Lease> RedisClient::borrow(Fresh fresh, const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    const bool mine = changed_.wait(lock, stop, [this] { return lent_ < options_.max_connections; });
    if (!mine || stop.stop_requested()) return failure(FailureKind::cancelled, display() + ": cancelled");
    ++lent_;
    if (fresh == Fresh::yes) idle_.clear();  // as dead as the one that has just failed
  }
  Lease lease(*this);
  if (auto idle = take_idle())
    lease.hold(std::move(idle), true);
  else {
    STILLAGE_ASSIGN(auto made, connect(stop));
    lease.hold(std::move(made), false);
  }
  lease.connection().begin_exchange();
  return lease;
}

std::unique_ptr<RedisConnection> RedisClient::take_idle() {
  while (true) {
    std::unique_ptr<RedisConnection> connection;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) return nullptr;
      // The one used last: the others may age until the server ends them.
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    if (!connection->is_stale()) return connection;
  }
}

Outcome<std::unique_ptr<RedisConnection>> RedisClient::connect(const std::stop_token& stop) {
  Stream::Place place{.host = options_.url.host(),
                      .port = options_.url.port(),
                      .over_tls = over_tls(),
                      .tls = options_.tls,
                      .display = display(),
                      .secrets = secrets_};
  STILLAGE_ASSIGN(auto stream, Stream::connect(std::move(place), options_.deadlines, stop));
  auto connection = std::make_unique<RedisConnection>(std::move(stream), display(), secrets_);
  std::vector<std::vector<std::string>> greetings;
  if (!options_.user.empty())
    greetings.push_back({"AUTH", options_.user, options_.password});
  else if (!options_.password.empty())
    greetings.push_back({"AUTH", options_.password});
  if (options_.database != 0) greetings.push_back({"SELECT", std::to_string(options_.database)});
  connection->begin_exchange();
  for (const auto& words : greetings) STILLAGE_TRY(connection->send(words, stop));
  for (std::size_t i = 0; i < greetings.size(); ++i) STILLAGE_TRY(connection->receive({}, stop));
  return connection;
}

RedisClient::Lease& RedisClient::Lease::operator=(Lease&& other) noexcept {
  give_back();
  client_ = std::exchange(other.client_, nullptr);
  connection_ = std::move(other.connection_);
  reused_ = other.reused_;
  return *this;
}

void RedisClient::Lease::hold(std::unique_ptr<RedisConnection> connection, bool reused) {
  connection_ = std::move(connection);
  reused_ = reused;
}

bool RedisClient::Lease::was_dead(const Failure& failure) const {
  return reused_ && failure.is_transient() && failure.kind != ErrorKind::timeout &&
         !connection_->has_replied();
}

void RedisClient::Lease::give_back() {
  RedisClient* const client = std::exchange(client_, nullptr);
  if (client == nullptr) return;
  const std::lock_guard lock(client->mutex_);
  if (connection_ && connection_->is_idle()) client->idle_.push_back(std::move(connection_));
  connection_.reset();
  --client->lent_;
  client->changed_.notify_one();
}

}  // namespace stillage::net
