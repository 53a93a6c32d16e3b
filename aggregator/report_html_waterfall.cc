#include "report_html_waterfall.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "aggregator/time_text.h"
#include "report_html_axis.h"
#include "report_html_text.h"

namespace zonelag::aggregator::html {
namespace {

constexpr double kWidth = 1000;
constexpr double kName = 92;  // locations to the left, names from here
constexpr double kPlotLeft = 250;
constexpr double kPlotRight = 822;
constexpr double kGutter = 64;
constexpr double kMarkPitch = 14;  // in the gutter
constexpr double kValue = 836;
constexpr double kTickRoom = 8;
constexpr double kRow = 20;
constexpr double kHeading = 24;
constexpr double kLane = 19;
constexpr std::size_t kLocationColumns = 12;
constexpr std::size_t kNameColumns = 21;

struct Mark {
  std::optional<Timestamp> NodeRow::* time;
  const char* symbol;  // of the page's <defs>
  const char* word;
  int shift;  // that centres it in the legend
};
constexpr std::array kMarks{
    Mark{&NodeRow::received_at, "r", "received", 5},
    Mark{&NodeRow::announced_at, "a", "announced", -5},
    Mark{&NodeRow::offered_at, "o", "offered", 0},
    Mark{&NodeRow::served_at, "s", "served", 0},
};

// Not a continuation byte of UTF-8.
bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

const char* heading_of(Role role) {
  switch (role) {
    case Role::customer: return "Customer";
    case Role::incoming: return "Incoming";
    case Role::distribution: return "Distribution";
    case Role::secondary: return "Secondary";
    case Role::unknown: break;
  }
  return "Not in the inventory";
}

// Where a stage begins or ends: the first live time over the nodes of a role, as the lags have it.
struct Boundary {
  const char* letter;
  Duration at;
};

class Waterfall {
 public:
  Waterfall(const VersionRow& version, const std::vector<const NodeRow*>& nodes, const std::string& id)
      : version_(version), nodes_(nodes), id_(id), axis_(make_axis()) {}

  std::string draw() {
    find_boundaries();
    stages();
    axis_labels();
    const double top = y_;
    lines();
    return frame(top) + body_ + "</svg>\n";
  }

 private:
  Duration after_first(Timestamp time) const { return since(time, version_.first_seen); }
  TimeAxis make_axis() const;
  void find_boundaries();
  std::optional<Duration> first_of(Role role) const;
  void stages();
  void lane(const Boundary& from, Duration to, const std::string& text);
  void axis_labels();
  void lines();
  void line(const NodeRow& node, bool new_location);
  void interval(const NodeRow& node, double middle);
  void marks(const NodeRow& node, double middle);
  void value(const NodeRow& node, double middle);
  std::string spoken(const NodeRow& node) const;
  std::string frame(double top) const;

  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
  }

