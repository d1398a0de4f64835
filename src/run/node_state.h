// SPDX-License-Identifier: MIT
#pragma once
// A node of the graph while a run goes on.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "run/target_runner.h"

namespace stillage::run {

/// What is known of a node while the run goes on. A worker that was given the node owns hit, policy and
/// result until it has posted its message.
struct NodeState {
  std::size_t open_dependencies = 0;
  bool is_open = false;  ///< its key was made, if it has one, and asked for
  bool is_looking_up = false;
  std::unique_ptr<CacheHit> hit;
  /// The hit's outputs were in place when it was found.
  std::optional<RestoreReport> in_place;
  CachePolicy policy;
  bool is_tainted = false;
  /// The first dependency in whose way nothing can be stored.
  std::string taint;
  TargetResult result;
};

}  // namespace stillage::run
