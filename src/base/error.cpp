// SPDX-License-Identifier: MIT
#include "stillage/result.h"

namespace stillage {

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::io:
      return "io";
    case ErrorKind::network:
      return "network";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::auth:
      return "auth";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace stillage
