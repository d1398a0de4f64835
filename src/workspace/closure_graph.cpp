// SPDX-License-Identifier: MIT
#include "workspace/closure_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "base/bytes.h"
#include "base/hex.h"

namespace stillage::workspace {
namespace {

constexpr char kSeparator = '\x1f';
/// How deep below two copies of one package a difference is looked for.
constexpr int kRounds = 8;

std::string own_text(const LockNode& node) {
  return node.label + kSeparator + node.details;
}

}  // namespace

/// In npm's layout one version may lie in several places with different dependencies below. Such copies get a
/// digest of what lies below them into their labels, or a swap of two of them would go unseen.
void ClosureGraph::tell_copies_apart(const std::vector<LockNode>& nodes) {
  base::StringMap<std::vector<NodeId>> copies;
  bool any = false;
  for (NodeId i = 0; i < nodes.size(); ++i) {
    auto& list = copies[own_text(nodes[i])];
    list.push_back(i);
    any = any || list.size() > 1;
  }
  if (!any) return;
  std::vector<base::Xxh128Digest> colours(nodes.size());
  for (NodeId i = 0; i < nodes.size(); ++i) colours[i] = base::xxh128(own_text(nodes[i]));
  for (int round = 0; round < kRounds; ++round) {
    std::vector<base::Xxh128Digest> next(nodes.size());
    for (NodeId i = 0; i < nodes.size(); ++i) {
      std::vector<std::string> parts;
      for (const LockEdge& edge : nodes[i].edges) {
        base::ByteWriter part;
        part.text(edge.name);
        if (edge.targets.empty()) part.text(edge.range);
        std::vector<base::Xxh128Digest> below;
        for (const NodeId target : edge.targets) below.push_back(colours[target]);
        std::sort(below.begin(), below.end());
        for (const auto& colour : below) part.raw(colour);
        parts.push_back(part.take());
      }
      std::sort(parts.begin(), parts.end());
      base::ByteWriter whole;
      whole.raw(colours[i]);
      for (const auto& part : parts) whole.text(part);
      next[i] = base::xxh128(whole.bytes());
    }
    colours = std::move(next);
  }
  for (const auto& copy : copies) {
    const auto& list = copy.second;
    const auto& first = colours[list.front()];
    if (std::all_of(list.begin(), list.end(), [&](NodeId i) { return colours[i] == first; })) continue;
    for (const NodeId i : list) labels_[i] += fmt::format("#{}", base::to_hex(colours[i]));
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
  return text.starts_with(edge.name + "@") || text.starts_with(edge.name + " (")
             ? text
             : fmt::format("{}={}", edge.name, text);
}

}  // namespace stillage::workspace
