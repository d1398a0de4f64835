// SPDX-License-Identifier: MIT
// azure/: what backfill's azure-blob storage sent for the outputs of a package, byte for byte, and what it
// restored. Order within a tar, and among blocks that go at the same time, is nobody's promise.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/base64.h"
#include "base/strings.h"
#include "cache/tar_cache_provider.h"
#include "config/store_table.h"
#include "kinds.h"
#include "net/percent.h"
#include "os/at.h"
#include "os/file.h"
#include "os/path.h"
#include "os/stat.h"
#include "support/blob_recorder.h"
#include "support/temp_dir.h"
#include "vector_file.h"

namespace stillage::compat {
namespace {

using base::Json;

constexpr std::size_t kBlock = 512;
constexpr std::int64_t kSecond = 1'000'000'000;

std::uint64_t octal(std::string_view field) {
  std::uint64_t value = 0;
  for (const char c : field)
    if (c >= '0' && c <= '7') value = value * 8 + static_cast<std::uint64_t>(c - '0');
  return value;
}

/// Who owned the files where the vectors were made is of interest only to those who are the same.
void forget_owner(std::string& header) {
  if (::geteuid() == 0) return;
  header.replace(108, 16, 16, ' ');
  header.replace(148, 8, 8, ' ');
}

/// The entries of a tar, each with its headers and padding, in an order of their own; what is no entry comes
/// last.
std::vector<std::string> entries_of(const std::string& tar) {
  std::vector<std::string> entries;
  std::string entry;
  std::size_t at = 0;
  while (at + kBlock <= tar.size() && tar[at] != '\0') {
    std::string header = tar.substr(at, kBlock);
    const bool is_pax = header[156] == 'x';
    const std::uint64_t size = octal(header.substr(124, 11));
    forget_owner(header);
    entry += header + tar.substr(at + kBlock, (size + kBlock - 1) / kBlock * kBlock);
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
    if (is_pax) continue;
    entries.push_back(std::exchange(entry, {}));
  }
  std::sort(entries.begin(), entries.end());
  entries.push_back(entry + tar.substr(std::min(at, tar.size())));
  return entries;
}

std::string show(const std::vector<std::string>& entries) {
  std::string shown;
  for (const std::string& entry : entries)
    for (const char c : entry)
      if (c != '\0') shown += base::printable(std::string_view(&c, 1));
  return shown;
}

/// The index in the name of a block: 48 characters of which the last 12 count.
std::string block_index(const std::string& coded) {
  const auto id = base::from_base64(net::percent_decode(coded).value_or(coded));
  if (!id || id->size() != 48 || (*id)[8] != '-') return "an id of another form: " + coded;
  return "<block " + id->substr(36) + ">";
}

std::string without_ids(std::string text, std::string_view mark, char end) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    const std::string id = text.substr(at, text.find(end, at) - at);
    const std::string index = block_index(id);
    text.replace(at, id.size(), index);
    at += index.size();
  }
  return text;
}

/// One request as a line, with those of its fields that the vector has.
std::string line_of(const test::RecordedRequest& request, const Json& wanted_fields) {
  std::string line = fmt::format("{} {} ({} bytes)", request.method,
                                 without_ids(request.target, "blockid=", '&'), request.body.size());
  for (const auto& [name, value] : wanted_fields.items()) {
    const auto found = request.headers.find(base::to_lower(name));
    line += fmt::format(" {}: {};", name, found == request.headers.end() ? "(none)" : found->second);
  }
  // What the vector does not have, we must not send either.
  for (const auto& [name, value] : request.headers)
    if (name.starts_with("x-ms-meta-") || name == "content-encoding" || name == "if-none-match" ||
        name == "range")
      line += fmt::format(" {}: {};", name, value);
  if (request.target.ends_with("comp=blocklist")) line += " " + without_ids(request.body, "<Latest>", '<');
  return line;
}

