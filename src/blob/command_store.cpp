// SPDX-License-Identifier: MIT
#include "blob/command_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/path.h"
#include "os/process_work.h"
#include "os/scratch_dir.h"

namespace stillage::blob {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPieceSize = 256 << 10;
constexpr std::size_t kLongestErrors = 64 << 10;
constexpr std::size_t kLongestSaid = 300;
/// A line of a list: a key, a space, a size.
constexpr std::size_t kLongestLine = 1024;

/// The blob as a file without a name, at its start.
Outcome<os::Fd> spool(ByteSource& source, const std::string& place, const std::stop_token& stop) {
  STILLAGE_ASSIGN(const os::ScratchDir scratch, os::ScratchDir::make(place));
  const std::string path = scratch / "blob";
  STILLAGE_ASSIGN(os::Fd file, os::open_path(path, O_RDWR | O_CREAT | O_EXCL, 0600));
  STILLAGE_TRY(source.rewind());
  std::string buffer(kPieceSize, '\0');
  std::uint64_t written = 0;
  while (true) {
    if (stop.stop_requested()) return net::failure(FailureKind::cancelled, "a put was cancelled");
    STILLAGE_ASSIGN(const std::size_t got, source.read(buffer));
    if (got == 0) break;
    written += got;
    STILLAGE_TRY(os::write_all(file.get(), {buffer.data(), got}, path));
  }
  if (written != source.size())
    return net::failure(FailureKind::local, fmt::format("the source of a blob has {} bytes instead of {}",
                                                        written, source.size()));
  if (::lseek(file.get(), 0, SEEK_SET) != 0)
    return tl::make_unexpected(Failure(os::io_error("rewind", path).value()));
  return file;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return std::nullopt;
  return size;
}

/// Gathers a short answer.
struct ShortText {
  std::string text;
  Outcome<void> operator()(std::string_view more) {
    text += more;
    if (text.size() <= kLongestErrors) return {};
    return net::failure(FailureKind::protocol, "the answer of the command is too long");
  }
};

}  // namespace

std::string CommandStore::name() const {
  return "the command " + base::printable(options_.command.empty() ? "" : options_.command.front());
}

std::string CommandStore::redacted(std::string text) const {
  for (const std::string& secret : options_.secrets)
    if (!secret.empty()) text = base::replace_all(text, secret, "***");
  return base::printable(base::trim(std::string_view(text).substr(0, kLongestSaid)));
}

Outcome<CommandAnswer> CommandStore::answer_of(const Call& call, const os::ProcessEnd& end,
                                               const std::string& said) const {
  const auto why = [&](std::string_view what) {
    std::string message = fmt::format("{}: {} {}", name(), call.words.front(), what);
    if (!said.empty()) message += ": " + redacted(said);
    return message;
  };
  if (end.signal != 0)
    return net::failure(FailureKind::transient, why(fmt::format("was ended by signal {}", end.signal)));
  switch (static_cast<CommandAnswer>(end.exit_code)) {
    case CommandAnswer::done:
    case CommandAnswer::absent:
    case CommandAnswer::already_there:
      return static_cast<CommandAnswer>(end.exit_code);
    case CommandAnswer::refused:
      return net::failure(FailureKind::unauthorised, why("is not allowed"));
    case CommandAnswer::temporary:
      return net::failure(FailureKind::transient, why("did not work this time"));
  }
  return net::failure(FailureKind::protocol, why(fmt::format("exited with {}", end.exit_code)));
}

