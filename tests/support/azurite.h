// SPDX-License-Identifier: MIT
#pragma once
// Azurite, Microsoft's emulator of Azure Blob Storage, with an empty container, and with one defect mended
// (see azurite_snapshots.cjs).

#include <optional>
#include <string>

#include "blob/azure_account.h"
#include "net/http_client.h"
#include "support/server_process.h"
#include "support/temp_dir.h"

namespace stillage::test {

enum class AzuriteTls { off, on };  ///< on: tokens are accepted too

class Azurite {
 public:
  explicit Azurite(AzuriteTls tls = AzuriteTls::off);

  std::uint16_t port() const { return server_->port(); }
  /// With the account's key.
  std::string connection_string() const;
  blob::AzureAccount account() const { return *blob::parse_connection_string(connection_string()); }
  /// A query that allows everything for an hour.
  std::string sas() const;
  /// Where its certificates are, with TLS (see make_certificates).
  const std::string& certificates() const { return dir_.path(); }
  std::string container() const { return "cache"; }
  /// One more container.
  void make_container(const std::string& name) const;
  /// Trusts this server, where it speaks TLS.
  std::shared_ptr<net::HttpClient> client() const;

 private:
  const AzuriteTls tls_;
  TempDir dir_;
  std::optional<ServerProcess> server_;
};

}  // namespace stillage::test
