// SPDX-License-Identifier: MIT
#include "report/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "base/strings.h"

namespace stillage::report {
namespace {

using run::TargetStatus;

std::size_t terminal_width(std::FILE* out) {
  winsize size = {};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

/// At most `columns` bytes of `line`, not cutting a character in two.
std::string cut(std::string line, std::size_t columns) {
  if (line.size() <= columns) return line;
  std::size_t end = columns;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  line.resize(end);
  return line;
}

std::string uploading(const run::UploadsLeft& left) {
  return fmt::format("uploading {}, {} left", base::counted(left.entries, "entry", "entries"),
                     base::human_size(left.bytes));
}

/// "remote: 3 hits, 1 miss, 1 stored; 2 MB sent, 40 MB received"; empty if nothing was asked of it.
std::string remote_line(const run::RemoteFigures& remote) {
  std::string text;
  const auto add = [&text](std::uint64_t count, std::string_view what) {
    if (count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(remote.hits, remote.hits == 1 ? "hit" : "hits");
  add(remote.misses, remote.misses == 1 ? "miss" : "misses");
  add(remote.stored, "stored");
  add(remote.failures, "failed");
  add(remote.damaged, "damaged");
  add(remote.dropped, remote.dropped == 1 ? "upload dropped" : "uploads dropped");
  if (text.empty()) return text;
  text = "remote cache: " + text;
  if (remote.bytes_sent != 0) text += fmt::format("; {} sent", base::human_size(remote.bytes_sent));
  if (remote.bytes_received != 0)
    text += fmt::format("{} {} received", remote.bytes_sent != 0 ? "," : ";",
                        base::human_size(remote.bytes_received));
  return text;
}

}  // namespace

Terminal::Terminal(std::FILE* out, TerminalOptions options) : out_(out), options_(std::move(options)) {}

void Terminal::run_started(const graph::TargetGraph& graph) {
  graph_ = &graph;
  with_command_ = static_cast<std::size_t>(std::count_if(
      graph.nodes.begin(), graph.nodes.end(), [](const graph::Node& node) { return node.has_command; }));
}

void Terminal::target_waiting(std::size_t index, const std::string& reason) {
  print(fmt::format("{} waits: {}\n", id(index), reason));
}

void Terminal::target_started(std::size_t index, const std::string& reason) {
  running_.push_back(index);
  if (options_.verbose) print(fmt::format("{} runs: {}\n", id(index), reason));
  redraw();
}

void Terminal::target_output(std::size_t index, const LogChunk& chunk) {
  if (options_.output == OutputMode::grouped) return;
  const auto lines = open_lines_[index].add(chunk);
  if (!lines.empty()) print(prefixed(index, lines));
}

void Terminal::target_finished(std::size_t index, const run::TargetResult& result) {
  std::erase(running_, index);
  if (!graph_->nodes[index].has_command) return;
  ++finished_;
  std::string text;
  if (const auto open = open_lines_.find(index); open != open_lines_.end()) {
    text += prefixed(index, open->second.finish());
    open_lines_.erase(open);
  }
  const bool is_told = !result.hit || options_.verbose;
  if (is_told) text += result_line(index, result);
  const bool has_block = options_.output == OutputMode::grouped || result.hit.has_value();
  if (is_told && has_block && result.status != TargetStatus::failed) text += block(result.log);
  if (!result.not_stored_because.empty())
    text += paint(options_.colours, Colour::yellow,
                  fmt::format("{} was not stored: {}", id(index), result.not_stored_because)) +
            "\n";
  if (!text.empty()) print(text);
  redraw();
}

void Terminal::run_finished(const run::RunSummary& summary) {
  std::string text;
  for (std::size_t i = 0; i < summary.targets.size(); ++i) {
    const run::TargetResult& result = summary.targets[i];
    if (result.status != TargetStatus::failed) continue;
    const std::string title = fmt::format("{} failed: {}", id(i),
                                          result.reason.empty() || result.exit_code != 0
                                              ? fmt::format("exit code {}", result.exit_code)
                                              : result.reason);
    text += "\n" + paint(options_.colours, Colour::red, title) + "\n" + block(result.log);
  }
  running_.clear();
  finished_ = with_command_;
  print(text + closing_line(summary));
}

void Terminal::uploads_left(const run::UploadsLeft& left) {
  if (options_.live) return draw(uploading(left));
  if (!waits_for_uploads_) waits_for_uploads_.emplace();
  if (told_of_uploads_ || waits_for_uploads_->seconds() < 1) return;
  told_of_uploads_ = true;
  print(uploading(left) + "\n");
}

void Terminal::remote_finished(const run::RemoteFigures& remote) {
  wipe();
  const std::string text = remote_line(remote);
  if (!text.empty()) print(paint(options_.colours, Colour::dim, text) + "\n");
  std::fflush(out_);
}

void Terminal::print(const std::string& text) {
  std::string out;
  if (line_is_drawn_) out += "\r\x1b[K";
  line_is_drawn_ = false;
  out += text;
  std::fwrite(out.data(), 1, out.size(), out_);
  redraw();
  std::fflush(out_);
}

void Terminal::wipe() {
  if (line_is_drawn_) std::fputs("\r\x1b[K", out_);
  line_is_drawn_ = false;
}

void Terminal::draw(const std::string& line) {
  const std::string shown = cut(line, terminal_width(out_) - 1);
  std::fputs(("\r\x1b[K" + paint(options_.colours, Colour::dim, shown)).c_str(), out_);
  std::fflush(out_);
  line_is_drawn_ = true;
}

void Terminal::redraw() {
  if (!options_.live || graph_ == nullptr || running_.empty())
    wipe();
  else
    draw(progress_line());
}

std::string Terminal::progress_line() const {
  std::vector<std::string> names;
  for (const std::size_t index : running_) names.push_back(id(index));
  const run::UploadsLeft left = options_.uploads_left ? options_.uploads_left() : run::UploadsLeft{};
  return fmt::format("[{}/{}] {}{}", finished_, with_command_,
                     left.entries == 0 ? "" : uploading(left) + "; ", base::join(names, ", "));
}

std::string Terminal::prefixed(std::size_t index, const std::vector<std::string>& lines) const {
  std::string text;
  const std::string name = paint(options_.colours, Colour::cyan, id(index));
  for (const std::string& line : lines)
    text += fmt::format("{} | {}\n", name, options_.colours == Colours::on ? line : without_colours(line));
  return text;
}

std::string Terminal::block(const std::vector<LogChunk>& log) const {
  std::string text;
  for (const LogChunk& chunk : log) text += chunk.text;
  if (options_.colours == Colours::off) text = without_colours(text);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return text;
}

std::string Terminal::result_line(std::size_t index, const run::TargetResult& result) const {
  const auto line = [&](Colour colour, const std::string& what) {
    return fmt::format("{} {}\n", paint(options_.colours, colour, id(index)), what);
  };
  if (result.hit)
    return line(Colour::cyan,
                fmt::format("hit ({}), saved {}", *result.hit == HitSource::local ? "local" : "remote",
                            duration_text(result.saved_seconds)));
  switch (result.status) {
    case TargetStatus::success:
      return line(Colour::green, "done in " + duration_text(result.run_seconds));
    case TargetStatus::failed:
      return line(Colour::red, "failed after " + duration_text(result.run_seconds));
    case TargetStatus::aborted:
      return line(Colour::yellow, "was stopped");
    case TargetStatus::skipped:
    case TargetStatus::pending:
      break;
  }
  return {};
}

std::string Terminal::closing_line(const run::RunSummary& summary) const {
  std::size_t hits = 0;
  std::size_t ran = 0;
  std::size_t failed = 0;
  std::size_t unfinished = 0;
  double saved = 0;
  for (std::size_t i = 0; i < summary.targets.size(); ++i) {
    if (!graph_->nodes[i].has_command) continue;
    const run::TargetResult& result = summary.targets[i];
    if (result.hit) ++hits;
    if (result.status == TargetStatus::success) ++ran;
    if (result.status == TargetStatus::failed) ++failed;
    if (result.status == TargetStatus::aborted || result.status == TargetStatus::pending) ++unfinished;
    saved += result.saved_seconds;
  }
  std::string text = fmt::format("{}: {} ran, {} from the cache",
                                 base::counted(with_command_, "target", "targets"), ran, hits);
  if (failed > 0) text += fmt::format(", {} failed", failed);
  if (unfinished > 0) text += fmt::format(", {} not finished", unfinished);
  text += fmt::format("; {}", duration_text(summary.seconds));
  if (saved >= 0.1) text += fmt::format(", {} saved", duration_text(saved));
  return paint(options_.colours, summary.is_success() ? Colour::green : Colour::red, text) + "\n";
}

}  // namespace stillage::report