Outcome<CommandAnswer> CommandStore::run(const Call& call, const std::stop_token& stop) const {
  os::ProcessSpec spec;
  spec.argv = options_.command;
  spec.argv.insert(spec.argv.end(), call.words.begin(), call.words.end());
  spec.env = options_.environment;
  spec.cwd = options_.dir;
  if (call.input_fd >= 0) {
    spec.input = os::ProcessSpec::Input::file;
    spec.input_fd = call.input_fd;
    spec.env.push_back(fmt::format("STILLAGE_BLOB_SIZE={}", call.input_size));
  }
  std::string said;
  std::optional<Failure> refusal;  // of whoever takes the output
  auto last_moved = SteadyClock::now();
  off_t taken = 0;
  std::optional<os::IdleWatch> watch;
  const auto on_output = [&](os::OutputStream stream, std::string_view text) {
    if (stream == os::OutputStream::err) {
      said += text.substr(0, kLongestErrors - std::min(kLongestErrors, said.size()));
      return;
    }
    if (refusal) return;
    Outcome<void> took =
        net::failure(FailureKind::protocol,
                     fmt::format("{}: {} prints what nobody asked for", name(), call.words.front()));
    if (call.output) took = call.output(text);
    if (!took) refusal = std::move(took.error());
    // After the sink, whose time is not the program's.
    last_moved = SteadyClock::now();
  };
  const auto may_go_on = [&] {
    // The place in the input is the program's too: how far it has read.
    const off_t at = call.input_fd >= 0 ? ::lseek(call.input_fd, 0, SEEK_CUR) : 0;
    if (at != taken) last_moved = SteadyClock::now();
    taken = at;
    if (watch->idle(SteadyClock::now()) == std::chrono::milliseconds(0)) ++work_seen_;
    return !refusal && SteadyClock::now() - last_moved < options_.idle_limit;
  };
  const auto on_start = [&](os::ProcessId id) { watch.emplace(id.pid, last_moved); };
  const auto ended =
      os::run_process(spec, {.started = on_start, .output = on_output, .may_go_on = may_go_on}, stop);
  if (stop.stop_requested())
    return net::failure(FailureKind::cancelled,
                        fmt::format("{}: {} was cancelled", name(), call.words.front()));
  if (refusal) return tl::make_unexpected(std::move(*refusal));
  if (!ended) return net::failure(FailureKind::local, fmt::format("{}: {}", name(), ended.error().message));
  if (ended->stopped)
    return net::failure(FailureKind::transient,
                        fmt::format("{}: {} neither took nor gave a byte for {} s", name(),
                                    call.words.front(), options_.idle_limit.count() / 1000.0));
  return answer_of(call, *ended, said);
}

Outcome<Traits> CommandStore::ask_traits() const {
  const std::lock_guard guard(mutex_);
  if (traits_) return *traits_;
  ShortText answer;
  STILLAGE_ASSIGN(const CommandAnswer code, run({.words = {"capabilities"}, .output = std::ref(answer)}, {}));
  if (code != CommandAnswer::done)
    return net::failure(FailureKind::protocol,
                        fmt::format("{}: capabilities exited with {}", name(), static_cast<int>(code)));
  Traits traits;
  std::replace_if(
      answer.text.begin(), answer.text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; },
      ' ');
  for (const std::string_view word : base::split(answer.text, ' ')) {
    if (word == "list") traits.list = true;
    if (word == "remove") traits.remove = true;
    if (word == "overwrite") traits.overwrite = true;
    if (word == "conditional") traits.conditional = true;
  }
  if (!traits.overwrite && !traits.conditional)
    return net::failure(FailureKind::protocol,
                        fmt::format("{}: capabilities must name overwrite, conditional or both", name()));
  traits_ = traits;
  return traits;
}

Traits CommandStore::traits() const {
  return ask_traits().value_or(Traits{});
}

Outcome<PutOutcome> CommandStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                      std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_ASSIGN(const Traits traits, ask_traits());
  STILLAGE_TRY(check_put(options, traits, name()));
  STILLAGE_ASSIGN(const os::Fd blob, spool(source, options_.scratch, stop));
  const char* const verb = options.mode == PutMode::replace ? "put" : "put-new";
  STILLAGE_ASSIGN(const CommandAnswer answer,
                  run({.words = {verb, key}, .input_fd = blob.get(), .input_size = source.size()}, stop));
  if (answer == CommandAnswer::done) return PutOutcome::stored;
  if (answer == CommandAnswer::already_there && options.mode == PutMode::if_absent)
    return PutOutcome::already_there;
  return net::failure(FailureKind::protocol,
                      fmt::format("{}: {} exited with {}", name(), verb, static_cast<int>(answer)));
}

