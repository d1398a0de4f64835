// SPDX-License-Identifier: MIT
// The standalone use of the cache, without the runner: hash a target, fetch its outputs or make them, put
// them.
//
//   standalone_cache REPOSITORY PACKAGE TASK [SHARED_FOLDER]
//
// The remote cache is a folder that a team shares; any other is a matter of two options (docs/backends). A
// store of your own is a class derived from stillage::BlobStore, a whole provider one derived from
// stillage::CacheProvider.

#include <stillage/stillage.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

namespace {

/// What a build tool does itself: here, the package's script.
bool run_action(const stillage::Target& target) {
  const std::string command = "cd '" + target.cwd + "' && npm run --silent " + target.task;
  return std::system(command.c_str()) == 0;
}

template <class T>
T or_exit(stillage::Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().message << "\n";
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: standalone_cache REPOSITORY PACKAGE TASK [SHARED_FOLDER]\n";
    return 2;
  }
  const std::string root = std::filesystem::canonical(argv[1]);
  const std::string package = argv[2];
  const std::string task = argv[3];

  const std::string shared = argc == 5 ? argv[4] : root + "/node_modules/.cache/stillage-shared";
  std::filesystem::create_directories(shared);  // a remote folder must be there

  const stillage::CacheOptions cache_options{
      .cache_storage_config = {{.provider = "folder", .options = {{"path", shared}}}},
      .internal_cache_folder = root + "/node_modules/.cache/stillage-local",
      .output_glob = {{"dist/**", "lib/**"}},
      .write_remote_cache = true,
  };
  stillage::RemoteFallbackCacheProvider cache({
      .local_cache_provider =
          cache_options.skip_local_cache ? nullptr : or_exit(stillage::open_local_cache(root, cache_options)),
      .remote_cache_provider = or_exit(stillage::open_remote_cache(root, cache_options)),
      .write_remote_cache = cache_options.write_remote_cache,
  });

  const stillage::Target target{
      .id = package + "#" + task,
      .package_name = package,
      .task = task,
      .cwd = root + "/packages/" + package,
      .outputs = cache_options.output_glob,
  };

  stillage::TargetHasher hasher({
      .root = root,
      .environment_glob = {{"package.json"}},
      .cache_key = "some cache key",
      .targets = {target},
  });
  if (const auto ready = hasher.initialize(); !ready) {
    std::cerr << ready.error().message << "\n";
    return 1;
  }

  const std::string hash = or_exit(hasher.hash(target));
  const bool hit = or_exit(cache.fetch(hash, target));
  if (!hit) {
    if (const auto prepared = cache.prepare(target); !prepared) {
      std::cerr << prepared.error().message << "\n";
      return 1;
    }
    if (!run_action(target)) return 1;
    // An input that changed while the command ran would make the entry a lie.
    if (!or_exit(hasher.changed_input(target))) {
      const stillage::PutResult stored = or_exit(cache.put(hash, target));
      if (!stored.entry) std::cout << "not stored: " << stored.not_stored_because << "\n";
    }
  }
  if (const auto cleaned = hasher.cleanup(); !cleaned) std::cerr << cleaned.error().message << "\n";
  std::cout << target.id << " " << hash << (hit ? " hit\n" : " miss\n");
  return 0;
}
