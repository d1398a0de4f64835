// SPDX-License-Identifier: MIT
#pragma once
// Takes an entry in as its bytes come from a remote cache, into a file of its own, and believes nothing of
// it: its digest is computed on the way, and its manifest is judged as soon as it is there, so that what
// is not wanted need not come to its end. Memory: that of EntryReader for the manifest, and some 5 KiB. Not
// for use from two threads at a time.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "archive/entry.h"
#include "archive/frame_scan.h"
#include "base/digest.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::archive {

/// An entry whose digest is right.
struct TakenEntry {
  std::string path;                      ///< the archive alone; the taker's to move or remove
  os::Fd file;                           ///< open for reading
  std::uint64_t size = 0;                ///< of the archive
  Manifest manifest;                     ///< as judged
  base::Sha256Digest manifest_digest{};  ///< of its JSON text
  std::string seal;                      ///< what stood after the archive; empty if nothing did
};

class EntryIntake {
 public:
  /// Looks at the manifest: an error is why the entry is not wanted.
  using Judge = std::function<Status(const Manifest&)>;

  /// The file is made in `folder`, when the first bytes come; `name` stands for the entry in errors. More
  /// than `most` bytes are refused.
  EntryIntake(std::string folder, std::string name, std::uint64_t most, Judge judge);
  ~EntryIntake();
  EntryIntake(const EntryIntake&) = delete;
  EntryIntake& operator=(const EntryIntake&) = delete;

  /// All that has come so far is void. `size`, where it is known, is how many bytes are to come: an
  /// `unsupported` error if they are too many.
  Status begin(std::optional<std::uint64_t> size);
  /// The next bytes. `corrupt` if they can't be those of an entry, `unsupported` if they become too many or
  /// are of another format, the judge's error if that has one.
  Status write(std::string_view bytes);
  /// To be called when all have come: `corrupt` if they are no whole entry, the judge's error if that has
  /// one. The intake is of no further use.
  Result<TakenEntry> finish();

 private:
  Status make_file();
  void digest_all_but_the_tail(std::string_view bytes);
  /// Judges the manifest. Nothing is known for sure of one that can't be read before the digest is right.
  Status judge_manifest(bool is_complete);
  tl::unexpected<Error> corrupt(std::string_view what) const;

  const std::string folder_;
  const std::string name_;
  const std::uint64_t most_;
  const Judge judge_;
  os::Fd file_;
  std::string path_;  ///< empty while there is none, and once it is somebody else's

  std::uint64_t size_ = 0;
  FrameScan head_;
  base::Xxh128 digest_;
  std::string tail_;  ///< the last bytes: trailer and seal, as far as they have come
  bool looked_at_manifest_ = false;
  std::optional<Manifest> manifest_;
  base::Sha256Digest manifest_digest_{};
};

}  // namespace stillage::archive
