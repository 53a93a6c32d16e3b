// Resource records that the scenarios use.
#pragma once

#include <cstdint>
#include <string_view>

#include "traffic/message_builder.h"
#include "traffic/rng.h"

namespace zonelag::traffic {

/// Returns the offset of the serial within the message. Timers and mailbox are always the same.
std::size_t add_soa(MessageBuilder& message, Section section, const Name& zone, std::uint32_t serial);
void add_a(MessageBuilder& message, Section section, const Name& owner, std::uint32_t address);
void add_aaaa(MessageBuilder& message, Section section, const Name& owner, std::uint64_t host);
void add_ns(MessageBuilder& message, Section section, const Name& owner, const Name& target);
void add_txt(MessageBuilder& message, Section section, const Name& owner, std::size_t length, Rng& rng);
void add_ds(MessageBuilder& message, Section section, const Name& owner, Rng& rng);
/// RSASHA256 with a signature of random bytes.
void add_rrsig(MessageBuilder& message, Section section, const Name& owner, RrType covered, const Name& signer,
               std::size_t signature_size, Rng& rng);
/// EDNS (RFC 6891) with DO, as a validating resolver sends it.
void add_opt(MessageBuilder& message);
/// HMAC-SHA256 (RFC 8945) with a MAC of random bytes: right in form, wrong in content.
void add_fake_tsig(MessageBuilder& message, const Name& key, std::uint64_t signed_at_seconds, std::uint16_t id,
                   Rng& rng);
/// Room that add_fake_tsig needs at most.
std::size_t fake_tsig_size(const Name& key);

}  // namespace zonelag::traffic
