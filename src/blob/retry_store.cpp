// SPDX-License-Identifier: MIT
#include "blob/retry_store.h"

namespace stillage::blob {

Outcome<PutOutcome> RetryStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                    std::stop_token stop) {
  return retrier_.tried(stop, [&] { return inner().put(key, source, options, stop); });
}

Outcome<std::optional<BlobInfo>> RetryStore::get(const std::string& key, ByteSink& sink,
                                                 std::stop_token stop) {
  return retrier_.tried(stop, [&] { return inner().get(key, sink, stop); });
}

Outcome<std::optional<BlobInfo>> RetryStore::contains(const std::string& key, std::stop_token stop) {
  return retrier_.tried(stop, [&] { return inner().contains(key, stop); });
}

Outcome<void> RetryStore::remove(const std::string& key, std::stop_token stop) {
  return retrier_.tried(stop, [&] { return inner().remove(key, stop); });
}

Outcome<void> RetryStore::list(const std::string& prefix,
                               const std::function<Outcome<void>(const ListedBlob&)>& visit,
                               std::stop_token stop) {
  bool visited = false;
  const auto noting = [&](const ListedBlob& blob) {
    visited = true;
    return visit(blob);
  };
  return retrier_.tried(
      stop, [&] { return inner().list(prefix, noting, stop); }, &visited);
}

}  // namespace stillage::blob
