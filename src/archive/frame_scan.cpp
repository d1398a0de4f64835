// SPDX-License-Identifier: MIT
#include "archive/frame_scan.h"

namespace stillage::archive {
namespace {

constexpr std::string_view kMagic("\x28\xB5\x2F\xFD", 4);
constexpr std::size_t kBlockHeader = 3;
constexpr std::size_t kChecksum = 4;

}  // namespace

std::optional<std::uint64_t> FrameScan::end() const {
  if (part_ != Part::done) return std::nullopt;
  return next_;
}

void FrameScan::take_header() {
  const auto descriptor = static_cast<unsigned char>(piece_[4]);
  if (!piece_.starts_with(kMagic)) {
    part_ = Part::nothing;
    return;
  }
  const bool is_single_segment = (descriptor >> 5 & 1) != 0;
  has_checksum_ = (descriptor >> 2 & 1) != 0;
  constexpr std::uint64_t kDictionarySize[] = {0, 1, 2, 4};
  const std::uint64_t content_size[] = {is_single_segment ? 1U : 0U, 2, 4, 8};
  next_ = piece_.size() + (is_single_segment ? 0 : 1) + kDictionarySize[descriptor & 3] +
          content_size[descriptor >> 6];
  wanted_ = kBlockHeader;
  part_ = Part::block;
}

void FrameScan::take_block() {
  const auto byte = [this](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(piece_[i])}; };
  const std::uint64_t header = byte(0) | byte(1) << 8 | byte(2) << 16;
  const std::uint64_t type = header >> 1 & 3;
  if (type == 3) {  // reserved
    part_ = Part::nothing;
    return;
  }
  // A run of one byte is stored as that byte.
  next_ += kBlockHeader + (type == 1 ? 1 : header >> 3);
  if ((header & 1) == 0) return;
  if (has_checksum_) next_ += kChecksum;
  part_ = Part::done;
}

void FrameScan::add(std::string_view bytes) {
  while (part_ == Part::header || part_ == Part::block) {
    const std::uint64_t at = next_ + piece_.size();
    if (at >= offset_ + bytes.size()) break;
    piece_ += bytes.substr(static_cast<std::size_t>(at - offset_), wanted_ - piece_.size());
    if (piece_.size() < wanted_) break;
    if (part_ == Part::header)
      take_header();
    else
      take_block();
    piece_.clear();
  }
  offset_ += bytes.size();
}

}  // namespace stillage::archive
