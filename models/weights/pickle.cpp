#include "models/weights/pickle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "models/weights/file.hpp"

namespace papilio {
namespace {

/// What a call of a name stands for.
enum class Callee {
  kDict,       ///< collections.OrderedDict
  kTensor,     ///< torch._utils._rebuild_tensor_v2 and its forerunner
  kParameter,  ///< torch._utils._rebuild_parameter: its first argument
  kSequence,   ///< torch.Size: its first argument
  kOpaque,     ///< NumPy's arrays, and what lies beside weights: kept as it was asked for
};

std::optional<Callee> find_callee(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Callee>, 27> kCallees{{
      {"collections.OrderedDict", Callee::kDict},
      {"torch._utils._rebuild_tensor_v2", Callee::kTensor},
      {"torch._utils._rebuild_tensor", Callee::kTensor},
      {"torch._utils._rebuild_parameter", Callee::kParameter},
      {"torch.Size", Callee::kSequence},
      {"torch.jit._pickle.build_intlist", Callee::kSequence},
      {"torch.jit._pickle.build_doublelist", Callee::kSequence},
      {"torch.jit._pickle.build_boollist", Callee::kSequence},
      {"torch.jit._pickle.build_tensorlist", Callee::kSequence},
      {"torch.jit._pickle.restore_type_tag", Callee::kSequence},
      {"torch.device", Callee::kOpaque},
      {"numpy.core.multiarray.scalar", Callee::kOpaque},
      {"numpy.core.multiarray._reconstruct", Callee::kOpaque},
      {"numpy._core.multiarray.scalar", Callee::kOpaque},
      {"numpy._core.multiarray._reconstruct", Callee::kOpaque},
      {"numpy.core.numeric._frombuffer", Callee::kOpaque},
      {"numpy._core.numeric._frombuffer", Callee::kOpaque},
      {"numpy.ndarray", Callee::kOpaque},
      {"numpy.dtype", Callee::kOpaque},
      {"_codecs.encode", Callee::kOpaque},
      {"__builtin__.bytes", Callee::kOpaque},
      {"builtins.bytes", Callee::kOpaque},
      {"__builtin__.bytearray", Callee::kOpaque},
      {"builtins.bytearray", Callee::kOpaque},
      {"argparse.Namespace", Callee::kOpaque},
      {"collections.Counter", Callee::kOpaque},
      {"collections.defaultdict", Callee::kOpaque},
  }};
  const auto* it = std::find_if(kCallees.begin(), kCallees.end(),
                                [&](const auto& callee) { return callee.first == name; });
  if (it == kCallees.end()) return std::nullopt;
  return it->second;
}

bool is_script_class(std::string_view name) {
  return name.starts_with("__torch__.");
}

bool is_storage_class(std::string_view name) {
  return name.starts_with("torch.") && name.ends_with("Storage") &&
         name.find('.', 6) == std::string_view::npos;
}

}  // namespace

/// The stack machine of one pickle: the opcodes of protocols 1 to 5 that torch.save writes.
class PickleReader {
 public:
  PickleReader(Pickle& pickle, std::span<const std::uint8_t> bytes)
      : pickle_{pickle}, bytes_{bytes} {}

  void read() {
    while (true) {
      const auto opcode = static_cast<char>(byte());
      if (opcode == '.') break;
      spend(1);
      step(opcode);
    }
    pickle_.root_ = pop();
    pickle_.size_ = at_;
  }

 private:
  [[noreturn]] static void fail(const std::string& what) { throw PickleError{what}; }

  /// Each opcode makes a value, a reference and an entry of the memo at most, all of them larger
  /// than itself.
  void spend(std::size_t steps) {
    constexpr std::size_t kMostSteps = 4'000'000;
    steps_ += steps;
    if (steps_ > kMostSteps) fail("the pickle takes more than four million steps");
  }

  // What is read from the bytes.

