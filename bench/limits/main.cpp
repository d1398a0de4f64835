// SPDX-License-Identifier: MIT
// Measures a command, or work that no tool can do without, and writes what it cost to a file.
//   bench_limits RESULT measure COMMAND...
//   bench_limits RESULT spawn COUNT PARALLEL COMMAND...
//   bench_limits RESULT create < PAIRS      files made from memory
//   bench_limits RESULT pack < PAIRS        files read and compressed, one file for each folder
//   bench_limits RESULT look < PAIRS        the stat of everything in each FROM, once
//   bench_limits line SERVER_PORT MILLISECONDS    a line to a server that is so long, there and back; prints
//   its port
// PAIRS: lines of FROM, a tab, and TO.
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "files.h"
#include "line.h"
#include "processes.h"

namespace {

using namespace stillage::bench;

std::vector<Pair> read_pairs() {
  std::vector<Pair> pairs;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) die("a line without a tab: " + line);
    pairs.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return pairs;
}

Figures work(std::string_view verb, int count, char** words) {
  if (verb == "measure" && count > 0) return measure_command(words);
  if (verb == "spawn" && count > 2) return spawn_many(std::atoi(words[0]), std::atoi(words[1]), words + 2);
  if (verb == "create") return create_files(read_pairs());
  if (verb == "look") return look_at_folders(read_pairs());
  if (verb == "pack") return pack_folders(read_pairs());
  die("usage: bench_limits RESULT measure|spawn|create|pack|look ...");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "line") {
    serve_line(static_cast<std::uint16_t>(std::atoi(argv[2])),
               std::chrono::microseconds(500) * std::atoi(argv[3]));
  }
  if (argc < 3) die("usage: bench_limits RESULT measure|spawn|create|pack|look ...");
  write_figures(argv[1], work(argv[2], argc - 3, argv + 3));
}
