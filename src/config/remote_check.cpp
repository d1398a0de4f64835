// SPDX-License-Identifier: MIT
#include "config/remote_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "base/strings.h"

namespace stillage::config {
namespace {

using blob::FailureKind;
using SteadyClock = std::chrono::steady_clock;

/// Signatures of requests, and tokens, are refused by then.
constexpr std::chrono::minutes kFarOff{5};
constexpr std::chrono::seconds kSlightlyOff{30};

std::string random_bytes(std::size_t size) {
  std::random_device seed;
  std::mt19937_64 random((std::uint64_t{seed()} << 32) ^ seed());
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xff);
  return bytes;
}

/// 32 hex digits.
std::string random_name() {
  std::random_device seed;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", seed(), seed(), seed(), seed());
}

double ms_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Finding clock_finding(std::chrono::seconds ahead) {
  const auto off = std::chrono::abs(ahead);
  Finding finding{.check = "clock",
                  .text = "its clock and ours agree",
                  .figures = {{"clockAheadSeconds", static_cast<double>(ahead.count())}}};
  if (off < kSlightlyOff) return finding;
  const std::string amount = off >= std::chrono::minutes(2) ? fmt::format("{} minutes", off.count() / 60)
                                                            : fmt::format("{} s", off.count());
  finding.text =
      fmt::format("our clock is {} {} that of the remote", amount, ahead.count() > 0 ? "behind" : "ahead of");
  finding.verdict = off < kFarOff ? Verdict::note : Verdict::problem;
  finding.remedy =
      "set this machine's clock (timedatectl set-ntp true): signed requests and tokens are refused when "
      "clocks are minutes apart";
  return finding;
}

/// A put of random bytes, the way back, and the removal.
class WriteCheck {
 public:
  WriteCheck(blob::BlobStore& store, std::string key, std::uint64_t size, const std::stop_token& stop)
      : store_(store), key_(std::move(key)), bytes_(random_bytes(size)), stop_(stop) {}

  Findings run() {
    if (put()) {
      get();
      remove();
    }
    return std::move(findings_);
  }

 private:
  bool put() {
    net::MemorySource source(bytes_);
    const blob::PutOptions options{
        .mode = store_.traits().overwrite ? blob::PutMode::replace : blob::PutMode::if_absent,
        .metadata = {}};
    const auto start = SteadyClock::now();
    const auto done = store_.put(key_, source, options, stop_);
    if (!done) {
      findings_.push_back(explain(done.error(), "write"));
      return false;
    }
    add_speed("write", "lets us write", "putBytesPerSecond", ms_since(start));
    return true;
  }

  void get() {
    net::MemorySink sink(bytes_.size());
    const auto start = SteadyClock::now();
    const auto found = store_.get(key_, sink, stop_);
    if (!found)
      findings_.push_back(explain(found.error(), "read back"));
    else if (!*found)
      findings_.push_back(
          {.check = "read back",
           .verdict = Verdict::problem,
           .text = "what was just put there is not found",
           .remedy = "check that reading and writing go to the same place, without a cache between"});
    else if (sink.bytes() != bytes_)
      findings_.push_back({.check = "read back",
                           .verdict = Verdict::problem,
                           .text = "what comes back is not what was put there",
                           .remedy = "check what stands between (a proxy that compresses or rewrites?)"});
    else
      add_speed("read back", "gives back what was put there", "getBytesPerSecond", ms_since(start));
  }

  void remove() {
    if (!store_.traits().remove) {
      findings_.push_back({.check = "remove",
                           .verdict = Verdict::note,
                           .text = fmt::format("it can't remove anything: the blob {} stays there", key_),
                           .remedy = ""});
      return;
    }
    const auto done = store_.remove(key_, stop_);
    if (done) return;
    Finding finding = explain(done.error(), "remove");
    finding.verdict = Verdict::note;
    finding.text += fmt::format("; the blob {} stays there", key_);
    finding.remedy = "only `stillage cache evict` and `cache clear` need the right to remove";
    findings_.push_back(std::move(finding));
  }

  void add_speed(const char* check, const char* what, const char* figure, double ms) {
    const double speed = static_cast<double>(bytes_.size()) * 1000 / std::max(ms, 0.001);
    findings_.push_back(
        {.check = check,
         .text = fmt::format("{} ({} in {:.0f} ms)", what, base::human_size(bytes_.size()), ms),
         .remedy = "",
         .figures = {{figure, speed}}});
  }

