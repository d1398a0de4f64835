// SPDX-License-Identifier: MIT
#pragma once
// Certificates for tests: an authority, a server on loopback, and a client.

#include <string>
#include <vector>

namespace stillage::test {

/// Writes ca.pem, server.pem, server.key, client.pem and client.key into the folder.
void make_certificates(const std::string& dir);

/// Runs a program in a folder and returns what it prints; ends the test program if it fails.
std::string must_run(std::vector<std::string> argv, const std::string& dir);

}  // namespace stillage::test
