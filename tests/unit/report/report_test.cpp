// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdio>

#include "base/json.h"
#include "report/output_lines.h"
#include "report/stage_table.h"
#include "report/style.h"
#include "report/summary_json.h"
#include "report/terminal.h"

namespace stillage::report {
namespace {

TEST(OutputLines, JoinsChunksThatEndAnywhere) {
  OutputLines lines;
  EXPECT_TRUE(lines.add({LogStream::out, "on"}).empty());
  EXPECT_TRUE(lines.add({LogStream::err, "err"}).empty());
  EXPECT_EQ(lines.add({LogStream::out, "e\ntwo\nth"}), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(lines.finish(), (std::vector<std::string>{"th", "err"}));
  EXPECT_TRUE(lines.finish().empty());
}

TEST(OutputLines, CarriageReturnStartsTheLineAnew) {
  OutputLines lines;
  EXPECT_EQ(lines.add({LogStream::out, "10%\r100%\r\n"}), (std::vector<std::string>{"100%"}));
}

TEST(Style, ColoursGoAndOtherSequencesStay) {
  EXPECT_EQ(without_colours("\x1b[1;31mred\x1b[0m \x1b[2Kx\x1b["), "red \x1b[2Kx\x1b[");
  EXPECT_EQ(paint(Colours::off, Colour::red, "x"), "x");
}

TEST(Style, Durations) {
  EXPECT_EQ(duration_text(0.0123), "12 ms");
  EXPECT_EQ(duration_text(3.44), "3.4 s");
  EXPECT_EQ(duration_text(125), "2 min 5 s");
}

struct Reported {
  graph::TargetGraph graph;
  run::RunSummary summary;
};

/// One hit, one success, one failure and a node without a command.
Reported example() {
  Reported example;
  for (const char* const id : {"a#build", "b#build", "c#build", "d#build"}) {
    graph::Node node;
    node.target.id = id;
    node.has_command = std::string(id) != "d#build";
    example.graph.nodes.push_back(node);
  }
  example.summary.targets.resize(4);
  example.summary.targets[0].status = run::TargetStatus::skipped;
  example.summary.targets[0].hit = HitSource::local;
  example.summary.targets[0].log = {{LogStream::out, "replayed\n"}};
  example.summary.targets[1].status = run::TargetStatus::success;
  example.summary.targets[2].status = run::TargetStatus::failed;
  example.summary.targets[2].exit_code = 3;
  example.summary.targets[2].log = {{LogStream::err, "the \x1b[31mreason\x1b[0m"}};
  example.summary.targets[3].status = run::TargetStatus::skipped;
  return example;
}

std::string told(const Reported& reported, TerminalOptions options) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const out = ::open_memstream(&text, &size);
  {
    Terminal terminal(out, options);
    terminal.run_started(reported.graph);
    terminal.target_started(1, "no entry");
    terminal.target_output(1, {LogStream::out, "hel"});
    terminal.target_output(1, {LogStream::out, "lo\nopen"});
    for (std::size_t i = 0; i < reported.summary.targets.size(); ++i)
      terminal.target_finished(i, reported.summary.targets[i]);
    terminal.run_finished(reported.summary);
  }
  std::fclose(out);
  std::string result(text, size);
  std::free(text);
  return result;
}

TEST(Terminal, StreamsLinesAndShowsFailuresLast) {
  EXPECT_EQ(told(example(), {}),
            "b#build | hello\n"
            "b#build | open\n"
            "b#build done in 0 ms\n"
            "c#build failed after 0 ms\n"
            "\n"
            "c#build failed: exit code 3\n"
            "the reason\n"
            "3 targets: 1 ran, 1 from the cache, 1 failed; 0 ms\n");
}

TEST(Terminal, VerboseTellsHitsWithTheirLogs) {
  const std::string text = told(example(), {.verbose = true});
  EXPECT_NE(text.find("a#build hit (local), saved 0 ms\nreplayed\n"), std::string::npos) << text;
}

TEST(Terminal, ALiveLineIsAlwaysWipedBeforeOtherText) {
  const std::string text = told(example(), {.colours = Colours::off, .live = true});
  EXPECT_NE(text.find("\r\x1b[K[0/3] b#build"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("failed; 0 ms\n")) << text;
}

run::RemoteFigures some_figures() {
  return {.name = "the folder /mnt/cache",
          .hits = 2,
          .misses = 1,
          .stored = 1,
          .failures = 0,
          .damaged = 0,
          .dropped = 3,
          .bytes_sent = 2'000'000,
          .bytes_received = 500,
          .seconds = 1.5};
}

std::string told_of_remote(const run::RemoteFigures& figures, bool live) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const out = ::open_memstream(&text, &size);
  {
    Terminal terminal(out, {.live = live});
    terminal.uploads_left({.entries = 1, .bytes = 12'000'000});
    terminal.remote_finished(figures);
  }
  std::fclose(out);
  std::string result(text, size);
  std::free(text);
  return result;
}

TEST(Terminal, TellsOfTheRemoteInOneLine) {
  EXPECT_EQ(told_of_remote(some_figures(), false),
            "remote cache: 2 hits, 1 miss, 1 stored, 3 uploads dropped; 2.0 MB sent, 500 B received\n");
  EXPECT_EQ(told_of_remote({}, false), "");
  EXPECT_EQ(told_of_remote({}, true), "\r\x1b[Kuploading 1 entry, 12.0 MB left\r\x1b[K");
}

TEST(Terminal, ShowsUploadsOnTheLineOfProgress) {
  const std::string text = told(example(), {.live = true, .uploads_left = [] {
                                              return run::UploadsLeft{3, 12'000'000};
                                            }});
  EXPECT_NE(text.find("[0/3] uploading 3 entries, 12.0 MB left; b#build"), std::string::npos) << text;
}

TEST(SummaryJson, HasTheFiguresOfTheRemote) {
  Reported reported = example();
  EXPECT_EQ((*base::parse_json(summary_json(reported.graph, reported.summary), "summary"))["remote"],
            nullptr);
  reported.summary.remote = some_figures();
  const auto json = base::parse_json(summary_json(reported.graph, reported.summary), "summary");
  const base::Json& remote = (*json)["remote"];
  EXPECT_EQ(remote["hits"], 2);
  EXPECT_EQ(remote["dropped"], 3);
  EXPECT_EQ(remote["bytesSent"], 2'000'000);
  EXPECT_EQ(remote["seconds"], 1.5);
}

TEST(StageTable, ShowsWhatWentOnSideBySide) {
  EXPECT_EQ(stage_table({}), "");
  const std::string table = stage_table({{"load", 0, 0.024, 0.024, 1}, {"look-ups", 0.012, 0.048, 0.1, 3}});
  const std::string half(24, '='), rest(23, ' ');
  EXPECT_EQ(table,
            "stage       from ms      to ms    work ms   times\n"
            "load            0.0       24.0       24.0       1  |" +
                half + "=" + rest +
                "|\n"
                "look-ups       12.0       48.0      100.0       3  |" +
                std::string(12, ' ') + std::string(36, '=') + "|\n");
}

TEST(SummaryJson, HasTheStages) {
  Reported reported = example();
  reported.summary.stages = {{"walk", 0.5, 0.75, 1.5, 7}};
  const auto json = base::parse_json(summary_json(reported.graph, reported.summary), "summary");
  const base::Json row = {{"name", "walk"}, {"start", 0.5}, {"end", 0.75}, {"busy", 1.5}, {"count", 7}};
  EXPECT_EQ((*json)["stages"], base::Json::array({row}));
}

TEST(SummaryJson, HasARowForEachTargetWithACommand) {
  const Reported reported = example();
  const auto json = base::parse_json(summary_json(reported.graph, reported.summary), "summary");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["result"], "failed");
  EXPECT_EQ((*json)["targets"].size(), 3U);
  EXPECT_EQ((*json)["targets"][0]["hit"], "local");
  EXPECT_EQ((*json)["targets"][1]["hit"], nullptr);
  EXPECT_EQ((*json)["targets"][2]["exitCode"], 3);
  EXPECT_EQ((*json)["counts"]["hits"], 1);
  EXPECT_EQ((*json)["counts"]["total"], 3);
}

}  // namespace
}  // namespace stillage::report
