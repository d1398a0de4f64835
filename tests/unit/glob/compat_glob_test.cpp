// SPDX-License-Identifier: MIT
// Every recorded result of micromatch and globby, on the same lists of files and the same trees.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/json.h"
#include "glob/find_files.h"
#include "glob/pattern_list.h"
#include "os/file.h"
#include "support/temp_dir.h"

namespace stillage::glob {
namespace {

using base::Json;
using Paths = std::vector<std::string>;

class CompatGlob : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto text = os::read_file(STILLAGE_VECTORS "/glob.json");
    ASSERT_TRUE(text);
    auto parsed = base::parse_json(*text, "glob.json");
    ASSERT_TRUE(parsed);
    vectors_ = std::make_unique<Json>(std::move(*parsed));
  }
  static void TearDownTestSuite() { vectors_.reset(); }

  static std::unique_ptr<Json> vectors_;
};

std::unique_ptr<Json> CompatGlob::vectors_;

TEST_F(CompatGlob, ListsMatchAsMicromatchSays) {
  std::size_t checked = 0;
  for (const Json& vector : vectors_->at("micromatch")) {
    SCOPED_TRACE(vector.dump());
    const auto files = vectors_->at("trees").at(vector.at("tree").get<std::string>()).get<Paths>();
    const auto list = PatternList::compile(vector.at("patterns").get<Paths>(), {}, OnlyNegated::everything);
    const Json& expected = vector.at("matched");
    ++checked;
    if (expected.is_object()) {
      EXPECT_FALSE(list);
      continue;
    }
    ASSERT_TRUE(list) << list.error().message;
    Paths matched;
    std::copy_if(files.begin(), files.end(), std::back_inserter(matched),
                 [&](const std::string& file) { return list->matches(file); });
    Paths wanted = expected.get<Paths>();
    std::sort(matched.begin(), matched.end());
    std::sort(wanted.begin(), wanted.end());
    EXPECT_EQ(matched, wanted);
  }
  EXPECT_GE(checked, 380U);
}

/// A folder that may hold something that matches is never pruned.
TEST_F(CompatGlob, PruningLosesNothing) {
  for (const Json& vector : vectors_->at("micromatch")) {
    const Json& expected = vector.at("matched");
    const auto list = PatternList::compile(vector.at("patterns").get<Paths>(), {}, OnlyNegated::everything);
    if (!list) continue;
    for (const auto& file : expected.get<Paths>())
      for (std::size_t slash = file.find('/'); slash != std::string::npos; slash = file.find('/', slash + 1))
        EXPECT_TRUE(list->may_match_below(file.substr(0, slash))) << vector.dump() << " " << file;
  }
}

TEST_F(CompatGlob, TreesAreSearchedAsGlobbyDoes) {
  std::map<std::string, test::TempDir> trees;
  for (const auto& [name, files] : vectors_->at("trees").items()) {
    const test::TempDir& dir = trees[name];
    for (const Json& file : files) dir.write(file.get<std::string>(), file.get<std::string>());
    if (!vectors_->at("extras").contains(name)) continue;
    const Json& extras = vectors_->at("extras").at(name);
    for (const Json& folder : extras.at("emptyDirs")) dir.make_dir(folder.get<std::string>());
    for (const auto& [link, target] : extras.at("symlinks").items())
      dir.symlink(link, target.get<std::string>());
  }
  std::size_t checked = 0;
  for (const Json& vector : vectors_->at("globby")) {
    for (const bool dot : {false, true}) {
      SCOPED_TRACE(vector.at("patterns").dump() + (dot ? " dot" : ""));
      const test::TempDir& dir = trees[vector.at("tree").get<std::string>()];
      const auto found = find_files(dir.path(), vector.at("patterns").get<Paths>(), {dot});
      const Json& expected = vector.at(dot ? "dot" : "noDot");
      ++checked;
      if (expected.is_object()) {
        EXPECT_FALSE(found);
        continue;
      }
      ASSERT_TRUE(found) << found.error().message;
      Paths wanted = expected.get<Paths>();
      std::sort(wanted.begin(), wanted.end());
      EXPECT_EQ(*found, wanted);
    }
  }
  EXPECT_GE(checked, 700U);
}

}  // namespace
}  // namespace stillage::glob
