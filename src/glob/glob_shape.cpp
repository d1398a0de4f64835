// SPDX-License-Identifier: MIT
#include "glob/glob_shape.h"

#include <algorithm>

namespace stillage::glob {
namespace {

constexpr auto kNowhere = std::string_view::npos;

bool is_one_of(std::string_view set, char c) {
  return set.find(c) != kNowhere;
}

/// `.` of a regular expression stops at line ends; those beyond ASCII are no bytes of their own.
bool same_line(std::string_view text) {
  return text.find_first_of("\n\r") == kNowhere;
}

/// Something like (a|b) that is no extended glob.
bool has_choice(std::string_view glob) {
  for (std::size_t open = glob.find('('); open != kNowhere; open = glob.find('(', open + 1)) {
    if (open > 0 && is_one_of("!*+?@", glob[open - 1])) continue;
    const std::size_t limit = std::min(glob.find('(', open + 1), glob.size());
    for (std::size_t bar = glob.find('|', open); bar < limit; bar = glob.find('|', bar + 1)) {
      const std::size_t close = glob.find(')', bar);
      if (close == kNowhere) return false;
      if (close < glob.find('|', bar + 1)) return true;
    }
  }
  return false;
}

bool has_extglob(std::string_view glob) {
  for (std::size_t open = glob.find('(', 1); open != kNowhere; open = glob.find('(', open + 1))
    if (is_one_of("!*+?@", glob[open - 1]) && glob.find(')', open) < glob.find('(', open + 1)) return true;
  return false;
}

bool has_brace_list(std::string_view glob) {
  const std::size_t open = glob.find('{');
  if (open == kNowhere) return false;
  const std::size_t close = glob.find('}', open);
  if (close == kNowhere) return false;
  const std::string_view list = glob.substr(open, close - open);
  return list.find(',') != kNowhere || list.find("..") != kNowhere;
}

/// Node's path.posix.dirname.
std::string_view dirname(std::string_view path) {
  if (path.empty()) return ".";
  const bool rooted = path[0] == '/';
  bool only_slashes = true;
  for (std::size_t i = path.size() - 1; i > 0; --i) {
    if (path[i] != '/') {
      only_slashes = false;
    } else if (!only_slashes) {
      return rooted && i == 1 ? "//" : path.substr(0, i);
    }
  }
  return rooted ? "/" : ".";
}

/// is-extglob 2.1.1
bool looks_extended(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && same_line(text.substr(i + 1, 1))) {
      ++i;
    } else if (is_one_of("@?!+*", text[i]) && text[i + 1] == '(') {
      const std::size_t line_end = std::min(text.find_first_of("\n\r", i), text.size());
      if (text.substr(0, line_end).find(')', i + 2) != kNowhere) return true;
    }
  }
  return false;
}

/// Finds `c` from `from` on and remembers what it found; -1 is "nowhere".
long find_from(std::string_view text, char c, std::size_t from) {
  const std::size_t at = text.find(c, from);
  return at == kNowhere ? -1 : static_cast<long>(at);
}

/// is-glob 4.0.3, strict.
bool looks_like_glob(std::string_view text) {
  if (text.empty()) return false;
  if (looks_extended(text)) return true;
  if (text[0] == '!') return true;
  long bar = -2;
  long square = -2;
  long curly = -2;
  long paren = -2;
  long escape = -2;
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  const auto unescaped_before = [&](long close, std::size_t from) {
    escape = find_from(text, '\\', from);
    return escape == -1 || escape > close;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto here = static_cast<long>(i);
    if (text[i] == '*') return true;
    if (at(i + 1) == '?' && is_one_of("].+)", text[i])) return true;
    if (square != -1 && text[i] == '[' && at(i + 1) != ']') {
      if (square < here) square = find_from(text, ']', i);
      if (square > here && (escape == -1 || escape > square || unescaped_before(square, i))) return true;
    }
    if (curly != -1 && text[i] == '{' && at(i + 1) != '}') {
      curly = find_from(text, '}', i);
      if (curly > here && unescaped_before(curly, i)) return true;
    }
    if (paren != -1 && text[i] == '(' && at(i + 1) == '?' && is_one_of(":!=", at(i + 2)) &&
        at(i + 3) != ')') {
      paren = find_from(text, ')', i);
      if (paren > here && unescaped_before(paren, i)) return true;
    }
    if (bar != -1 && text[i] == '(' && at(i + 1) != '|') {
      if (bar < here) bar = find_from(text, '|', i);
      if (bar != -1 && at(static_cast<std::size_t>(bar) + 1) != ')') {
        paren = find_from(text, ')', static_cast<std::size_t>(bar));
        if (paren > bar && unescaped_before(paren, static_cast<std::size_t>(bar))) return true;
      }
    }
    if (text[i] != '\\') {
      ++i;
      continue;
    }
    const char open = at(i + 1);
    i += 2;
    const char close = open == '{' ? '}' : open == '(' ? ')' : open == '[' ? ']' : '\0';
    const std::size_t closing = close == '\0' ? kNowhere : text.find(close, i);
    if (closing != kNowhere) i = closing + 1;
    if (at(i) == '!') return true;
  }
  return false;
}

