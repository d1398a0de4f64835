// SPDX-License-Identifier: MIT
#include "blob/directory_store.h"
#include "config/store_table.h"
#include "os/path.h"

namespace stillage::config {

Result<std::shared_ptr<blob::BlobStore>> open_folder_store(ProviderOptions& options,
                                                           const StorePlace& place) {
  STILLAGE_ASSIGN(const std::string path, options.text("path"));
  return std::make_shared<blob::DirectoryStore>(os::normalise_path(os::join_path(place.root, path)));
}

}  // namespace stillage::config
