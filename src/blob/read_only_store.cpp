// SPDX-License-Identifier: MIT
#include "blob/read_only_store.h"

namespace stillage::blob {

Traits ReadOnlyStore::traits() const {
  Traits traits = ForwardingStore::traits();
  traits.remove = traits.overwrite = traits.conditional = false;
  return traits;
}

Outcome<PutOutcome> ReadOnlyStore::put(const std::string&, ByteSource&, const PutOptions&, std::stop_token) {
  return cannot(name(), "store a blob: it is only read from");
}

Outcome<void> ReadOnlyStore::remove(const std::string&, std::stop_token) {
  return cannot(name(), "remove a blob: it is only read from");
}

}  // namespace stillage::blob
