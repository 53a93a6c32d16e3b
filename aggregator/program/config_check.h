// What is wrong between settings, each of which is good by itself.
#pragma once

#include <vector>

#include "config.h"
#include "service/config_problem.h"

namespace zonelag::aggregator {

// Looks at no file.
service::ConfigCheck check_config(const AggregatorConfig& config);

// Of the files and the user that the settings name: there, and readable by us as we are now.
std::vector<service::ConfigProblem> check_files(const AggregatorConfig& config);

}  // namespace zonelag::aggregator
