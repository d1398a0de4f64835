// SPDX-License-Identifier: MIT
#include "workspace/closure_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace stillage::workspace {
namespace {

constexpr char kSeparator = '\x1f';
/// How deep below two copies of one package a difference is looked for.
constexpr int kRounds = 8;

std::uint64_t hash_of(std::string_view text) {
  const base::Xxh128Digest digest = base::xxh128(text);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest[i];
  return value;
}

/// Mixes all bits of a sum or chain of hashes (the finaliser of splitmix64).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

/// A hash of each node and of what lies up to kRounds below it; the order of edges and targets is nothing.
std::vector<std::uint64_t> hashes_with_depth(const std::vector<LockNode>& nodes) {
  std::vector<std::uint64_t> hashes;
  std::vector<std::vector<std::uint64_t>> names(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    hashes.push_back(hash_of(nodes[i].label + kSeparator + nodes[i].details));
    for (const LockEdge& edge : nodes[i].edges)
      names[i].push_back(hash_of(edge.targets.empty() ? edge.name + kSeparator + edge.range : edge.name));
  }
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::uint64_t> next(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      std::uint64_t below = 0;
      for (std::size_t j = 0; j < nodes[i].edges.size(); ++j) {
        std::uint64_t targets = 0;
        for (const NodeId target : nodes[i].edges[j].targets) targets += mixed(hashes[target]);
        below += mixed(names[i][j] + mixed(targets));
      }
      next[i] = mixed(hashes[i] + mixed(below));
    }
    hashes = std::move(next);
  }
  return hashes;
}

}  // namespace

/// In npm's layout one version may lie in several places with different dependencies below, and a patched
/// package has the version of the plain one. Such copies get a hash into their labels, or a swap of two of
/// them would go unseen.
void ClosureGraph::tell_copies_apart(const std::vector<LockNode>& nodes) {
  std::unordered_map<std::string_view, std::vector<NodeId>> copies;
  for (NodeId i = 0; i < nodes.size(); ++i) copies[nodes[i].label].push_back(i);
  if (copies.size() == nodes.size()) return;
  const auto hashes = hashes_with_depth(nodes);
  for (const auto& copy : copies) {
    const auto& list = copy.second;
    const std::uint64_t first = hashes[list.front()];
    if (std::all_of(list.begin(), list.end(), [&](NodeId i) { return hashes[i] == first; })) continue;
    for (const NodeId i : list) labels_[i] += fmt::format("#{:016x}", hashes[i]);
  }
}

ClosureGraph::ClosureGraph(const std::vector<LockNode>& nodes) {
  for (const LockNode& node : nodes) labels_.push_back(node.label);
  tell_copies_apart(nodes);

  std::vector<std::string> whole;
  for (NodeId i = 0; i < nodes.size(); ++i) {
    std::vector<std::string> edges;
    for (const LockEdge& edge : nodes[i].edges) edges.push_back(edge_text(edge));
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    whole.push_back(labels_[i] + kSeparator + nodes[i].details + kSeparator + base::join(edges, ", "));
  }
  std::vector<NodeId> order(nodes.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](NodeId a, NodeId b) { return whole[a] < whole[b]; });
  ranks_.resize(nodes.size());
  for (const NodeId i : order) {
    if (texts_.empty() || texts_.back() != whole[i]) {
      texts_.push_back(std::move(whole[i]));
      names_.push_back(nodes[i].name);
    }
    ranks_[i] = static_cast<std::uint32_t>(texts_.size() - 1);
  }
  targets_.resize(texts_.size());
  for (NodeId i = 0; i < nodes.size(); ++i)
    for (const LockEdge& edge : nodes[i].edges)
      for (const NodeId target : edge.targets) targets_[ranks_[i]].push_back(ranks_[target]);
  for (auto& list : targets_) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  base::Sha256 sha;
  for (const auto& text : texts_) {
    sha.reset();
    sha.update(text);
    digests_.push_back(sha.finish());
  }
}

void ClosureGraph::mark(NodeId node, Marks& marks) const {
  std::vector<std::uint32_t> pending;
  const auto reach = [&](std::uint32_t rank) {
    if (marks[rank]) return;
    marks[rank] = 1;
    pending.push_back(rank);
  };
  reach(ranks_[node]);
  while (!pending.empty()) {
    const std::uint32_t next = pending.back();
    pending.pop_back();
    for (const std::uint32_t target : targets_[next]) reach(target);
  }
}

std::string ClosureGraph::edge_text(const LockEdge& edge) const {
  if (edge.targets.empty()) return fmt::format("{}@{}?", edge.name, edge.range);
  std::vector<std::string> labels;
  for (const NodeId target : edge.targets) labels.push_back(labels_[target]);
  std::sort(labels.begin(), labels.end());
  const std::string text = base::join(labels, "|");
  const bool says_its_name = text.size() > edge.name.size() && text.starts_with(edge.name) &&
                             std::string_view("@ /").find(text[edge.name.size()]) != std::string_view::npos;
  return says_its_name ? text : fmt::format("{}={}", edge.name, text);
}

}  // namespace stillage::workspace
