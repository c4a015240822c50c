#include "sim/radio/machine.hpp"
#include "sim/radio/states.hpp"

namespace papilio {
namespace {

template <class Machine>
std::shared_ptr<RadioMachine> make() {
  return std::make_shared<Machine>();
}

}  // namespace

const std::vector<RadioMachineEntry>& radio_machines() {
  static const std::vector<RadioMachineEntry> kMachines{
      {"states", "What the radio does around its transfers.", make<RadioStates>},
  };
  return kMachines;
}

}  // namespace papilio
