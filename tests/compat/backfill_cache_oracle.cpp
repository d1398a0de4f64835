// SPDX-License-Identifier: MIT
// Does what each JSON line on stdin says with our local cache in lage's layout: {"do": "put"|"fetch", "root",
// "cwd", "hash", "outputs"}. Answers each with true, false or {"error"}.
#include <iostream>
#include <string>

#include "base/json.h"
#include "stillage/backfill_cache_provider.h"

namespace {

using namespace stillage;

base::Json answer(const base::Json& asked) {
  BackfillCacheProvider provider({.root = asked.at("root").get<std::string>()});
  Target target;
  target.id = "a#build";
  target.cwd = asked.at("cwd").get<std::string>();
  target.outputs = asked.at("outputs").get<std::vector<std::string>>();
  const std::string hash = asked.at("hash").get<std::string>();
  if (asked.at("do") == "fetch") {
    const auto fetched = provider.fetch(hash, target);
    return fetched ? base::Json(*fetched) : base::Json{{"error", fetched.error().message}};
  }
  const auto stored = provider.put(hash, target);
  if (!stored) return {{"error", stored.error().message}};
  if (!stored->entry) return {{"error", stored->not_stored_because}};
  return true;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto asked = base::parse_json(line, "stdin");
    if (!asked) {
      std::cerr << asked.error().message << '\n';
      return 1;
    }
    std::cout << base::to_text(answer(*asked)) << std::endl;
  }
}
