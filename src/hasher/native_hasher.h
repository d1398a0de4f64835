// SPDX-License-Identifier: MIT
#pragma once
// Makes keys (docs/formats/key.md) from parts of a checkout that were loaded already, so that nothing is read
// twice in a process. TargetHasher is the same for library users. Not for two threads at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/listing.h"
#include "hasher/hasher.h"
#include "hasher/ingredients.h"
#include "stillage/result.h"
#include "stillage/target.h"
#include "stillage/target_hasher.h"
#include "workspace/lock_file.h"
#include "workspace/package_graph.h"
#include "workspace/workspace.h"

namespace stillage::hasher {

/// What must outlive the hasher.
struct HasherParts {
  const workspace::Workspace& workspace;
  const workspace::PackageGraph& graph;
  const workspace::LockFile& lock;
  const git::Listing& listing;
  /// A time before the listing began: what was written around it is not taken for settled.
  std::int64_t listed_at_ns = 0;
};

class NativeHasher : public Hasher {
 public:
  /// `options.root` is not used: the workspace says it. An `invalid` error if a target's outputs are no
  /// globs.
  static Result<std::unique_ptr<NativeHasher>> open(const HasherParts& parts, TargetHasherOptions options);
  ~NativeHasher() override;

  Status digest_inputs(const std::vector<const Target*>& targets) override;
  Result<std::string> hash(const Target& target) override;
  std::future<void> expect_records() override;
  Result<std::string> record(const Target& target) override;
  Result<std::optional<std::string>> changed_input(const Target& target) override;
  Status cleanup() override;

  /// Tells every ingredient of the target's key, in order. As hash() it needs the dependencies' keys.
  Status tell(const Target& target, IngredientSink& sink);

  struct State;

 private:
  explicit NativeHasher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stillage::hasher
