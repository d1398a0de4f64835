// SPDX-License-Identifier: MIT
#include "glob/simple_glob.h"

#include <algorithm>

#include "base/strings.h"
#include "glob/units.h"

namespace stillage::glob {
namespace {

constexpr std::size_t kMaxAlternatives = 16;
constexpr auto kNone = std::string_view::npos;

/// Replaces the first {a,b} by each of its words and does the same with the results. False if some braces are
/// no plain list, or if there are too many results.
bool expand_words(std::string_view glob, std::vector<std::string>& out) {
  const std::size_t open = glob.find('{');
  if (open == kNone) {
    if (glob.find('}') != kNone || out.size() == kMaxAlternatives) return false;
    out.emplace_back(glob);
    return true;
  }
  const std::size_t close = glob.find('}', open);
  if (close == kNone) return false;
  const std::string_view list = glob.substr(open + 1, close - open - 1);
  if (list.find(',') == kNone || list.find("..") != kNone || list.find_first_of("{*?/") != kNone)
    return false;
  // A star beside the braces would touch another one, or begin a name without being guarded as such.
  const bool beside_star = (open > 0 && glob[open - 1] == '*') || glob.substr(close + 1, 1) == "*";
  for (const std::string_view word : base::split(list, ',')) {
    if (word.empty() && beside_star) return false;
    std::string one(glob.substr(0, open));
    one += word;
    one += glob.substr(close + 1);
    if (!expand_words(one, out)) return false;
  }
  return true;
}

/// `*` and `?` within one name.
bool wild_match(std::string_view glob, std::string_view name) {
  std::size_t g = 0;
  std::size_t n = 0;
  std::size_t star = kNone;
  std::size_t star_name = 0;
  while (n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_name = n;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
      ++g;
      ++n;
    } else if (star != kNone) {
      g = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

std::string_view segment_at(std::string_view path, std::size_t at) {
  return path.substr(at, path.find('/', at) - at);
}

}  // namespace

bool is_ordinary(std::string_view path, LineEnds line_ends) {
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::size_t size = end - start;
    if (size == 0 || (path[start] == '.' && (size == 1 || (size == 2 && path[start + 1] == '.'))))
      return false;
    start = end + 1;
  }
  if (line_ends == LineEnds::allow) return true;
  if (path.find('\n') != kNone || path.find('\r') != kNone) return false;
  // U+2028 and U+2029
  for (std::size_t at = path.find('\xE2'); at != kNone; at = path.find('\xE2', at + 1))
    if (path.substr(at + 1, 2) == "\x80\xA8" || path.substr(at + 1, 2) == "\x80\xA9") return false;
  return true;
}

std::optional<SimpleGlob> SimpleGlob::compile(std::string_view glob) {
  if (glob.empty() || glob.size() > 4096 ||
      glob.find_first_of(std::string_view("[]()|\\\"+$^\0", 11)) != kNone)
    return std::nullopt;
  if (glob.front() == '!' || glob.substr(0, 2) == "./") return std::nullopt;
  SimpleGlob made;
  std::vector<std::string> words;
  if (!expand_words(glob, words)) return std::nullopt;
  for (const std::string& word : words) {
    auto segments = compile_one(word);
    if (!segments) return std::nullopt;
    made.alternatives_.push_back(std::move(*segments));
  }
  made.has_mark_ = glob.find('?') != kNone;
  return made;
}

std::optional<SimpleGlob::Segments> SimpleGlob::compile_one(std::string_view glob) {
  // "*.*" and its like have a short form that wants something behind the dot.
  if (glob.empty() || (glob.front() == '*' && glob.find("*.*") != kNone)) return std::nullopt;
  Segments segments;
  const auto parts = base::split(glob, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const bool last = i + 1 == parts.size();
    if (part.empty() || part.substr(0, 2) == ".*") return std::nullopt;
    Kind kind = part.find_first_of("*?") == kNone ? Kind::name : Kind::wild;
    if (part == "**") {
      const bool after_folders = i > 0 && segments.back().kind == Kind::any_folders;
      if (after_folders) return std::nullopt;
      // `x/**` is also x itself, but `x*/**` is only what lies below.
      const bool after_star = i > 0 && parts[i - 1].back() == '*';
      kind = !last ? Kind::any_folders : after_star ? Kind::anything : Kind::anything_or_nothing;
    } else if (part.find("**") != kNone) {
      return std::nullopt;
    }
    segments.push_back({kind, std::string(part)});
  }
  return segments;
}

bool SimpleGlob::can_tell(std::string_view path) const {
  return !has_mark_ || is_ascii(path);
}

bool SimpleGlob::fits(const Segment& segment, std::string_view name) {
  return segment.kind == Kind::name ? segment.text == name : wild_match(segment.text, name);
}

bool SimpleGlob::match(const Segments& segments, std::string_view path) {
  std::size_t next = 0;         // index of the segment to match
  std::size_t at = 0;           // where the name to match starts; behind the end: nothing is left
  std::size_t folders = kNone;  // the last `**/` passed
  std::size_t folders_at = 0;   // where the first name behind it starts
  while (true) {
    const bool left = at < path.size();
    if (next == segments.size() && !left) return true;
    bool fit = false;
    if (next < segments.size()) {
      const Segment& segment = segments[next];
      if (segment.kind == Kind::anything_or_nothing) return true;
      if (segment.kind == Kind::anything) {
        if (left) return true;
      } else if (segment.kind == Kind::any_folders) {
        folders = next++;
        folders_at = at;
        continue;
      } else if (left) {
        const std::string_view name = segment_at(path, at);
        fit = fits(segment, name);
        if (fit) {
          ++next;
          at += name.size() + 1;
        }
      }
    }
    if (fit) continue;
    if (folders == kNone || folders_at >= path.size()) return false;
    folders_at += segment_at(path, folders_at).size() + 1;
    at = folders_at;
    next = folders + 1;
  }
}

bool SimpleGlob::matches(std::string_view ordinary_path) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [&](const Segments& segments) { return match(segments, ordinary_path); });
}

