// SPDX-License-Identifier: MIT
#include "blob/prefix_store.h"

#include <fmt/format.h>

namespace stillage::blob {

Outcome<std::shared_ptr<PrefixStore>> PrefixStore::open(std::shared_ptr<BlobStore> inner,
                                                        std::string prefix) {
  STILLAGE_TRY(check_key(prefix));
  return std::shared_ptr<PrefixStore>(new PrefixStore(std::move(inner), std::move(prefix) + "/"));
}

std::string PrefixStore::name() const {
  return fmt::format("{} (below {})", ForwardingStore::name(), prefix_);
}

Outcome<PutOutcome> PrefixStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                     std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  return inner().put(prefix_ + key, source, options, stop);
}

Outcome<std::optional<BlobInfo>> PrefixStore::get(const std::string& key, ByteSink& sink,
                                                  std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  return inner().get(prefix_ + key, sink, stop);
}

Outcome<std::optional<BlobInfo>> PrefixStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  return inner().contains(prefix_ + key, stop);
}

Outcome<void> PrefixStore::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  return inner().remove(prefix_ + key, stop);
}

Outcome<void> PrefixStore::list(const std::string& prefix,
                                const std::function<Outcome<void>(const ListedBlob&)>& visit,
                                std::stop_token stop) {
  const auto shortened = [&](const ListedBlob& blob) -> Outcome<void> {
    // What lies there may be anybody's.
    if (!blob.key.starts_with(prefix_)) return {};
    return visit({blob.key.substr(prefix_.size()), blob.size});
  };
  return inner().list(prefix_ + prefix, shortened, stop);
}

}  // namespace stillage::blob
