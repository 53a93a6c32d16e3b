// A second opinion on single messages: ldns reads every DNS message of every capture, whole or disturbed on purpose,
// and must find in it what decoder/dns_message.h finds.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "captures.h"
#include "decoder/decoder.h"
#include "decoder/dns_message.h"
#include "message_splitter.h"

namespace zonelag::truth {
namespace {

using decoder::Bytes;

// What both sides say of a message: lines of text, the same on both sides. `good` false: it was refused.
struct Reading {
  bool good = false;
  std::vector<std::string> lines;
  std::string why;  // of a refusal
  std::string odd;  // ldns: what it puts up with or objects to that we judge differently
};

// The RCODE has a place of its own; of Z (RFC 1035 section 4.1.1) ldns says nothing.
constexpr unsigned kNotCompared = 0x4f;

std::string hex(std::string_view wire) {
  std::string text;
  for (const char c : wire) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string header_line(unsigned id, unsigned flags, unsigned rcode, std::array<unsigned, 4> counts) {
  return fmt::format("id {} flags {:04x} rcode {} counts {} {} {} {}", id, flags, rcode, counts[0], counts[1],
                     counts[2], counts[3]);
}

std::string record_line(const std::string& owner, unsigned type, unsigned klass, std::size_t rdata_length) {
  return fmt::format("{} type {} class {} rdlength {}", owner, type, klass, rdata_length);
}

std::string soa_line(std::array<std::uint32_t, 5> soa) {
  return fmt::format("SOA serial {} timers {} {} {} {}", soa[0], soa[1], soa[2], soa[3], soa[4]);
}

// Which characters are written as \X is a matter of taste: we do it to '@' and '$', too. Not so with \DDD.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] < '0' || text[i + 1] > '9');
    if (escape && text[i + 1] != '\\' && text[i + 1] != '.') ++i;
    out += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) out += text[++i];
  }
  return out;
}

// --- Ours ---

class OurReader {
 public:
  explicit OurReader(Bytes message) : message_(message) {}

  Reading read() {
    if (message_.size() < decoder::kHeaderLength) return refuse("header");
    const decoder::Header header = decoder::read_header(message_);
    say(header_line(header.id, header.flags & ~kNotCompared, header.rcode(),
                    {header.questions, header.answers, header.authorities, header.additionals}));
    for (unsigned i = 0; i < header.questions; ++i) {
      if (!question()) return refuse("question");
    }
    const unsigned records = unsigned{header.answers} + header.authorities + header.additionals;
    for (unsigned i = 0; i < records; ++i) {
      if (!record()) return refuse("record");
    }
    reading_.good = true;
    return std::move(reading_);
  }

 private:
  void say(std::string line) { reading_.lines.push_back(std::move(line)); }

  Reading refuse(std::string why) {
    reading_.why = std::move(why);
    return std::move(reading_);
  }

  bool question() {
    decoder::Question question;
    decoder::NameBuffer name;
    if (!decoder::read_question(message_, offset_, question)) return false;
    std::size_t at = question.name_offset;
    if (!decoder::read_name(message_, at, name)) return false;
    if (at + 4 != offset_) return false;  // read_name and skip_name must agree on where a name ends
    say(fmt::format("question {} {} type {} class {}", hex(name.wire()),
                    plain(decoder::ZoneName::from_canonical(name.wire()).to_text()), question.type, question.klass));
    return true;
  }

  bool record() {
    decoder::Record record;
    decoder::NameBuffer owner;
    if (!decoder::read_record(message_, offset_, record)) return false;
    std::size_t at = record.owner_offset;
    if (!decoder::read_name(message_, at, owner) || at + 10 != record.rdata_offset) return false;
    say(record_line(hex(owner.wire()), record.type, record.klass, record.rdata_length));
    return rdata(record);
  }

