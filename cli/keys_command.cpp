// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>

#include "archive/signing_key.h"
#include "base/base64.h"
#include "commands.h"
#include "os/file.h"
#include "os/stat.h"
#include "os/user_dirs.h"

namespace stillage::cli {
namespace {

Result<std::string> default_file(const std::string& id) {
  STILLAGE_ASSIGN(const std::string folder, os::user_config_dir());
  STILLAGE_TRY(os::make_dirs(folder));
  STILLAGE_TRY(os::make_dirs(folder + "/keys", 0700));
  return fmt::format("{}/keys/{}.key", folder, id);
}

/// Never over a file that is there: it may be the only copy of another key.
Status write_private(const std::string& path, const std::string& text) {
  auto file = os::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file && os::exists(path))
    return fail(ErrorKind::invalid, fmt::format("{} exists already; name another file with --out", path));
  if (!file) return tl::make_unexpected(file.error());
  return os::write_all(file->get(), text, path);
}

std::string advice(const archive::SigningKey& key, const std::string& file) {
  const bool is_public = key.algorithm == archive::SignatureAlgorithm::ed25519;
  const std::string material =
      is_public ? fmt::format("\"publicKey\": \"{}\"", base::to_base64(archive::verify_key_of(key).bytes))
                : "\"keyEnv\": \"STILLAGE_SIGNING_KEY\"";
  return fmt::format(
      "wrote the {} key \"{}\" to {}\n\n"
      "That file is a secret. Who signs (CI, say) gets its line in the environment variable "
      "STILLAGE_SIGNING_KEY,\n"
      "or its path in STILLAGE_SIGNING_KEY_FILE. {}\n\n"
      "For the configuration:\n\n"
      "  \"cacheOptions\": {{\n"
      "    \"signing\": {{}},\n"
      "    \"requireSignature\": true,\n"
      "    \"verify\": {{\"keys\": [\n"
      "      {{\"id\": \"{}\", \"algorithm\": \"{}\", {}}}\n"
      "    ]}}\n"
      "  }}\n",
      archive::to_string(key.algorithm), key.id, file,
      is_public ? "Everybody else needs the public key only."
                : "Who verifies needs the same secret, and can sign with it.",
      key.id, archive::to_string(key.algorithm), material);
}

}  // namespace

Result<int> keys(const KeysCommand& command) {
  if (!command.id.empty() && !archive::is_valid_key_id(command.id))
    return fail(ErrorKind::invalid, "--id takes 1 to 64 letters, digits, '-', '_' and '.'");
  const auto algorithm = archive::parse_signature_algorithm(command.algorithm);
  if (!algorithm) return fail(ErrorKind::invalid, "--algorithm takes ed25519 or hmac-sha256");
  archive::SigningKey key = archive::generate_signing_key(*algorithm, command.id);
  if (key.id.empty()) key.id = "key-" + archive::fingerprint(archive::verify_key_of(key)).substr(0, 8);
  std::string file = command.file;
  if (file.empty()) {
    STILLAGE_ASSIGN(file, default_file(key.id));
  }
  STILLAGE_TRY(write_private(file, archive::private_key_text(key) + "\n"));
  fmt::print("{}", advice(key, file));
  return 0;
}

}  // namespace stillage::cli
