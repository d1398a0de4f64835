// SPDX-License-Identifier: MIT
#include "stillage/target_hasher.h"

#include <future>

#include "base/clock.h"
#include "hasher/compat_hasher.h"
#include "hasher/native_hasher.h"

namespace stillage {

namespace {

tl::unexpected<Error> not_initialized() {
  return fail(ErrorKind::invalid, "the hasher needs initialize() before anything else");
}

}  // namespace

/// One of the two hashers, once initialize() has been there.
struct TargetHasher::State {
  TargetHasherOptions options;
  workspace::Workspace workspace;
  workspace::PackageGraph graph;
  std::unique_ptr<workspace::LockFile> lock;
  std::optional<git::Listing> listing;
  std::unique_ptr<hasher::NativeHasher> native;
  std::unique_ptr<hasher::CompatHasher> compat;

  Status open_native();
  Status open_compat();
};

Status TargetHasher::State::open_native() {
  const std::int64_t listed_at_ns = base::now_ns();
  STILLAGE_ASSIGN(workspace, workspace::discover(options.root));
  auto listing_at_work = std::async(std::launch::async, [this] { return git::list_files(workspace.root); });
  auto loaded = workspace::LockFile::load(workspace);
  graph = workspace::package_graph(workspace);
  auto listed = listing_at_work.get();
  if (!listed) return tl::make_unexpected(std::move(listed).error());
  listing = std::move(*listed);
  if (!loaded) return tl::make_unexpected(std::move(loaded).error());
  lock = std::move(*loaded);
  STILLAGE_ASSIGN(native, hasher::NativeHasher::open({.workspace = workspace,
                                                      .graph = graph,
                                                      .lock = *lock,
                                                      .listing = *listing,
                                                      .listed_at_ns = listed_at_ns},
                                                     options));
  return {};
}

Status TargetHasher::State::open_compat() {
  STILLAGE_ASSIGN(compat, hasher::CompatHasher::open(options));
  return {};
}

TargetHasher::TargetHasher(TargetHasherOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}
TargetHasher::~TargetHasher() = default;
TargetHasher::TargetHasher(TargetHasher&&) noexcept = default;
TargetHasher& TargetHasher::operator=(TargetHasher&&) noexcept = default;

Status TargetHasher::initialize() {
  if (state_->native || state_->compat) return {};
  return state_->options.compat == Compat::lage ? state_->open_compat() : state_->open_native();
}

Result<std::string> TargetHasher::hash(const Target& target) {
  if (state_->compat) return state_->compat->hash(target);
  return state_->native ? state_->native->hash(target) : not_initialized();
}

Result<std::optional<std::string>> TargetHasher::changed_input(const Target& target) {
  if (state_->compat) return state_->compat->changed_input(target);
  return state_->native ? state_->native->changed_input(target) : not_initialized();
}

Status TargetHasher::cleanup() {
  if (state_->compat) return state_->compat->cleanup();
  return state_->native ? state_->native->cleanup() : Status();
}

}  // namespace stillage
