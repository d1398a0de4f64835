// SPDX-License-Identifier: MIT
#include "cache/npm_package_store.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "archive/gzip.h"
#include "base/strings.h"
#include "cache/npm_package.h"
#include "os/file.h"

namespace stillage::cache {

using blob::BlobInfo;
using blob::FailureKind;
using blob::Outcome;
using blob::PutOutcome;

namespace {

constexpr std::uint64_t kLargestUnpacked = std::uint64_t{4} << 30;
constexpr std::size_t kPackagePiece = 256 << 10;

Outcome<std::string> version_of(const std::string& hash) {
  const bool is_hash =
      !hash.empty() && hash.size() <= 200 && std::all_of(hash.begin(), hash.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
      });
  if (is_hash) return "0.0.0-" + hash;
  return net::failure(FailureKind::local, fmt::format("\"{}\" is no hash that npm's versions can hold",
                                                      base::printable(hash.substr(0, 200))));
}

Status write_package(const std::string& path, const std::string& package_json, blob::ByteSource& source,
                     const std::stop_token& stop) {
  STILLAGE_ASSIGN(const os::Fd file, os::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  archive::TgzWriter package(file.get(), path, archive::GzipEffort::usual);
  STILLAGE_TRY(package.add_file("package/package.json", package_json));
  NpmPacker packer(package, path + ".more");
  archive::TarReader tar(packer);
  STILLAGE_TRY(source.rewind());
  std::string buffer(kPackagePiece, '\0');
  while (true) {
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "a put was cancelled");
    STILLAGE_ASSIGN(const std::size_t got, source.read(buffer));
    if (got == 0) break;
    STILLAGE_TRY(tar.feed({buffer.data(), got}));
  }
  STILLAGE_TRY(tar.finish());
  STILLAGE_TRY(packer.finish());
  return package.finish();
}

}  // namespace

Outcome<PutOutcome> NpmPackageStore::put(const std::string& key, blob::ByteSource& source,
                                         const blob::PutOptions& options, std::stop_token stop) {
  STILLAGE_ASSIGN(const std::string version, version_of(key));
  if (!options.metadata.empty()) return blob::cannot(name(), "keep metadata");
  STILLAGE_ASSIGN(const os::ScratchDir scratch, npm_.make_scratch());
  const std::string path = scratch / "package.tgz";
  STILLAGE_TRY(write_package(path, npm_.package_json(version), source, stop));
  return npm_.publish(version, path, scratch, stop);
}

Outcome<std::optional<BlobInfo>> NpmPackageStore::get(const std::string& key, blob::ByteSink& sink,
                                                      std::stop_token stop) {
  STILLAGE_ASSIGN(const std::string version, version_of(key));
  STILLAGE_ASSIGN(const os::ScratchDir scratch, npm_.make_scratch());
  STILLAGE_ASSIGN(const auto path, npm_.download(version, scratch, stop));
  if (!path) return std::optional<BlobInfo>();
  STILLAGE_ASSIGN(const os::Fd file, os::open_path(*path, O_RDONLY | O_NOFOLLOW));
  STILLAGE_TRY(sink.begin(std::nullopt));
  NpmUnpacker unpacker(sink, scratch / "more.tar");
  archive::TarReader tar(unpacker);
  Status read = archive::gunzip(file.get(), "the package", kLargestUnpacked, [&](std::string_view bytes) {
    return stop.stop_requested() ? Status(fail(ErrorKind::cancelled, "a get was cancelled"))
                                 : tar.feed(bytes);
  });
  if (read) read = tar.finish();
  if (read) read = unpacker.finish();
  if (read) return std::optional(BlobInfo{});
  if (unpacker.refused() || read.error().kind != ErrorKind::corrupt)
    return tl::make_unexpected(blob::Failure(read.error()));
  return net::failure(FailureKind::protocol,
                      fmt::format("{}: version {} is damaged: {}", name(), version, read.error().message));
}

Outcome<std::optional<BlobInfo>> NpmPackageStore::contains(const std::string& key, std::stop_token stop) {
  STILLAGE_ASSIGN(const std::string version, version_of(key));
  STILLAGE_ASSIGN(const os::ScratchDir scratch, npm_.make_scratch());
  STILLAGE_ASSIGN(const bool is_there, npm_.has(version, scratch, stop));
  return is_there ? std::optional(BlobInfo{}) : std::nullopt;
}

Outcome<void> NpmPackageStore::remove(const std::string& key, std::stop_token) {
  STILLAGE_ASSIGN(const std::string version, version_of(key));
  return blob::cannot(name(), "remove " + version);
}

Outcome<void> NpmPackageStore::list(const std::string&,
                                    const std::function<Outcome<void>(const blob::ListedBlob&)>&,
                                    std::stop_token) {
  return blob::cannot(name(), "list its versions");
}

}  // namespace stillage::cache
