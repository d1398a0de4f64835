// SPDX-License-Identifier: MIT
#include <map>
#include <utility>

#include "glob/automaton.h"
#include "glob/regex_pieces.h"

namespace stillage::glob {
namespace {

constexpr std::size_t kMaxStates = 1U << 20U;
constexpr unsigned kMaxRepeat = 1000;

/// The node itself, out of groups that hold just one thing.
const Node& unwrap(const Node& node) {
  const Node* inner = &node;
  while (inner->kind == NodeKind::sequence && inner->children.size() == 1)
    inner = inner->children.front().get();
  return *inner;
}

}  // namespace

/// Lays out states from the end of the expression to its start, so that every state knows what comes next.
class AutomatonBuilder {
 public:
  using Op = Automaton::Op;
  using State = Automaton::State;
  using Direction = Automaton::Direction;

  Result<Automaton> build(const Node& tree) {
    made_.entry_ = emit(tree, add({}), Direction::forward);
    made_.anchored_ = tree.kind == NodeKind::sequence && !tree.children.empty() &&
                      tree.children.front()->kind == NodeKind::begin;
    if (too_large_) return fail(ErrorKind::invalid, "it is too large");
    return std::move(made_);
  }

 private:
  std::uint32_t add(State state) {
    if (made_.states_.size() >= kMaxStates) {
      too_large_ = true;
      return 0;
    }
    made_.states_.push_back(state);
    return static_cast<std::uint32_t>(made_.states_.size() - 1);
  }

  std::uint32_t add_split(std::uint32_t next, std::uint32_t other) {
    State state;
    state.op = Op::split;
    state.next = next;
    state.other = other;
    return add(state);
  }

  std::uint32_t add_test(Op op, bool negative, std::uint32_t next, std::uint32_t index = 0) {
    State state;
    state.op = op;
    state.negative = negative;
    state.next = next;
    state.other = index;
    return add(state);
  }

  std::uint32_t set_index(const std::shared_ptr<const UnitSet>& set) {
    made_.sets_.push_back(set);
    return static_cast<std::uint32_t>(made_.sets_.size() - 1);
  }

  /// The first state of `node` when `next` follows it.
  std::uint32_t emit(const Node& node, std::uint32_t next, Direction direction) {
    if (too_large_) return 0;
    switch (node.kind) {
      case NodeKind::sequence:
        if (direction == Direction::forward) {
          for (auto child = node.children.rbegin(); child != node.children.rend(); ++child)
            next = emit(**child, next, direction);
        } else {
          for (const auto& child : node.children) next = emit(*child, next, direction);
        }
        return next;
      case NodeKind::choice: {
        std::uint32_t entry = emit(*node.children.front(), next, direction);
        for (std::size_t i = 1; i < node.children.size(); ++i)
          entry = add_split(entry, emit(*node.children[i], next, direction));
        return entry;
      }
      case NodeKind::unit: {
        State state;
        state.op = Op::unit;
        state.unit = node.unit;
        state.next = next;
        return add(state);
      }
      case NodeKind::set:
        return add_test(Op::set, false, next, set_index(node.set));
      case NodeKind::repeat:
        return emit_repeat(node, next, direction);
      case NodeKind::begin:
        return add_test(Op::begin, false, next);
      case NodeKind::end:
        return add_test(Op::end, false, next);
      case NodeKind::word_edge:
        return add_test(Op::word_edge, node.negative, next);
      case NodeKind::look_ahead:
      case NodeKind::look_behind:
        return emit_look(node, next);
    }
    return next;
  }

  std::uint32_t emit_repeat(const Node& node, std::uint32_t next, Direction direction) {
    const Node& body = *node.children.front();
    const bool endless = node.max == kNoLimit;
    if (node.min > kMaxRepeat || (!endless && node.max > kMaxRepeat)) {
      too_large_ = true;
      return 0;
    }
    std::uint32_t entry = next;
    if (endless) {
      entry = add_split(next, 0);
      const std::uint32_t round = emit(body, entry, direction);
      if (!too_large_) made_.states_[entry].other = round;
    } else {
      for (unsigned i = node.min; i < node.max && !too_large_; ++i)
        entry = add_split(next, emit(body, entry, direction));
    }
    for (unsigned i = 0; i < node.min && !too_large_; ++i) entry = emit(body, entry, direction);
    return entry;
  }

  std::uint32_t emit_look(const Node& node, std::uint32_t next) {
    const Node& body = *node.children.front();
    if (node.kind == NodeKind::look_ahead) {
      static constexpr std::pair<std::u16string_view, Op> kKnown[] = {
          {kDotsSegment, Op::dots_segment},
          {kNextDotsSegment, Op::next_dots_segment},
          {kDotOrNothing, Op::dot_or_nothing},
          {kNextDot, Op::next_dot},
      };
      for (const auto& [source, op] : kKnown)
        if (node.source == source) return add_test(op, node.negative, next);
      const Node& single = unwrap(body);
      if (single.kind == NodeKind::set)
        return add_test(Op::next_in_set, node.negative, next, set_index(single.set));
      if (single.kind == NodeKind::unit) {
        UnitSet set;
        set.add(single.unit, single.unit);
        set.finish(false);
        return add_test(Op::next_in_set, node.negative, next,
                        set_index(std::make_shared<const UnitSet>(std::move(set))));
      }
    }
    // A look-ahead asks "does this begin here?", which a sweep from the end to the start answers for every
    // place.
    const Direction direction = node.kind == NodeKind::look_ahead ? Direction::backward : Direction::forward;
    const auto [known, is_new] = looks_.try_emplace(std::pair(node.source, direction), 0);
    if (is_new) {
      const std::uint32_t entry = emit(body, add({}), direction);
      known->second = static_cast<std::uint32_t>(made_.looks_.size());
      made_.looks_.push_back({entry, direction});
    }
    return add_test(Op::look, node.negative, next, known->second);
  }

  Automaton made_;
  std::map<std::pair<std::u16string, Direction>, std::uint32_t> looks_;
  bool too_large_ = false;
};

Result<Automaton> Automaton::compile(const Node& tree) {
  return AutomatonBuilder().build(tree);
}

}  // namespace stillage::glob
