#include "report_html_distribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "aggregator/sla.h"
#include "aggregator/time_text.h"
#include "report_html_axis.h"
#include "report_html_text.h"

namespace zonelag::aggregator::html {
namespace {

constexpr double kWidth = 1000;
constexpr double kHeight = 200;
constexpr double kLeft = 56;
constexpr double kRight = 822;
constexpr double kGutter = 40;
constexpr double kTop = 30;
constexpr double kBottom = 174;

// What is shown: the lag that the promises are about where it is known, else what is.
struct Sample {
  std::string name;
  std::optional<LagKind> kind;  // empty: time after the version's first sighting
  std::vector<MemberLag> members;
};

// Nodes that are expected to have it; all nodes where nobody says which those are.
std::vector<const NodeRow*> population(const VersionRow& version) {
  std::vector<const NodeRow*> nodes;
  for (const NodeRow& node : version.nodes) {
    if (node.role == Role::secondary && node.status == NodeStatus::production) nodes.push_back(&node);
  }
  if (!nodes.empty()) return nodes;
  for (const NodeRow& node : version.nodes) nodes.push_back(&node);
  return nodes;
}

Sample sample_of(const VersionRow& version) {
  const std::vector<const NodeRow*> nodes = population(version);
  struct Choice {
    std::optional<Duration> NodeRow::* lag;
    LagKind kind;
    const char* name;
  };
  for (const Choice& choice : {Choice{&NodeRow::incoming_lag, LagKind::incoming_lag, "Incoming lag"},
                               Choice{&NodeRow::distribution_lag, LagKind::distribution_lag, "Distribution lag"},
                               Choice{&NodeRow::customer_lag, LagKind::customer_lag, "Customer lag"}}) {
    if (std::ranges::none_of(nodes, [&](const NodeRow* node) { return (node->*choice.lag).has_value(); })) continue;
    Sample sample{choice.name, choice.kind, {}};
    for (const NodeRow* node : nodes) sample.members.push_back(node->*choice.lag);
    return sample;
  }
  Sample sample{"Time after first seen", std::nullopt, {}};
  for (const NodeRow* node : nodes) {
    sample.members.push_back(node->live_at ? MemberLag(since(*node->live_at, version.first_seen)) : MemberLag());
  }
  return sample;
}

class Distribution {
 public:
  Distribution(const VersionRow& version, const Sample& sample, const Policy* policy, const std::string& id)
      : version_(version), sample_(sample), policy_(policy), id_(id), known_(known_of(sample)), axis_(make_axis()) {}

  std::string draw() {
    frame();
    curve();
    percentile(0.5, "p50");
    percentile(0.9, "p90");
    limit();
    notes();
    return body_ + "</svg>\n";
  }
  std::string caption() const;

 private:
  static std::vector<Duration> known_of(const Sample& sample);
  TimeAxis make_axis() const;
  bool has_limit() const { return policy_ != nullptr && sample_.kind == policy_->lag; }
  double y(double share) const { return kBottom - share * (kBottom - kTop); }
  double share_of(std::size_t count) const {
    return static_cast<double>(count) / static_cast<double>(sample_.members.size());
  }
  void frame();
  void curve();
  void percentile(double fraction, const char* name);
  void limit();
  void notes();

  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
  }

