// SPDX-License-Identifier: MIT
#pragma once
// Blobs wherever a program of the user's keeps them: one process for each call, the blob on its standard
// input or output (docs/backends/command.md has the protocol). What the program can do it says itself, once.

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "os/process.h"

namespace stillage::blob {

struct CommandStoreOptions {
  std::vector<std::string> command;  ///< the program and its first arguments; no shell
  std::string dir;                   ///< where it runs, absolute
  /// Its environment, as NAME=value.
  std::vector<std::string> environment;
  /// Texts that no message may show, whatever the program prints.
  std::vector<std::string> secrets = {};
  /// Where blobs wait for the program; "" is the system's folder for temporary files.
  std::string scratch = {};
  /// How long it may neither take nor give a byte.
  std::chrono::milliseconds idle_limit{15'000};
};

/// What the program answers with its exit code; anything else is a `protocol` failure.
enum class CommandAnswer {
  done = 0,
  absent = 3,
  already_there = 4,
  refused = 5,
  temporary = 75,  ///< EX_TEMPFAIL: to be tried again
};

class CommandStore final : public BlobStore {
 public:
  explicit CommandStore(CommandStoreOptions options) : options_(std::move(options)) {}

  /// Asks the program on the first call. If it gives no answer, nothing but get and contains works, and the
  /// other calls say why.
  Traits traits() const override;
  std::string name() const override;
  std::uint64_t work_seen() const override { return work_seen_; }
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  using Output = std::function<Outcome<void>(std::string_view)>;
  struct Call {
    std::vector<std::string> words;
    int input_fd = -1;
    std::uint64_t input_size = 0;
    Output output = {};  ///< what takes its standard output; none: nothing may come
  };
  Outcome<Traits> ask_traits() const;
  Outcome<CommandAnswer> run(const Call& call, const std::stop_token& stop) const;
  Outcome<CommandAnswer> answer_of(const Call& call, const os::ProcessEnd& end,
                                   const std::string& said) const;
  std::string redacted(std::string text) const;

  const CommandStoreOptions options_;
  mutable std::mutex mutex_;
  mutable std::optional<Traits> traits_;
  mutable std::atomic<std::uint64_t> work_seen_ = 0;
};

}  // namespace stillage::blob
