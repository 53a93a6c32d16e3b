#include "postgres_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace zonelag::testing {
namespace {

namespace fs = std::filesystem;

void run(const std::string& arguments, const std::string& folder) {
  const std::string log = folder + "/script.log";
  const std::string command =
      fmt::format("'{}/scripts/postgres' {} >'{}' 2>&1 </dev/null", ZONELAG_SOURCE_DIR, arguments, log);
  if (std::system(command.c_str()) == 0) return;  // NOLINT(concurrency-mt-unsafe)
  std::ifstream file(log);
  throw std::runtime_error(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

PostgresServer::PostgresServer(std::vector<std::string> options) : options_(std::move(options)) {
  // As root: a place that the server's user can enter, whatever TMPDIR says.
  const fs::path parent = geteuid() == 0 ? fs::path("/tmp") : fs::temp_directory_path();
  folder_ = (parent / "zonelag-postgres-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp " + folder_);
  start();
}

PostgresServer::~PostgresServer() {
  try {
    kill();
  } catch (const std::exception&) {  // it ends with us all the same
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::start() {
  std::string arguments = fmt::format("start --dir '{}' --until {}", folder_, getpid());
  for (const std::string& option : options_) arguments += fmt::format(" '{}'", option);
  run(arguments, folder_);
  const auto facts = nlohmann::json::parse(std::ifstream(folder_ + "/facts.json"));
  socket_ = facts.at("socket");
  port_ = facts.at("port");
  password_file_ = facts.at("password_file");
}

void PostgresServer::stop() { run(fmt::format("stop '{}'", folder_), folder_); }
void PostgresServer::kill() { run(fmt::format("kill '{}'", folder_), folder_); }

std::string PostgresServer::connection(const std::string& database, const std::string& role) const {
  return fmt::format("host='{}' port={} dbname={} user={}", socket_, port_, database, role.empty() ? "zonelag" : role);
}

}  // namespace zonelag::testing
