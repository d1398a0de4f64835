// SPDX-License-Identifier: MIT
#include <bit>
#include <unordered_map>

#include "base/bytes.h"
#include "run/records.h"

namespace stillage::run {
namespace {

constexpr std::uint8_t kNoHit = 0, kLocalHit = 1, kRemoteHit = 2;
/// The fewest bytes that a target takes: bounds memory before any is taken.
constexpr std::size_t kSmallestTarget = 3 * 8 + 4 + 4 + 7 * 8 + 8;

/// The same of a stage.
constexpr std::size_t kSmallestStage = 5 * 8;

using Double = double RecordedTarget::*;
constexpr Double kTimes[] = {&RecordedTarget::start_seconds,   &RecordedTarget::seconds,
                             &RecordedTarget::look_up_seconds, &RecordedTarget::restore_seconds,
                             &RecordedTarget::run_seconds,     &RecordedTarget::store_seconds,
                             &RecordedTarget::saved_seconds};

void write_double(base::ByteWriter& writer, double value) {
  writer.u64(std::bit_cast<std::uint64_t>(value));
}
double read_double(base::ByteReader& reader) {
  return std::bit_cast<double>(reader.u64());
}

void write_target(base::ByteWriter& writer, const RecordedTarget& target) {
  writer.text(target.id);
  writer.text(target.key);
  writer.u8(static_cast<std::uint8_t>(target.status));
  writer.u8(!target.hit ? kNoHit : *target.hit == HitSource::local ? kLocalHit : kRemoteHit);
  writer.u8(target.stored ? 1 : 0);
  writer.u32(static_cast<std::uint32_t>(target.exit_code));
  writer.text(target.reason);
  writer.text(target.not_stored_because);
  for (const Double time : kTimes) write_double(writer, target.*time);
  writer.u64(target.key_record_run);
}

bool read_target(base::ByteReader& reader, RecordedTarget& target) {
  target.id = reader.text();
  target.key = reader.text();
  const std::uint8_t status = reader.u8();
  const std::uint8_t hit = reader.u8();
  target.stored = reader.u8() != 0;
  target.exit_code = static_cast<int>(reader.u32());
  target.reason = reader.text();
  target.not_stored_because = reader.text();
  for (const Double time : kTimes) target.*time = read_double(reader);
  target.key_record_run = reader.u64();
  if (status > static_cast<std::uint8_t>(TargetStatus::pending) || hit > kRemoteHit) return false;
  target.status = static_cast<TargetStatus>(status);
  if (hit != kNoHit) target.hit = hit == kLocalHit ? HitSource::local : HitSource::remote;
  return reader.ok();
}

void write_stage(base::ByteWriter& writer, const base::StageTime& stage) {
  writer.text(stage.name);
  write_double(writer, stage.start);
  write_double(writer, stage.end);
  write_double(writer, stage.busy);
  writer.u64(stage.count);
}

base::StageTime read_stage(base::ByteReader& reader) {
  base::StageTime stage;
  stage.name = reader.text();
  stage.start = read_double(reader);
  stage.end = read_double(reader);
  stage.busy = read_double(reader);
  stage.count = reader.u64();
  return stage;
}

}  // namespace

const RecordedTarget* RecordedRun::find(std::string_view id) const {
  for (const RecordedTarget& target : targets)
    if (target.id == id) return &target;
  return nullptr;
}

std::string serialise(const RecordedRun& run) {
  base::ByteWriter writer;
  writer.u64(run.number);
  writer.i64(run.start_ns);
  write_double(writer, run.seconds);
  writer.u8(run.interrupted ? 1 : 0);
  writer.text(run.command);
  writer.u64(run.targets.size());
  for (const RecordedTarget& target : run.targets) write_target(writer, target);
  writer.u64(run.stages.size());
  for (const base::StageTime& stage : run.stages) write_stage(writer, stage);
  return writer.take();
}

std::optional<RecordedRun> parse_run(std::string_view payload) {
  base::ByteReader reader(payload);
  RecordedRun run;
  run.number = reader.u64();
  run.start_ns = reader.i64();
  run.seconds = read_double(reader);
  run.interrupted = reader.u8() != 0;
  run.command = reader.text();
  const std::uint64_t count = reader.u64();
  if (!reader.ok() || count > reader.left() / kSmallestTarget) return std::nullopt;
  run.targets.resize(count);
  for (RecordedTarget& target : run.targets)
    if (!read_target(reader, target)) return std::nullopt;
  const std::uint64_t stages = reader.u64();
  if (!reader.ok() || stages > reader.left() / kSmallestStage) return std::nullopt;
  for (std::uint64_t i = 0; i < stages; ++i) run.stages.push_back(read_stage(reader));
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return run;
}

}  // namespace stillage::run
