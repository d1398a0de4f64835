// SPDX-License-Identifier: MIT
#include "net/failure.h"

namespace stillage::net {
namespace {

ErrorKind error_kind(FailureKind what) {
  switch (what) {
    case FailureKind::transient:
    case FailureKind::unavailable:
      return ErrorKind::network;
    case FailureKind::unauthorised:
      return ErrorKind::auth;
    case FailureKind::not_found:
    case FailureKind::conflict:
    case FailureKind::too_large:
    case FailureKind::protocol:
      return ErrorKind::invalid;
    case FailureKind::unsupported:
      return ErrorKind::unsupported;
    case FailureKind::cancelled:
      return ErrorKind::cancelled;
    case FailureKind::local:
      return ErrorKind::io;
  }
  return ErrorKind::io;
}

FailureKind failure_kind(ErrorKind kind) {
  if (kind == ErrorKind::unsupported) return FailureKind::unsupported;
  if (kind == ErrorKind::cancelled) return FailureKind::cancelled;
  return FailureKind::local;
}

}  // namespace

Failure::Failure(FailureKind sort, std::string text) : Error{error_kind(sort), std::move(text)}, what(sort) {}

Failure::Failure(Error error) : Error(std::move(error)), what(failure_kind(kind)) {}

}  // namespace stillage::net
