// SPDX-License-Identifier: MIT
#include "stillage/target_hasher.h"

#include <future>

#include "base/clock.h"
#include "hasher/native_hasher.h"

namespace stillage {

struct TargetHasher::State {
  TargetHasherOptions options;
  workspace::Workspace workspace;
  workspace::PackageGraph graph;
  std::unique_ptr<workspace::LockFile> lock;
  std::optional<git::Listing> listing;
  std::unique_ptr<hasher::NativeHasher> hasher;

  Result<hasher::NativeHasher*> ready() const {
    if (!hasher) return fail(ErrorKind::invalid, "the hasher needs initialize() before anything else");
    return hasher.get();
  }
};

TargetHasher::TargetHasher(TargetHasherOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}
TargetHasher::~TargetHasher() = default;
TargetHasher::TargetHasher(TargetHasher&&) noexcept = default;
TargetHasher& TargetHasher::operator=(TargetHasher&&) noexcept = default;

Status TargetHasher::initialize() {
  if (state_->hasher) return {};
  const std::int64_t listed_at_ns = base::now_ns();
  STILLAGE_ASSIGN(state_->workspace, workspace::discover(state_->options.root));
  auto listing = std::async(std::launch::async, [this] { return git::list_files(state_->workspace.root); });
  auto lock = workspace::LockFile::load(state_->workspace);
  state_->graph = workspace::package_graph(state_->workspace);
  auto listed = listing.get();
  if (!listed) return tl::make_unexpected(std::move(listed).error());
  state_->listing = std::move(*listed);
  if (!lock) return tl::make_unexpected(std::move(lock).error());
  state_->lock = std::move(*lock);
  STILLAGE_ASSIGN(state_->hasher, hasher::NativeHasher::open({.workspace = state_->workspace,
                                                              .graph = state_->graph,
                                                              .lock = *state_->lock,
                                                              .listing = *state_->listing,
                                                              .listed_at_ns = listed_at_ns},
                                                             state_->options));
  return {};
}

Result<std::string> TargetHasher::hash(const Target& target) {
  STILLAGE_ASSIGN(hasher::NativeHasher* const hasher, state_->ready());
  return hasher->hash(target);
}

Result<std::optional<std::string>> TargetHasher::changed_input(const Target& target) {
  STILLAGE_ASSIGN(hasher::NativeHasher* const hasher, state_->ready());
  return hasher->changed_input(target);
}

Status TargetHasher::cleanup() {
  return state_->hasher ? state_->hasher->cleanup() : Status();
}

}  // namespace stillage