  std::uint8_t byte() { return take(1)[0]; }
  std::span<const std::uint8_t> take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail("the pickle is truncated");
    const auto taken = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return taken;
  }
  std::uint64_t number(std::size_t width) {
    const auto taken = take(width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i > 0; --i) value = value << 8 | taken[i - 1];
    return value;
  }
  std::string text(std::uint64_t count) {
    const auto taken = take(count);
    return {taken.begin(), taken.end()};
  }
  std::string line() {
    const auto rest = bytes_.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), '\n');
    if (end == rest.end()) fail("the pickle is truncated");
    std::string result{rest.begin(), end};
    at_ += result.size() + 1;
    return result;
  }
  std::int64_t decimal() {
    std::string digits = line();
    if (digits.ends_with('L')) digits.pop_back();
    std::int64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) {
      fail(fmt::format("'{}' is no whole number", shown_name(digits)));
    }
    return value;
  }

  // The stack.

  PickleValue make(decltype(PickleNode::value) value) {
    pickle_.nodes_.push_back({std::move(value)});
    return &pickle_.nodes_.back();
  }
  void push(decltype(PickleNode::value) value) { stack_.push_back(make(std::move(value))); }
  PickleValue top() {
    if (stack_.size() <= floor()) fail("the pickle takes from an empty stack");
    return stack_.back();
  }
  PickleValue pop() {
    const PickleValue value = top();
    stack_.pop_back();
    return value;
  }
  [[nodiscard]] std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  std::vector<PickleValue> pop_to_mark() {
    if (marks_.empty()) fail("the pickle goes back to a mark that is not there");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleValue> items{begin, stack_.end()};
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<PickleValue> pop_many(std::size_t count) {
    std::vector<PickleValue> items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    return items;
  }

  template <class T>
  T& expect(PickleValue value, const char* what) {
    T* found = std::get_if<T>(&value->value);
    if (found == nullptr) fail(fmt::format("the pickle has another value where {} belongs", what));
    return *found;
  }

  void append(const std::vector<PickleValue>& items) {
    const PickleValue list = top();
    if (list->as<PickleObject>() != nullptr) return;  // an opaque container's
    std::vector<PickleValue>& to = expect<PickleSequence>(list, "a list").items;
    to.insert(to.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<PickleValue>& items) {
    const PickleValue dict = top();
    if (dict->as<PickleObject>() != nullptr) return;  // an opaque container's
    if (items.size() % 2 != 0) fail("a dictionary has a key without a value");
    auto& to = expect<PickleDict>(dict, "a dictionary").items;
    for (std::size_t i = 0; i < items.size(); i += 2) to.emplace_back(items[i], items[i + 1]);
  }
  void push_dict(const std::vector<PickleValue>& items) {
    push(PickleDict{});
    set_items(items);
  }

  // Names and calls.

  void push_global(const std::string& module, const std::string& name) {
    const std::string full = module + "." + name;
    if (!find_callee(full) && !is_script_class(full) && !is_storage_class(full)) {
      fail(fmt::format("asks to call '{}', which is not let through", shown_name(full)));
    }
    push(PickleGlobal{full});
  }

  void call() {
    const PickleValue arguments_value = pop();
    const PickleValue callee_value = pop();
    const std::vector<PickleValue>& arguments =
        expect<PickleSequence>(arguments_value, "the arguments of a call").items;
    const std::string& name = expect<PickleGlobal>(callee_value, "the name of a call").name;
    const std::optional<Callee> callee = find_callee(name);
    if (!callee) {
      push(PickleObject{name, arguments_value});
      return;
    }
    switch (*callee) {
      case Callee::kDict:
        push_ordered_dict(arguments);
        return;
      case Callee::kTensor:
        push_tensor(arguments);
        return;
      case Callee::kParameter:
      case Callee::kSequence:
        if (arguments.empty()) fail(fmt::format("'{}' lacks its argument", name));
        stack_.push_back(arguments[0]);
        return;
      case Callee::kOpaque:
        push(PickleObject{name, arguments_value});
        return;
    }
  }

  void push_ordered_dict(const std::vector<PickleValue>& arguments) {
    push(PickleDict{});
    if (arguments.empty()) return;
    // Python 2 wrote the pairs as an argument.
    const auto& pairs = expect<PickleSequence>(arguments[0], "a list of pairs").items;
    spend(pairs.size());  // the same list may be the argument of many calls
    for (const PickleValue pair : pairs) {
      const auto& two = expect<PickleSequence>(pair, "a pair").items;
      if (two.size() != 2) fail("a dictionary has a key without a value");
      set_items(two);
    }
  }

  void push_tensor(const std::vector<PickleValue>& arguments) {
    constexpr std::size_t kLeastArguments = 4;
    if (arguments.size() < kLeastArguments) fail("a tensor lacks its storage, shape or strides");
    PickleTensor tensor{.storage = arguments[0]};
    expect<PickleStorage>(tensor.storage, "a tensor's storage");
    tensor.offset = expect<std::int64_t>(arguments[1], "a tensor's offset");
    tensor.shape = whole_numbers(arguments[2], "a shape");
    tensor.strides = whole_numbers(arguments[3], "strides");
    push(std::move(tensor));
  }

  std::vector<std::int64_t> whole_numbers(PickleValue value, const char* what) {
    const auto& items = expect<PickleSequence>(value, what).items;
    if (items.size() > kMostDimensions) {
      fail(fmt::format("a tensor has more than {} dimensions", kMostDimensions));
    }
    std::vector<std::int64_t> numbers;
    numbers.reserve(items.size());
    for (const PickleValue item : items) numbers.push_back(expect<std::int64_t>(item, what));
    return numbers;
  }

  /// ("storage", class, key, device, elements), and in the legacy format a view of it.
  void push_storage() {
    const PickleValue id = pop();
    const auto& parts = expect<PickleSequence>(id, "the reference to a storage").items;
    constexpr std::size_t kParts = 5;
    if (parts.size() < kParts || expect<std::string>(parts[0], "a word") != "storage") {
      fail("the pickle refers to something else than a storage");
    }
    const std::string_view type = expect<PickleGlobal>(parts[1], "a storage's class").name;
    if (!is_storage_class(type)) {
      fail(fmt::format("'{}' is no class of storages", shown_name(type)));
    }
    if (parts.size() > kParts && parts[kParts]->as<PickleNone>() == nullptr) {
      fail("a storage is a view of another, as PyTorch before 0.4 wrote them");
    }
    push(PickleStorage{type.substr(type.rfind('.') + 1), expect<std::string>(parts[2], "a key"),
                       expect<std::int64_t>(parts[4], "a storage's size")});
  }

  void build() {
    const PickleValue state = pop();
    const PickleValue object = top();
    // Other values, such as a dictionary with attributes, keep what they are.
    if (auto* known = std::get_if<PickleObject>(&object->value)) known->state = state;
  }

  // The memo.

  void remember(std::uint64_t key) { memo_[key] = top(); }
  void recall(std::uint64_t key) {
    const auto it = memo_.find(key);
    if (it == memo_.end()) fail("the pickle recalls what it has not remembered");
    stack_.push_back(it->second);
  }

  void push_long(std::uint64_t width) {
    const auto taken = take(width);
    if (taken.size() > sizeof(std::int64_t)) {
      push(std::string{taken.begin(), taken.end()});  // only PyTorch's magic number is so long
      return;
    }
    std::uint64_t value = !taken.empty() && (taken.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = taken.size(); i > 0; --i) value = value << 8 | taken[i - 1];
    push(static_cast<std::int64_t>(value));
  }

  void push_binary_float() {
    const auto taken = take(sizeof(double));
    std::uint64_t bits = 0;
    for (const std::uint8_t one : taken) bits = bits << 8 | one;  // big-endian
    push(std::bit_cast<double>(bits));
  }

  void step(char opcode) {
    switch (opcode) {
      case '\x80':  // protocol
        take(1);
        return;
      case '\x95':  // frame
        take(8);
        return;
      case '(':
        marks_.push_back(stack_.size());
        return;
      case '0':
        pop();
        return;
      case '1':
        pop_to_mark();
        return;
      case '2':
        stack_.push_back(top());
        return;
      case 'N':
        push(PickleNone{});
        return;
      case '\x88':
        push(true);
        return;
      case '\x89':
        push(false);
        return;
      case 'I':
      case 'L':
        push(decimal());
        return;
      case 'J':
        push(std::int64_t{static_cast<std::int32_t>(number(4))});
        return;
      case 'K':
        push(static_cast<std::int64_t>(number(1)));
        return;
      case 'M':
        push(static_cast<std::int64_t>(number(2)));
        return;
      case '\x8a':
        push_long(number(1));
        return;
      case '\x8b':
        push_long(number(4));
        return;
      case 'G':
        push_binary_float();
        return;
      case 'F':
        line();
        push(0.0);  // a number in digits is never part of a tensor
        return;
      case 'U':
      case 'C':
      case '\x8c':
        push(text(number(1)));
        return;
      case 'T':
      case 'B':
      case 'X':
        push(text(number(4)));
        return;
      case '\x8d':
      case '\x8e':
      case '\x96':  // a bytearray
        push(text(number(8)));
        return;
      case 'V':
        push(line());
        return;
      default:
        step_on_containers(opcode);
    }
  }

  void step_on_containers(char opcode) {
    switch (opcode) {
      case ']':
      case ')':
      case '\x8f':
        push(PickleSequence{});
        return;
      case 'l':
      case 't':
      case '\x91':
        push(PickleSequence{pop_to_mark()});
        return;
      case '\x85':
      case '\x86':
      case '\x87':
        push(PickleSequence{pop_many(static_cast<std::size_t>(opcode - '\x85') + 1)});
        return;
      case 'a':
        append({pop()});
        return;
      case 'e':
      case '\x90':
        append(pop_to_mark());
        return;
      case '}':
        push(PickleDict{});
        return;
      case 'd':
        push_dict(pop_to_mark());
        return;
      case 's':
        set_items(pop_many(2));
        return;
      case 'u':
        set_items(pop_to_mark());
        return;
      case 'c': {
        const std::string module = line();
        push_global(module, line());
        return;
      }
      case '\x93': {
        const std::vector<PickleValue> names = pop_many(2);
        push_global(expect<std::string>(names[0], "a module's name"),
                    expect<std::string>(names[1], "a class's name"));
        return;
      }
      case 'R':
      case '\x81':
        call();
        return;
      case 'b':
        build();
        return;
      case 'Q':
        push_storage();
        return;
      case 'q':
        remember(number(1));
        return;
      case 'r':
        remember(number(4));
        return;
      case '\x94':
        remember(memo_.size());
        return;
      case 'h':
        recall(number(1));
        return;
      case 'j':
        recall(number(4));
        return;
      case 'p':
        remember(static_cast<std::uint64_t>(decimal()));
        return;
      case 'g':
        recall(static_cast<std::uint64_t>(decimal()));
        return;
      default:
        fail(fmt::format("has the opcode 0x{:02x}, which is not let through",
                         static_cast<unsigned char>(opcode)));
    }
  }

  Pickle& pickle_;
  std::span<const std::uint8_t> bytes_;
  std::size_t at_{0};
  std::size_t steps_{0};
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue> memo_;
};

Pickle::Pickle(std::span<const std::uint8_t> bytes) {
  PickleReader{*this, bytes}.read();
}

std::vector<const PickleStorage*> Pickle::storages() const {
  std::vector<const PickleStorage*> result;
  for (const PickleNode& node : nodes_) {
    if (const auto* storage = node.as<PickleStorage>()) result.push_back(storage);
  }
  return result;
}

}  // namespace papilio
