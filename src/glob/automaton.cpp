// SPDX-License-Identifier: MIT
#include "glob/automaton.h"

#include <algorithm>
#include <deque>

#include "glob/units.h"

namespace stillage::glob {
namespace {

/// The working sets of one sweep. Kept by each thread, because a match is too short to allocate for.
struct Scratch {
  std::vector<std::uint64_t> seen;  ///< per state: the last stamp under which it was entered
  std::vector<std::uint32_t> now;
  std::vector<std::uint32_t> after;
  std::vector<std::uint32_t> pending;
  std::uint64_t stamp = 0;
};

/// Lends the scratch of this nesting level (a look-around sweeps while another sweep waits).
class ScratchLoan {
 public:
  explicit ScratchLoan(std::size_t states) {
    if (level_ == pool_.size()) pool_.emplace_back();
    scratch_ = &pool_[level_++];
    if (scratch_->seen.size() < states) scratch_->seen.resize(states);
    scratch_->now.clear();
    scratch_->after.clear();
  }
  ~ScratchLoan() {
    --level_;
    if (scratch_->seen.size() > kKeep) *scratch_ = Scratch{};
  }
  ScratchLoan(const ScratchLoan&) = delete;
  ScratchLoan& operator=(const ScratchLoan&) = delete;
  Scratch& operator*() const { return *scratch_; }

 private:
  static constexpr std::size_t kKeep = 1U << 16U;
  static thread_local std::deque<Scratch> pool_;
  static thread_local std::size_t level_;
  Scratch* scratch_;
};

thread_local std::deque<Scratch> ScratchLoan::pool_;
thread_local std::size_t ScratchLoan::level_ = 0;

}  // namespace

/// One text before one automaton.
template <class Unit>
class AutomatonRun {
 public:
  using Op = Automaton::Op;
  using State = Automaton::State;
  using Direction = Automaton::Direction;

  AutomatonRun(const Automaton& automaton, std::basic_string_view<Unit> text)
      : automaton_(automaton), text_(text) {}

  bool matches() {
    if (automaton_.states_.empty()) return false;
    bool found = false;
    sweep(
        automaton_.entry_, Direction::forward, automaton_.anchored_ ? Starts::first : Starts::all,
        [&](std::size_t) { found = true; }, [&] { return found; });
    return found;
  }

  bool may_go_on() {
    if (automaton_.states_.empty()) return false;
    if (!automaton_.anchored_) return true;
    prefix_only_ = true;
    sweep(
        automaton_.entry_, Direction::forward, Starts::first, [](std::size_t) {}, [] { return false; });
    return alive_;
  }

 private:
  enum class Starts { first, all };

  static char16_t wide(Unit unit) {
    return sizeof(Unit) == 1 ? static_cast<unsigned char>(unit) : static_cast<char16_t>(unit);
  }
  bool is_at(std::size_t place, char c) const {
    return place < text_.size() && text_[place] == static_cast<Unit>(c);
  }
  bool closes_at(std::size_t place) const { return place == text_.size() || is_at(place, '/'); }
  bool dots_segment_at(std::size_t place) const {
    return is_at(place, '.') && (closes_at(place + 1) || (is_at(place + 1, '.') && closes_at(place + 2)));
  }
  bool word_at(std::size_t place) const { return place < text_.size() && is_word(wide(text_[place])); }

  /// The answer of a state that only looks.
  bool holds(const State& state, std::size_t place) {
    // What lies behind a mere prefix is unknown: the text does not end there, and any look-around may hold.
    if (prefix_only_) return state.op == Op::begin ? place == 0 : state.op != Op::end;
    switch (state.op) {
      case Op::begin:
        return place == 0;
      case Op::end:
        return place == text_.size();
      case Op::word_edge:
        return ((place > 0 && word_at(place - 1)) != word_at(place)) != state.negative;
      case Op::next_in_set:
        return (place < text_.size() && automaton_.sets_[state.other]->contains(wide(text_[place]))) !=
               state.negative;
      case Op::dots_segment:
        return dots_segment_at(place) != state.negative;
      case Op::next_dots_segment:
        return ((place == 0 && dots_segment_at(0)) || (is_at(place, '/') && dots_segment_at(place + 1))) !=
               state.negative;
      case Op::dot_or_nothing:
        return (closes_at(place) || (is_at(place, '.') && closes_at(place + 1))) != state.negative;
      case Op::next_dot:
        return ((place == 0 && is_at(0, '.')) || (is_at(place, '/') && is_at(place + 1, '.'))) !=
               state.negative;
      default:
        return look(state.other, place) != state.negative;
    }
  }

