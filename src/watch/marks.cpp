// SPDX-License-Identifier: MIT
#include "watch/marks.h"

#include "os/path.h"

namespace stillage::watch {
namespace {

Look look(const std::string& path, os::Links links) {
  const auto stat = os::stat_path(path, links);
  if (!stat) return {.presence = Presence::refused, .stat = {}};
  if (!*stat) return {};
  return {.presence = Presence::there, .stat = **stat};
}

bool is_same(const Look& then, const Look& now) {
  if (then.presence != now.presence) return false;
  if (then.presence != Presence::there) return true;
  const os::FileStat &a = then.stat, &b = now.stat;
  if (a.device != b.device || a.inode != b.inode || a.mode != b.mode || a.uid != b.uid || a.gid != b.gid)
    return false;
  return a.is_directory() || (a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns);
}

/// Of a path that is absent: nothing has gone from the folder where it would be, or that would hold that.
bool is_long_absent(std::string_view path, std::int64_t time_ns) {
  while (path.size() > 1) {
    path = os::parent_path(path);
    const Look folder = look(std::string(path), os::Links::follow);
    if (folder.presence == Presence::there) return os::is_settled(folder.stat, time_ns);
    if (folder.presence == Presence::refused) return false;
  }
  return false;
}

void write_look(base::ByteWriter& writer, const Look& look) {
  writer.u8(static_cast<std::uint8_t>(look.presence));
  writer.u64(look.stat.device);
  writer.u64(look.stat.inode);
  writer.u64(look.stat.size);
  writer.i64(look.stat.mtime_ns);
  writer.i64(look.stat.ctime_ns);
  writer.u32(look.stat.mode);
  writer.u32(look.stat.uid);
  writer.u32(look.stat.gid);
}

Look read_look(base::ByteReader& reader) {
  Look look;
  look.presence = static_cast<Presence>(reader.u8());
  look.stat.device = reader.u64();
  look.stat.inode = reader.u64();
  look.stat.size = reader.u64();
  look.stat.mtime_ns = reader.i64();
  look.stat.ctime_ns = reader.i64();
  look.stat.mode = reader.u32();
  look.stat.uid = reader.u32();
  look.stat.gid = reader.u32();
  return look;
}

}  // namespace

PathMark look_at(const std::string& path) {
  PathMark mark{.path = path, .own = look(path, os::Links::keep), .goal = {}};
  const bool is_link = mark.own.presence == Presence::there && mark.own.stat.is_symlink();
  mark.goal = is_link ? look(path, os::Links::follow) : mark.own;
  return mark;
}

bool is_same(const PathMark& then, const PathMark& now) {
  return then.path == now.path && is_same(then.own, now.own) && is_same(then.goal, now.goal);
}

bool is_older_than(const PathMark& mark, std::int64_t time_ns) {
  if (mark.own.presence == Presence::absent) return is_long_absent(mark.path, time_ns);
  const auto is_old = [&](const Look& look) {
    return look.presence == Presence::there && os::is_settled(look.stat, time_ns);
  };
  return is_old(mark.own) && is_old(mark.goal);
}

void write_mark(base::ByteWriter& writer, const PathMark& mark) {
  writer.text(mark.path);
  write_look(writer, mark.own);
  write_look(writer, mark.goal);
}

PathMark read_mark(base::ByteReader& reader) {
  PathMark mark;
  mark.path = reader.text();
  mark.own = read_look(reader);
  mark.goal = read_look(reader);
  return mark;
}

}  // namespace stillage::watch
