// SPDX-License-Identifier: MIT
#include "unit/cache/checkout_fixture.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/hex.h"
#include "base/strings.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/path.h"
#include "support/must.h"

namespace stillage::test {
namespace {

template <class Visit>
void walk(const std::string& folder, const std::string& below, const Visit& visit) {
  const auto names = os::list_dir(folder);
  if (!names) return;
  for (const os::DirEntry& name : *names) {
    const std::string path = os::join_path(below, name.name);
    visit(path, *must(os::stat_path(folder + "/" + name.name)));
    if (name.kind == os::FileKind::directory) walk(folder + "/" + name.name, path, visit);
  }
}

}  // namespace

std::vector<std::string> SimpleTree::tracked_at(std::string_view path) const {
  std::vector<std::string> found;
  for (const std::string& tracked : tracked_)
    if (os::path_below(tracked, path)) found.push_back(tracked);
  return found;
}

bool SimpleTree::names_in(std::string_view path, const os::FileStat& stat, const TakeName& take) const {
  const auto known = known_names_.find(path);
  if (known == known_names_.end() || known->second.first.mtime_ns != stat.mtime_ns) return false;
  for (const os::DirEntry& entry : known->second.second) take(entry.name, entry.kind);
  return true;
}

bool SimpleTree::is_ignored(std::string_view path, os::FileKind /*kind*/) const {
  for (const std::string_view segment : base::split(path, '/'))
    if (ignored_names_.contains(segment) || segment.ends_with(".tsbuildinfo")) return true;
  return false;
}

std::string digits_of(const std::string& text) {
  return base::to_hex(base::sha256(text));
}

std::string key(char digit) {
  return std::string(64, digit);
}

CacheTest::CacheTest() : root_(base_ / "checkout"), state_folder_(base_ / "state") {
  base_.make_dir("checkout/packages/a/src");
  base_.make_dir("state");
  tree_ = std::make_shared<SimpleTree>(root_);
  base::set_log_sink([this](base::LogLevel, std::string_view message) {
    const std::lock_guard lock(mutex_);
    told_.emplace_back(message);
  });
}

CacheTest::~CacheTest() {
  provider_.reset();
  base::set_log_sink(nullptr);
}

cache::ArchiveCacheOptions CacheTest::options() const {
  cache::ArchiveCacheOptions options;
  options.store = store_;
  options.tree = tree_;
  options.state_folder = state_folder_;
  options.lost_an_input = [](const Target&, const std::string&) { return false; };
  return options;
}

std::shared_ptr<cache::ArchiveCacheProvider> CacheTest::make_provider(cache::ArchiveCacheOptions options) {
  return must(cache::ArchiveCacheProvider::create(std::move(options)));
}

cache::ArchiveCacheProvider& CacheTest::open(std::vector<Target> targets) {
  provider_.reset();
  store_ = must(cache::Store::open(base_ / "store", cap_));
  auto chosen = options();
  chosen.targets = std::move(targets);
  provider_ = make_provider(std::move(chosen));
  return *provider_;
}

Target CacheTest::target(const std::string& id, std::optional<std::vector<std::string>> outputs) const {
  Target target;
  target.id = id;
  const std::size_t hash = id.find('#');
  target.package_name = id.substr(0, hash);
  target.task = id.substr(hash + 1);
  target.cwd = target.package_name.empty() ? root_ : root_ + "/packages/" + target.package_name;
  target.outputs = std::move(outputs);
  return target;
}

PutResult CacheTest::run(const Target& target, const std::string& hash, const std::function<void()>& work,
                         const RunResult& result) {
  must(provider_->prepare(target));
  work();
  return must(provider_->put(hash, target, result));
}

RestoreReport CacheTest::restore(const Target& target, const std::string& hash, StaleOutputs stale) {
  const auto hit = must(provider_->look_up(hash, target));
  EXPECT_TRUE(hit) << "a miss of " << target.id;
  return hit ? must(hit->restore(stale)) : RestoreReport{};
}

bool CacheTest::hits(const Target& target, const std::string& hash) {
  return must(provider_->look_up(hash, target)) != nullptr;
}

std::map<std::string, std::string> CacheTest::tree(const std::string& folder) const {
  std::map<std::string, std::string> found;
  const std::string top = os::join_path(root_, folder);
  walk(top, "", [&](const std::string& path, const os::FileStat& stat) {
    if (stat.is_directory())
      found[path] = "folder";
    else if (stat.is_symlink())
      found[path] = "link to " + must(os::read_link_at(-1, top + "/" + path));
    else if (stat.is_regular())
      found[path] = fmt::format("{:o} {}", stat.mode & 07777, must(os::read_file(top + "/" + path)));
    else
      found[path] = "special";
  });
  return found;
}

std::map<std::string, std::string> CacheTest::stats(const std::string& folder) const {
  std::map<std::string, std::string> found;
  walk(os::join_path(root_, folder), "", [&](const std::string& path, const os::FileStat& stat) {
    found[path] = fmt::format("{} {} {} {:o}", stat.inode, stat.mtime_ns, stat.ctime_ns, stat.mode);
  });
  return found;
}

void CacheTest::wipe(const std::string& path) const {
  must(os::remove_tree(root_ + "/" + path));
}

std::vector<std::string> CacheTest::entries() const {
  std::vector<std::string> found;
  walk(base_ / "store/v1", "", [&](const std::string& path, const os::FileStat& stat) {
    if (stat.is_regular()) found.push_back(base_ / ("store/v1/" + path));
  });
  std::sort(found.begin(), found.end());
  return found;
}

std::string CacheTest::only_entry() const {
  const auto all = entries();
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? "" : all.front();
}

std::vector<std::string> CacheTest::told() {
  const std::lock_guard lock(mutex_);
  return std::exchange(told_, {});
}

std::size_t CacheTest::told_of(const std::string& text) {
  const auto messages = told();
  return static_cast<std::size_t>(
      std::count_if(messages.begin(), messages.end(),
                    [&](const std::string& message) { return message.find(text) != std::string::npos; }));
}

}  // namespace stillage::test
