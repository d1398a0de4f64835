// SPDX-License-Identifier: MIT
#include "blob/npm_store.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/gzip.h"
#include "archive/tar_reader.h"
#include "archive/tgz_writer.h"
#include "base/digest.h"
#include "base/hex.h"
#include "os/file.h"

namespace stillage::blob {
namespace {

constexpr std::size_t kBufferSize = 256 << 10;
constexpr const char* kManifestPath = "package/package.json";
constexpr const char* kBlobPath = "package/blob";

/// Keys may hold what versions may not.
std::string version_of(const std::string& key) {
  return "0.0.0-" + base::to_hex(base::sha256(key));
}

Status write_package(const std::string& path, const std::string& package_json, ByteSource& source,
                     const std::stop_token& stop) {
  STILLAGE_ASSIGN(const os::Fd file, os::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  // Entries are compressed already.
  archive::TgzWriter package(file.get(), path, archive::GzipEffort::none);
  STILLAGE_TRY(package.add_file(kManifestPath, package_json));
  STILLAGE_TRY(package.begin(
      {.path = kBlobPath, .kind = archive::OutputKind::file, .mode = 0644, .size = source.size()}));
  STILLAGE_TRY(source.rewind());
  std::string buffer(kBufferSize, '\0');
  while (true) {
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "a put was cancelled");
    STILLAGE_ASSIGN(const std::size_t got, source.read(buffer));
    if (got == 0) break;
    STILLAGE_TRY(package.write({buffer.data(), got}));
  }
  STILLAGE_TRY(package.end());
  return package.finish();
}

/// Hands the blob of a package to a sink, and remembers whose error it was.
class BlobVisitor final : public archive::TarVisitor {
 public:
  explicit BlobVisitor(ByteSink& sink) : sink_(sink) {}

  Status begin(const archive::TarMember& member) override {
    is_blob_ = member.kind == archive::TarKind::file && member.path == kBlobPath;
    if (!is_blob_) return {};
    if (seen_) return fail(ErrorKind::corrupt, "the package has two blobs");
    seen_ = BlobInfo{.size = member.size, .metadata = {}};
    return note(sink_.begin(member.size));
  }
  Status write(std::string_view bytes) override { return is_blob_ ? note(sink_.write(bytes)) : Status(); }
  Status end(const archive::TarMember& /*member*/) override { return {}; }

  const std::optional<BlobInfo>& seen() const { return seen_; }
  bool refused() const { return refused_; }

 private:
  Status note(Status status) {
    refused_ = refused_ || !status;
    return status;
  }

  ByteSink& sink_;
  std::optional<BlobInfo> seen_;
  bool is_blob_ = false;
  bool refused_ = false;
};

}  // namespace

Outcome<PutOutcome> NpmStore::put(const std::string& key, ByteSource& source, const PutOptions& options,
                                  std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_TRY(check_put(options, traits(), name()));
  if (source.size() > kLargestNpmPackage)
    return net::failure(
        FailureKind::too_large,
        fmt::format("{}: a blob of {} bytes is more than npm can publish", name(), source.size()));
  const std::string version = version_of(key);
  STILLAGE_ASSIGN(const os::ScratchDir scratch, npm_.make_scratch());
  const std::string path = scratch / "blob.tgz";
  STILLAGE_TRY(write_package(path, npm_.package_json(version), source, stop));
  return npm_.publish(version, path, scratch, stop);
}

Outcome<std::optional<BlobInfo>> NpmStore::get(const std::string& key, ByteSink& sink, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_ASSIGN(const os::ScratchDir scratch, npm_.make_scratch());
  STILLAGE_ASSIGN(const auto path, npm_.download(version_of(key), scratch, stop));
  if (!path) return std::optional<BlobInfo>();
  STILLAGE_ASSIGN(const os::Fd file, os::open_path(*path, O_RDONLY | O_NOFOLLOW));
  BlobVisitor visitor(sink);
  archive::TarReader tar(visitor);
  // Another's package may be anything: no more is unpacked than a blob can have.
  Status read = archive::gunzip(
      file.get(), "the package", kLargestNpmPackage + kBufferSize, [&](std::string_view bytes) {
        return stop.stop_requested() ? Status(fail(ErrorKind::cancelled, "a get was cancelled"))
                                     : tar.feed(bytes);
      });
  if (read) read = tar.finish();
  if (!read && (visitor.refused() || read.error().kind != ErrorKind::corrupt))
    return tl::make_unexpected(Failure(read.error()));
  if (!read || !visitor.seen())
    return net::failure(FailureKind::protocol,
                        fmt::format("{}: version {} {}", name(), version_of(key),
                                    read ? "holds no blob" : "is damaged: " + read.error().message));
  return visitor.seen();
}

Outcome<std::optional<BlobInfo>> NpmStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_TRY(check_key(key));
  STILLAGE_ASSIGN(const os::ScratchDir scratch, npm_.make_scratch());
  STILLAGE_ASSIGN(const bool is_there, npm_.has(version_of(key), scratch, stop));
  return is_there ? std::optional(BlobInfo{}) : std::nullopt;
}

Outcome<void> NpmStore::remove(const std::string& key, std::stop_token) {
  STILLAGE_TRY(check_key(key));
  return cannot(name(), "remove what it has");
}

Outcome<void> NpmStore::list(const std::string&, const std::function<Outcome<void>(const ListedBlob&)>&,
                             std::stop_token) {
  return cannot(name(), "list its blobs");
}

}  // namespace stillage::blob