  blob::BlobStore& store_;
  const std::string key_;
  const std::string bytes_;
  const std::stop_token stop_;
  Findings findings_;
};

/// Look-ups of what is not there; true if the store can be read.
bool check_reading(blob::BlobStore& store, const std::string& key, int rounds, const std::stop_token& stop,
                   Findings& findings) {
  std::vector<double> times;
  for (int round = 0; round <= rounds; ++round) {
    net::MemorySink sink(1 << 20);
    const auto start = SteadyClock::now();
    const auto found = store.get(key, sink, stop);
    // The first one pays for the connection.
    if (round > 0) times.push_back(ms_since(start));
    if (!found) {
      findings.push_back(explain(found.error(), "read"));
      return false;
    }
    if (*found) {
      findings.push_back({.check = "read",
                          .verdict = Verdict::problem,
                          .text = "it answers with bytes for a key that nobody has put",
                          .remedy = "check the address: what answers there is no cache"});
      return false;
    }
  }
  const double latency = median(std::move(times));
  findings.push_back({.check = "read",
                      .text = fmt::format("answers, and lets us read; a look-up takes {:.1f} ms", latency),
                      .remedy = "",
                      .figures = {{"latencyMs", latency}}});
  return true;
}

}  // namespace

Finding explain(const blob::Failure& failure, std::string check) {
  Finding finding{
      .check = std::move(check), .verdict = Verdict::problem, .text = failure.message, .remedy = ""};
  switch (failure.what) {
    case FailureKind::transient:
      finding.remedy =
          failure.http_status != 0 ? "the server is busy or broken: try again, or ask whoever runs it"
          : failure.kind == ErrorKind::timeout
              ? "nothing answers in time: check the address and port, firewall or VPN, and the proxy "
                "variables (https_proxy, http_proxy, no_proxy)"
              : "no connection: check the address and port, whether the server runs, and the proxy "
                "variables (https_proxy, http_proxy, no_proxy)";
      break;
    case FailureKind::unauthorised:
      finding.remedy =
          finding.check == "write"
              ? "reading goes on; to write, give a credential that may, or leave writing off here"
          : failure.http_status == 403
              ? "the remote knows who asks, and does not allow it: give that identity the right to read"
              : "the remote does not accept who we say we are: check the credential, and whether it has "
                "expired";
      break;
    case FailureKind::not_found:
      finding.remedy = "the container, bucket or folder is not there: make it, or check its name";
      break;
    case FailureKind::protocol:
      finding.remedy =
          failure.kind == ErrorKind::auth
              ? "to trust a certificate of your own, name its authority in the option caFile"
              : "what answers there is no cache of that kind: check the address, and for a login page or "
                "proxy on the way";
      break;
    case FailureKind::too_large:
      finding.remedy = "raise the server's limit of size, or set the option maxSize below it";
      break;
    case FailureKind::unsupported:
      finding.remedy = "this remote can't do that";
      break;
    case FailureKind::conflict:
    case FailureKind::local:
      finding.remedy = "check the options and files that the message names";
      break;
    case FailureKind::unavailable:
    case FailureKind::cancelled:
      break;
  }
  return finding;
}

Findings check_remote(blob::BlobStore& store, const RemoteCheckOptions& options,
                      const std::stop_token& stop) {
  Findings findings;
  const std::string key = fmt::format("{}v1/doctor-{}", options.prefix, random_name());
  const bool is_readable = check_reading(store, key, options.rounds, stop, findings);
  if (const auto ahead = store.clock_ahead()) findings.push_back(clock_finding(*ahead));
  if (!is_readable) return findings;
  if (options.writes) {
    Findings written = WriteCheck(store, key, options.bytes, stop).run();
    std::move(written.begin(), written.end(), std::back_inserter(findings));
  } else {
    findings.push_back(
        {.check = "write",
         .verdict = Verdict::note,
         .text = "writing is off, so it was not tried",
         .remedy = "--write tries it; writeRemoteCache or STILLAGE_WRITE_REMOTE_CACHE=true turns it on"});
  }
  return findings;
}

}  // namespace stillage::config
