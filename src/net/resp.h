// SPDX-License-Identifier: MIT
#pragma once
// The wire protocol of Redis (RESP2, and of RESP3 every type that a reply can be). What is read comes from
// outside: a reply that is malformed, deeper or larger than expected is a `protocol` failure as soon as that
// can be known, and nothing is reserved for what is only announced.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/body.h"
#include "net/failure.h"

namespace stillage::net {

/// One reply.
struct RespValue {
  enum class Type {
    null,
    text,    ///< a word such as OK; a double or a big number of RESP3, as it came
    error,   ///< "CODE what is wrong"
    number,  ///< or a boolean, as 0 or 1
    bytes,   ///< a bulk string; a verbatim string of RESP3 with its prefix "txt:"
    array,   ///< or a set, or a map as its keys and values in turn
  };

  Type type = Type::null;
  std::string text;
  std::int64_t number = 0;
  std::vector<RespValue> items;

  bool is(Type other) const { return type == other; }
};

struct RespLimits {
  std::uint64_t bytes = 1 << 20;  ///< of all strings in a reply
  std::size_t values = 10'000;    ///< in all its arrays
  std::size_t depth = 8;          ///< arrays in arrays
};

/// Reads one reply from pieces of any size.
class RespParser {
 public:
  /// With a `sink`, a reply that is a bulk string goes there, of any size, instead of into the value: begun
  /// with its size. The sink outlives this object.
  explicit RespParser(RespLimits limits, ByteSink* sink = nullptr) : limits_(limits), sink_(sink) {}

  /// Takes what belongs to the reply from the front of `bytes`, and returns how much that was: all of it,
  /// unless the reply is then done. Not to be called after that, nor after a failure (`protocol`, or the
  /// sink's own).
  Outcome<std::size_t> take(std::string_view bytes);
  bool done() const { return done_; }
  /// The reply that is done.
  RespValue take_value() { return std::move(value_); }

 private:
  /// An array that is not full yet.
  struct Open {
    RespValue value;
    std::uint64_t wanted;
  };
  enum class Part { head, string, string_end };

  Outcome<void> take_head();
  Outcome<void> start_string(std::string_view announced);
  Outcome<void> take_string(std::string_view piece);
  Outcome<void> start_array(std::string_view announced, std::uint64_t values_each);
  Outcome<void> count(std::uint64_t bytes);
  void finish(RespValue value);

  const RespLimits limits_;
  ByteSink* const sink_;
  Part part_ = Part::head;
  std::string line_;
  RespValue string_;
  std::uint64_t left_ = 0;  ///< of the string, or of the two bytes after it
  std::uint64_t bytes_ = 0;
  std::size_t values_ = 0;
  std::vector<Open> open_;
  RespValue value_;
  bool done_ = false;
};

/// A bulk string as a part of a command.
std::string resp_bulk(std::string_view text);

/// A whole command.
std::string resp_command(const std::vector<std::string>& words);

}  // namespace stillage::net
