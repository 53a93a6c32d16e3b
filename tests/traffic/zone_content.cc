#include "zone_content.h"

#include <string>

#include "traffic/records.h"

namespace zonelag::traffic {
namespace {

// Chosen so that a record is about 100 bytes long on the average, as in signed registry zones.
constexpr std::size_t kSignatureSize = 256;
constexpr double kOwnHostsPercent = 20;
constexpr double kTextPercent = 50;
constexpr std::uint32_t kTextMin = 60;
constexpr std::uint32_t kTextSpread = 240;
constexpr std::uint32_t kHosters = 500;

std::string label_of(std::uint64_t number, Rng& rng) {
  constexpr std::string_view kConsonants = "bdfghklmnprstvwz";
  constexpr std::string_view kVowels = "aeiou";
  std::string label;
  for (std::uint32_t syllables = 1 + rng.below(4); syllables > 0; --syllables) {
    label += kConsonants[rng.below(kConsonants.size())];
    label += kVowels[rng.below(kVowels.size())];
  }
  return label + std::to_string(number);
}

}  // namespace

ZoneContent::ZoneContent(const Name& zone, Rng rng) : zone_{zone}, rng_{rng} { advance(); }

void ZoneContent::advance() {
  salt_ = rng_.next();
  if (++step_ >= steps_count_) begin_delegation();
}

void ZoneContent::begin_delegation() {
  owner_.assign(label_of(delegations_++, rng_), zone_);
  const bool own_hosts = rng_.chance(kOwnHostsPercent);
  Name parent = owner_;
  if (!own_hosts) parent.assign(numbered("hoster", rng_.below(kHosters)), zone_);
  hosts_[0].assign("ns1", parent);
  hosts_[1].assign("ns2", parent);
  steps_count_ = step_ = 0;
  add_step(RrType::kNs, 0);
  add_step(RrType::kNs, 1);
  add_step(RrType::kDs);
  add_step(RrType::kRrsig);
  if (rng_.chance(kTextPercent)) add_step(RrType::kTxt);
  if (!own_hosts) return;
  for (const std::uint8_t host : {std::uint8_t{0}, std::uint8_t{1}}) {
    add_step(RrType::kA, host);
    add_step(RrType::kAaaa, host);
  }
}

void ZoneContent::write(MessageBuilder& message) const {
  constexpr std::uint32_t kHostNet = 0xc6336400;  // 198.51.100.0/24
  Rng rng{salt_};
  const Step step = steps_[step_];
  switch (step.type) {
    case RrType::kNs: return add_ns(message, Section::kAnswer, owner_, hosts_[step.host]);
    case RrType::kDs: return add_ds(message, Section::kAnswer, owner_, rng);
    case RrType::kRrsig: return add_rrsig(message, Section::kAnswer, owner_, RrType::kDs, zone_, kSignatureSize, rng);
    case RrType::kTxt: return add_txt(message, Section::kAnswer, owner_, kTextMin + rng.below(kTextSpread), rng);
    case RrType::kA: return add_a(message, Section::kAnswer, hosts_[step.host], kHostNet + rng.below(256));
    default: return add_aaaa(message, Section::kAnswer, hosts_[step.host], rng.next());
  }
}

}  // namespace zonelag::traffic
