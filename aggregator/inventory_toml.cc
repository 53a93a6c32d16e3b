#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <span>
#include <system_error>
#include <utility>

#include "aggregator/inventory.h"

namespace zonelag::aggregator {
namespace {

// Thrown and caught within this file, so that each reader below reads as a list of fields.
struct TomlError {
  std::uint32_t line;
  std::string what;
};

std::uint32_t line_of(const toml::node& node) { return static_cast<std::uint32_t>(node.source().begin.line); }

// Levenshtein's distance, for "did you mean".
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

using Names = std::span<const std::string_view>;

// " (did you mean 'ip4'?)", or the choices where none is near.
std::string hint(std::string_view word, Names names) {
  const auto near = std::ranges::min_element(names, {}, [&](std::string_view name) { return distance(word, name); });
  if (distance(word, *near) <= 2) return fmt::format(" (did you mean '{}'?)", *near);
  return fmt::format(" (there are: {})", fmt::join(names, ", "));
}

// One [[...]] entry: typed access to its fields, with errors that say where and in which entry.
class Entry {
 public:
  // `label`: the field that names the entry in errors.
  Entry(const toml::table& table, std::string_view kind, std::string_view label, Names keys)
      : table_(table), title_(fmt::format("[[{}]]", kind)) {
    if (const auto name = table[label].value<std::string_view>()) title_ += fmt::format(" \"{}\"", *name);
    for (const auto& [key, node] : table) {
      if (std::ranges::find(keys, key.str()) != keys.end()) continue;
      fail(static_cast<std::uint32_t>(key.source().begin.line),
           fmt::format("unknown key '{}'{}", key.str(), hint(key.str(), keys)));
    }
  }

  std::uint32_t line() const { return line_of(table_); }
  bool has(std::string_view key) const { return table_.contains(key); }

  std::string text(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node == nullptr ? std::string() : text_of(*node, key);
  }
  std::string required_text(std::string_view key) const {
    if (!has(key)) fail(line(), fmt::format("{} is missing", key));
    std::string value = text(key);
    if (value.empty()) fail(line_of_key(key), fmt::format("{} is empty", key));
    return value;
  }
  std::optional<IpAddress> address(std::string_view key) const {
    if (!has(key)) return std::nullopt;
    return address_of(*table_.get(key), key);
  }
  std::vector<IpAddress> addresses(std::string_view key) const {
    std::vector<IpAddress> found;
    each(key, [&](const toml::node& node) { found.push_back(address_of(node, key)); });
    return found;
  }
  // "*" is nullopt.
  std::optional<ZoneName> zone_of(const toml::node& node, std::string_view key) const {
    const std::string text = text_of(node, key);
    if (text == "*") return std::nullopt;
    auto zone = ZoneName::parse(text);
    if (!zone) fail(line_of(node), fmt::format("{}: '{}' is no zone name", key, text));
    return zone;
  }
  std::optional<ZoneName> zone(std::string_view key) const {
    required_text(key);
    return zone_of(*table_.get(key), key);
  }
  void each(std::string_view key, const auto& use) const {
    if (!has(key)) return;
    const toml::array* array = table_.get_as<toml::array>(key);
    if (array == nullptr) fail(line_of_key(key), fmt::format("{} must be a list: {} = [\"...\"]", key, key));
    for (const toml::node& node : *array) use(node);
  }
  template <typename Enum>
  Enum word(std::string_view key, std::span<const Enum> choices, Enum otherwise) const {
    if (!has(key)) return otherwise;
    const std::string value = text(key);
    std::vector<std::string_view> names;
    for (const Enum choice : choices) {
      if (value == to_string(choice)) return choice;
      names.push_back(to_string(choice));
    }
    fail(line_of_key(key), fmt::format("unknown {} '{}'{}", key, value, hint(value, names)));
  }
  double number(std::string_view key, double otherwise) const {
    if (!has(key)) return otherwise;
    const auto value = table_.get(key)->value<double>();
    if (!value) fail(line_of_key(key), fmt::format("{} must be a number", key));
    return *value;
  }
  Duration duration(std::string_view key) const {
    const auto value = parse_duration(required_text(key));
    if (!value) fail(line_of_key(key), fmt::format("{}: {}", key, value.error()));
    return *value;
  }

