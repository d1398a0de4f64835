// SPDX-License-Identifier: MIT
#pragma once
// One connection to a Redis server: commands go out, their replies come back in the same order. Several
// commands may be on their way at once. For one thread at a time.

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "net/resp.h"
#include "net/stream.h"

namespace stillage::net {

class RedisConnection {
 public:
  /// `display` is the server for messages; `secrets` are taken out of what it says.
  RedisConnection(std::unique_ptr<Stream> stream, std::string display, std::vector<std::string> secrets)
      : stream_(std::move(stream)), display_(std::move(display)), secrets_(std::move(secrets)) {}

  /// Sends a command.
  Outcome<void> send(const std::vector<std::string>& words, const std::stop_token& stop);

  /// A command one of whose words is too large for memory.
  struct LargeCommand {
    std::vector<std::string> before;
    std::string head;    ///< what the large word begins with
    ByteSource& source;  ///< the rest of it, from its start
    std::vector<std::string> after;
  };
  /// Sends it piece by piece. A server that refuses it before it has all of it has said so by a failure here.
  Outcome<void> send_large(const LargeCommand& command, const std::stop_token& stop);

  /// Waits for the reply to the first command that has none yet. A reply that is an error is a failure by its
  /// code: NOAUTH, WRONGPASS, NOPERM, DENIED, READONLY unauthorised; LOADING, BUSY, TRYAGAIN, MASTERDOWN,
  /// CLUSTERDOWN, MISCONF and too many clients transient; a string too long for the server too large;
  /// anything else `protocol`. With a `sink`, see RespParser.
  Outcome<RespValue> receive(RespLimits limits, const std::stop_token& stop, ByteSink* sink = nullptr);

  /// Whether it can be used for another exchange: every command has been replied to, and nothing has failed
  /// on the way.
  bool is_idle() const { return !broken_ && owed_ == 0 && begin_ == end_; }
  /// Whether any reply has come since begin_exchange().
  bool has_replied() const { return replied_; }
  /// Deadlines count anew.
  void begin_exchange();
  /// Whether the server has ended it, or has said something unasked.
  bool is_stale() { return stream_->is_stale(); }

 private:
  Outcome<void> send_bytes(std::string_view bytes, const std::stop_token& stop);
  Outcome<void> send_source(ByteSource& source, const std::stop_token& stop);
  Outcome<RespValue> read_reply(RespLimits limits, const std::stop_token& stop, ByteSink* sink);
  Failure refusal(std::string_view text) const;

  const std::unique_ptr<Stream> stream_;
  const std::string display_;
  const std::vector<std::string> secrets_;
  std::string buffer_;  ///< what has come and is not taken yet lies from begin_ to end_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t owed_ = 0;
  bool broken_ = false;
  bool replied_ = false;
};

}  // namespace stillage::net
