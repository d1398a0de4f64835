// SPDX-License-Identifier: MIT
#include "cache/backfill_package.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::cache {

std::string backfill_base(const BackfillCacheProviderOptions& options) {
  if (options.layout == BackfillLayout::lage) return options.root + "/node_modules/.cache/lage";
  const std::string& folder = options.cache_options.internal_cache_folder;
  return os::normalise_path(
      os::join_path(options.root, folder.empty() ? "node_modules/.cache/backfill" : folder));
}

Result<BackfillPackage> BackfillPackage::open(const BackfillCacheProviderOptions& options,
                                              const std::string& cwd) {
  STILLAGE_ASSIGN(const std::string root,
                  os::real_path(options.checkout.empty() ? options.root : options.checkout));
  STILLAGE_ASSIGN(const std::string path, os::real_path(cwd));
  const auto below = os::path_below(path, root);
  if (!below)
    return fail(ErrorKind::invalid, fmt::format("{} lies outside of {}, so nothing can be cached for it",
                                                base::printable(path), base::printable(root)));
  STILLAGE_ASSIGN(os::Fd root_fd, os::open_path(root, O_PATH | O_DIRECTORY));
  STILLAGE_ASSIGN(auto folder, PackageFolder::open(root_fd.get(), root, std::string(*below)));
  // Under the names that the package has, whatever links lead to the root.
  std::string base = backfill_base(options);
  if (const auto below_root = os::path_below(base, options.root))
    base = os::join_path(os::real_path(options.root).value_or(options.root), *below_root);
  return BackfillPackage{.root = std::move(root_fd),
                         .folder = std::move(folder),
                         .path = path,
                         .paths = BackfillPaths(path, std::move(base))};
}

Result<std::vector<std::string>> BackfillPackage::outputs_of(
    const Target& target, const BackfillCacheProviderOptions& options) const {
  static const std::vector<std::string> everything = {"**/*"};
  const auto& globs = target.outputs                      ? *target.outputs
                      : options.cache_options.output_glob ? *options.cache_options.output_glob
                                                          : everything;
  return find_backfill_outputs(path, options.root, globs, paths);
}

}  // namespace stillage::cache
