// All settings of zonelag-aggregator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config.h"
#include "service/settings.h"
#include "service/settings_toml.h"

namespace zonelag::aggregator {

const service::Settings<AggregatorConfig>& settings();
// The same of one [[database]], by the same keys ("database.connection").
const service::Settings<EnvironmentConfig>& environment_settings();

// Puts what a file gives over `config`, [[database]] tables included; what one of these does not give is as in
// `config.database`. Error: one line with the file's line.
service::Parsed<void> parse_config(std::string_view text, std::string_view file_name, AggregatorConfig& config,
                                   service::Origins& origins);
// A file that parse_config() makes the same config of.
std::string print_config(const AggregatorConfig& config);

}  // namespace zonelag::aggregator
