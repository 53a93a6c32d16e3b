// A real PostgreSQL server for a test program, through scripts/postgres; gone with the program, whatever happens.
#pragma once

#include <string>
#include <vector>

namespace zonelag::testing {

class PostgresServer {
 public:
  // options: as scripts/postgres start takes them. Throws when it does not start.
  explicit PostgresServer(std::vector<std::string> options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start();
  void stop();
  void kill();  // kill -9

  // libpq's keywords for the socket; role: empty is the superuser. Database: one that exists.
  std::string connection(const std::string& database = "zonelag", const std::string& role = "") const;
  int port() const { return port_; }
  const std::string& password_file() const { return password_file_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::vector<std::string> options_;
  std::string socket_;
  std::string password_file_;
  int port_ = 0;
};

}  // namespace zonelag::testing
