// What is wrong between the settings in [kafka].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/config_problem.h"
#include "service/kafka/kafka_connection.h"

namespace zonelag::service {

// TLS and login; looks at no file.
void check_connection(const KafkaConnection& connection, ConfigCheck& check);

// `key`: of the setting that names the topic.
void check_topic(std::string_view key, const std::string& topic, ConfigCheck& check);

// Of the files that the settings name: there, and readable by us as we are now.
std::vector<ConfigProblem> check_files(const KafkaConnection& connection);

}  // namespace zonelag::service
