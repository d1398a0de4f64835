// SPDX-License-Identifier: MIT
#pragma once
// What a command on targets works with: the checkout, the graph of what was asked for, and the keys.

#include <memory>
#include <string>
#include <vector>

#include "command_line.h"
#include "config/checkout.h"
#include "graph/target_graph.h"
#include "hasher/native_hasher.h"
#include "run/run_options.h"
#include "stillage/cache_provider.h"

namespace stillage::cli {

/// Everything about the checkout that the current folder lies in, for the selected targets.
class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const SelectionOptions& selection);

  const config::Checkout& checkout() const { return *checkout_; }
  const graph::TargetGraph& graph() const { return graph_; }
  hasher::NativeHasher& hasher() { return *hasher_; }
  /// The folder of the checkout's state; "" if there can be none, which was told.
  const std::string& state_folder() const { return state_folder_; }

  /// The keys of all nodes of the graph, by index.
  Result<std::vector<std::string>> keys();
  run::KeySource key_source();
  /// The cache of this checkout; null if it can't be had, which is told.
  std::shared_ptr<CacheProvider> open_cache();

 private:
  Session() = default;

  std::unique_ptr<config::Checkout> checkout_;
  graph::TargetGraph graph_;
  std::vector<Target> all_targets_;
  std::unique_ptr<hasher::NativeHasher> hasher_;
  std::string state_folder_;
};

}  // namespace stillage::cli