std::string line_of(const Json& wanted) {
  test::RecordedRequest request{.method = text_of(wanted.at("method")),
                                .target = text_of(wanted.at("url")),
                                .headers = {},
                                .body = std::string(wanted.at("reqBytes").get<std::size_t>(), ' ')};
  for (const auto& [name, value] : wanted.at("reqHeaders").items())
    request.headers[base::to_lower(name)] = text_of(value);
  if (wanted.contains("bodyText")) request.body = text_of(wanted["bodyText"]);
  return line_of(request, wanted.at("reqHeaders"));
}

void compare_traffic(const std::string& name, const Json& wanted,
                     const std::vector<test::RecordedRequest>& got, Tally& tally) {
  std::vector<std::string> wanted_lines;
  std::vector<std::string> got_lines;
  for (const Json& request : wanted) wanted_lines.push_back(line_of(request));
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const Json& request) {
      return line_of(request) == line_of(got[i], request.at("reqHeaders"));
    });
    const Json fields = same != wanted.end() ? same->at("reqHeaders") : Json::object();
    got_lines.push_back(line_of(got[i], fields));
  }
  // Blocks go side by side; what comes before and after them does not.
  for (auto* const lines : {&wanted_lines, &got_lines}) {
    const auto is_block = [](const std::string& line) {
      return line.find("comp=block&") != std::string::npos;
    };
    const auto first = std::find_if(lines->begin(), lines->end(), is_block);
    std::sort(first, std::find_if_not(first, lines->end(), is_block));
  }
  tally.expect_equal(name, base::join(wanted_lines, "\n"), base::join(got_lines, "\n"));
}

class AzureCase {
 public:
  AzureCase(const Json& vector, std::string folder, Tally& tally)
      : vector_(vector),
        folder_(std::move(folder)),
        name_("azure " + text_of(vector.at("name"))),
        hash_(text_of(vector.at("hash"))),
        tally_(tally) {}

  Status replay() {
    STILLAGE_TRY(write_files());
    STILLAGE_TRY(open_provider());
    STILLAGE_ASSIGN(const auto before, provider_->look_up(hash_, target()));
    tally_.expect_equal(name_ + " before", "a miss", before ? "a hit" : "a miss");
    STILLAGE_ASSIGN(const PutResult stored, provider_->put(hash_, target()));
    compare_traffic(name_ + " put", vector_.at("traffic"), recorder_.take_requests(), tally_);
    compare_tar();
    std::filesystem::remove_all(package());
    dir_.make_dir("repo/package");
    STILLAGE_ASSIGN(const auto hit, provider_->look_up(hash_, target()));
    compare_traffic(name_ + " fetch", vector_.at("fetchTraffic"), recorder_.take_requests(), tally_);
    tally_.expect_equal(name_ + " after", vector_.at("hitAfter").get<bool>() ? "a hit" : "a miss",
                        hit ? "a hit" : "a miss");
    if (!hit) return {};
    STILLAGE_TRY(hit->restore());
    compare_tree();
    return {};
  }

 private:
  std::string package() const { return dir_ / "repo/package"; }

  Target target() const {
    return {.id = "package#build",
            .package_name = "package",
            .task = "build",
            .cwd = package(),
            .outputs = texts_of(vector_.at("outputGlob"))};
  }

  Status write_files() {
    const std::int64_t base = vector_.at("baseMtime").get<std::int64_t>();
    dir_.make_dir("repo/package");
    for (const Json& file : vector_.at("files")) {
      const std::string path = "repo/package/" + text_of(file.at("path"));
      double mtime = 0;
      if (file.contains("symlink")) {
        dir_.symlink(path, text_of(file["symlink"]));
      } else {
        STILLAGE_ASSIGN(const std::string content, content_of(file));
        dir_.write(path, content);
        if (file.contains("mode"))
          ::chmod((dir_ / path).c_str(), static_cast<mode_t>(std::stoul(text_of(file["mode"]), nullptr, 8)));
        if (file.contains("mtime")) mtime = file["mtime"].get<double>();
      }
      STILLAGE_TRY(
          os::set_mtime_at(AT_FDCWD, dir_ / path, base * kSecond + static_cast<std::int64_t>(mtime * 1e9)));
    }
    // Which every package has; links lead to it.
    if (!dir_.exists("repo/package/package.json")) dir_.write("repo/package/package.json", "{}\n");
    return {};
  }