  [[noreturn]] void fail(std::uint32_t line, std::string_view what) const {
    throw TomlError{line, fmt::format("{}: {}", title_, what)};
  }

 private:
  std::uint32_t line_of_key(std::string_view key) const { return line_of(*table_.get(key)); }

  std::string text_of(const toml::node& node, std::string_view key) const {
    const auto* value = node.as_string();
    if (value == nullptr) fail(line_of(node), fmt::format("{} must be a text in quotes", key));
    return value->get();
  }
  IpAddress address_of(const toml::node& node, std::string_view key) const {
    const std::string text = text_of(node, key);
    const auto address = IpAddress::parse(text);
    if (!address) fail(line_of(node), fmt::format("{}: '{}' is no address", key, text));
    return *address;
  }

  const toml::table& table_;
  std::string title_;
};

Nameserver read_nameserver(const toml::table& table) {
  static constexpr std::array<std::string_view, 8> kKeys{"hostname", "ip4",      "ip6",     "anycast",
                                                         "loc",      "dsc_name", "ns_type", "status"};
  static constexpr std::array kRoles{Role::incoming, Role::distribution, Role::secondary};
  static constexpr std::array kStatuses{NodeStatus::production, NodeStatus::maintenance, NodeStatus::disabled};
  const Entry entry(table, "nameserver", "hostname", kKeys);
  Nameserver row;
  row.hostname = entry.required_text("hostname");
  row.ip4 = entry.address("ip4");
  row.ip6 = entry.address("ip6");
  row.anycast = entry.addresses("anycast");
  row.loc = entry.text("loc");
  row.dsc_name = entry.text("dsc_name");
  row.ns_type = entry.word<Role>("ns_type", kRoles, Role::secondary);
  row.status = entry.word<NodeStatus>("status", kStatuses, NodeStatus::production);
  row.line = entry.line();
  return row;
}

CustomerNameserver read_customer(const toml::table& table) {
  static constexpr std::array<std::string_view, 3> kKeys{"ip", "zone", "accountname"};
  const Entry entry(table, "customer_nameserver", "ip", kKeys);
  entry.required_text("ip");
  return {.ip = *entry.address("ip"),
          .zone = entry.zone("zone"),
          .accountname = entry.text("accountname"),
          .line = entry.line()};
}

Policy read_policy(const toml::table& table) {
  static constexpr std::array<std::string_view, 7> kKeys{"name",       "zones", "account", "lag",
                                                         "percentile", "limit", "deadline"};
  static constexpr std::array kLags{LagKind::customer_lag, LagKind::incoming_lag, LagKind::distribution_lag};
  const Entry entry(table, "policy", "name", kKeys);
  Policy row;
  row.name = entry.required_text("name");
  if (entry.has("account")) row.account = entry.required_text("account");
  if (entry.has("zones") || entry.has("account")) row.zones.clear();
  entry.each("zones", [&](const toml::node& node) { row.zones.push_back(entry.zone_of(node, "zones")); });
  row.lag = entry.word<LagKind>("lag", kLags, row.lag);
  row.percentile = entry.number("percentile", row.percentile);
  row.limit = entry.duration("limit");
  row.deadline = entry.has("deadline") ? entry.duration("deadline") : row.limit;
  row.line = entry.line();
  if (const auto defect = defect_of(row)) entry.fail(entry.line(), *defect);
  return row;
}

// The tables of one [[kind]].
void each_table(const toml::node& node, std::string_view kind, const auto& use) {
  const toml::array* array = node.as_array();
  const auto wrong = [&](const toml::node& where) {
    throw TomlError{line_of(where), fmt::format("{} must be a list of tables: [[{}]]", kind, kind)};
  };
  if (array == nullptr) wrong(node);
  for (const toml::node& element : *array) {
    if (!element.is_table()) wrong(element);
    use(*element.as_table());
  }
}

InventoryRows read_rows(const toml::table& root) {
  static constexpr std::array<std::string_view, 3> kTables{"nameserver", "customer_nameserver", "policy"};
  InventoryRows rows;
  for (const auto& [key, node] : root) {
    const std::string_view kind = key.str();
    if (kind == "nameserver") {
      each_table(node, kind, [&](const toml::table& table) { rows.nameservers.push_back(read_nameserver(table)); });
    } else if (kind == "customer_nameserver") {
      each_table(node, kind, [&](const toml::table& table) { rows.customers.push_back(read_customer(table)); });
    } else if (kind == "policy") {
      each_table(node, kind, [&](const toml::table& table) { rows.policies.push_back(read_policy(table)); });
    } else {
      throw TomlError{static_cast<std::uint32_t>(key.source().begin.line),
                      fmt::format("unknown table '{}'{}", kind, hint(kind, kTables))};
    }
  }
  return rows;
}

// A TOML basic string.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04X}", static_cast<int>(c));
    else
      out.push_back(c);
  }
  return out + '"';
}

