// SPDX-License-Identifier: MIT
// Uses the installed package as a stranger would: opens a cache, stores and fetches one target's outputs.

#include <stillage/stillage.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

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
  fs::remove_all(root);
  std::cout << "stillage " << stillage::version() << (right ? ": hit\n" : ": not as promised\n");
  return right ? 0 : 1;
}
