// SPDX-License-Identifier: MIT
#pragma once
// How this library speaks of failure: anything that depends on the outside world returns a Result.
// A miss is never an error: lookups return a Result of an optional or nullable value.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace stillage {

/// What went wrong, coarse enough to decide by.
enum class ErrorKind { io, network, timeout, auth, corrupt, invalid, unsupported, cancelled };

/// The name of a kind, as in the enum.
const char* to_string(ErrorKind kind);

/// A failure: its kind, and a sentence for people (lower case, no full stop, no secrets) that names the file,
/// the option and, where there is one, the remedy.
struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string message;
};

/// Either a T or an Error; ignoring one is a warning.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result() = default;
  Result(Base base) : Base(std::move(base)) {}  // NOLINT(google-explicit-constructor)
};

/// Success without a value, or an Error.
using Status = Result<void>;

/// Makes the failed state of any Result.
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::make_unexpected(Error{kind, std::move(message)});
}

/// The same failure, with the name of the layer or object that met it in front: "prefix: message".
inline tl::unexpected<Error> fail_in(const std::string& prefix, Error error) {
  return tl::make_unexpected(Error{error.kind, prefix + ": " + error.message});
}

}  // namespace stillage

#define STILLAGE_CONCAT_(a, b) a##b
#define STILLAGE_CONCAT(a, b) STILLAGE_CONCAT_(a, b)

/// Returns the error of `expression` (a Result or Status) from the calling function, if it has one.
#define STILLAGE_TRY(expression)                                                                  \
  do {                                                                                            \
    auto stillage_try_result = (expression);                                                      \
    if (!stillage_try_result) return tl::make_unexpected(std::move(stillage_try_result).error()); \
  } while (false)

/// Assigns the value of `expression` to `declaration`, or returns its error from the calling function.
#define STILLAGE_ASSIGN(declaration, expression)                                                \
  auto STILLAGE_CONCAT(stillage_result_, __LINE__) = (expression);                              \
  if (!STILLAGE_CONCAT(stillage_result_, __LINE__))                                             \
    return tl::make_unexpected(std::move(STILLAGE_CONCAT(stillage_result_, __LINE__)).error()); \
  declaration = std::move(*STILLAGE_CONCAT(stillage_result_, __LINE__))