  bool look(std::uint32_t index, std::size_t place) {
    if (answers_.empty()) answers_.resize(automaton_.looks_.size());
    if (answers_[index].empty()) {
      std::vector<bool> answer(text_.size() + 1);
      const Automaton::Look& asked = automaton_.looks_[index];
      sweep(
          asked.entry, asked.direction, Starts::all, [&](std::size_t at) { answer[at] = true; },
          [] { return false; });
      answers_[index] = std::move(answer);
    }
    return answers_[index][place];
  }

  /// Follows all ways at once through the text. `accept` is told each place where one arrives; `done` ends
  /// it.
  template <class Accept, class Done>
  void sweep(std::uint32_t entry, Direction direction, Starts starts, Accept accept, Done done) {
    const ScratchLoan loan(automaton_.states_.size());
    Scratch& scratch = *loan;
    const std::size_t size = text_.size();
    ++scratch.stamp;
    for (std::size_t step = 0;; ++step) {
      const std::size_t place = direction == Direction::forward ? step : size - step;
      if (step == 0 || starts == Starts::all) enter(scratch, scratch.now, entry, place, accept);
      if (done()) return;
      if (step == size) {
        alive_ = !scratch.now.empty();
        return;
      }
      const char16_t unit = wide(text_[direction == Direction::forward ? place : place - 1]);
      const std::size_t then = direction == Direction::forward ? place + 1 : place - 1;
      ++scratch.stamp;
      for (const std::uint32_t index : scratch.now) {
        const State& state = automaton_.states_[index];
        const bool fits =
            state.op == Op::unit ? state.unit == unit : automaton_.sets_[state.other]->contains(unit);
        if (fits) enter(scratch, scratch.after, state.next, then, accept);
      }
      scratch.now.swap(scratch.after);
      scratch.after.clear();
      if (scratch.now.empty() && starts == Starts::first) {
        alive_ = false;
        return;
      }
    }
  }

  /// Adds the state to `into`, through everything that consumes nothing.
  template <class Accept>
  void enter(Scratch& scratch, std::vector<std::uint32_t>& into, std::uint32_t first, std::size_t place,
             Accept& accept) {
    scratch.pending.push_back(first);
    while (!scratch.pending.empty()) {
      const std::uint32_t index = scratch.pending.back();
      scratch.pending.pop_back();
      if (scratch.seen[index] == scratch.stamp) continue;
      scratch.seen[index] = scratch.stamp;
      const State& state = automaton_.states_[index];
      switch (state.op) {
        case Op::accept:
          accept(place);
          break;
        case Op::unit:
        case Op::set:
          into.push_back(index);
          break;
        case Op::split:
          scratch.pending.push_back(state.other);
          scratch.pending.push_back(state.next);
          break;
        default:
          if (holds(state, place)) scratch.pending.push_back(state.next);
      }
    }
  }

  const Automaton& automaton_;
  std::basic_string_view<Unit> text_;
  std::vector<std::vector<bool>> answers_;  ///< per look-around: whether it holds, by place
  bool prefix_only_ = false;
  bool alive_ = false;
};

bool Automaton::matches(std::string_view text) const {
  return AutomatonRun<char>(*this, text).matches();
}

bool Automaton::matches(std::u16string_view text) const {
  return AutomatonRun<char16_t>(*this, text).matches();
}

bool Automaton::may_match_longer_than(std::string_view prefix) const {
  return AutomatonRun<char>(*this, prefix).may_go_on();
}

bool Automaton::may_match_longer_than(std::u16string_view prefix) const {
  return AutomatonRun<char16_t>(*this, prefix).may_go_on();
}

}  // namespace stillage::glob
