#include "sim/base/data/provenance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

constexpr std::string_view kAssumed{"assumed"};
/// A value without a source is what its writer assumes.
const FieldVisitor::Short kAssumedValue{.key = "value", .implied = {{"kind", "assumed"}}};

struct Source {
  std::string key;
  std::string citation;
};

}  // namespace

const std::vector<std::string>& provenance_kinds() {
  static const std::vector<std::string> kKinds{"published", "digitised", "derived", "recalled",
                                               "predicted", "measured",  "assumed"};
  return kKinds;
}

bool is_assumed(const Provenance& provenance) {
  return provenance.kind == kAssumed;
}

std::string to_string(const Provenance& provenance) {
  std::vector<std::string> from;
  for (const std::string* text : {&provenance.source, &provenance.at}) {
    if (!text->empty()) from.push_back(*text);
  }
  return fmt::format("{}{}{}", provenance.kind, from.empty() ? "" : ": ", fmt::join(from, ", "));
}

void describe_provenance(FieldVisitor& visitor, Provenance& provenance) {
  visitor.text("kind", provenance.kind, {.choices = provenance_kinds()}, Presence::kRequired,
               "How the number came to be.");
  // What somebody assumes has no source but themselves; a schema cannot tell which it is.
  const bool may_lack = is_assumed(provenance) || provenance.kind.empty();
  visitor.text("source", provenance.source, {},
               may_lack ? Presence::kOptional : Presence::kRequired,
               "Key in sources.yaml; not asked of what is assumed.");
  visitor.text("at", provenance.at, {}, Presence::kOptional, "Place in the source, or the method.");
}

void describe_sourced_number(FieldVisitor& visitor, std::string_view key, Sourced& constant,
                             NumberRange range, Presence presence, std::string_view doc) {
  const auto describe = [&](FieldVisitor& nested) {
    double value = constant.value.value_or(0);
    nested.number("value", value, range, Presence::kRequired, "The number, in SI units.");
    constant.value = value;
    describe_provenance(nested, constant.provenance);
  };
  bool present = constant.has_value();
  visitor.object_or_value(key, present, presence, doc, kAssumedValue, describe);
}

void describe_sourced_text(FieldVisitor& visitor, std::string_view key, Sourced& constant,
                           std::string_view doc) {
  bool present = constant.has_value();
  visitor.object_or_value(
      key, present, Presence::kOptional, doc, kAssumedValue, [&](FieldVisitor& nested) {
        nested.text("value", constant.text, {}, Presence::kRequired, "The text.");
        describe_provenance(nested, constant.provenance);
      });
}

Bibliography::Bibliography(const ProfileLibrary& library) {
  for (const std::filesystem::path& folder : library.folders()) {
    const std::filesystem::path path = folder / "sources.yaml";
    if (!std::filesystem::exists(path)) continue;
    const Node root = load_yaml(path.string());
    Diagnostics diagnostics;
    std::vector<Source> sources;
    read_fields(
        root,
        [&](FieldVisitor& visitor) {
          visitor.object_list("sources",
                              {.resize = [&](std::size_t n) { sources.resize(n); },
                               .size = [&] { return sources.size(); },
                               .describe =
                                   [&](std::size_t i, FieldVisitor& item) {
                                     item.text("key", sources[i].key, {.identifier = true},
                                               Presence::kRequired, "Short name.");
                                     item.text("citation", sources[i].citation, {},
                                               Presence::kRequired, "Full citation.");
                                   }},
                              Presence::kRequired, "The works that numbers are taken from.");
        },
        diagnostics);
    diagnostics.throw_if_any();
    for (const Source& source : sources) citations_.emplace(source.key, source.citation);
  }
}

std::string Bibliography::citation(std::string_view key) const {
  const auto it = citations_.find(key);
  return it == citations_.end() ? std::string{} : it->second;
}

void Bibliography::check(const Provenance& provenance, const Node& root, std::string_view path,
                         Diagnostics& diagnostics) const {
  if (provenance.source.empty() || citations_.contains(provenance.source)) return;
  std::vector<std::string> known;
  for (const auto& [key, citation] : citations_) known.push_back(key);
  const std::string nearest = nearest_name(provenance.source, known);
  diagnostics.error(mark_of(root, fmt::format("{}.source", path)), fmt::format("{}.source", path),
                    fmt::format("source '{}' is not in any sources.yaml; {}", provenance.source,
                                nearest.empty() ? "add it to the one in your folder of profiles"
                                                : fmt::format("did you mean '{}'?", nearest)));
}

void Bibliography::check(const Described& thing, const Node& root, Diagnostics& diagnostics) const {
  for (const auto& [key, constant] : thing.constants) {
    check(constant.provenance, root, key, diagnostics);
  }
}

}  // namespace papilio
