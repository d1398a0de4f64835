// SPDX-License-Identifier: MIT
#pragma once
// Nodes of a lock as the strings that enter a key, ready for fast closures: one string per distinct node, in
// sorted order, so that a closure is a sweep over marks.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "workspace/parsed_lock.h"

namespace stillage::workspace {

class ClosureGraph {
 public:
  /// Takes the nodes whose edges point at positions within `nodes`.
  explicit ClosureGraph(const std::vector<LockNode>& nodes);

  /// One mark per string.
  using Marks = std::vector<char>;
  Marks no_marks() const { return Marks(texts_.size(), 0); }
  /// Marks everything that can be reached from a node, itself included.
  void mark(NodeId node, Marks& marks) const;

  std::size_t size() const { return texts_.size(); }
  const std::string& text(std::size_t rank) const { return texts_[rank]; }
  const base::Sha256Digest& digest(std::size_t rank) const { return digests_[rank]; }
  const std::string& package_name(std::size_t rank) const { return names_[rank]; }

  /// How an edge reads within a string: "lodash@4.17.21", "al=lodash@4.17.21", "x@^1?" for an unknown one.
  std::string edge_text(const LockEdge& edge) const;

 private:
  void tell_copies_apart(const std::vector<LockNode>& nodes);

  std::vector<std::string> labels_;   // by node
  std::vector<std::uint32_t> ranks_;  // by node
  std::vector<std::string> texts_;    // by rank, as is everything below
  std::vector<std::string> names_;
  std::vector<base::Sha256Digest> digests_;
  std::vector<std::vector<std::uint32_t>> targets_;
};

}  // namespace stillage::workspace
