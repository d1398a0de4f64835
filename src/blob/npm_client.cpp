// SPDX-License-Identifier: MIT
#include "blob/npm_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/strings.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/process.h"
#include "os/process_work.h"
#include "os/stat.h"
#include "os/thread_pool.h"

namespace stillage::blob {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostSaid = 64 << 10;
constexpr std::size_t kLongestDetail = 200;
/// npm refuses to make a version with a hyphen the latest one, and it should not be that anyway.
constexpr const char* kDistTag = "stillage";

/// What an `npm run` around us, or somebody's settings, tell npm that is not meant for these calls.
constexpr std::array kForeignSettings = {"local_prefix",
                                         "prefix",
                                         "global",
                                         "location",
                                         "workspace",
                                         "workspaces",
                                         "include_workspace_root",
                                         "dry_run",
                                         "json",
                                         "parseable",
                                         "offline",
                                         "prefer_offline",
                                         "prefer_online",
                                         "pack_destination",
                                         "package_lock_only",
                                         "provenance",
                                         "provenance_file",
                                         "tag",
                                         "before",
                                         "min_release_age",
                                         "cache",
                                         "logs_dir",
                                         "loglevel",
                                         "silent",
                                         "progress",
                                         "fetch_retries",
                                         "fetch_timeout",
                                         "update_notifier",
                                         "ignore_scripts"};

bool is_foreign_setting(std::string_view variable) {
  constexpr std::string_view kStart = "npm_config_";
  std::string name = base::to_lower(variable.substr(0, variable.find('=')));
  if (!name.starts_with(kStart)) return false;
  std::replace(name.begin(), name.end(), '-', '_');
  return std::find(kForeignSettings.begin(), kForeignSettings.end(), name.substr(kStart.size())) !=
         kForeignSettings.end();
}

/// "npm error code E404" and "npm ERR! code E404": the text after the mark; nothing for other lines.
std::string_view error_text(std::string_view line) {
  for (const std::string_view mark : {"npm error ", "npm ERR! "})
    if (line.starts_with(mark)) return base::trim(line.substr(mark.size()));
  return {};
}

/// User names and passwords of URLs are npm's to keep out, and ours too.
std::string without_logins(std::string text) {
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of(" /\t", at), text.size());
    const std::size_t sign = text.rfind('@', end);
    if (sign != std::string::npos && sign > at && sign < end) text.erase(at, sign + 1 - at);
  }
  return text;
}

