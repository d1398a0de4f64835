// SPDX-License-Identifier: MIT
// Uses the installed package as a stranger would: opens a cache, stores and fetches one target's outputs, and
// shares them through a remote folder and through a store of its own.

#include <stillage/stillage.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>

namespace {

/// A remote cache in the memory of this process.
class MemoryBlobs : public stillage::BlobStore {
 public:
  stillage::BlobStoreTraits traits() const override {
    return {.list = false, .remove = false, .overwrite = true, .conditional = true};
  }
  std::string name() const override { return "the memory of the consumer"; }
  stillage::Result<bool> get(const std::string& key, stillage::BlobSink& sink, std::stop_token) override {
    const auto found = blobs_.find(key);
    if (found == blobs_.end()) return false;
    STILLAGE_TRY(sink.begin(found->second.size()));
    STILLAGE_TRY(sink.write(found->second));
    return true;
  }
  stillage::Result<bool> put(const std::string& key, stillage::BlobSource& source, stillage::BlobPut how,
                             std::stop_token) override {
    if (how == stillage::BlobPut::if_absent && blobs_.count(key) != 0) return false;
    STILLAGE_TRY(source.rewind());
    std::string bytes(source.size(), '\0');
    for (std::size_t at = 0; at < bytes.size();) {
      STILLAGE_ASSIGN(const std::size_t got, source.read({bytes.data() + at, bytes.size() - at}));
      at += got;
    }
    blobs_[key] = bytes;
    return true;
  }

 private:
  std::map<std::string, std::string> blobs_;
};

/// Builds with one local store, and fetches with another: through the remote, then.
bool is_shared(const std::filesystem::path& root,
               const std::function<stillage::Result<std::shared_ptr<stillage::RemoteCacheProvider>>(
                   const stillage::CacheOptions&)>& open_remote) {
  namespace fs = std::filesystem;
  const stillage::Target target{
      .id = "a#build", .package_name = "a", .task = "build", .cwd = root.string(), .outputs = {{"dist/**"}}};
  const std::string hash(64, 'b');
  for (const char* const left : {"first", "second"}) fs::remove_all(root / left);
  for (const bool builds : {true, false}) {
    const stillage::CacheOptions options{
        .cache_storage_config = {{.provider = "folder", .options = {{"path", (root / "shared").string()}}}},
        .internal_cache_folder = (root / (builds ? "first" : "second")).string(),
        .write_remote_cache = true,
        .upload_in_background = true};
    const auto local = stillage::open_local_cache(root.string(), options);
    const auto remote = open_remote(options);
    if (!local || !remote) return false;
    stillage::RemoteFallbackCacheProvider both(
        {.local_cache_provider = *local, .remote_cache_provider = *remote, .write_remote_cache = true});
    if (builds) {
      fs::create_directories(root / "dist");
      std::ofstream(root / "dist" / "out.js") << "built";
      const auto stored = both.put(hash, target);
      if (!stored || !stored->entry) return false;
      if ((*remote)->finish_uploads().entries != 0 || (*remote)->pending_uploads().entries != 0) return false;
    } else {
      const auto hit = both.look_up(hash, target);
      if (!hit || !*hit || (*hit)->info().source != stillage::HitSource::remote || !(*hit)->restore())
        return false;
    }
    if (!fs::exists(root / "dist" / "out.js")) return false;
    fs::remove_all(root / "dist");
  }
  return true;
}

}  // namespace

int main() {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("stillage-consumer-" + std::to_string(std::rand()));
  fs::create_directories(root / "dist");
  const auto cache = stillage::open_local_cache(root, {.internal_cache_folder = (root / "store").string()});
  if (!cache) {
    std::cerr << cache.error().message << "\n";
    return 1;
  }
  const stillage::Target target{
      .id = "a#build", .package_name = "a", .task = "build", .cwd = root.string(), .outputs = {{"dist/**"}}};
  const std::string hash(64, 'a');
  bool right = (*cache)->prepare(target).has_value();
  std::ofstream(root / "dist" / "out.js") << "built";
  const auto stored = (*cache)->put(hash, target);
  right = right && stored && stored->entry != nullptr;
  fs::remove_all(root / "dist");
  const auto hit = (*cache)->fetch(hash, target);
  right = right && hit && *hit && fs::exists(root / "dist" / "out.js");
  fs::remove_all(root / "dist");
  fs::create_directories(root / "shared");
  right = right && is_shared(root, [&](const stillage::CacheOptions& options) {
            return stillage::open_remote_cache(root.string(), options);
          });
  const auto blobs = std::make_shared<MemoryBlobs>();
  right = right && is_shared(root, [&](const stillage::CacheOptions& options) {
            return stillage::open_remote_cache(root.string(), blobs, options);
          });
  fs::remove_all(root);
  std::cout << "stillage " << stillage::version() << (right ? ": hit\n" : ": not as promised\n");
  return right ? 0 : 1;
}
