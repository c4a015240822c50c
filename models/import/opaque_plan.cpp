#include "models/import/opaque_plan.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include "models/import/wire.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::string_view kFirstLine = "papilio opaque 1\n";
constexpr std::size_t kNumber = sizeof(std::uint64_t);

void put_form(std::string& bytes, const TensorForm& form) {
  put(bytes, form.sizes);
  put(bytes, form.strides);
  put(bytes, static_cast<std::uint64_t>(form.type));
}
TensorForm form_of(Taker& taker) {
  TensorForm form;
  form.sizes = taker.numbers();
  form.strides = taker.numbers();
  form.type = static_cast<std::int64_t>(taker.number());
  return form;
}

void put_flag(std::string& bytes, bool flag) {
  put(bytes, static_cast<std::uint64_t>(flag ? 1 : 0));
}

}  // namespace

std::string to_bytes(const OpaquePlan& plan) {
  std::string bytes;
  put(bytes, plan.arguments.size());
  for (const OpaquePlan::Argument& one : plan.arguments) {
    put_flag(bytes, one.is_tensor);
    put_flag(bytes, one.is_list);
    put_form(bytes, one.form);
  }
  put(bytes, plan.skipped.size());
  for (const OpaquePlan::Skipped& one : plan.skipped) {
    put(bytes, one.operation);
    put(bytes, static_cast<std::uint64_t>(one.how));
    put(bytes, one.outputs.size());
    for (const TensorForm& form : one.outputs) put_form(bytes, form);
  }
  put(bytes, plan.feeds.size());
  for (const OpaquePlan::Feed& one : plan.feeds) {
    for (const std::uint64_t number : {one.before, one.to.operation, one.to.output, one.to.item}) {
      put(bytes, number);
    }
    put(bytes, one.operand);
    put(bytes, static_cast<std::uint64_t>(one.batch ? *one.batch + 1 : 0));
  }
  put(bytes, plan.operations);
  put(bytes, plan.operands);
  put_flag(bytes, plan.drops_batch);
  put(bytes, std::vector<std::int64_t>{plan.shape.begin(), plan.shape.end()});
  return bytes;
}

OpaquePlan plan_of_bytes(std::string_view bytes) {
  Taker taker{bytes};
  OpaquePlan plan;
  plan.arguments.resize(taker.count(5 * kNumber));
  for (OpaquePlan::Argument& one : plan.arguments) {
    one.is_tensor = taker.number() == 1;
    one.is_list = taker.number() == 1;
    one.form = form_of(taker);
  }
  plan.skipped.resize(taker.count(3 * kNumber));
  for (OpaquePlan::Skipped& one : plan.skipped) {
    one.operation = taker.number();
    const std::uint64_t how = taker.number();
    if (how > static_cast<std::uint64_t>(OpaquePlan::Skipped::How::kRuns)) {
      throw ConfigError{"an operation is skipped in an unknown way"};
    }
    one.how = static_cast<OpaquePlan::Skipped::How>(how);
    one.outputs.resize(taker.count(3 * kNumber));
    for (TensorForm& form : one.outputs) form = form_of(taker);
  }
  plan.feeds.resize(taker.count(6 * kNumber));
  for (OpaquePlan::Feed& one : plan.feeds) {
    one.before = taker.number();
    one.to.operation = taker.number();
    one.to.output = taker.number();
    one.to.item = taker.number();
    one.operand = taker.number();
    if (const std::uint64_t batch = taker.number(); batch > 0) {
      one.batch = static_cast<std::int64_t>(batch - 1);
    }
  }
  plan.operations = taker.number();
  plan.operands = taker.number();
  plan.drops_batch = taker.number() == 1;
  const std::vector<std::int64_t> sizes = taker.numbers();
  if (sizes.size() > TensorShape::kMostAxes) throw ConfigError{"a shape has too many axes"};
  plan.shape = {sizes.begin(), sizes.end()};
  return plan;
}

std::string opaque_file(std::string_view plan, std::string_view archive) {
  std::string bytes{kFirstLine};
  put(bytes, plan);
  bytes += archive;
  return bytes;
}

std::string bytes_of_file(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{stream}, {}};
  if (!stream.is_open() || stream.bad()) {
    throw ConfigError{file.string() + ": error: cannot be read; check the path and its rights"};
  }
  return bytes;
}

std::pair<std::string_view, std::string_view> parts_of_opaque_file(std::string_view bytes) {
  if (!bytes.starts_with(kFirstLine)) {
    throw ConfigError{"it is no file of an opaque layer, as 'papilio import' writes it"};
  }
  Taker taker{bytes.substr(kFirstLine.size())};
  const std::string_view plan = taker.text();
  return {plan, taker.rest()};
}

}  // namespace papilio
