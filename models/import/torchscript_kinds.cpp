#include "models/import/torchscript_kinds.hpp"

#include <set>

namespace papilio {

bool asks_of_form(const std::string& kind) {
  static const std::set<std::string> kKinds{"aten::size",
                                            "aten::dim",
                                            "aten::numel",
                                            "aten::len",
                                            "aten::stride",
                                            "aten::is_contiguous",
                                            "aten::is_floating_point",
                                            "aten::new_zeros",
                                            "aten::new_ones",
                                            "aten::new_full",
                                            "aten::new_empty",
                                            "aten::zeros_like",
                                            "aten::ones_like",
                                            "aten::full_like",
                                            "aten::empty_like",
                                            "aten::__is__",
                                            "aten::__isnot__",
                                            "aten::device",
                                            "aten::storage_offset",
                                            "aten::sym_size",
                                            "aten::q_scale",
                                            "aten::q_zero_point",
                                            "aten::is_quantized",
                                            "aten::is_same_size",
                                            "aten::_shape_as_tensor",
                                            "aten::append",
                                            "aten::__getitem__",
                                            "aten::list",
                                            "aten::keys",
                                            "aten::values",
                                            "aten::items",
                                            "aten::_set_item",
                                            "aten::__contains__",
                                            "aten::insert",
                                            "aten::pop",
                                            "aten::extend",
                                            "aten::get",
                                            "aten::copy",
                                            "aten::_unwrap_optional"};
  return kKinds.contains(kind) || kind.starts_with("prim::");
}

bool makes_sizes_of_numbers(const std::string& kind, std::size_t arguments) {
  static const std::set<std::string> kKinds{"aten::nonzero",           "aten::nonzero_numpy",
                                            "aten::argwhere",          "aten::index",
                                            "aten::masked_select",     "aten::unique",
                                            "aten::_unique",           "aten::_unique2",
                                            "aten::unique_dim",        "aten::unique_consecutive",
                                            "aten::repeat_interleave", "torchvision::nms",
                                            "aten::bincount"};
  return kKinds.contains(kind) || (kind == "aten::where" && arguments == 1);
}

bool takes_form_of_second(const std::string& kind) {
  return kind == "aten::expand_as" || kind == "aten::view_as" || kind == "aten::type_as" ||
         kind == "aten::to" || kind == "aten::reshape_as";
}

std::size_t arguments_read(const std::string& kind, std::size_t arguments) {
  return takes_form_of_second(kind) ? 1 : arguments;
}

bool is_in_place(const std::string& kind) {
  return kind.ends_with('_') && !kind.ends_with("__");
}

bool is_of_detectors(const std::string& kind) {
  static const std::set<std::string> kKinds{
      "torchvision::nms", "torchvision::roi_align", "aten::nonzero", "aten::nonzero_numpy",
      "aten::argwhere",   "aten::masked_select",    "aten::index",   "aten::topk",
      "aten::sort",       "aten::argsort"};
  return kKinds.contains(kind);
}

}  // namespace papilio
