// All settings of a program in one table over its config struct. The file's reader, the command line, --help,
// --print-config, the manual page and what SIGHUP may change all come from it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/setting.h"

namespace zonelag::service {

struct Section {
  std::string_view name;   // "kafka"
  std::string_view title;  // "Kafka"
};

// Key of each setting that was given -> where: "sensor.toml:12" or "--kafka-topic".
using Origins = std::map<std::string, std::string, std::less<>>;

// A setting that was given; its values are good.
struct Given {
  const SettingInfo* setting = nullptr;
  std::string origin;  // as in Origins
  Values values;
};

struct ProgramName {
  std::string_view name;     // "zonelag-sensor"
  std::string_view example;  // a key of its table, for texts on how to give one: "kafka.topic"
};

// The table without its config's type: enough to read, to write and to ask for settings.
class SettingsTable {
 public:
  virtual ~SettingsTable() = default;
  SettingsTable(const SettingsTable&) = delete;
  SettingsTable& operator=(const SettingsTable&) = delete;

  const ProgramName& program() const { return program_; }
  std::span<const Section> sections() const { return sections_; }
  // By section, in order of sections().
  std::span<const SettingInfo* const> infos() const { return infos_; }
  const SettingInfo* find(std::string_view key) const;

  // Of a setting of this table: what is wrong with the values, without the key; what they are by default.
  virtual Parsed<void> check(const SettingInfo& setting, const Values& values) const = 0;
  virtual Values defaults(const SettingInfo& setting) const = 0;

 protected:
  SettingsTable(ProgramName program, std::span<const Section> sections) : program_(program), sections_(sections) {}
  void add(const SettingInfo& setting) { infos_.push_back(&setting); }

 private:
  ProgramName program_;
  std::span<const Section> sections_;
  std::vector<const SettingInfo*> infos_;
};

// `sections` and all texts must outlive it: constants. Iterates over its Setting<Config>.
template <typename Config>
class Settings final : public SettingsTable {
 public:
  Settings(ProgramName program, std::span<const Section> sections, std::vector<Setting<Config>> table)
      : SettingsTable(program, sections), table_(std::move(table)) {
    for (const Setting<Config>& setting : table_) add(setting);
  }

  auto begin() const { return table_.begin(); }
  auto end() const { return table_.end(); }

  Parsed<void> take(const SettingInfo& setting, Config& config, const Values& values) const {
    return typed(setting).take(config, values);
  }
  Values show(const SettingInfo& setting, const Config& config) const { return typed(setting).show(config); }
  Parsed<void> check(const SettingInfo& setting, const Values& values) const override {
    Config scratch;
    return take(setting, scratch, values);
  }
  Values defaults(const SettingInfo& setting) const override { return show(setting, Config{}); }

 private:
  // Every SettingInfo that this class gives out is one of table_.
  static const Setting<Config>& typed(const SettingInfo& setting) {
    return static_cast<const Setting<Config>&>(setting);
  }

  const std::vector<Setting<Config>> table_;
};

}  // namespace zonelag::service
