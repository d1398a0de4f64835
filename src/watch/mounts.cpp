// SPDX-License-Identifier: MIT
#include "watch/mounts.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::watch {
namespace {

/// Local file systems on which every change goes through this kernel and by the folder that holds the name.
/// Not among them: what other machines write to, what programs serve, and layers whose lower files may be
/// changed beneath them.
constexpr std::array<std::string_view, 10> kTold{"ext2",  "ext3", "ext4", "xfs",   "btrfs",
                                                 "tmpfs", "f2fs", "zfs",  "ramfs", "bcachefs"};

/// \040 and the like.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_octal = [&](std::size_t at) {
      return at < text.size() && text[at] >= '0' && text[at] <= '7';
    };
    if (text[i] == '\\' && is_octal(i + 1) && is_octal(i + 2) && is_octal(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

struct Mount {
  std::string_view line;
  std::string point;
  std::string_view type;
};

std::vector<Mount> parse(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : base::split(mountinfo, '\n')) {
    const auto words = base::split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || dash == words.end() || dash + 1 == words.end()) continue;
    mounts.push_back({line, unescape(words[4]), *(dash + 1)});
  }
  return mounts;
}

}  // namespace

Mounts mounts_of(std::string_view mountinfo, const std::vector<std::string>& folders) {
  const std::vector<Mount> all = parse(mountinfo);
  std::vector<bool> concerns(all.size(), false);
  Mounts mounts;
  for (const std::string& folder : folders) {
    // Of several at one place, the last covers the others.
    std::size_t under = all.size();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (os::path_below(all[i].point, folder)) concerns[i] = true;
      const bool holds = all[i].point == "/" || os::path_below(folder, all[i].point).has_value();
      if (holds && (under == all.size() || all[i].point.size() >= all[under].point.size())) under = i;
    }
    if (under == all.size())
      mounts.obstacle = fmt::format("nothing is known of where {} is mounted", base::printable(folder));
    else
      concerns[under] = true;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!concerns[i]) continue;
    mounts.described.append(all[i].line).append("\n");
    if (std::find(kTold.begin(), kTold.end(), all[i].type) == kTold.end())
      mounts.obstacle = fmt::format("changes on the {} file system at {} can't be told for certain",
                                    base::printable(all[i].type), base::printable(all[i].point));
  }
  return mounts;
}

Result<Mounts> read_mounts(const std::vector<std::string>& folders) {
  STILLAGE_ASSIGN(const std::string text, os::read_file("/proc/self/mountinfo"));
  return mounts_of(text, folders);
}

std::string mount_namespace() {
  return os::read_link_at(AT_FDCWD, "/proc/self/ns/mnt").value_or("");
}

}  // namespace stillage::watch
