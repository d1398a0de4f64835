// SPDX-License-Identifier: MIT
#pragma once
// Matches a regular expression without ever backtracking: all ways through it are followed at once, so the
// time is at most (size of the expression) x (length of the text). Each look-around is answered for all
// positions of the text in one sweep of its own, and only when somebody asks. Const calls are safe from any
// thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "glob/regex_syntax.h"
#include "stillage/result.h"

namespace stillage::glob {

class Automaton {
 public:
  /// Matches nothing.
  Automaton() = default;
  /// An error if the expression is too large.
  static Result<Automaton> compile(const Node& tree);

  /// Whether the expression is found in `text`. Bytes must be ASCII.
  bool matches(std::string_view text) const;
  bool matches(std::u16string_view text) const;

  /// False only if no text that begins with `prefix` and goes on can match.
  bool may_match_longer_than(std::string_view prefix) const;
  bool may_match_longer_than(std::u16string_view prefix) const;

 private:
  friend class AutomatonBuilder;
  template <class Unit>
  friend class AutomatonRun;

  enum class Op : std::uint8_t {
    unit,
    set,
    split,
    begin,
    end,
    word_edge,
    next_in_set,   ///< (?=x) for one unit
    dots_segment,  ///< the look-aheads of regex_pieces.h
    next_dots_segment,
    dot_or_nothing,
    next_dot,
    look,
    accept,
  };

  struct State {
    Op op = Op::accept;
    bool negative = false;
    char16_t unit = 0;
    std::uint32_t next = 0;
    std::uint32_t other = 0;  ///< second way of a split, or index of a set or look-around
  };

  enum class Direction { forward, backward };

  struct Look {
    std::uint32_t entry = 0;
    Direction direction = Direction::backward;
  };

  std::vector<State> states_;
  std::vector<std::shared_ptr<const UnitSet>> sets_;
  std::vector<Look> looks_;
  std::uint32_t entry_ = 0;
  bool anchored_ = true;  ///< can match only from the start of the text on
};

}  // namespace stillage::glob