  Status open_provider() {
    const auto& url = vector_.at("traffic").at(0).at("url").get_ref<const std::string&>();
    // "/<account>/<container>/<hash>"
    const std::string container(base::split(url, '/').at(2));
    CacheOptions options;
    options.cache_storage_config = {
        .provider = "azure-blob",
        .options = {{"connectionString",
                     "AccountName=devstoreaccount1;AccountKey=a2V5;BlobEndpoint=" + recorder_.endpoint()},
                    {"container", container}}};
    const run::Environment environment;
    STILLAGE_ASSIGN(auto store, config::open_blob_store(*options.cache_storage_config,
                                                        {.root = dir_ / "repo",
                                                         .environment = environment,
                                                         .requests = config::Requests::as_backfill}));
    provider_ = std::make_unique<cache::TarCacheProvider>(cache::TarCacheProviderOptions{
        .store = std::move(store), .place = {.root = dir_ / "repo", .cache_options = std::move(options)}});
    return {};
  }

  void compare_tar() {
    const auto tar = os::read_file(fmt::format("{}/{}.tar", folder_, text_of(vector_.at("name"))));
    const auto blobs = recorder_.blobs();
    if (!tar) return tally_.expect_equal(name_ + " blobs", "0", std::to_string(blobs.size()));
    if (blobs.size() != 1) return tally_.fail(name_ + " blob", "one", std::to_string(blobs.size()));
    const auto wanted = entries_of(*tar);
    const auto got = entries_of(blobs.begin()->second);
    if (wanted == got) return tally_.pass();
    tally_.fail(name_ + " tar", show(wanted), show(got));
  }

  /// Times aside: restored files get the time of the restore here (docs/compatibility.md).
  void compare_tree() {
    std::vector<std::string> wanted;
    for (const Json& entry : vector_.at("restored")) {
      const std::string type = text_of(entry.at("type"));
      std::string line = fmt::format("{} {} {}", text_of(entry.at("path")), type, text_of(entry.at("mode")));
      if (type == "file") line += fmt::format(" {}", entry.at("size").get<std::uint64_t>());
      if (type == "symlink") line += " " + text_of(entry.at("to"));
      wanted.push_back(line);
    }
    std::vector<std::string> got;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(package())) {
      const std::string path = entry.path().string();
      const auto stat = os::stat_path(path).value_or(std::nullopt);
      if (!stat) continue;
      const char* const type = stat->is_symlink() ? "symlink" : stat->is_directory() ? "dir" : "file";
      std::string line =
          fmt::format("{} {} {:o}", *os::path_below(path, package()), type, stat->permissions());
      if (stat->is_regular()) line += fmt::format(" {}", stat->size);
      if (stat->is_symlink()) line += " " + std::filesystem::read_symlink(entry.path()).string();
      got.push_back(line);
    }
    std::sort(wanted.begin(), wanted.end());
    std::sort(got.begin(), got.end());
    tally_.expect_equal(name_ + " restored", base::join(wanted, "\n"), base::join(got, "\n"));
  }

  const Json& vector_;
  const std::string folder_;
  const std::string name_;
  const std::string hash_;
  Tally& tally_;
  test::TempDir dir_;
  test::BlobRecorder recorder_;
  std::unique_ptr<cache::TarCacheProvider> provider_;
};

}  // namespace

Status replay_azure(const std::string& folder, Tally& tally) {
  const std::string path = folder + "/azure/index.json";
  if (!os::exists(path)) return {};
  STILLAGE_ASSIGN(const Json index, read_vectors(path));
  for (const Json& vector : index)
    if (const Status status = AzureCase(vector, folder + "/azure", tally).replay(); !status)
      tally.fail("azure " + text_of(vector.at("name")), "to be replayed", status.error().message);
  return {};
}

}  // namespace stillage::compat
