// SPDX-License-Identifier: MIT
#pragma once
// What single paths outside of all watched folders looked like: git's settings, the folders above the
// checkout, the cache's own folders. Few enough to be looked at each time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "os/stat.h"

namespace stillage::watch {

/// How a path answers, links on the way looked through and a final one not.
enum class Presence : std::uint8_t { absent, there, refused };

struct Look {
  Presence presence = Presence::absent;
  os::FileStat stat;
};

/// A path and what it stands for, itself and where it leads. Of a folder it counts which one it is, and to
/// whom it belongs: what is in it is asked for by other paths.
struct PathMark {
  std::string path;
  Look own, goal;
};

PathMark look_at(const std::string& path);
/// Whether the path stands for the same, unchanged, as it did then.
bool is_same(const PathMark& then, const PathMark& now);
/// Whether it has certainly not changed since `time_ns`, nor so shortly before that its times would not tell.
bool is_older_than(const PathMark& mark, std::int64_t time_ns);

void write_mark(base::ByteWriter& writer, const PathMark& mark);
/// The reader says whether there was one.
PathMark read_mark(base::ByteReader& reader);

}  // namespace stillage::watch
