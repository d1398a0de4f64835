// SPDX-License-Identifier: MIT
#pragma once
// The package of npm that an entry in backfill's format travels in (docs/formats/lage-npm.md): made of a tar,
// and taken apart into one. Both run as streams.

#include <string>

#include "archive/tar_reader.h"
#include "archive/tgz_writer.h"
#include "blob/blob_store.h"
#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::cache {

/// Packs the members of a tar. Directories are left out: they follow from the files.
class NpmPacker final : public archive::TarVisitor {
 public:
  /// `package` outlives this object; `spool` is the path of a file that it may make.
  NpmPacker(archive::TgzWriter& package, std::string spool) : package_(package), spool_(std::move(spool)) {}

  /// An `invalid` error for a hard link.
  Status begin(const archive::TarMember& member) override;
  Status write(std::string_view bytes) override;
  Status end(const archive::TarMember& member) override;
  /// Adds what can't stand in the package itself. To be called once, after the tar's end.
  Status finish();

 private:
  Status add_to_spool(std::string_view bytes);

  archive::TgzWriter& package_;
  const std::string spool_;
  os::Fd more_;
  std::uint64_t more_size_ = 0;
  bool is_aside_ = false;  ///< the current member goes into the file
};

/// Makes a tar of the members of a package.
class NpmUnpacker final : public archive::TarVisitor {
 public:
  /// `sink` takes the tar, begun already; it outlives this object. `spool` as for NpmPacker.
  NpmUnpacker(blob::ByteSink& sink, std::string spool) : sink_(sink), spool_(std::move(spool)) {}

  /// A `corrupt` error for links: npm never packs any.
  Status begin(const archive::TarMember& member) override;
  Status write(std::string_view bytes) override;
  Status end(const archive::TarMember& member) override;
  /// Adds what the package has aside, and ends the tar. To be called once, after the package's end.
  Status finish();
  /// Whether the last error was the sink's own.
  bool refused() const { return refused_; }

 private:
  enum class Part { none, output, aside };
  Status give(std::string_view bytes);
  Status give_header(const archive::TarMember& member, const std::string& path);

  blob::ByteSink& sink_;
  const std::string spool_;
  os::Fd more_;
  Part part_ = Part::none;
  bool in_more_ = false;  ///< what is read now is the file from aside
  bool refused_ = false;
};

}  // namespace stillage::cache
