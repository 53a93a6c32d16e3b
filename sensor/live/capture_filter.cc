#include "capture_filter.h"

#include <linux/if_packet.h>

namespace zonelag::sensor {
namespace {

constexpr std::uint16_t kLoadHalf = BPF_LD | BPF_H | BPF_ABS;
constexpr std::uint16_t kLoadWord = BPF_LD | BPF_W | BPF_ABS;
// From X on.
constexpr std::uint16_t kLoadByteX = BPF_LD | BPF_B | BPF_IND;
constexpr std::uint16_t kLoadHalfX = BPF_LD | BPF_H | BPF_IND;

constexpr std::uint16_t kAdd = BPF_ALU | BPF_K;  // | BPF_ADD, which is 0

constexpr std::uint32_t kEtherIpv4 = 0x0800;
constexpr std::uint32_t kEtherIpv6 = 0x86dd;
constexpr std::uint32_t kMaxLength = 1500;  // IEEE 802.3: LLC follows
constexpr std::uint32_t kVlanTypes[] = {0x8100, 0x88a8, 0x9100, 0x9200};
constexpr std::uint32_t kTunnelTypes[] = {0x8847, 0x8848, 0x8864};  // MPLS, PPPoE
constexpr std::uint32_t kTcp = 6;
constexpr std::uint32_t kUdp = 17;
constexpr std::uint32_t kFragment = 44;
constexpr std::uint32_t kAuthentication = 51;
// Hop-by-hop, routing, destination, mobility, HIP, Shim6: all of the form of RFC 6564.
constexpr std::uint32_t kExtensions[] = {0, 43, 60, 135, 139, 140};
constexpr std::uint32_t kTunnelProtocols[] = {4, 41, 47, 137};      // IPv4, IPv6, GRE, MPLS
constexpr std::uint32_t kTunnelPorts[] = {4789, 8472, 4790, 6081};  // VXLAN, its GPE, Geneve

constexpr std::uint32_t kMaxTags = 3;    // besides one that the kernel may have taken out on receipt
constexpr int kMaxExtensionHeaders = 6;  // each kind at most once, as RFC 8200 section 4.1 recommends

class Generator {
 public:
  explicit Generator(const FilterSpec& spec) : spec_(spec) {}

  Program generate() {
    drop_loopback_copy();
    if (spec_.layout == FilterLayout::ip) {
      program_.emit(BPF_LDX | BPF_IMM, 0);
      by_version();
    } else {
      link_types();
    }
    ip_headers();
    protocols();
    ports();
    program_.place(reject_);
    program_.emit(BPF_RET | BPF_K, 0);
    program_.place(accept_);
    if (spec_.also.empty()) {
      program_.emit(BPF_RET | BPF_K, spec_.snap_length);
    } else {
      program_.append(spec_.also);
    }
    return program_.take();
  }

 private:
  void drop_loopback_copy() {
    if (spec_.loopback == 0) return;
    const auto ancillary = [](int what) { return static_cast<std::uint32_t>(SKF_AD_OFF + what); };
    FilterProgram::Label outgoing;
    FilterProgram::Label others;
    program_.emit(kLoadWord, ancillary(SKF_AD_PKTTYPE));
    program_.jump_if_equal(PACKET_OUTGOING, outgoing);
    program_.jump(others);
    program_.place(outgoing);
    program_.emit(kLoadWord, ancillary(SKF_AD_IFINDEX));
    program_.jump_if_equal(spec_.loopback, reject_);
    program_.place(others);
  }

  // X: the offset of the IP header, found behind the tags.
  void link_types() {
    std::uint32_t network = spec_.layout == FilterLayout::ethernet ? 14 : 0;
    for (std::uint32_t tags = 0;; ++tags, network += 4) {
      // A cooked packet begins where its link layer ended: its type is known to the kernel only.
      const bool asks = spec_.layout == FilterLayout::cooked && tags == 0;
      program_.emit(kLoadHalf, asks ? static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL) : network - 2);
      program_.emit(BPF_LDX | BPF_IMM, network);
      program_.jump_if_equal(kEtherIpv4, ipv4_);
      program_.jump_if_equal(kEtherIpv6, ipv6_);
      FilterProgram::Label tag;
      for (const std::uint32_t type : kVlanTypes) program_.jump_if_equal(type, tags < kMaxTags ? tag : accept_);
      if (spec_.tunnels) link_tunnels();
      if (spec_.layout != FilterLayout::cooked || tags == 0) {
        program_.jump(reject_);
      } else {
        program_.jump(untagged_);
      }
      program_.place(tag);
      if (tags == kMaxTags) break;
    }
    if (spec_.layout == FilterLayout::cooked) outgoing_tag();
  }

