#include "traffic/notify.h"

#include <vector>

#include "mix_templates.h"
#include "traffic/message_builder.h"
#include "traffic/name.h"
#include "traffic/records.h"
#include "traffic/rng.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint16_t kPrimaryPort = 40053;

std::vector<Template> make_requests(const NotifyOptions& options) {
  const Path path{{primary_address(10, false), kPrimaryPort}, {server_address(false), kDnsPort}};
  MessageBuilder message;
  std::vector<Template> requests;
  requests.reserve(options.zones);
  for (std::uint32_t zone = 0; zone < options.zones; ++zone) {
    Name name;
    name.assign(numbered("z", zone), Name::of("example"));
    message.begin(0, kOpcodeNotify | kFlagAuthoritative);
    message.question(name, RrType::kSoa);
    const std::size_t serial_at = add_soa(message, Section::kAnswer, name, 0);
    requests.emplace_back(path, options.link, message.finish(), serial_at);
  }
  return requests;
}

}  // namespace

Summary write_notifies(const NotifyOptions& options, PacketSink& sink, Progress& progress) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  std::vector<Template> requests = make_requests(options);
  progress.begin("packets", options.packets);
  std::uint32_t serial = options.first_serial;
  std::uint32_t zone = 0;
  const std::uint16_t first_id = Rng{options.seed}.next16();
  for (std::uint64_t number = 0; number < options.packets && !sink.failed(); ++number) {
    const std::uint64_t rate = options.packets_per_second;
    const Duration since_start{number / rate * kSecond + number % rate * kSecond / rate};
    sink.packet(options.start + since_start,
                requests[zone].dress(static_cast<std::uint16_t>(first_id + number), serial));
    progress.at(number);
    if (++zone < options.zones) continue;
    zone = 0;
    ++serial;
  }
  // Of z0: the last zones of the last round have one less.
  const std::uint32_t last = zone == 0 ? serial - 1 : serial;
  return {.scenario = "notify",
          .packets = sink.packets(),
          .bytes = sink.bytes(),
          .classes = {{"notify", sink.packets()}},
          .truth = {{"zones", std::uint64_t{options.zones}},
                    {"first_serial", std::uint64_t{options.first_serial}},
                    {"last_serial", std::uint64_t{last}}}};
}

}  // namespace zonelag::traffic