bool is_transient(std::string_view code) {
  static constexpr std::array kCodes = {"E408",        "E425",        "E429",       "ENOTFOUND",
                                        "EAI_AGAIN",   "FETCH_ERROR", "EPIPE",      "EHOSTUNREACH",
                                        "ENETUNREACH", "ETIMEDOUT",   "Z_BUF_ERROR"};
  return code.starts_with("E5") || code.starts_with("ECONN") || code.starts_with("ERR_SOCKET") ||
         code.ends_with("TIMEOUT") || std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

FailureKind kind_of(std::string_view code) {
  if (is_transient(code)) return FailureKind::transient;
  if (code == "E401" || code == "E403" || code == "ENEEDAUTH" || code == "EOTP")
    return FailureKind::unauthorised;
  if (code == "E404") return FailureKind::not_found;
  if (code == "E413" || code == "ERR_STRING_TOO_LONG") return FailureKind::too_large;
  return FailureKind::protocol;
}

bool is_name_part(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.front() != '.' && text.front() != '_' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

bool is_npm_package_name(std::string_view name) {
  if (name.size() > 214) return false;
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return is_name_part(name);
  return name.front() == '@' && is_name_part(name.substr(1, slash - 1)) &&
         is_name_part(name.substr(slash + 1));
}

NpmClient::NpmClient(NpmClientOptions options)
    : options_(std::move(options)), turns_(std::make_unique<ClientTurns>(os::cpu_count() + 1)) {}

std::string NpmClient::name() const {
  return fmt::format("the npm registry {} (package {})", options_.registry.display(), options_.package);
}

std::string NpmClient::package_json(const std::string& version) const {
  return base::to_text(base::Json{{"name", options_.package}, {"version", version}}) + "\n";
}

Outcome<os::ScratchDir> NpmClient::make_scratch() const {
  STILLAGE_ASSIGN(os::ScratchDir scratch, os::ScratchDir::make(options_.scratch));
  // npm looks upwards for the project that it works for, whose npmrc it would use: it is this one.
  STILLAGE_TRY(os::write_file_atomic(scratch / "package.json", "{}\n"));
  return scratch;
}

Outcome<NpmClient::Ended> NpmClient::run(std::vector<std::string> words, const os::ScratchDir& scratch,
                                         const Limits& limits, const std::stop_token& stop) const {
  const auto cancelled = [&] {
    return net::failure(FailureKind::cancelled, fmt::format("npm {} was cancelled", words.front()));
  };
  auto turn = turns_->take(stop);
  if (!turn) return cancelled();
  os::ProcessSpec spec;
  spec.argv = {options_.program};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  // After the words of a command, so that npm's own order of things is that of the original.
  spec.argv.insert(spec.argv.end(), {"--registry", options_.registry.to_string(), "--loglevel", "error"});
  if (!options_.userconfig.empty()) spec.argv.insert(spec.argv.end(), {"--userconfig", options_.userconfig});
  for (const std::string& variable : options_.environment)
    if (!is_foreign_setting(variable)) spec.env.push_back(variable);
  for (const std::string& setting :
       {"cache=" + scratch / "npm-cache", fmt::format("fetch_timeout={}", limits.call.count()),
        std::string("fetch_retries=0"), std::string("update_notifier=false"), std::string("progress=false"),
        std::string("ignore_scripts=true"), std::string("before=null"), std::string("min_release_age=0")})
    spec.env.push_back("npm_config_" + setting);
  spec.cwd = scratch.path();

  Ended ended;
  std::string err;
  using SteadyClock = std::chrono::steady_clock;
  const auto began = SteadyClock::now();
  std::optional<os::IdleWatch> watch;
  bool was_idle = false;
  const auto done =
      os::run_process(spec,
                      {.started = [&](os::ProcessId id) { watch.emplace(id.pid, began); },
                       .output =
                           [&](os::OutputStream stream, std::string_view text) {
                             std::string& into = stream == os::OutputStream::out ? ended.out : err;
                             into += text.substr(0, kMostSaid - std::min(kMostSaid, into.size()));
                           },
                       .may_go_on =
                           [&] {
                             const auto now = SteadyClock::now();
                             const auto idle = watch->idle(now);
                             if (idle == milliseconds(0)) ++work_seen_;
                             was_idle = idle >= limits.idle && now - began >= options_.patience;
                             return !was_idle && now - began < limits.call;
                           }},
                      stop);
  if (stop.stop_requested()) return cancelled();
  if (!done)
    return net::failure(FailureKind::local, fmt::format("{}: {}; install npm, or choose another provider",
                                                        name(), done.error().message));
  if (done->stopped) {
    Failure late(FailureKind::transient,
                 was_idle ? fmt::format("{}: npm {} has waited in vain for an answer", name(), words.front())
                          : fmt::format("{}: npm {} has not ended within {} s", name(), words.front(),
                                        limits.call.count() / 1000));
    late.kind = ErrorKind::timeout;
    return tl::make_unexpected(std::move(late));
  }
  ended.exit_code = done->exit_code;
  for (const std::string_view line : base::split(err, '\n')) {
    const std::string_view text = error_text(line);
    if (text.starts_with("code ") && ended.code.empty())
      ended.code = base::printable(base::trim(text.substr(5)));
    else if (!text.empty() && !text.starts_with("errno ") && !text.starts_with("syscall ") &&
             !text.starts_with("A complete log") && ended.detail.empty())
      ended.detail = base::printable(without_logins(std::string(text.substr(0, kLongestDetail))));
  }
  if (ended.code.empty() && ended.exit_code != 0) ended.code = fmt::format("exit code {}", ended.exit_code);
  if (!is_transient(ended.code)) turn->answered();
  return ended;
}

tl::unexpected<Failure> NpmClient::failed(std::string_view what, const Ended& ended) const {
  const FailureKind kind = kind_of(ended.code);
  std::string message = fmt::format("{}: npm {} failed: {}", name(), what, ended.code);
  if (!ended.detail.empty()) message += ": " + ended.detail;
  if (kind == FailureKind::unauthorised) message += "; check the token in npmrcUserconfig or in ~/.npmrc";
  Failure failure(kind, std::move(message));
  failure.code = ended.code;
  return tl::make_unexpected(std::move(failure));
}

Outcome<std::optional<std::string>> NpmClient::download(const std::string& version,
                                                        const os::ScratchDir& scratch,
                                                        std::stop_token stop) const {
  STILLAGE_ASSIGN(const Ended ended, run({"pack", spec(version)}, scratch, reading(), stop));
  if (ended.code == "ETARGET" || ended.code == "E404") return std::optional<std::string>();
  if (ended.exit_code != 0) return failed("pack", ended);
  STILLAGE_ASSIGN(const auto names, os::list_dir(scratch.path()));
  for (const os::DirEntry& entry : names)
    if (entry.kind == os::FileKind::regular && entry.name.ends_with(".tgz"))
      return std::optional(scratch / entry.name);
  return net::failure(FailureKind::protocol, fmt::format("{}: npm pack has left no package", name()));
}

Outcome<bool> NpmClient::has(const std::string& version, const os::ScratchDir& scratch,
                             std::stop_token stop) const {
  STILLAGE_ASSIGN(const Ended ended, run({"view", spec(version), "version"}, scratch, reading(), stop));
  if (ended.code == "ETARGET" || ended.code == "E404") return false;
  if (ended.exit_code != 0) return failed("view", ended);
  return ended.out.find(version) != std::string::npos;
}

Outcome<PutOutcome> NpmClient::publish(const std::string& version, const std::string& path,
                                       const os::ScratchDir& scratch, std::stop_token stop) const {
  STILLAGE_ASSIGN(const auto stat, os::stat_path(path));
  const std::uint64_t size = stat ? stat->size : 0;
  if (size > kLargestNpmPackage)
    return net::failure(FailureKind::too_large,
                        fmt::format("{}: a package of {} is more than npm can publish ({})", name(),
                                    base::human_size(size), base::human_size(kLargestNpmPackage)));
  const Limits limits = {.call = options_.call_limit + std::chrono::seconds(size >> 20),
                         .idle = options_.answer_limit};
  STILLAGE_ASSIGN(const Ended ended, run({"publish", path, "--tag", kDistTag}, scratch, limits, stop));
  if (ended.exit_code == 0) return PutOutcome::stored;
  // Registries say no in the same words to who may not publish, and to what is there already.
  if (ended.code == "E403" || ended.code == "E409" || ended.code == "EPUBLISHCONFLICT") {
    STILLAGE_ASSIGN(const bool is_there, has(version, scratch, stop));
    if (is_there) return PutOutcome::already_there;
  }
  // Two who publish different versions at once get in each other's way.
  if (ended.code == "E409" || ended.code == "EPUBLISHCONFLICT")
    return net::failure(FailureKind::transient, fmt::format("{}: {}", name(), ended.detail));
  return failed("publish", ended);
}

}  // namespace stillage::blob
