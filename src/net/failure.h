// SPDX-License-Identifier: MIT
#pragma once
// How net and blob speak of failure: an Error that also says, in a word that programs can decide by, what the
// other side meant. An Outcome becomes a Result, and a Result's error an Outcome's, wherever one is returned
// as the other; STILLAGE_TRY and STILLAGE_ASSIGN work for both.

#include <chrono>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "stillage/result.h"

namespace stillage::net {

enum class FailureKind {
  transient,     ///< may well work when tried again: no connection, a timeout, a busy or broken server
  unauthorised,  ///< the other side knows who asks, or does not, and says no
  not_found,     ///< what was named is not there
  conflict,      ///< what is there is in the way, or a precondition does not hold
  too_large,     ///< more bytes than the other side, or we, take
  protocol,      ///< an answer that makes no sense: not the server, or not the program, that was meant
  unsupported,   ///< this store can't do that
  local,         ///< our side: the source can't be read, the sink takes no more, a bad argument
  unavailable,   ///< not tried, because trying has been given up; already told
  cancelled,     ///< the caller asked to stop
};

struct Failure : Error {
  FailureKind what = FailureKind::local;
  int http_status = 0;                                   ///< 0 where there was none
  std::optional<std::chrono::milliseconds> retry_after;  ///< how long the other side asks to wait
  std::string code;                                      ///< the other side's own word for it, if it has one

  Failure() = default;
  /// `message` as that of an Error: no secrets.
  Failure(FailureKind what, std::string message);
  /// An error of our own side; `unsupported` and `cancelled` stay what they are.
  Failure(Error error);  // NOLINT(google-explicit-constructor)

  bool is_transient() const { return what == FailureKind::transient; }
};

/// Either a T or a Failure; ignoring one is a warning.
template <class T>
class [[nodiscard]] Outcome : public tl::expected<T, Failure> {
 public:
  using Base = tl::expected<T, Failure>;
  using Base::Base;
  Outcome() = default;
  Outcome(Base base) : Base(std::move(base)) {}  // NOLINT(google-explicit-constructor)
};

/// Makes the failed state of any Outcome.
inline tl::unexpected<Failure> failure(FailureKind what, std::string message) {
  return tl::make_unexpected(Failure(what, std::move(message)));
}

}  // namespace stillage::net
