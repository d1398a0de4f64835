// SPDX-License-Identifier: MIT
#pragma once
// Looks for a path in bytes, as plain text and as what programs make of it: percent-encoded as in a file://
// URL ("/my%20repo"), escaped as in JSON ("\/my repo", "\u00e9"), also in a text within a text ("\\/"). One
// pass, as fast as that for a plain text. Not for use from two threads at a time.

#include <cstddef>
#include <string>
#include <string_view>

namespace stillage::archive {

class PathSearch {
 public:
  /// The most bytes that may stand for one byte of the path.
  static constexpr std::size_t kLongestSpelling = 9;

  /// An empty path is never found.
  explicit PathSearch(std::string_view path);
  PathSearch(const PathSearch&) = delete;
  PathSearch& operator=(const PathSearch&) = delete;

  /// Whether there is nothing to look for any more.
  bool is_over() const { return path_.empty() || found_; }
  bool found() const { return found_; }

  /// How many bytes in front of a piece must be writable, see look_at().
  std::size_t reserve() const { return path_.empty() ? 0 : path_.size() * kLongestSpelling - 1; }
  /// The next piece is the first of a file.
  void start() { kept_ = 0; }
  /// The next piece of a file, in a buffer of which reserve() bytes before `piece` belong to the search: it
  /// keeps the end of this piece there for the next one, so that a path across the border is found as well.
  void look_at(char* piece, std::size_t size);
  /// A text on its own.
  void look_at(std::string_view text);

 private:
  bool is_in(std::string_view text) const;
  bool begins_in(std::string_view text, std::size_t first, std::size_t last) const;

  std::string path_;
  /// The longest part of the path that everybody spells alike, and how far it is from the start.
  std::string_view anchor_;
  std::size_t before_anchor_ = 0;
  std::size_t kept_ = 0;
  bool found_ = false;
};

}  // namespace stillage::archive
