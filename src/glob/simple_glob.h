// SPDX-License-Identifier: MIT
#pragma once
// The fast way for the globs that nearly everybody writes: names, `*`, `?` and `**` as a whole segment, and
// lists of plain words in braces. It answers only for ordinary paths (no empty, "." or ".." segment, and no
// line end unless those are allowed), for which it agrees with the full translation with `dot` on; a test
// compares both.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::glob {

/// Whether paths may contain line ends and still be ordinary.
enum class LineEnds { refuse, allow };

/// Whether `path` looks like what a directory walk gives.
bool is_ordinary(std::string_view path, LineEnds line_ends);

class SimpleGlob {
 public:
  /// Nothing if the glob needs the full translation. It has no leading '!' and no leading "./".
  static std::optional<SimpleGlob> compile(std::string_view glob);

  /// False for paths that it must not be asked about although they are ordinary.
  bool can_tell(std::string_view path) const;
  bool matches(std::string_view ordinary_path) const;
  /// False only if nothing below the folder can match.
  bool may_match_below(std::string_view ordinary_dir) const;
  /// True only if everything below the folder matches.
  bool covers_below(std::string_view ordinary_dir) const;
  /// Whether a segment is exactly `name`.
  bool has_segment(std::string_view name) const;

 private:
  enum class Kind { name, wild, any_folders, anything_or_nothing, anything };

  struct Segment {
    Kind kind;
    std::string text;
  };
  using Segments = std::vector<Segment>;

  static std::optional<Segments> compile_one(std::string_view glob);
  static bool fits(const Segment& segment, std::string_view name);
  static bool match(const Segments& segments, std::string_view path);
  static bool below(const Segments& segments, std::string_view dir);

  std::vector<Segments> alternatives_;
  bool has_mark_ = false;
};

}  // namespace stillage::glob
