#include "traffic/hostile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "hostile_context.h"

namespace zonelag::traffic {
namespace {

struct Kind {
  std::string_view name;
  void (*emit)(HostileContext&);
};

/// In the order of HostileKind.
constexpr std::array<Kind, 5> kKinds{{
    {"link", emit_hostile_link},
    {"fragment", emit_hostile_fragments},
    {"tcp", emit_hostile_tcp},
    {"stream", emit_hostile_stream},
    {"dns", emit_hostile_dns},
}};

constexpr std::size_t index_of(HostileKind kind) { return static_cast<std::size_t>(kind); }

/// Seldom: a long silence, or a clock set back (never before the start).
void disturb_time(HostileContext& context, Time start) {
  constexpr std::chrono::seconds kLongestSilence{100};
  constexpr std::chrono::seconds kSetBack{1};
  const std::uint32_t draw = context.rng.below(500);
  if (draw == 0) context.wire.pause(Duration{kLongestSilence} / (1 + context.rng.below(100)));
  if (draw == 1 && context.wire.now() - start > kSetBack) context.wire.pause(-kSetBack);
}

}  // namespace

Summary write_hostile(const HostileOptions& options, PacketSink& sink, Progress& progress) {
  Wire wire{sink, options.wire};
  HostileContext context{.wire = wire, .rng = Rng{options.seed}, .message = {}};
  std::array<std::uint64_t, kKinds.size()> counts{};
  progress.begin("packets", options.packets);
  while (sink.packets() < options.packets && !sink.failed()) {
    // The kind with the fewest packets so far: bursts of some kinds are much longer than those of others.
    const auto fewest = std::ranges::min_element(options.kinds, {}, [&](HostileKind k) { return counts[index_of(k)]; });
    const std::size_t kind = index_of(*fewest);
    const std::uint64_t before = sink.packets();
    kKinds[kind].emit(context);
    counts[kind] += sink.packets() - before;
    disturb_time(context, options.wire.start);
    progress.at(sink.packets());
  }
  Summary summary{.scenario = "hostile", .packets = sink.packets(), .bytes = sink.bytes()};
  for (std::size_t i = 0; i < kKinds.size(); ++i) summary.classes.emplace_back(kKinds[i].name, counts[i]);
  return summary;
}

std::optional<HostileKind> parse_hostile_kind(std::string_view text) {
  const auto* const kind = std::ranges::find(kKinds, text, &Kind::name);
  if (kind == kKinds.end()) return std::nullopt;
  return static_cast<HostileKind>(kind - kKinds.begin());
}

}  // namespace zonelag::traffic
