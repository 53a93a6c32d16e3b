#include "traffic/mix.h"

#include <charconv>

#include "mix_templates.h"
#include "traffic/name.h"
#include "traffic/rng.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kFirstSerial = 2026010100;

constexpr std::array<std::pair<std::string_view, std::uint32_t MixWeights::*>, kMixKinds> kWeightNames{{
    {"answer", &MixWeights::answer},
    {"nxdomain", &MixWeights::nxdomain},
    {"nodata", &MixWeights::nodata},
    {"referral", &MixWeights::referral},
    {"soa", &MixWeights::soa},
    {"notify", &MixWeights::notify},
}};

/// Splits `total` transactions by weight; rounding makes up for itself from kind to kind.
std::array<std::uint32_t, kMixKinds> shares_of(const MixWeights& weights, std::uint32_t total) {
  std::uint64_t all = 0;
  for (const auto& [name, member] : kWeightNames) all += weights.*member;
  std::array<std::uint32_t, kMixKinds> shares{};
  std::uint64_t weight_so_far = 0;
  std::uint64_t given = 0;
  for (std::size_t kind = 0; kind < kMixKinds; ++kind) {
    weight_so_far += weights.*kWeightNames[kind].second;
    const std::uint64_t end = (weight_so_far * total + all / 2) / all;
    shares[kind] = static_cast<std::uint32_t>(end - given);
    given = end;
  }
  return shares;
}

/// The order in which kinds follow each other, again and again: exact shares, shuffled.
std::vector<MixKind> schedule_of(const std::array<std::uint32_t, kMixKinds>& shares, Rng& rng) {
  std::vector<MixKind> schedule;
  for (std::size_t kind = 0; kind < kMixKinds; ++kind)
    schedule.insert(schedule.end(), shares[kind], static_cast<MixKind>(kind));
  for (std::size_t i = schedule.size(); i > 1; --i) {
    std::swap(schedule[i - 1], schedule[rng.below(static_cast<std::uint32_t>(i))]);
  }
  return schedule;
}

/// Which serial a zone has at a time, with the primary and with this server.
class SerialClock {
 public:
  explicit SerialClock(const MixOptions& options) : period_{options.period}, lag_{options.lag} {}

  std::uint32_t at(std::uint32_t zone, SerialOf whose, Duration since_start) const {
    if (period_ <= Duration::zero()) return kFirstSerial;
    Duration moment = since_start + period_ * (zone % 97) / 97;             // zones step at different times
    if (whose == SerialOf::kServer) moment -= lag_ * (5 + zone % 11) / 10;  // half to one and a half
    return kFirstSerial + static_cast<std::uint32_t>(std::max(moment, Duration::zero()) / period_);
  }

 private:
  Duration period_;
  Duration lag_;
};

class TruthTable {
 public:
  explicit TruthTable(std::uint32_t zones) : zones_(zones) {}

  void saw(std::uint32_t zone, SerialOf whose, std::uint32_t serial, Time time) {
    auto& versions = zones_[zone];
    const std::size_t index = serial - kFirstSerial;
    if (index >= versions.size()) versions.resize(index + 1);
    Time& first = whose == SerialOf::kPrimary ? versions[index].first_notify : versions[index].first_answer;
    if (first == Time{}) first = time;
  }

  std::vector<MixTruth> rows() const {
    std::vector<MixTruth> rows;
    for (std::uint32_t zone = 0; zone < zones_.size(); ++zone) {
      for (std::uint32_t index = 0; index < zones_[zone].size(); ++index) {
        const Seen& seen = zones_[zone][index];
        if (seen.first_notify == Time{} && seen.first_answer == Time{}) continue;
        rows.push_back({zone, kFirstSerial + index, seen.first_notify, seen.first_answer});
      }
    }
    return rows;
  }

 private:
  struct Seen {
    Time first_notify{};
    Time first_answer{};
  };
  std::vector<std::vector<Seen>> zones_;
};

class Mix {
 public:
  Mix(const MixOptions& options, PacketSink& sink)
      : options_{options}, sink_{sink}, serials_{options}, truth_{options.zones} {}

  MixResult run(Progress& progress) {
    Rng rng{options_.seed};
    const auto shares = shares_of(options_.weights, std::max(options_.templates / 2, 1U));
    const std::vector<MixKind> schedule = schedule_of(shares, rng);
    TemplateSet templates{options_, shares, rng};
    progress.begin("packets", options_.packets);
    std::size_t turn = 0;
    for (std::uint64_t packet = 0; packet < options_.packets && !sink_.failed(); packet += 2) {
      TemplatePair& pair = templates.next(schedule[turn]);
      if (++turn == schedule.size()) turn = 0;
      send(pair.request, packet);
      if (packet + 1 < options_.packets) send(pair.response, packet + 1);
      progress.at(packet);
    }
    return result();
  }

 private:
  void send(Template& packet, std::uint64_t number) {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const Duration since_start{number * kSecond / options_.packets_per_second};
    const Time time = options_.start + since_start;
    std::uint32_t serial = 0;
    if (packet.serial_of != SerialOf::kNobody) {
      serial = serials_.at(packet.zone, packet.serial_of, since_start);
      truth_.saw(packet.zone, packet.serial_of, serial, time - time.time_since_epoch() % options_.tick);
    }
    sink_.packet(time, packet.dress(static_cast<std::uint16_t>(number / 2), serial));
    ++counts_[static_cast<std::size_t>(packet.packet_class)];
  }

  MixResult result() const {
    MixResult result{.summary = {.scenario = "mix"}, .truth = truth_.rows()};
    result.summary.packets = sink_.packets();
    result.summary.bytes = sink_.bytes();
    for (std::size_t i = 0; i < counts_.size(); ++i)
      result.summary.classes.emplace_back(kPacketClassNames[i], counts_[i]);
    std::uint64_t notified = 0;
    std::uint64_t answered = 0;
    for (const MixTruth& row : result.truth) {
      notified += row.first_notify != Time{} ? 1 : 0;
      answered += row.first_answer != Time{} ? 1 : 0;
    }
    result.summary.truth = {{"versions", result.truth.size()}, {"notified", notified}, {"answered", answered}};
    return result;
  }

  const MixOptions& options_;
  PacketSink& sink_;
  SerialClock serials_;
  TruthTable truth_;
  std::array<std::uint64_t, kPacketClassNames.size()> counts_{};
};

}  // namespace

MixResult write_mix(const MixOptions& options, PacketSink& sink, Progress& progress) {
  return Mix{options, sink}.run(progress);
}

std::optional<MixWeights> parse_weights(std::string_view text) {
  MixWeights weights{0, 0, 0, 0, 0, 0};
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view number = item.substr(equals + 1);
    const auto* const entry =
        std::ranges::find(kWeightNames, item.substr(0, equals), [](const auto& e) { return e.first; });
    if (entry == kWeightNames.end()) return std::nullopt;
    std::uint32_t& weight = weights.*(entry->second);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    sum += weight;
  }
  return sum > 0 ? std::optional{weights} : std::nullopt;
}

std::string truth_csv(const std::vector<MixTruth>& truth) {
  std::string csv = "zone,serial,first_notify_ns,first_answer_ns\n";
  for (const MixTruth& row : truth) {
    csv.append(numbered("z", row.zone)).append(".example,").append(std::to_string(row.serial));
    for (const Time time : {row.first_notify, row.first_answer}) {
      csv.append(",").append(std::to_string(time.time_since_epoch().count()));
    }
    csv.append("\n");
  }
  return csv;
}

}  // namespace zonelag::traffic
