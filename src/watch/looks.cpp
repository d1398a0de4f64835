// SPDX-License-Identifier: MIT
#include "watch/looks.h"

#include <fcntl.h>

#include "base/bytes.h"
#include "os/file.h"
#include "os/path.h"
#include "os/state_file.h"

namespace stillage::watch {
namespace {

constexpr os::StateFormat kLooksFormat{"LOOK", 1};
constexpr const char* kLooksFile = "/looks";

}  // namespace

std::optional<StoredLooks> read_looks(const std::string& watch_folder) {
  auto file = os::StateFile::read(watch_folder + kLooksFile, kLooksFormat);
  if (!file) return std::nullopt;
  const auto bytes = std::make_shared<const os::StateFile>(std::move(*file));
  base::ByteReader reader(bytes->payload());
  const std::uint64_t instance = reader.u64();
  const std::uint64_t since = reader.u64();
  const std::string_view root = reader.text();
  const std::uint64_t device = reader.u64();
  const std::uint64_t inode = reader.u64();
  auto looks = os::KnownLooks::parse(reader.raw(reader.left()));
  if (!reader.ok() || !looks) return std::nullopt;
  return StoredLooks{bytes, instance, since, root, device, inode, std::move(*looks)};
}

LookTaker::LookTaker(std::string root, TreeWatch& watch)
    : root_(std::move(root)), watch_(watch), since_(watch.tick()) {
  if (auto opened = os::open_path(root_, O_PATH | O_DIRECTORY)) root_dir_ = std::move(*opened);
  if (const StoredWatchList* const stored = watch.list()) {
    folders_ = stored->list.folders;
    files_ = stored->list.files;
  }
  looks_.reserve(folders_.size() + files_.size());
}

std::string_view LookTaker::path_at(std::size_t index) const {
  return index < folders_.size() ? folders_[index] : files_[index - folders_.size()];
}

bool LookTaker::go_on(std::size_t most) {
  const std::size_t count = folders_.size() + files_.size();
  for (; next_ < count && most > 0; --most) look_at(path_at(next_++));
  return next_ < count;
}

void LookTaker::look_at(std::string_view path) {
  const auto from_root = os::path_below(path, root_);
  if (!root_dir_ || !from_root || !watch_.is_watched(path)) return;
  const bool is_root = from_root->empty();
  if (!is_root && !real_folders_.contains(os::parent_path(*from_root))) return;
  const auto stat = os::stat_at(root_dir_.get(), is_root ? "." : std::string(*from_root));
  if (!stat || !*stat) return;
  if ((*stat)->is_directory()) real_folders_.emplace(*from_root);
  looks_.push_back({*from_root, **stat});
}

Status LookTaker::write(const std::string& watch_folder, std::uint64_t instance) const {
  STILLAGE_ASSIGN(const os::FileStat root, os::stat_fd(root_dir_.get()));
  base::ByteWriter head;
  head.u64(instance);
  head.u64(since_);
  head.text(root_);
  head.u64(root.device);
  head.u64(root.inode);
  return os::StateFile::write(watch_folder + kLooksFile, kLooksFormat,
                              {head.take(), os::table_of_looks(looks_)});
}

}  // namespace stillage::watch
