// SPDX-License-Identifier: MIT
#include "blob/advice.h"

namespace stillage::blob {

std::string_view advice_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::auth:
      return "check its credentials, and what they permit";
    case ErrorKind::network:
    case ErrorKind::timeout:
      return "check that it can be reached from here: its address, the network, a proxy or VPN";
    case ErrorKind::invalid:
      return "check that its URL is that of a cache";
    case ErrorKind::io:
    case ErrorKind::corrupt:
    case ErrorKind::unsupported:
    case ErrorKind::cancelled:
      break;
  }
  return {};
}

}  // namespace stillage::blob