  bool rdata(const decoder::Record& record) {
    const Bytes bytes = message_.subspan(record.rdata_offset, record.rdata_length);
    if (record.type == decoder::kTypeSoa && record.rdata_length > 0) {  // empty in an UPDATE's prerequisites
      const auto soa = decoder::read_soa(message_, record.rdata_offset, record.rdata_length);
      if (!soa) return false;
      const auto& timers = soa->timers;
      say(soa_line({soa->serial.value(), timers.refresh, timers.retry, timers.expire, timers.minimum}));
      const auto alone = decoder::read_soa(bytes, 0, bytes.size());  // as the record walker reads it
      EXPECT_TRUE(alone && alone->serial == soa->serial);
    } else if (record.type == decoder::kTypeTsig) {
      const auto error = decoder::read_tsig_error(bytes);
      if (!error) return false;
      say(fmt::format("TSIG error {}", *error));
    } else if (record.type == decoder::kTypeOpt) {
      const auto version = decoder::read_zone_version(bytes);
      if (version) say(fmt::format("ZONEVERSION labels {} serial {}", version->label_count, version->serial.value()));
    }
    return true;
  }

  Bytes message_;
  std::size_t offset_ = decoder::kHeaderLength;
  Reading reading_;
};

// --- ldns ---

using RecordPointer = std::unique_ptr<ldns_rr, decltype(&ldns_rr_free)>;

std::string wire_of(const ldns_rdf* name) {
  std::string wire(reinterpret_cast<const char*>(ldns_rdf_data(name)), ldns_rdf_size(name));
  for (char& c : wire) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);  // no length octet is so large
  return hex(wire);
}

std::string text_of(const ldns_rdf* name) {
  const std::unique_ptr<char, decltype(&std::free)> raw(ldns_rdf2str(name), &std::free);
  std::string text = raw.get();
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (text.size() > 1) text.pop_back();  // the trailing dot
  return text;
}

class LdnsReader {
 public:
  explicit LdnsReader(Bytes message)
      : data_(reinterpret_cast<const std::uint8_t*>(message.data())), size_(message.size()) {}

  Reading read() {
    ldns_pkt* parsed = nullptr;
    const ldns_status status = ldns_wire2pkt(&parsed, data_, size_);
    const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(parsed, &ldns_pkt_free);
    if (size_ < LDNS_HEADER_SIZE) return refuse(status);
    if (packet) header(*packet);
    const unsigned questions = LDNS_QDCOUNT(data_);
    const unsigned records = unsigned{LDNS_ANCOUNT(data_)} + LDNS_NSCOUNT(data_) + LDNS_ARCOUNT(data_);
    for (unsigned i = 0; i < questions + records; ++i) {
      const ldns_status found = record(i < questions);
      if (found != LDNS_STATUS_OK) return refuse(found);
    }
    if (status != LDNS_STATUS_OK) return refuse(status);
    reading_.good = true;
    return std::move(reading_);
  }

 private:
  void say(std::string line) { reading_.lines.push_back(std::move(line)); }

  Reading refuse(ldns_status status) {
    reading_.why = ldns_get_errorstr_by_id(status);
    return std::move(reading_);
  }

  // ldns takes OPT and TSIG out of the additional section; the count on the wire is its count and these.
  void header(const ldns_pkt& packet) {
    const unsigned opcode = ldns_pkt_get_opcode(&packet);
    const unsigned flags = (ldns_pkt_qr(&packet) ? 0x8000U : 0U) | opcode << 11 | (ldns_pkt_aa(&packet) ? 0x400U : 0U) |
                           (ldns_pkt_tc(&packet) ? 0x200U : 0U) | (ldns_pkt_rd(&packet) ? 0x100U : 0U) |
                           (ldns_pkt_ra(&packet) ? 0x80U : 0U) | (ldns_pkt_ad(&packet) ? 0x20U : 0U) |
                           (ldns_pkt_cd(&packet) ? 0x10U : 0U);
    // ldns takes OPT and TSIG out of the additional section and out of its count.
    say(header_line(
        ldns_pkt_id(&packet), flags, ldns_pkt_get_rcode(&packet),
        {ldns_pkt_qdcount(&packet), ldns_pkt_ancount(&packet), ldns_pkt_nscount(&packet), LDNS_ARCOUNT(data_)}));
  }

  // Behind the name at `at`, 0: ldns finds none there. Notes what RFC 1035 section 4.1.4 does not allow: a pointer
  // to something that is no prior occurrence; ldns follows it.
  std::size_t behind_name(std::size_t at) {
    ldns_rdf* name = nullptr;
    std::size_t behind = at;
    if (ldns_wire2dname(&name, data_, size_, &behind) != LDNS_STATUS_OK) return 0;
    ldns_rdf_deep_free(name);
    std::size_t lowest = at;
    for (int jumps = 0; data_[at] != 0 && jumps < 256;) {
      if (data_[at] < 0xc0) {
        at += data_[at] + 1U;
        continue;
      }
      at = ldns_read_uint16(data_ + at) & 0x3fffU;
      ++jumps;
      if (at >= lowest) reading_.odd = "pointer that is not backwards";
      lowest = std::min(lowest, at);
    }
    return behind;
  }

