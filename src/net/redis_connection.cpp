// SPDX-License-Identifier: MIT
#include "net/redis_connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace stillage::net {
namespace {

constexpr std::size_t kReadSize = 128 << 10;

FailureKind kind_of(std::string_view code, std::string_view text) {
  for (const char* const known : {"NOAUTH", "WRONGPASS", "NOPERM", "DENIED", "READONLY"})
    if (code == known) return FailureKind::unauthorised;
  for (const char* const known :
       {"LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "MISCONF", "NOREPLICAS"})
    if (code == known) return FailureKind::transient;
  // Servers before 6 have no codes for these.
  for (const char* const known : {"ERR invalid password", "ERR Client sent AUTH", "ERR AUTH ",
                                  "ERR operation not permitted", "ERR Protocol error: unauthenticated"})
    if (text.starts_with(known)) return FailureKind::unauthorised;
  if (text.starts_with("ERR max number of clients")) return FailureKind::transient;
  if (text.starts_with("ERR Protocol error: invalid bulk length") ||
      text.starts_with("ERR string exceeds maximum"))
    return FailureKind::too_large;
  return FailureKind::protocol;
}

std::string_view meaning_of(std::string_view code, FailureKind kind) {
  if (code == "NOPERM") return "its user may not do this";
  if (code == "READONLY") return "it is a replica, which can't be written to";
  if (code == "OOM") return "it is full, and may not drop anything: see maxmemory-policy";
  if (code == "MOVED" || code == "ASK") return "it is a node of a cluster, which can't be used";
  if (code == "WRONGTYPE") return "something that is no string lies there";
  if (kind == FailureKind::unauthorised) return "it does not accept who we say we are";
  if (kind == FailureKind::too_large) return "it takes no value of that size";
  return {};
}

}  // namespace

void RedisConnection::begin_exchange() {
  stream_->begin_exchange();
  replied_ = false;
}

Outcome<void> RedisConnection::send(const std::vector<std::string>& words, const std::stop_token& stop) {
  ++owed_;
  return send_bytes(resp_command(words), stop);
}

Outcome<void> RedisConnection::send_large(const LargeCommand& command, const std::stop_token& stop) {
  ++owed_;
  std::string text = fmt::format("*{}\r\n", command.before.size() + 1 + command.after.size());
  for (const std::string& word : command.before) text += resp_bulk(word);
  text += fmt::format("${}\r\n{}", command.head.size() + command.source.size(), command.head);
  STILLAGE_TRY(send_bytes(text, stop));
  // Whatever happens from here on, half a command can't be mended.
  broken_ = true;
  STILLAGE_TRY(send_source(command.source, stop));
  text = "\r\n";
  for (const std::string& word : command.after) text += resp_bulk(word);
  STILLAGE_TRY(send_bytes(text, stop));
  broken_ = false;
  stream_->expect_answer();
  return {};
}

Outcome<void> RedisConnection::send_source(ByteSource& source, const std::stop_token& stop) {
  STILLAGE_TRY(source.rewind());
  std::string piece(kReadSize, '\0');
  for (std::uint64_t left = source.size(); left > 0;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    STILLAGE_ASSIGN(const std::size_t got, source.read(std::span(piece).first(wanted)));
    if (got == 0) return failure(FailureKind::local, "the source of a blob ends before its end");
    STILLAGE_TRY(send_bytes({piece.data(), got}, stop));
    left -= got;
  }
  return {};
}

Outcome<void> RedisConnection::send_bytes(std::string_view bytes, const std::stop_token& stop) {
  auto sent = stream_->send(bytes, stop);
  if (sent && *sent) return {};
  broken_ = true;
  if (!sent) return tl::make_unexpected(std::move(sent).error());
  STILLAGE_TRY(read_reply({}, stop, nullptr));
  return failure(FailureKind::protocol, display_ + " answers what it has not been asked yet");
}

Outcome<RespValue> RedisConnection::receive(RespLimits limits, const std::stop_token& stop, ByteSink* sink) {
  const bool was_broken = std::exchange(broken_, true);
  STILLAGE_ASSIGN(RespValue reply, read_reply(limits, stop, sink));
  broken_ = was_broken;
  return reply;
}

Outcome<RespValue> RedisConnection::read_reply(RespLimits limits, const std::stop_token& stop,
                                               ByteSink* sink) {
  RespParser parser(limits, sink);
  buffer_.resize(kReadSize);
  while (true) {
    auto taken = parser.take(std::string_view(buffer_).substr(begin_, end_ - begin_));
    if (!taken) {
      Failure failed = std::move(taken).error();
      if (failed.what == FailureKind::protocol)
        failed.message = display_ + ": " + redact(failed.message, secrets_);
      return tl::make_unexpected(std::move(failed));
    }
    begin_ += *taken;
    if (parser.done()) break;
    STILLAGE_ASSIGN(end_, stream_->receive(buffer_, stop));
    begin_ = 0;
    if (end_ == 0) return failure(FailureKind::transient, display_ + " has ended the connection");
  }
  --owed_;
  replied_ = true;
  RespValue reply = parser.take_value();
  if (!reply.is(RespValue::Type::error)) return reply;
  // Its command is done with; the connection is as good as before.
  broken_ = reply.text.starts_with("ERR Protocol error");
  return tl::make_unexpected(refusal(reply.text));
}

Failure RedisConnection::refusal(std::string_view text) const {
  constexpr std::size_t kLongest = 200;
  const std::string_view code = text.substr(0, text.find(' '));
  const FailureKind kind = kind_of(code, text);
  const std::string_view meaning = meaning_of(code, kind);
  const std::string said = base::printable(redact(text, secrets_).substr(0, kLongest));
  Failure found(kind, fmt::format("{} answers {}{}{}", display_, said, meaning.empty() ? "" : ": ", meaning));
  found.code = code.substr(0, kLongest);
  return found;
}

}  // namespace stillage::net
