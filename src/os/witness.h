// SPDX-License-Identifier: MIT
#pragma once
// What this process looks at while it finds out something: the paths that it asks the system about, the
// folders that it opens, and whether it starts other programs. Whoever remembers an answer learns here what
// the answer stands on. Off unless a Witness is at work; then each function of this room that takes a path
// tells it.

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace stillage::os {

struct Witnessed {
  /// Absolute, as they were asked for: links on the way are whoever's who looks again.
  std::set<std::string, std::less<>> paths;
  /// Folders that were opened, by the path that the system knows them by.
  std::set<std::string, std::less<>> folders;
  /// The answer may stand on what nobody saw: another program ran, or a path could not be told.
  bool is_partial = false;
};

/// Takes down what all threads look at, from its making until finish(). One at a time.
class Witness {
 public:
  Witness();
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  Witnessed finish();

  void take_path(std::string_view path);
  void take_path_at(int dir, std::string_view path);
  void take_folder(int fd);
  void take_program();

 private:
  std::mutex mutex_;
  std::string here_;
  Witnessed seen_;
};

namespace detail {
extern std::atomic<Witness*> witness;
}

/// While it lives, this thread looks at what the witness hears of otherwise.
class WitnessPause {
 public:
  WitnessPause() { ++depth; }
  ~WitnessPause() { --depth; }
  WitnessPause(const WitnessPause&) = delete;
  WitnessPause& operator=(const WitnessPause&) = delete;

  static inline thread_local int depth = 0;
};

namespace detail {
/// Whom this thread has to tell what it looks at; null: nobody.
inline Witness* listener() {
  Witness* const there = witness.load(std::memory_order_acquire);
  return there != nullptr && WitnessPause::depth == 0 ? there : nullptr;
}
}  // namespace detail

/// A path relative to the current folder, or absolute.
inline void witness_path(std::string_view path) {
  if (Witness* const witness = detail::listener()) witness->take_path(path);
}
/// A path relative to an open folder, AT_FDCWD or not. Single names count as told with the folder.
inline void witness_path_at(int dir, std::string_view path) {
  if (Witness* const witness = detail::listener()) witness->take_path_at(dir, path);
}
/// An open folder.
inline void witness_folder(int fd) {
  if (Witness* const witness = detail::listener()) witness->take_folder(fd);
}
/// A program is started.
inline void witness_program() {
  if (Witness* const witness = detail::listener()) witness->take_program();
}

}  // namespace stillage::os
