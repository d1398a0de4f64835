// SPDX-License-Identifier: MIT
#include "cache/npm_package.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "archive/tar_header.h"
#include "base/strings.h"
#include "os/file.h"
#include "os/stat.h"

namespace stillage::cache {
namespace {

using archive::OutputKind;
using archive::TarKind;
using archive::TarMember;

constexpr std::string_view kTop = "package/";
/// The package's own, which is none of the outputs.
constexpr std::string_view kManifest = "package.json";
/// In a folder that starts with a dot, so that the original does not copy it into the work tree.
constexpr std::string_view kMore = ".stillage/more.tar";
constexpr std::size_t kPiece = 256 << 10;

/// Whether npm, registries and the original all leave it as it is, or lose it without harm to anything else.
bool may_stand_in_package(const TarMember& member) {
  return member.kind == TarKind::file && member.path != kManifest && member.path != kMore &&
         base::is_utf8(member.path);
}

archive::Output output_of(const TarMember& member, std::string path) {
  archive::Output output{.path = std::move(path), .kind = OutputKind::file, .mode = member.mode & 0777};
  output.size = member.size;
  if (member.kind == TarKind::symlink) {
    output.kind = OutputKind::symlink;
    output.link = member.link;
  }
  return output;
}

}  // namespace

Status NpmPacker::add_to_spool(std::string_view bytes) {
  if (!more_) {
    STILLAGE_ASSIGN(more_, os::open_path(spool_, O_RDWR | O_CREAT | O_EXCL, 0600));
  }
  more_size_ += bytes.size();
  return os::write_all(more_.get(), bytes, spool_);
}

Status NpmPacker::begin(const TarMember& member) {
  if (member.kind == TarKind::directory) return {};
  if (member.kind == TarKind::hard_link)
    return fail(ErrorKind::invalid, base::printable(member.path) + " is a hard link");
  is_aside_ = !may_stand_in_package(member);
  if (!is_aside_) return package_.begin(output_of(member, std::string(kTop) + member.path));
  std::string headers;
  archive::append_tar_headers(output_of(member, member.path), headers);
  return add_to_spool(headers);
}

Status NpmPacker::write(std::string_view bytes) {
  return is_aside_ ? add_to_spool(bytes) : package_.write(bytes);
}

Status NpmPacker::end(const TarMember& member) {
  if (member.kind == TarKind::directory) return {};
  if (!is_aside_) return package_.end();
  return add_to_spool(std::string(archive::tar_padding(member.size), '\0'));
}

Status NpmPacker::finish() {
  if (!more_) return {};
  STILLAGE_TRY(add_to_spool(std::string(archive::kTarEnd, '\0')));
  STILLAGE_TRY(package_.begin({.path = fmt::format("{}{}", kTop, kMore),
                               .kind = OutputKind::file,
                               .mode = 0644,
                               .size = more_size_}));
  net::FileSource more(more_.get(), 0, more_size_, spool_);
  std::string buffer(kPiece, '\0');
  while (true) {
    STILLAGE_ASSIGN(const std::size_t got, more.read(buffer));
    if (got == 0) break;
    STILLAGE_TRY(package_.write({buffer.data(), got}));
  }
  return package_.end();
}

Status NpmUnpacker::give(std::string_view bytes) {
  const Status given = sink_.write(bytes);
  refused_ = refused_ || !given;
  return given;
}

Status NpmUnpacker::give_header(const TarMember& member, const std::string& path) {
  std::string headers;
  archive::append_tar_headers(output_of(member, path), headers);
  return give(headers);
}

Status NpmUnpacker::begin(const TarMember& member) {
  part_ = Part::none;
  if (member.kind == TarKind::directory) return {};
  const auto strange = [&member](std::string_view why) {
    return fail(ErrorKind::corrupt, fmt::format("{} {}", base::printable(member.path), why));
  };
  if (in_more_) {
    if (member.kind == TarKind::hard_link) return strange("is a hard link");
    part_ = Part::output;
    return give_header(member, member.path);
  }
  if (member.kind != TarKind::file) return strange("is a link, which a package can't hold");
  // All lies in one folder, whatever that is called.
  const std::size_t slash = member.path.find('/');
  const std::string path = slash == std::string::npos ? "" : member.path.substr(slash + 1);
  if (path.empty()) return strange("lies outside of the package's folder");
  if (path == kManifest) return {};
  part_ = path == kMore ? Part::aside : Part::output;
  if (part_ == Part::output) return give_header(member, path);
  if (more_) return strange("is there twice");
  STILLAGE_ASSIGN(more_, os::open_path(spool_, O_RDWR | O_CREAT | O_EXCL, 0600));
  return {};
}

Status NpmUnpacker::write(std::string_view bytes) {
  if (part_ == Part::output) return give(bytes);
  return part_ == Part::aside ? os::write_all(more_.get(), bytes, spool_) : Status();
}

Status NpmUnpacker::end(const TarMember& member) {
  if (part_ != Part::output || member.kind != TarKind::file) return {};
  return give(std::string(archive::tar_padding(member.size), '\0'));
}

Status NpmUnpacker::finish() {
  if (more_) {
    in_more_ = true;
    archive::TarReader reader(*this);
    std::string buffer(kPiece, '\0');
    STILLAGE_ASSIGN(const os::FileStat stat, os::stat_fd(more_.get()));
    net::FileSource more(more_.get(), 0, stat.size, spool_);
    while (true) {
      STILLAGE_ASSIGN(const std::size_t got, more.read(buffer));
      if (got == 0) break;
      STILLAGE_TRY(reader.feed({buffer.data(), got}));
    }
    STILLAGE_TRY(reader.finish());
  }
  return give(std::string(archive::kTarEnd, '\0'));
}

}  // namespace stillage::cache
