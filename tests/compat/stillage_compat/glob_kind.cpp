// SPDX-License-Identifier: MIT
// glob.json: micromatch on lists of files, globby on real trees.
#include <algorithm>
#include <map>

#include "glob/find_files.h"
#include "glob/pattern_list.h"
#include "kinds.h"
#include "os/stat.h"
#include "support/temp_dir.h"
#include "vector_file.h"

namespace stillage::compat {
namespace {

using base::Json;
using Paths = std::vector<std::string>;

std::string sorted_text(Paths paths) {
  std::sort(paths.begin(), paths.end());
  return base::to_text(paths);
}

/// Compares what was found with `expected`, where {error} means any error.
void compare(const std::string& name, const Json& expected, const Result<Paths>& found, Tally& tally) {
  if (expected.is_object()) {
    if (found)
      tally.fail(name, "the error " + base::to_text(expected), sorted_text(*found));
    else
      tally.pass();
  } else {
    tally.expect_equal(name, sorted_text(texts_of(expected)),
                       found ? sorted_text(*found) : found.error().message);
  }
}

Result<Paths> matches(const Paths& files, const Paths& patterns) {
  STILLAGE_ASSIGN(const auto list, glob::PatternList::compile(patterns, {}, glob::OnlyNegated::everything));
  Paths matched;
  std::copy_if(files.begin(), files.end(), std::back_inserter(matched),
               [&](const std::string& file) { return list.matches(file); });
  return matched;
}

void make_tree(const Json& file, const std::string& name, const test::TempDir& dir) {
  for (const Json& path : file.at("trees").at(name)) dir.write(text_of(path), text_of(path));
  const Json extras = file.value("extras", Json(Json::object()));
  if (!extras.contains(name)) return;
  for (const Json& folder : extras[name].at("emptyDirs")) dir.make_dir(text_of(folder));
  for (const auto& [link, target] : extras[name].at("symlinks").items()) dir.symlink(link, text_of(target));
}

}  // namespace

Status replay_glob(const std::string& folder, Tally& tally) {
  const std::string path = folder + "/glob.json";
  if (!os::exists(path)) return {};
  STILLAGE_ASSIGN(const Json file, read_vectors(path));
  std::map<std::string, Paths> lists;
  std::map<std::string, test::TempDir> trees;
  for (const auto& [name, paths] : file.at("trees").items()) {
    lists[name] = texts_of(paths);
    make_tree(file, name, trees[name]);
  }
  for (const Json& vector : file.at("micromatch"))
    compare("micromatch " + base::to_text(vector.at("patterns")), vector.at("matched"),
            matches(lists.at(vector.at("tree").get<std::string>()), texts_of(vector.at("patterns"))), tally);
  for (const Json& vector : file.at("globby"))
    for (const bool dot : {false, true})
      compare((dot ? "globby with dot " : "globby ") + base::to_text(vector.at("patterns")),
              vector.at(dot ? "dot" : "noDot"),
              glob::find_files(trees.at(vector.at("tree").get<std::string>()).path(),
                               texts_of(vector.at("patterns")), {.dot = dot}),
              tally);
  return {};
}

}  // namespace stillage::compat
