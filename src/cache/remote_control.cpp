// SPDX-License-Identifier: MIT
#include "cache/remote_control.h"

namespace stillage::cache {

RemoteFigures with_transfers(RemoteFigures figures, const blob::MeteredStore* meter) {
  if (meter == nullptr) return figures;
  const blob::TransferFigures transfers = meter->figures();
  figures.bytes_sent = transfers.bytes_sent;
  figures.bytes_received = transfers.bytes_received;
  figures.seconds = transfers.seconds;
  return figures;
}

}  // namespace stillage::cache
