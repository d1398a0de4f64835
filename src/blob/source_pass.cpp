// SPDX-License-Identifier: MIT
#include "blob/source_pass.h"

#include <string>

namespace stillage::blob {

net::Outcome<void> look_through(net::ByteSource& source, const std::function<void(std::string_view)>& look,
                                const std::stop_token& stop) {
  constexpr std::size_t kPiece = 256 << 10;
  STILLAGE_TRY(source.rewind());
  std::string piece(kPiece, '\0');
  while (true) {
    if (stop.stop_requested())
      return net::failure(net::FailureKind::cancelled, "cancelled while a blob was read");
    STILLAGE_ASSIGN(const std::size_t got, source.read(piece));
    if (got == 0) return {};
    look({piece.data(), got});
  }
}

}  // namespace stillage::blob