std::string toml_text(const std::optional<ZoneName>& zone) { return toml_text(zone ? zone->to_text() : "*"); }

template <typename T>
std::string toml_list(const std::vector<T>& values, const auto& text_of) {
  std::string out;
  for (const T& value : values) out += fmt::format("{}{}", out.empty() ? "" : ", ", text_of(value));
  return "[" + out + "]";
}

std::string to_toml(const Nameserver& row) {
  std::string out = fmt::format("[[nameserver]]\nhostname = {}\n", toml_text(row.hostname));
  if (row.ip4) out += fmt::format("ip4 = {}\n", toml_text(row.ip4->to_string()));
  if (row.ip6) out += fmt::format("ip6 = {}\n", toml_text(row.ip6->to_string()));
  if (!row.anycast.empty()) {
    const auto address = [](const IpAddress& value) { return toml_text(value.to_string()); };
    out += fmt::format("anycast = {}\n", toml_list(row.anycast, address));
  }
  return out + fmt::format("loc = {}\ndsc_name = {}\nns_type = {}\nstatus = {}\n", toml_text(row.loc),
                           toml_text(row.dsc_name), toml_text(to_string(row.ns_type)),
                           toml_text(to_string(row.status)));
}

std::string to_toml(const CustomerNameserver& row) {
  return fmt::format("[[customer_nameserver]]\nip = {}\nzone = {}\naccountname = {}\n", toml_text(row.ip.to_string()),
                     toml_text(row.zone), toml_text(row.accountname));
}

std::string to_toml(const Policy& row) {
  const auto zone = [](const std::optional<ZoneName>& value) { return toml_text(value); };
  std::string out = fmt::format("[[policy]]\nname = {}\nzones = {}\n", toml_text(row.name), toml_list(row.zones, zone));
  if (!row.account.empty()) out += fmt::format("account = {}\n", toml_text(row.account));
  return out + fmt::format("lag = {}\npercentile = {}\nlimit = {}\ndeadline = {}\n", toml_text(to_string(row.lag)),
                           row.percentile, toml_text(format_duration(row.limit)),
                           toml_text(format_duration(row.deadline)));
}

}  // namespace

std::expected<InventoryRows, std::string> parse_inventory_toml(std::string_view text, std::string_view file_name) {
  try {
    return read_rows(toml::parse(text));
  } catch (const TomlError& error) {
    return std::unexpected(fmt::format("{}:{}: {}", file_name, error.line, error.what));
  } catch (const toml::parse_error& error) {
    return std::unexpected(fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
  }
}

std::expected<Inventory, std::string> load_inventory(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::unexpected(fmt::format("{}: is a directory", path));
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto rows = parse_inventory_toml(text, path);
  if (!rows) return std::unexpected(std::move(rows.error()));
  auto inventory = Inventory::build(std::move(*rows));
  if (!inventory) return std::unexpected(fmt::format("{}: {}", path, inventory.error()));
  return inventory;
}

std::string to_toml(const InventoryRows& rows) {
  std::string out;
  const auto append = [&out](const auto& entries) {
    for (const auto& row : entries) out += (out.empty() ? "" : "\n") + to_toml(row);
  };
  append(rows.nameservers);
  append(rows.customers);
  append(rows.policies);
  return out;
}

}  // namespace zonelag::aggregator
