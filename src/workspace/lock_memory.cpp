// SPDX-License-Identifier: MIT
#include "workspace/lock_memory.h"

#include "base/bytes.h"
#include "os/state_file.h"

namespace stillage::workspace {
namespace {

/// The version changes with the way in which closures are made.
constexpr os::StateFormat kFormat = {"LOCK", 1};

void add(base::ByteWriter& out, const std::vector<DependencyRange>& ranges) {
  out.u64(ranges.size());
  for (const DependencyRange& range : ranges) {
    out.text(range.name);
    out.text(range.range);
  }
}

void add(base::ByteWriter& out, const Package& package) {
  out.text(package.dir);
  out.text(package.name);
  out.text(package.version);
  add(out, package.dependencies);
  add(out, package.dev_dependencies);
  add(out, package.peer_dependencies);
  add(out, package.optional_dependencies);
}

}  // namespace

std::optional<base::Sha256Digest> identity_of(const Workspace& workspace, std::string_view lock_text) {
  if (workspace.lock_file.empty() || workspace.manager == PackageManager::lerna ||
      workspace.manager == PackageManager::rush)
    return std::nullopt;
  base::ByteWriter out;
  out.text(STILLAGE_VERSION);
  out.u8(static_cast<std::uint8_t>(workspace.manager));
  out.text(workspace.manager_version);
  out.text(workspace.client);
  out.text(workspace.lock_file);
  out.text(workspace.overrides_text);
  out.u64(workspace.packages.size());
  for (const Package& package : workspace.packages) add(out, package);
  out.u8(workspace.single_package ? 1 : 0);
  out.u8(workspace.root_package ? 1 : 0);
  if (workspace.root_package) add(out, *workspace.root_package);
  base::Sha256 sha256;
  sha256.update(out.bytes());
  sha256.update(lock_text);
  return sha256.finish();
}

std::optional<LockFacts> read_lock_facts(const std::string& path, const base::Sha256Digest& identity) {
  const auto file = os::StateFile::read(path, kFormat);
  if (!file) return std::nullopt;
  base::ByteReader reader(file->payload());
  base::Sha256Digest found;
  reader.raw(found);
  if (!reader.ok() || found != identity) return std::nullopt;
  LockFacts facts;
  for (std::uint64_t left = reader.u64(); left > 0 && reader.ok(); --left) {
    LockPatch patch;
    patch.package_name = reader.text();
    patch.file = reader.text();
    facts.patches.push_back(std::move(patch));
  }
  for (std::uint64_t left = reader.u64(); left > 0 && reader.ok(); --left) {
    std::string folder(reader.text());
    facts.closure_digests.insert_or_assign(std::move(folder), std::string(reader.text()));
  }
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return facts;
}

Status write_lock_facts(const std::string& path, const base::Sha256Digest& identity, const LockFacts& facts) {
  base::ByteWriter out;
  out.raw(identity);
  out.u64(facts.patches.size());
  for (const LockPatch& patch : facts.patches) {
    out.text(patch.package_name);
    out.text(patch.file);
  }
  out.u64(facts.closure_digests.size());
  for (const auto& [folder, digest] : facts.closure_digests) {
    out.text(folder);
    out.text(digest);
  }
  return os::StateFile::write(path, kFormat, out.bytes());
}

}  // namespace stillage::workspace