  const VersionRow& version_;
  const Sample& sample_;
  const Policy* policy_;
  const std::string& id_;
  std::vector<Duration> known_;  // ascending
  TimeAxis axis_;
  std::string body_;
};

std::vector<Duration> Distribution::known_of(const Sample& sample) {
  std::vector<Duration> known;
  for (const MemberLag& lag : sample.members) {
    if (lag) known.push_back(*lag);
  }
  std::ranges::sort(known);
  return known;
}

TimeAxis Distribution::make_axis() const {
  // A limit that is not far off is taken in; one far off would leave the curve no room.
  const TimeAxis without(known_, {}, kLeft, kRight, kGutter);
  if (!has_limit() || policy_->limit <= without.end() || policy_->limit.count() / 3 * 2 > without.end().count()) {
    return without;
  }
  return {known_, {policy_->limit}, kLeft, kRight, kGutter};
}

void Distribution::frame() {
  put(R"(<svg class="ds" viewBox="0 0 {} {}" role="img" aria-labelledby="{}t {}d">)", px(kWidth), px(kHeight), id_,
      id_);
  put("<title id=\"{}t\">{} of {} {}</title>", id_, sample_.name, escaped(version_.zone.to_text()),
      version_.serial.value());
  put("<desc id=\"{}d\">The share of {} nodes that had the version, over {}. {} of them are open.</desc>\n", id_,
      sample_.members.size(), sample_.kind ? to_string(*sample_.kind) : "time", sample_.members.size() - known_.size());
  for (const int percent : {0, 25, 50, 75, 100}) {
    const double at = y(percent / 100.0);
    put(R"(<path class="gr" d="M{} {}H{}"/>)", px(kLeft), px(at), px(kRight));
    put(R"(<text class="mu" x="{}" y="{}" text-anchor="end">{} %</text>)", px(kLeft - 8), px(at + 4), percent);
  }
  for (const Tick& tick : axis_.ticks()) {
    put(R"(<path class="gr" d="M{} {}v4"/>)", px(tick.x), px(kBottom));
    put(R"(<text class="mu" x="{}" y="{}" text-anchor="middle">{}</text>)", px(tick.x), px(kBottom + 18), tick.label);
  }
  body_ += '\n';
}

void Distribution::curve() {
  std::size_t on_scale = 0;
  std::string path = fmt::format("M{} {}", px(axis_.left()), px(y(0)));
  for (; on_scale < known_.size() && !axis_.is_beyond(known_[on_scale]); ++on_scale) {
    path += fmt::format("H{}V{}", px(axis_.x(known_[on_scale])), px(y(share_of(on_scale + 1))));
  }
  path += fmt::format("H{}", px(axis_.right()));
  put(R"(<path class="cu" d="{}"/>)", path);
  if (on_scale == known_.size()) return;
  // Off the scale: one step, whose figure says how far.
  const double x = axis_.right() + kGutter / 2;
  put(R"(<path class="cu far" d="M{} {}H{}V{}H{}"/>)", px(axis_.right()), px(y(share_of(on_scale))), px(x),
      px(y(share_of(known_.size()))), px(kRight));
  put(R"(<text class="mu" x="{}" y="{}">{} later,</text><text class="mu" x="{}" y="{}">up to {}</text>)",
      px(kRight + 14), px(y(share_of(known_.size())) + 4), known_.size() - on_scale, px(kRight + 14),
      px(y(share_of(known_.size())) + 19), human_duration(known_.back()));
  body_ += '\n';
}

void Distribution::percentile(double fraction, const char* name) {
  const auto value = percentile_cont(sample_.members, fraction);
  if (!value || axis_.is_beyond(*value)) return;
  const double x = axis_.x(*value);
  const bool at_the_edge = x > kRight - 90;
  put(R"(<path class="pc" d="M{0} {1}V{2}"/><circle class="pd" cx="{0}" cy="{1}" r="3.5"/>)", px(x), px(y(fraction)),
      px(kBottom));
  put(R"(<text class="sl" x="{}" y="{}" text-anchor="{}">{} {}</text>)", px(at_the_edge ? x - 9 : x + 9),
      px(y(fraction) + (at_the_edge ? -6 : 15)), at_the_edge ? "end" : "start", name, human_duration(*value));
  body_ += '\n';
}

void Distribution::limit() {
  if (!has_limit() || axis_.is_beyond(policy_->limit)) return;
  const double x = axis_.x(policy_->limit);
  const bool at_the_edge = x > kRight - 200;
  put(R"(<path class="li" d="M{} {}V{}"/>)", px(x), px(kTop - 12), px(kBottom));
  put(R"(<text class="ll" x="{}" y="{}" text-anchor="{}">limit {} for {:.6g} %</text>)",
      px(at_the_edge ? x - 6 : x + 6), px(kTop - 8), at_the_edge ? "end" : "start", human_duration(policy_->limit),
      policy_->percentile);
  body_ += '\n';
}

void Distribution::notes() {
  const std::size_t open = sample_.members.size() - known_.size();
  if (open == 0) return;
  put(R"(<text class="no" x="{}" y="{}">{} of {} open</text>)", px(kRight + 14), px(kTop - 8), open,
      sample_.members.size());
}

std::string Distribution::caption() const {
  std::string text = fmt::format("{} over {} nodes", sample_.name, sample_.members.size());
  const bool by_location = sample_.kind == LagKind::incoming_lag && version_.ns_expected != sample_.members.size();
  if (by_location) text += fmt::format(" (the figures above are over {} locations)", version_.ns_expected);
  if (has_limit() && axis_.is_beyond(policy_->limit)) {
    text += fmt::format("; the limit of {} lies beyond the scale", human_duration(policy_->limit));
  }
  return text + ".";
}

}  // namespace

std::string distribution(const VersionRow& version, const Policy* policy, const std::string& id) {
  const Sample sample = sample_of(version);
  const auto known = std::ranges::count_if(sample.members, [](const MemberLag& lag) { return lag.has_value(); });
  if (known < 2) return "";
  Distribution picture(version, sample, policy, id);
  const std::string svg = picture.draw();
  return fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", picture.caption(), svg);
}

}  // namespace zonelag::aggregator::html