/// Whether a folder name still has an opening bracket or brace, or a group that nothing closes.
bool has_opening(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool counts = i == 0 || path[i - 1] != '\\';
    if (!counts) continue;
    if (path[i] == '{' || path[i] == '[') return true;
    if (path[i] == '(' && i + 1 < path.size() && path.find(')', i) == kNowhere) return true;
  }
  return false;
}

}  // namespace

bool is_dynamic(std::string_view glob) {
  if (glob.empty()) return false;
  if (glob[0] == '!' || glob.find_first_of("*?\\") != kNowhere) return true;
  const std::size_t bracket = glob.find('[');
  if (bracket != kNowhere && glob.find(']', bracket) != kNowhere) return true;
  return has_choice(glob) || has_extglob(glob) || has_brace_list(glob);
}

std::string base_folder(std::string_view glob) {
  std::string text(glob);
  const std::size_t enclosure = glob.find_last_of("{[");
  const bool closes = !glob.empty() && (glob.back() == '}' || glob.back() == ']');
  if (closes && enclosure != kNowhere && same_line(glob.substr(enclosure))) text += '/';
  text += 'a';
  std::string_view folder = text;
  do {
    folder = dirname(folder);
  } while (looks_like_glob(folder) || has_opening(folder));
  std::string plain;
  for (std::size_t i = 0; i < folder.size(); ++i) {
    if (folder[i] == '\\' && i + 1 < folder.size() && is_one_of("!*?|[](){}", folder[i + 1])) ++i;
    plain += folder[i];
  }
  return plain;
}

std::vector<std::string> scan_segments(std::string_view glob) {
  std::vector<std::size_t> slashes;
  std::size_t start = 0;
  std::size_t i = 0;  // one behind the last character taken
  char previous = '\0';
  char current = '\0';
  int braces = 0;
  bool brace_escaped = false;
  bool finished = false;
  bool magic = false;
  const auto more = [&] { return i < glob.size(); };
  const auto advance = [&] {
    previous = current;
    return i < glob.size() ? glob[i++] : (++i, '\0');
  };
  while (more()) {
    current = advance();
    if (current == '\\') {
      current = advance();
      if (current == '{') brace_escaped = true;
      continue;
    }
    if (brace_escaped || current == '{') {
      ++braces;
      while (more() && (current = advance()) != '\0') {
        if (current == '\\') {
          advance();
        } else if (current == '{') {
          ++braces;
        } else if (!brace_escaped && current == '.' && (current = advance()) == '.') {
          magic = finished = true;
        } else if (!brace_escaped && current == ',') {
          magic = finished = true;
        } else if (current == '}' && --braces == 0) {
          brace_escaped = false;
          finished = true;
          break;
        }
      }
      continue;
    }
    if (current == '/') {
      slashes.push_back(i - 1);
      if (!finished && previous == '.' && i == start + 2) start += 2;
      continue;
    }
    const char ahead = more() ? glob[i] : '\0';
    if (is_one_of("+@*?!", current) && ahead == '(') {
      magic = finished = true;
      while (more() && (current = advance()) != '\0') {
        if (current == '\\') {
          current = advance();
        } else if (current == ')') {
          break;
        }
      }
    } else if (current == '*' || current == '?') {
      magic = finished = true;
    } else if (current == '[') {
      while (more()) {
        const char next = advance();
        if (next == '\0') break;
        if (next == '\\') {
          advance();
        } else if (next == ']') {
          magic = finished = true;
          break;
        }
      }
    } else if (current == '!' && i == start + 1) {
      ++start;
    } else if (current == '(') {
      magic = true;
      while (more() && (current = advance()) != '\0') {
        if (current == '(') {
          current = advance();
        } else if (current == ')') {
          finished = true;
          break;
        }
      }
    } else if (magic) {
      finished = true;
    }
  }
  std::vector<std::string> segments;
  std::size_t before = 0;  // the last slash; 0 also stands for none, as in the original
  for (std::size_t n = 0; n < slashes.size(); ++n) {
    const std::size_t from = before != 0 ? before + 1 : start;
    const std::string_view segment =
        from < slashes[n] ? glob.substr(from, slashes[n] - from) : std::string_view();
    if (n != 0 || !segment.empty()) segments.emplace_back(segment);
    before = slashes[n];
  }
  if (before != 0 && before + 1 < glob.size()) segments.emplace_back(glob.substr(before + 1));
  if (segments.empty()) segments.emplace_back(glob);
  if (segments[0].substr(0, 1) == "/") {
    segments[0].erase(0, 1);
    segments.insert(segments.begin(), std::string());
  }
  return segments;
}

bool stops_descent(std::string_view glob) {
  if (glob.size() >= 3 && glob.substr(glob.size() - 3) == "/**") return true;
  while (!glob.empty() && glob.back() == '/') glob.remove_suffix(1);
  return !is_dynamic(glob.substr(glob.rfind('/') + 1));
}

std::string without_double_slashes(std::string_view glob) {
  std::string out;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    // A run that begins the text keeps its first slash, and what follows becomes one.
    const bool repeated = glob[i] == '/' && i >= 2 && glob[i - 1] == '/';
    if (!repeated) out += glob[i];
  }
  return out;
}

}  // namespace stillage::glob
