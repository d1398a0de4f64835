// SPDX-License-Identifier: MIT
#pragma once
// What a command on targets works with: the checkout, the graph of what was asked for, and the keys.

#include <memory>
#include <string>
#include <vector>

#include "command_line.h"
#include "config/checkout.h"
#include "config/open_cache.h"
#include "run/run_options.h"

namespace stillage::cli {

/// The checkout that the current folder lies in, and the selected targets.
class Session {
 public:
  /// `purpose` says whether a target that runs nothing itself is part of the graph where it is named.
  enum class Purpose { run, question };
  static Result<std::unique_ptr<Session>> open(const SelectionOptions& selection, Purpose purpose);

  const config::Checkout& checkout() const { return *checkout_; }
  const graph::TargetGraph& graph() const { return graph_; }
  hasher::Hasher& hasher() { return *hasher_; }

  /// From now on, results take the place of what the remote cache has.
  void replace_remote_entries() { checkout_->settings.cache_options.replace_remote_entries = true; }

  run::KeyTime key_time() const;
  /// The keys of all nodes of the graph, by index; "" for those that have none in the format in use.
  Result<std::vector<std::string>> keys();
  /// The cache of this checkout.
  Result<config::OpenedCache> open_cache() const;

 private:
  Session() = default;

  std::unique_ptr<config::Checkout> checkout_;
  graph::TargetGraph graph_;
  std::unique_ptr<hasher::Hasher> hasher_;
};

/// The targets of a graph, in its order.
std::vector<Target> targets_of(const graph::TargetGraph& graph);

}  // namespace stillage::cli
