// SPDX-License-Identifier: MIT
#pragma once
// Tells people how a run goes: what each command prints, line by line with its target's name in front or in
// one piece when it has ended; a live line of progress on a terminal; at the end the logs of what failed,
// then the counts. Hits are only counted, unless `verbose` asks for them.

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "report/output_lines.h"
#include "report/style.h"
#include "run/events.h"

namespace stillage::report {

enum class OutputMode {
  streamed,  ///< as it comes, each line with the target's name in front
  grouped,   ///< of each target in one piece
};

struct TerminalOptions {
  OutputMode output = OutputMode::streamed;
  Colours colours = Colours::off;
  bool live = false;     ///< the output is a terminal, with a line of progress at its end
  bool verbose = false;  ///< tell hits too, with the logs that they replay
  /// What is being uploaded, for the line of progress; not set: nothing ever is.
  std::function<run::UploadsLeft()> uploads_left = {};
};

class Terminal : public run::Events {
 public:
  /// Writes to `out`, which outlives this object.
  Terminal(std::FILE* out, TerminalOptions options);

  void run_started(const graph::TargetGraph& graph) override;
  void target_waiting(std::size_t index, const std::string& reason) override;
  void target_started(std::size_t index, const std::string& reason) override;
  void target_output(std::size_t index, const LogChunk& chunk) override;
  void target_finished(std::size_t index, const run::TargetResult& result) override;
  void run_finished(const run::RunSummary& summary) override;

  /// After the run: the line of progress, while uploads are waited for; without a live line, one line when
  /// that takes longer than a second.
  void uploads_left(const run::UploadsLeft& left);
  /// At the very end: one line with the figures of the remote cache, if it was used at all.
  void remote_finished(const run::RemoteFigures& remote);

 private:
  const std::string& id(std::size_t index) const { return graph_->nodes[index].target.id; }
  /// Prints text above the line of progress.
  void print(const std::string& text);
  void redraw();
  void draw(const std::string& line);
  void wipe();
  std::string progress_line() const;
  std::string prefixed(std::size_t index, const std::vector<std::string>& lines) const;
  std::string block(const std::vector<LogChunk>& log) const;
  std::string result_line(std::size_t index, const run::TargetResult& result) const;
  std::string closing_line(const run::RunSummary& summary) const;

  std::FILE* out_;
  TerminalOptions options_;
  const graph::TargetGraph* graph_ = nullptr;
  std::unordered_map<std::size_t, OutputLines> open_lines_;
  std::vector<std::size_t> running_;
  std::size_t with_command_ = 0;
  std::size_t finished_ = 0;
  bool line_is_drawn_ = false;
  std::optional<base::Stopwatch> waits_for_uploads_;
  bool told_of_uploads_ = false;
};

}  // namespace stillage::report