Outcome<std::optional<BlobInfo>> CommandStore::get(const std::string& key, ByteSink& sink,
                                                   std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  std::optional<std::uint64_t> seen;
  const Output take = [&](std::string_view bytes) -> Outcome<void> {
    if (!seen) STILLAGE_TRY(sink.begin(std::nullopt));
    seen = seen.value_or(0) + bytes.size();
    STILLAGE_TRY(sink.write(bytes));
    return {};
  };
  STILLAGE_ASSIGN(const CommandAnswer answer, run({.words = {"get", key}, .output = take}, stop));
  if (answer == CommandAnswer::absent && !seen) return std::optional<BlobInfo>();
  if (answer != CommandAnswer::done)
    return net::failure(FailureKind::protocol,
                        fmt::format("{}: get exited with {}{}", name(), static_cast<int>(answer),
                                    seen ? " after a blob" : ""));
  if (!seen) STILLAGE_TRY(take({}));
  return std::optional(BlobInfo{.size = seen, .metadata = {}});
}

Outcome<std::optional<BlobInfo>> CommandStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  ShortText text;
  STILLAGE_ASSIGN(const CommandAnswer answer, run({.words = {"has", key}, .output = std::ref(text)}, stop));
  if (answer == CommandAnswer::absent) return std::optional<BlobInfo>();
  if (answer != CommandAnswer::done)
    return net::failure(FailureKind::protocol,
                        fmt::format("{}: has exited with {}", name(), static_cast<int>(answer)));
  return std::optional(BlobInfo{.size = parse_size(base::trim(text.text)), .metadata = {}});
}

Outcome<void> CommandStore::remove(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_ASSIGN(const Traits traits, ask_traits());
  if (!traits.remove) return cannot(name(), "remove what it has");
  STILLAGE_ASSIGN(const CommandAnswer answer, run({.words = {"remove", key}}, stop));
  if (answer == CommandAnswer::done || answer == CommandAnswer::absent) return {};
  return net::failure(FailureKind::protocol,
                      fmt::format("{}: remove exited with {}", name(), static_cast<int>(answer)));
}

Outcome<void> CommandStore::list(const std::string& prefix,
                                 const std::function<Outcome<void>(const ListedBlob&)>& visit,
                                 std::stop_token stop) {
  STILLAGE_ASSIGN(const Traits traits, ask_traits());
  if (!traits.list) return cannot(name(), "list its blobs");
  std::string line;
  const auto on_line = [&]() -> Outcome<void> {
    const std::string_view text = base::trim(line);
    const std::size_t space = text.find(' ');
    ListedBlob blob{.key = std::string(text.substr(0, space)), .size = {}};
    if (space != std::string_view::npos) blob.size = parse_size(text.substr(space + 1));
    if (!text.empty() && is_valid_key(blob.key) && blob.key.starts_with(prefix)) STILLAGE_TRY(visit(blob));
    line.clear();
    return {};
  };
  const Output take = [&](std::string_view bytes) -> Outcome<void> {
    for (const char c : bytes) {
      if (c == '\n')
        STILLAGE_TRY(on_line());
      else if (line.size() < kLongestLine)
        line += c;
    }
    return {};
  };
  STILLAGE_ASSIGN(const CommandAnswer answer, run({.words = {"list", prefix}, .output = take}, stop));
  if (answer != CommandAnswer::done)
    return net::failure(FailureKind::protocol,
                        fmt::format("{}: list exited with {}", name(), static_cast<int>(answer)));
  return on_line();
}

}  // namespace stillage::blob
