// SPDX-License-Identifier: MIT
#include "archive/path_search.h"

#include <gtest/gtest.h>

#include <vector>

namespace stillage::archive {
namespace {

bool is_found(std::string_view path, std::string_view text) {
  PathSearch search(path);
  search.look_at(text);
  return search.found();
}

struct Spelling {
  const char* path;
  const char* text;
};

const Spelling kSpellings[] = {
    {"/home/me/repo", "see /home/me/repo/src"},
    {"/home/me/repo", R"("root":"\/home\/me\/repo\/src")"},
    {"/home/me/repo", R"(eval("\"\\/home\\/me\\/repo\""))"},
    {"/home/me/repo", "?file=%2Fhome%2Fme%2frepo"},
    {"/home/me/repo", R"("\u002Fhome\u002fme/repo")"},
    {"/home/my repo", "file:///home/my%20repo/src/a.ts"},
    {"/home/caf\xC3\xA9/r", "file:///home/caf%C3%A9/r"},
    {"/home/caf\xC3\xA9/r", "file:///home/caf%c3%a9/r"},
    {"/home/caf\xC3\xA9/r", R"({"root":"/home/caf\u00e9/r"})"},
    {"/home/caf\xC3\xA9/r", R"({"root":"\/home\/caf\u00E9\/r"})"},
    {"/home/\xF0\x9F\x98\x80/r", R"("/home/\ud83d\ude00/r")"},
    {"/home/\xFF/r", "file:///home/%FF/r"},
    {"/home/#1 [a]%{b}/r", "file:///home/%231%20[a]%25%7Bb%7D/r"},
    {"/home/#1 [a]%{b}/r", "/home/%231%20%5Ba%5D%25%7Bb%7D/r"},
    {"/home/a\"b\\c/r", R"("/home/a\"b\\c/r")"},
    {"/home/a\\b/r", R"(/home/a\b/r)"},
    {"/\xE6\x97\xA5\xE6\x9C\xAC", "x/\xE6\x97\xA5\xE6\x9C\xAC/y"},
    {"/\xE6\x97\xA5\xE6\x9C\xAC", R"("\/\u65e5\u672c")"},
};

TEST(PathSearch, FindsEverySpelling) {
  for (const Spelling& one : kSpellings) {
    EXPECT_TRUE(is_found(one.path, one.text)) << one.path << " in " << one.text;
    EXPECT_TRUE(is_found(one.path, std::string("repo caf r ") + one.text)) << one.text;
  }
}

TEST(PathSearch, FindsNothingElse) {
  for (const char* const text :
       {"", "repo", "/home/me/rep", "home/me/repo", "%2Ghome/me/repo", R"(\home/me/repo)", "/home/you/repo",
        "/home%20me/repo", R"(\u002ehome/me/repo)", "%2", R"(\)", R"(\u002)"})
    EXPECT_FALSE(is_found("/home/me/repo", text)) << text;
  EXPECT_FALSE(is_found("", "anything"));
}

TEST(PathSearch, FindsASpellingAcrossEveryBorder) {
  for (const Spelling& one : kSpellings) {
    const std::string text = std::string("before ") + one.text + " after";
    for (std::size_t border = 0; border <= text.size(); ++border) {
      PathSearch search(one.path);
      std::string buffer(search.reserve() + text.size(), '\0');
      char* const piece = buffer.data() + search.reserve();
      search.start();
      text.copy(piece, border);
      search.look_at(piece, border);
      text.copy(piece, text.size() - border, border);
      search.look_at(piece, text.size() - border);
      ASSERT_TRUE(search.found()) << one.path << " in " << text << " cut at " << border;
    }
  }
}

}  // namespace
}  // namespace stillage::archive