  void link_tunnels() {
    for (const std::uint32_t type : kTunnelTypes) program_.jump_if_equal(type, accept_);
    FilterProgram::Label not_length;
    program_.jump_if_above(kMaxLength, not_length);
    program_.emit(kLoadHalfX, 0);
    program_.jump_if_equal(0xaaaa, accept_);  // SNAP
    program_.place(not_length);
  }

  // A packet on its way out that the kernel has put a tag into: the type is the tag's, and yet the packet begins with
  // the IP header.
  void outgoing_tag() {
    program_.place(untagged_);
    program_.emit(BPF_LDX | BPF_IMM, 0);
    by_version();
  }

  void by_version() {
    program_.emit(kLoadByteX, 0);
    program_.emit(BPF_ALU | BPF_AND | BPF_K, 0xf0);
    program_.jump_if_equal(0x40, ipv4_);
    program_.jump_if_equal(0x60, ipv6_);
    program_.jump(reject_);
  }

  // From X: the IP header's offset, to X: its payload's, and A: its protocol.
  void ip_headers() {
    program_.place(ipv4_);
    program_.emit(kLoadHalfX, 6);
    program_.jump_if_set(0x3fff, accept_);  // more fragments, or an offset
    program_.emit(kLoadByteX, 9);
    program_.emit(BPF_ST, 0);
    program_.emit(kLoadByteX, 0);
    program_.emit(BPF_ALU | BPF_AND | BPF_K, 0xf);
    program_.emit(BPF_ALU | BPF_LSH | BPF_K, 2);
    skip_to_next();
    program_.jump(protocol_);
    program_.place(ipv6_);
    program_.emit(kLoadByteX, 6);
    program_.emit(BPF_ST, 0);
    program_.emit(BPF_LD | BPF_IMM, 40);
    skip_to_next();
    program_.place(protocol_);
  }

  // X += A, A = M[0].
  void skip_to_next() {
    program_.emit(BPF_ALU | BPF_ADD | BPF_X);
    program_.emit(BPF_MISC | BPF_TAX);
    program_.emit(BPF_LD | BPF_MEM, 0);
  }

  void protocols() {
    for (int headers = 0; headers < kMaxExtensionHeaders; ++headers) {
      FilterProgram::Label extension;
      FilterProgram::Label authentication;
      FilterProgram::Label next;
      program_.jump_if_equal(kUdp, udp_);
      program_.jump_if_equal(kTcp, tcp_);
      program_.jump_if_equal(kFragment, accept_);
      if (spec_.tunnels) {
        for (const std::uint32_t protocol : kTunnelProtocols) program_.jump_if_equal(protocol, accept_);
      }
      program_.jump_if_equal(kAuthentication, authentication);
      for (const std::uint32_t protocol : kExtensions) program_.jump_if_equal(protocol, extension);
      program_.jump(reject_);
      program_.place(extension);
      skip_header(1, 3);
      program_.jump(next);
      program_.place(authentication);
      skip_header(2, 2);  // RFC 4302 section 2.2
      program_.place(next);
    }
    program_.jump(accept_);
  }

  // An extension header of (length field + `more`) << `shift` bytes.
  void skip_header(std::uint32_t more, std::uint32_t shift) {
    program_.emit(kLoadByteX, 0);
    program_.emit(BPF_ST, 0);
    program_.emit(kLoadByteX, 1);
    program_.emit(kAdd, more);
    program_.emit(BPF_ALU | BPF_LSH | BPF_K, shift);
    skip_to_next();
  }

  void ports() {
    program_.place(udp_);
    if (spec_.tunnels) {
      program_.emit(kLoadHalfX, 2);
      for (const std::uint32_t port : kTunnelPorts) program_.jump_if_equal(port, accept_);
    }
    program_.place(tcp_);
    for (const std::uint32_t offset : {0U, 2U}) {
      program_.emit(kLoadHalfX, offset);
      for (const std::uint16_t port : spec_.ports) program_.jump_if_equal(port, accept_);
    }
  }

  const FilterSpec& spec_;
  FilterProgram program_;
  FilterProgram::Label accept_;
  FilterProgram::Label reject_;
  FilterProgram::Label untagged_;
  FilterProgram::Label ipv4_;
  FilterProgram::Label ipv6_;
  FilterProgram::Label protocol_;
  FilterProgram::Label udp_;
  FilterProgram::Label tcp_;
};

}  // namespace

Program capture_filter(const FilterSpec& spec) { return Generator(spec).generate(); }

Program reject_all() { return {{BPF_RET | BPF_K, 0, 0, 0}}; }

}  // namespace zonelag::sensor