bool SimpleGlob::below(const Segments& segments, std::string_view dir) {
  std::size_t at = 0;
  for (const Segment& segment : segments) {
    if (segment.kind != Kind::name && segment.kind != Kind::wild) return true;
    if (at >= dir.size()) return true;
    const std::string_view name = segment_at(dir, at);
    if (!fits(segment, name)) return false;
    at += name.size() + 1;
  }
  return false;
}

bool SimpleGlob::may_match_below(std::string_view ordinary_dir) const {
  if (!can_tell(ordinary_dir)) return true;
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [&](const Segments& segments) { return below(segments, ordinary_dir); });
}

bool SimpleGlob::covers_below(std::string_view ordinary_dir) const {
  if (!can_tell(ordinary_dir)) return false;
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const Segments& segments) {
    const std::size_t size = segments.size();
    if (segments.back().kind == Kind::anything_or_nothing || segments.back().kind == Kind::anything) {
      Segments folder = segments;
      folder.back().kind = Kind::anything_or_nothing;
      return match(folder, ordinary_dir);
    }
    // `x/**/*` is everything below x, too.
    const bool any_name =
        size >= 2 && segments[size - 1].text == "*" && segments[size - 2].kind == Kind::any_folders;
    if (!any_name) return false;
    Segments folder(segments.begin(), segments.end() - 1);
    folder.back().kind = Kind::anything_or_nothing;
    return match(folder, ordinary_dir);
  });
}

bool SimpleGlob::has_segment(std::string_view name) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const Segments& segments) {
    return std::any_of(segments.begin(), segments.end(), [&](const Segment& segment) {
      return segment.kind == Kind::name && segment.text == name;
    });
  });
}

}  // namespace stillage::glob