  // ldns refuses a record that begins at `begin`. Whether only its RDATA can be what it dislikes.
  void note_refusal(std::size_t begin) {
    const std::size_t at = behind_name(begin);
    if (at == 0 || size_ - at < 10 || size_ - at - 10 < ldns_read_uint16(data_ + at + 8)) return;
    if (reading_.odd.empty()) reading_.odd = "RDATA";
  }

  ldns_status record(bool question) {
    ldns_rr* found = nullptr;
    const std::size_t begin = offset_;
    const ldns_status status =
        ldns_wire2rr(&found, data_, size_, &offset_, question ? LDNS_SECTION_QUESTION : LDNS_SECTION_ANSWER);
    if (status != LDNS_STATUS_OK && !question) note_refusal(begin);
    if (status != LDNS_STATUS_OK) return status;
    const RecordPointer record(found, &ldns_rr_free);
    const unsigned type = ldns_rr_get_type(found);
    const unsigned klass = ldns_rr_get_class(found);
    const ldns_rdf* owner = ldns_rr_owner(found);
    const std::size_t at = behind_name(begin);
    if (question) {
      say(fmt::format("question {} {} type {} class {}", wire_of(owner), plain(text_of(owner)), type, klass));
      return status;
    }
    // ldns goes on where the fields of an RDATA end, whatever RDLENGTH says.
    if (offset_ - at - 10 != ldns_read_uint16(data_ + at + 8)) reading_.odd = "RDLENGTH other than the fields'";
    say(record_line(wire_of(owner), type, klass, offset_ - at - 10));
    rdata(*found, type);
    return status;
  }

  void rdata(const ldns_rr& record, unsigned type) {
    const bool seven_fields = type == LDNS_RR_TYPE_SOA || type == LDNS_RR_TYPE_TSIG;
    if (seven_fields && ldns_rr_rd_count(&record) < 7) reading_.odd = "RDATA without its last fields";
    const auto number = [&](std::size_t i) { return ldns_rdf2native_int32(ldns_rr_rdf(&record, i)); };
    if (type == LDNS_RR_TYPE_SOA && ldns_rr_rd_count(&record) == 7) {
      say(soa_line({number(2), number(3), number(4), number(5), number(6)}));
    } else if (type == LDNS_RR_TYPE_TSIG && ldns_rr_rd_count(&record) == 7) {
      say(fmt::format("TSIG error {}", ldns_rdf2native_int16(ldns_rr_rdf(&record, 5))));
    } else if (type == LDNS_RR_TYPE_OPT && ldns_rr_rd_count(&record) > 0) {
      options(*ldns_rr_rdf(&record, 0));
    }
  }

  void options(const ldns_rdf& data) {
    const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(ldns_pkt_new(), &ldns_pkt_free);
    ldns_pkt_set_edns_data(packet.get(), ldns_rdf_clone(&data));
    const ldns_edns_option_list* list = ldns_pkt_edns_get_option_list(packet.get());
    for (std::size_t i = 0; i < ldns_edns_option_list_get_count(list); ++i) {
      const ldns_edns_option* option = ldns_edns_option_list_get_option(list, i);
      const std::uint8_t* value = ldns_edns_get_data(option);
      if (ldns_edns_get_code(option) != decoder::kOptionZoneVersion || ldns_edns_get_size(option) != 6) continue;
      if (value[1] != 0) continue;  // not the type SOA-SERIAL
      say(fmt::format("ZONEVERSION labels {} serial {}", value[0], ldns_read_uint32(value + 2)));
      return;
    }
  }

  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t offset_ = LDNS_HEADER_SIZE;
  Reading reading_;
};

// --- Real messages: both take them, and agree on everything ---

