// SPDX-License-Identifier: MIT
#pragma once
// What a run wants of its remote cache besides looking up and storing: figures, an end to what is in vain,
// and an end to what goes on in the background. A provider of a remote cache may implement it.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "blob/metered_store.h"
#include "cache/upload_queue.h"
#include "stillage/target.h"

namespace stillage::cache {

/// Figures at one moment.
struct RemoteFigures {
  std::uint64_t hits = 0;      ///< entries that were found and are whole
  std::uint64_t misses = 0;    ///< everything else that was asked for
  std::uint64_t stored = 0;    ///< entries that are there by now because of this run
  std::uint64_t failures = 0;  ///< requests that failed for good
  std::uint64_t damaged = 0;   ///< entries that were not what they must be
  std::uint64_t dropped = 0;   ///< uploads that did not come to their end
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  double seconds = 0;  ///< the sum over all requests, which may overlap
};

/// The same with the bytes and the time of `meter`, which may be null.
RemoteFigures with_transfers(RemoteFigures figures, const blob::MeteredStore* meter);

/// Thread-safe.
class RemoteControl {
 public:
  virtual ~RemoteControl() = default;
  /// What and where: "the folder /mnt/cache". No secrets.
  virtual std::string remote_name() const = 0;
  virtual RemoteFigures figures() const = 0;
  /// Whether there is something under that hash, which is all that is asked: nothing is downloaded, so nobody
  /// knows yet whether it can be used. A failure is told as one of a look-up, and is no.
  virtual bool seems_to_have(const std::string& hash, const Target& target) = 0;
  /// Look-ups under way end, and later ones find nothing.
  virtual void cancel_look_ups() = 0;
  virtual UploadsLeft uploads_left() const = 0;
  /// See UploadQueue::finish. What was dropped is told in one line, unless the remote was told of already.
  virtual UploadsEnd finish_uploads(const UploadWait& wait, const std::stop_token& stop,
                                    const std::function<void(const UploadsLeft&)>& progress) = 0;
};

}  // namespace stillage::cache
