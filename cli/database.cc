#include "database.h"

#include <cstdlib>
#include <optional>
#include <vector>

namespace zonelag::cli {
namespace {

// Behind `mark`, up to any of `ends`.
void collect(const std::string& text, std::string_view mark, std::string_view ends, std::vector<std::string>& into) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    const std::size_t end = std::min(text.find_first_of(ends, begin), text.size());
    if (end > begin) into.push_back(text.substr(begin, end - begin));
  }
}

// What may be a password in libpq's URI ("//user:PASSWORD@", "?password=") or keywords ("password='...'").
std::vector<std::string> passwords_of(const std::string& connection) {
  std::vector<std::string> found;
  const std::size_t user = connection.find("://");
  if (user != std::string::npos) {
    const std::size_t end = connection.rfind('@');
    const std::size_t colon = connection.find(':', user + 3);
    if (end != std::string::npos && colon < end) found.push_back(connection.substr(colon + 1, end - colon - 1));
  }
  collect(connection, "password='", "'", found);
  collect(connection, "password=", "& ", found);
  return found;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

std::expected<DatabaseChoice, std::string> choose_database(const DatabaseOptions& options) {
  DatabaseChoice choice;
  if (!options.uri.empty()) {
    choice.config.connection = options.uri;
  } else if (is_set("PGDATABASE") || is_set("PGSERVICE")) {
    choice.config.connection = "postgresql://";
  }
  return choice;
}

std::string without_passwords(const std::string& text, const std::string& connection) {
  std::string clean = text;
  for (const std::string& password : passwords_of(connection)) {
    for (std::size_t at = clean.find(password); at != std::string::npos; at = clean.find(password, at + 3))
      clean.replace(at, password.size(), "***");
  }
  return clean;
}

}  // namespace zonelag::cli