  const VersionRow& version_;
  const std::vector<const NodeRow*>& nodes_;
  const std::string& id_;
  TimeAxis axis_;
  std::vector<Boundary> boundaries_;
  std::string body_;
  double y_ = 4;
};

TimeAxis Waterfall::make_axis() const {
  std::vector<Duration> live;
  std::vector<Duration> marks;
  for (const NodeRow* node : nodes_) {
    if (node->live_at) live.push_back(after_first(*node->live_at));
    for (const Mark& mark : kMarks) {
      if (node->*mark.time) marks.push_back(after_first(*(node->*mark.time)));
    }
  }
  // What was there before the first sighting is clock error; the scale begins with the sighting.
  std::ranges::replace_if(live, [](Duration value) { return value < Duration::zero(); }, Duration::zero());
  std::ranges::replace_if(marks, [](Duration value) { return value < Duration::zero(); }, Duration::zero());
  return {std::move(live), marks, kPlotLeft, kPlotRight, kGutter};
}

std::optional<Duration> Waterfall::first_of(Role role) const {
  std::optional<Duration> first;
  for (const NodeRow* node : nodes_) {
    if (node->role != role || !node->live_at || node->status == NodeStatus::disabled) continue;
    const Duration at = after_first(*node->live_at);
    if (!first || at < *first) first = at;
  }
  return first;
}

void Waterfall::find_boundaries() {
  const auto add = [this](const char* letter, Role role) {
    if (const auto at = first_of(role)) boundaries_.push_back({letter, *at});
  };
  add("c", Role::customer);
  add("i", Role::incoming);
  add("d", Role::distribution);
}

std::string range_text(const LagSummary& summary) {
  const std::string last = summary.max ? human_duration(*summary.max) : "open";
  const std::string first = lag_text(summary.min);
  return first == last ? first : first + " … " + last;
}

// One lane for each stage, so that short stages do not hide each other's figures.
void Waterfall::stages() {
  const auto find = [this](char letter) -> const Boundary* {
    const auto at = std::ranges::find(boundaries_, letter, [](const Boundary& b) { return b.letter[0]; });
    return at == boundaries_.end() ? nullptr : &*at;
  };
  const Boundary* customer = find('c');
  const Boundary* incoming = find('i');
  const Boundary* distribution = find('d');
  if (version_.delta1 && customer != nullptr && incoming != nullptr) {
    lane(*customer, incoming->at, "Δ1 " + human_duration(*version_.delta1));
  }
  if (version_.delta2 && incoming != nullptr && distribution != nullptr) {
    lane(*incoming, distribution->at, "Δ2 " + human_duration(*version_.delta2));
  }
  std::optional<Duration> last;
  for (const NodeRow* node : nodes_) {
    if (node->role == Role::secondary && node->live_at)
      last = std::max(last, std::optional(after_first(*node->live_at)));
  }
  if (!last) return;
  if (distribution != nullptr && version_.delta3.min) {
    lane(*distribution, *last, "Δ3 " + range_text(version_.delta3));
  } else if (distribution == nullptr && incoming != nullptr && version_.incoming_lag.min) {
    lane(*incoming, *last, "incoming lag " + range_text(version_.incoming_lag));
  }
}

void Waterfall::lane(const Boundary& from, Duration to, const std::string& text) {
  const double left = axis_.x(std::min(from.at, to));
  const double right = axis_.is_beyond(std::max(from.at, to)) ? kPlotRight : axis_.x(std::max(from.at, to));
  const double middle = y_ + kLane / 2;
  put(R"(<path class="st" d="M{0} {2}v7M{1} {2}v7M{0} {3}H{1}"/>)", px(left), px(right), px(middle - 3.5), px(middle));
  const double needed = 7.2 * static_cast<double>(std::ranges::count_if(text, starts_character)) + 10;
  double x = right + 7;
  const char* anchor = "start";
  if (right - left > needed + 16) {
    x = (left + right) / 2;
    anchor = "middle";
    put(R"(<path class="bg" d="M{} {}h{}v14h-{}z"/>)", px(x - needed / 2), px(middle - 7), px(needed), px(needed));
  } else if (right + needed > kPlotRight) {
    x = left - 7;
    anchor = "end";
  }
  put(R"(<text class="sl" x="{}" y="{}" text-anchor="{}">{}</text>)", px(x), px(middle + 4), anchor, escaped(text));
  body_ += '\n';
  y_ += kLane;
}

void Waterfall::axis_labels() {
  y_ += 18;
  put(R"(<text class="mu" x="0" y="{0}">location</text><text class="mu" x="{1}" y="{0}">node</text>)", px(y_),
      px(kName));
  put(R"(<text class="mu" x="{}" y="{}">live after</text>)", px(kValue), px(y_));
  for (const Tick& tick : axis_.ticks()) {
    if (tick.x > kPlotRight - kTickRoom) continue;  // the next column's heading begins there
    put(R"(<text class="mu" x="{}" y="{}" text-anchor="middle">{}</text>)", px(tick.x), px(y_), tick.label);
  }
  if (axis_.has_gutter()) {
    put(R"(<text class="mu" x="{}" y="{}" text-anchor="middle">later</text>)", px((axis_.right() + kPlotRight) / 2 + 4),
        px(y_));
  }
  y_ += 16;
  double free = 0;  // the next letter's place, so that boundaries close together keep theirs
  for (const Boundary& boundary : boundaries_) {
    const double x = std::max(axis_.x(boundary.at), free);
    put(R"(<text class="tl" x="{}" y="{}" text-anchor="middle">T<tspan dy="3">{}</tspan></text>)", px(x), px(y_),
        boundary.letter);
    free = x + 18;
  }
  body_ += '\n';
  y_ += 6;
}

void Waterfall::lines() {
  const NodeRow* before = nullptr;
  for (const NodeRow* node : nodes_) {
    const bool new_role = before == nullptr || before->role != node->role;
    if (new_role) {
      y_ += kHeading;
      put(R"(<text class="hd" x="0" y="{}">{}</text>)", px(y_ - 6), heading_of(node->role));
      body_ += '\n';
    }
    line(*node, new_role || before->loc != node->loc);
    before = node;
  }
  y_ += 4;
}

void Waterfall::line(const NodeRow& node, bool new_location) {
  const double middle = y_ + kRow / 2;
  put("<g><title>{}</title>", escaped(spoken(node)));
  put(R"(<path class="ro" d="M0 {}H{}"/>)", px(y_), px(kWidth));
  if (new_location) {
    put(R"(<text class="mu" x="0" y="{}">{}</text>)", px(middle + 4), escaped(shortened(node.loc, kLocationColumns)));
  }
  const char* name_class = node.status == NodeStatus::production ? "nm" : "nm mu";
  put(R"(<text class="{}" x="{}" y="{}">{}</text>)", name_class, px(kName), px(middle + 4),
      escaped(shortened(name_of(node), kNameColumns)));
  interval(node, middle);
  marks(node, middle);
  value(node, middle);
  body_ += "</g>\n";
  y_ += kRow;
}

void Waterfall::interval(const NodeRow& node, double middle) {
  std::optional<Timestamp> begin = node.not_before;
  if (!node.live_at && !begin) begin = node.received_at;
  const Duration from = begin ? after_first(*begin) : Duration::zero();
  const double left = axis_.x(from);
  if (!node.live_at) {
    put(R"(<path class="op" d="M{0} {1}H{2}v10H{0}"/>)", px(kPlotRight), px(middle - 5), px(left));
    return;
  }
  if (!begin) return;
  const Duration to = after_first(*node.live_at);
  const double right = axis_.is_beyond(to) ? kPlotRight - kGutter + 6 : axis_.x(to);
  if (axis_.is_beyond(from)) return;  // both ends are in the gutter, whose places are not times
  put(R"(<path class="iv" d="M{0} {1}H{2}v6H{0}z"/>)", px(left), px(middle - 3), px(std::max(right, left + 1)));
  if (axis_.is_before(from)) put(R"(<path class="ea" d="M{} {}l-5 4l5 4z"/>)", px(left - 2), px(middle - 4));
}

// Off the scale, times have places in their order instead.
void Waterfall::marks(const NodeRow& node, double middle) {
  std::vector<Duration> beyond;
  for (const Mark& mark : kMarks) {
    if (node.*mark.time && axis_.is_beyond(after_first(*(node.*mark.time)))) {
      beyond.push_back(after_first(*(node.*mark.time)));
    }
  }
  if (node.live_at && axis_.is_beyond(after_first(*node.live_at))) beyond.push_back(after_first(*node.live_at));
  std::ranges::sort(beyond);
  beyond.erase(std::ranges::unique(beyond).begin(), beyond.end());
  const auto place = [&](Timestamp time) {
    const Duration at = after_first(time);
    if (!axis_.is_beyond(at)) return axis_.x(at);
    const auto index = std::ranges::lower_bound(beyond, at) - beyond.begin();
    return axis_.right() + 14 + kMarkPitch * static_cast<double>(index);
  };
  if (node.live_at) put(R"(<path class="lv" d="M{} {}v14"/>)", px(place(*node.live_at)), px(middle - 7));
  for (const Mark& mark : kMarks) {
    if (!(node.*mark.time)) continue;
    put(R"(<use href="#{}" x="{}" y="{}"/>)", mark.symbol, px(place(*(node.*mark.time))), px(middle));
  }
}

void Waterfall::value(const NodeRow& node, double middle) {
  if (node.live_at) {
    put(R"(<text class="va" x="{}" y="{}">{}</text>)", px(kValue), px(middle + 4),
        human_duration(after_first(*node.live_at)));
  } else {
    put(R"(<text class="va no" x="{}" y="{}">open</text>)", px(kValue), px(middle + 4));
  }
  std::string remark;
  if (node.superseded_by) {
    remark = fmt::format("by {}", node.superseded_by->value());
  } else if (node.basis == Basis::received) {
    remark = "received";
  } else if (node.status != NodeStatus::production) {
    remark = to_string(node.status);
  }
  if (remark.empty()) return;
  put(R"(<text class="mu" x="{}" y="{}" text-anchor="end">{}</text>)", px(kWidth), px(middle + 4), remark);
}

std::string Waterfall::spoken(const NodeRow& node) const {
  std::string text = name_of(node);
  if (!node.loc.empty()) text += " (" + node.loc + ")";
  text += node.live_at ? ": live " + human_duration(after_first(*node.live_at)) + " after first seen" : ": open";
  for (const Mark& mark : kMarks) {
    if (node.*mark.time) text += fmt::format("; {} {}", mark.word, human_duration(after_first(*(node.*mark.time))));
  }
  if (node.superseded_by) text += fmt::format("; superseded by {}", node.superseded_by->value());
  return text;
}

// All that is known only when the height is, and what lies below the lines.
std::string Waterfall::frame(double top) const {
  std::string out = fmt::format(R"(<svg class="wf" viewBox="0 0 {} {}" role="img" aria-labelledby="{}t {}d">)",
                                px(kWidth), px(y_), id_, id_);
  const std::string zone = escaped(version_.zone.to_text());
  const auto open = std::ranges::count_if(nodes_, [](const NodeRow* node) { return !node->live_at; });
  out += fmt::format("<title id=\"{}t\">When each node had {} {}</title>", id_, zone, version_.serial.value());
  out += fmt::format(
      "<desc id=\"{}d\">One line for each of {} nodes, {} of them open, over time since {} UTC. "
      "The table of nodes below has the same figures.</desc>\n",
      id_, nodes_.size(), open, date_and_clock(version_.first_seen));
  for (const Tick& tick : axis_.ticks()) {
    out += fmt::format(R"(<path class="gr" d="M{} {}V{}"/>)", px(tick.x), px(top), px(y_));
  }
  if (axis_.has_gutter()) {
    out += fmt::format(R"(<path class="gu" d="M{0} {1}H{2}V{3}H{0}z"/>)", px(axis_.right() + 4), px(top),
                       px(kPlotRight), px(y_));
  }
  for (const Boundary& boundary : boundaries_) {
    out += fmt::format(R"(<path class="tb" d="M{} {}V{}"/>)", px(axis_.x(boundary.at)), px(top), px(y_));
  }
  return out + '\n';
}

}  // namespace

std::string waterfall(const VersionRow& version, const std::vector<const NodeRow*>& nodes, const std::string& id) {
  return Waterfall(version, nodes, id).draw();
}

std::string waterfall_legend() {
  std::string out = R"(<ul class="legend">)";
  for (const Mark& mark : kMarks) {
    out += fmt::format(R"(<li><svg viewBox="-10 -10 20 20" aria-hidden="true"><use href="#{}" y="{}"/></svg>{}</li>)",
                       mark.symbol, mark.shift, mark.word);
  }
  out += R"(<li><svg viewBox="-10 -10 20 20" aria-hidden="true"><path class="iv" d="M-10 -3H6v6H-10z"/>)"
         R"(<path class="lv" d="M6 -7v14"/></svg>live, and since when at the earliest</li>)"
         R"(<li><svg viewBox="-10 -10 20 20" aria-hidden="true"><path class="op" d="M10 -5H-10v10H10"/></svg>)"
         "still open</li>"
         R"(<li><svg viewBox="-10 -10 20 20" aria-hidden="true"><path class="tb" d="M0 -10V10"/></svg>)"
         "first customer, incoming, distribution node</li></ul>\n";
  return out;
}

}  // namespace zonelag::aggregator::html
