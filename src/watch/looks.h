// SPDX-License-Identifier: MIT
#pragma once
// What the watcher service saw of the paths that it watches below the checkout's root, in a file beside its
// socket (docs/formats/watch.md). Together with the changes since then, a run knows what they look like now.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "os/fd.h"
#include "os/known_looks.h"
#include "stillage/result.h"
#include "watch/tree_watch.h"

namespace stillage::watch {

struct StoredLooks {
  std::shared_ptr<const void> bytes;
  std::uint64_t instance = 0;  ///< of the service that looked
  std::uint64_t since = 0;     ///< a time of it, before the first look
  std::string_view root;
  std::uint64_t root_device = 0, root_inode = 0;  ///< which folder that was
  os::KnownLooks looks;
};

/// Nothing if there are none.
std::optional<StoredLooks> read_looks(const std::string& watch_folder);

/// Looks at everything that is watched, some of it at a time.
class LookTaker {
 public:
  /// Below `root`. The watch is complete, and stays with its list while this goes on.
  LookTaker(std::string root, TreeWatch& watch);

  /// The time before the first look: changes after that are not, or not surely, in what was seen.
  std::uint64_t since() const { return since_; }
  /// Looks at `most` more; true while there are others.
  bool go_on(std::size_t most);
  /// Writes down what was seen.
  Status write(const std::string& watch_folder, std::uint64_t instance) const;

 private:
  void look_at(std::string_view path);
  std::string_view path_at(std::size_t index) const;

  std::string root_;
  os::Fd root_dir_;  ///< whatever lies at its path later
  TreeWatch& watch_;
  std::uint64_t since_;
  std::vector<std::string_view> folders_, files_;
  std::size_t next_ = 0;
  /// Folders that no link leads to; what lies in others is not known by its path.
  base::StringSet real_folders_;
  std::vector<os::Look> looks_;
};

}  // namespace stillage::watch
