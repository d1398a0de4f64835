// SPDX-License-Identifier: MIT
#pragma once
// Makes a target's outputs equal to an entry's. Every file is written aside, checked and renamed; a folder
// that is missing altogether appears at once; the snapshot is dropped before the first change and written
// after the last, so that a restore that is cut off is mended by the next one.

#include <memory>
#include <set>
#include <string>

#include "cache/checkout.h"
#include "cache/entry_file.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

struct RestoreRequest {
  const Target& target;
  const std::string& key;
  StaleOutputs stale = StaleOutputs::remove;
  /// If not null, the only paths to restore; nothing is removed then.
  const std::set<std::string>* only = nullptr;
  /// The target's snapshot, if it is known already.
  std::shared_ptr<const Snapshot> snapshot = nullptr;
};

/// `corrupt` if the entry is damaged or gone; `unsupported` if a link leads out of the checkout; `invalid` if
/// something of the user's is in the way.
Result<RestoreReport> restore_outputs(Checkout& checkout, EntryFile& entry, const RestoreRequest& request);

/// What that would report if it had nothing to write or remove, nor a snapshot to renew, nor anything to
/// leave to a later target; else nothing. Other processes may be at work on the outputs meanwhile: they take
/// the key out of the snapshot before their first change, so what is seen unchanged was in place when this
/// began.
Result<std::optional<RestoreReport>> outputs_in_place(Checkout& checkout, EntryFile& entry,
                                                      const RestoreRequest& request);

}  // namespace stillage::cache
