// DnsDecoder on authoritative answers: serials served, values of watched TXT records.
#include <utility>

#include "dns_decoder.h"

namespace zonelag::decoder {
namespace {

// The last `labels` labels of a name; empty: it has fewer.
std::string_view last_labels(std::string_view wire, std::size_t labels) {
  std::size_t total = 0;
  for (std::size_t at = 0; wire[at] != '\0'; at += static_cast<std::uint8_t>(wire[at]) + 1U) ++total;
  if (labels > total) return {};
  std::size_t at = 0;
  for (std::size_t left = total - labels; left > 0; --left) at += static_cast<std::uint8_t>(wire[at]) + 1U;
  return wire.substr(at);
}

}  // namespace

DnsDecoder::Wanted DnsDecoder::wanted_of(const Reading& reading) {
  Wanted wanted{.served = signals_.served,
                .stamps = stamps_.watches() && reading.header.rcode() == kRcodeNoError && !reading.header.truncated(),
                .offered = signals_.notify && reading.question.type == kTypeSoa};
  if ((wanted.served || wanted.stamps) && !is_watched(reading.source.address)) {
    wanted.served = wanted.stamps = false;
  }
  return wanted;
}

// Looks for a serial in the SOA of an answer, and for watched text, then further for a serial.
void DnsDecoder::authoritative(Reading& reading) {
  Wanted wanted = wanted_of(reading);
  const bool serial = wanted.served || wanted.offered;
  if (!serial && !wanted.stamps) return;
  std::size_t offset = reading.behind_question;
  bool seen = false;
  AnswerTexts texts;
  Record record;
  for (std::uint32_t i = 0; i < reading.header.answers; ++i) {
    if (!read_record(reading.message, offset, record)) return;
    if (record.klass != kClassIn) continue;
    if (record.type == kTypeSoa && serial && !seen) {
      seen = see_soa(reading, record, ServedVia::soa_answer, wanted);
    } else if (record.type == kTypeTxt && wanted.stamps) {
      wanted.stamps = see_text(reading, record, texts);
    }
  }
  // Not from part of an answer: what is missing may belong to the value.
  if (wanted.stamps && !texts.empty()) tell_stamps(reading, std::move(texts));
  if (wanted.served && !seen) behind_answers(reading, offset, wanted);
}

// The SOA of a negative answer's authority section, or a ZONEVERSION option.
void DnsDecoder::behind_answers(Reading& reading, std::size_t offset, const Wanted& wanted) {
  Record record;
  for (std::uint32_t i = 0; i < reading.header.authorities; ++i) {
    if (!read_record(reading.message, offset, record)) return;
    if (record.type != kTypeSoa || record.klass != kClassIn) continue;
    if (see_soa(reading, record, ServedVia::negative_answer, wanted)) return;
  }
  for (std::uint32_t i = 0; i < reading.header.additionals; ++i) {
    if (!read_record(reading.message, offset, record)) return;
    if (record.type == kTypeOpt && record.rdata_length > 0) return see_zone_version(reading, record);
  }
}

bool DnsDecoder::see_soa(Reading& reading, const Record& record, ServedVia via, const Wanted& wanted) {
  const auto soa = read_soa(reading.message, record.rdata_offset, record.rdata_length);
  NameBuffer zone;
  std::size_t offset = record.owner_offset;
  if (!soa || !read_name(reading.message, offset, zone)) return false;
  if (wanted.served) {
    sighting(reading, {.zone = zone.wire(), .serial = soa->serial, .via = via, .timers = soa->timers});
  }
  if (via == ServedVia::soa_answer && wanted.offered) {
    offered(reading.path(), zone.wire(), soa->serial, reading.moment);
  }
  return true;
}

void DnsDecoder::see_zone_version(Reading& reading, const Record& opt) {
  const auto version = read_zone_version(reading.message.subspan(opt.rdata_offset, opt.rdata_length));
  NameBuffer name;
  std::size_t offset = reading.question.name_offset;
  if (!version || reading.header.questions != 1 || !read_name(reading.message, offset, name)) return;
  const std::string_view zone = last_labels(name.wire(), version->label_count);
  if (!zone.empty()) sighting(reading, {.zone = zone, .serial = version->serial, .via = ServedVia::zone_version});
}

void DnsDecoder::sighting(Reading& reading, const ServedSighting& sighting) {
  auto served = served_.see(reading.source.address, reading.moment.time, sighting);
  if (!served) return;
  const Path of_server{reading.source, {}, reading.transport};  // who asked does not leave the sensor
  emit(of_server, reading.moment, sighting.zone, *std::move(served), reading.message);
}

// False: malformed, so that nothing is known of any value of this answer.
bool DnsDecoder::see_text(const Reading& reading, const Record& record, AnswerTexts& texts) const {
  NameBuffer owner;
  std::size_t offset = record.owner_offset;
  if (!read_name(reading.message, offset, owner)) return false;
  const WatchedText* watched = stamps_.find(owner.wire());
  if (watched == nullptr) return true;
  auto value = read_text(reading.message.subspan(record.rdata_offset, record.rdata_length));
  if (!value) return false;
  texts.add(*watched, *std::move(value));
  return true;
}

void DnsDecoder::tell_stamps(const Reading& reading, AnswerTexts&& texts) {
  const Path of_server{reading.source, {}, reading.transport};  // as with serials: not who asked
  for (StampSighting& sighting : std::move(texts).sightings()) {
    const std::string_view zone = sighting.watched->zone.wire();
    auto stamp = stamps_.see(reading.source.address, std::move(sighting));
    if (stamp) emit(of_server, reading.moment, zone, *std::move(stamp), reading.message);
  }
}

}  // namespace zonelag::decoder