TEST(Ldns, AgreesOnEveryMessageOfEveryCapture) {
  Totals totals;
  std::map<std::string, std::size_t> kinds;
  const auto files = all_captures();
  for (const auto& file : files) {
    SCOPED_TRACE(file.string());
    const auto take = [&](Bytes message, std::uint64_t packet) {
      if (testing::Test::HasFailure()) return;  // one says enough
      const Reading ours = OurReader(message).read();
      const Reading theirs = LdnsReader(message).read();
      ASSERT_TRUE(ours.good && theirs.good) << "packet " << packet << " " << ours.why << " / " << theirs.why;
      ASSERT_EQ(ours.lines, theirs.lines) << "packet " << packet;
      for (const std::string& line : theirs.lines) ++kinds[line.substr(0, line.find(' '))];
    };
    totals += split_messages(file, take);
    if (testing::Test::HasFailure()) break;
  }
  fmt::print("{} captures, {} messages over UDP, {} over TCP, {} SOAs, {} TSIGs; {} snapped, {} streams with holes\n",
             files.size(), totals.udp, totals.tcp, kinds["SOA"], kinds["TSIG"], totals.snapped,
             totals.streams_given_up);
  EXPECT_GE(totals.udp, 40'000U);
  EXPECT_GE(totals.tcp, 5'000U);
  EXPECT_GE(kinds["SOA"], 20'000U);
  EXPECT_GE(kinds["TSIG"], 500U);
  EXPECT_LE(totals.snapped + totals.streams_given_up, 100U);  // what was not compared
}

// --- Disturbed messages ---

std::vector<std::byte> disturbed(Bytes message, std::mt19937& random) {
  std::vector<std::byte> bytes(message.begin(), message.end());
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  const std::size_t at = below(bytes.size());
  switch (below(5)) {
    case 0: bytes[at] = static_cast<std::byte>(below(256)); break;
    case 1: bytes[at] ^= static_cast<std::byte>(1U << below(8)); break;
    case 2: bytes.resize(at); break;
    case 3: bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at)); break;
    default:  // a compression pointer to anywhere
      if (bytes.size() - at < 2) break;
      bytes[at] = static_cast<std::byte>(0xc0);
      bytes[at + 1] = static_cast<std::byte>(below(256));
  }
  return bytes;
}

// Where the two may part on what is malformed; all else is an error:
// - ldns follows pointers that are not backwards; we refuse them.
// - ldns goes on behind the fields of an RDATA even if RDLENGTH says otherwise; we go by RDLENGTH.
// - ldns reads the RDATA of all types and refuses a message for it; we read that of SOA, TSIG and OPT.
// - ldns takes RDATA that ends behind any of its fields; we take no SOA or TSIG without all that matter (but an empty
//   SOA, as an UPDATE's prerequisite has it).
std::string verdict_of(const Reading& ours, const Reading& theirs) {
  if (ours.good && theirs.good && ours.lines == theirs.lines) return "same";
  if (!ours.good && !theirs.good) return "refused";
  if (!theirs.odd.empty()) return (theirs.good ? "ldns accepts: " : "ldns refuses: ") + theirs.odd;
  return ours.good && theirs.good ? "ERROR differ"
         : ours.good              ? "ERROR ldns: " + theirs.why
                                  : "ERROR ours: " + ours.why;
}

TEST(Ldns, AgreesOnDisturbedMessages) {
  std::map<std::string, std::size_t> verdicts;
  std::mt19937 random(1035);
  std::size_t seen = 0;
  for (const auto& file : all_captures()) {
    SCOPED_TRACE(file.string());
    split_messages(file, [&](Bytes message, std::uint64_t packet) {
      if (message.size() > 1500 || ++seen % 8 != 0) return;
      for (int i = 0; i < 4; ++i) {
        const auto bytes = disturbed(message, random);
        const Reading ours = OurReader(bytes).read();
        const Reading theirs = LdnsReader(bytes).read();
        const std::string verdict = verdict_of(ours, theirs);
        if (++verdicts[verdict] > 3 || !verdict.starts_with("ERROR")) continue;
        ADD_FAILURE() << verdict << ", packet " << packet
                      << " disturbed: " << hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) << "\n"
                      << testing::PrintToString(ours.lines) << "\n"
                      << testing::PrintToString(theirs.lines);
      }
    });
  }
  for (const auto& [verdict, count] : verdicts) fmt::print("{:8} {}\n", count, verdict);
  EXPECT_GE(verdicts["same"], 10'000U);
  EXPECT_GE(verdicts["refused"], 10'000U);
}

}  // namespace
}  // namespace zonelag::truth
