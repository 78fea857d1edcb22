#include "pipelines/gst/element.h"

namespace gst {

using base::fail;
using base::Problem;
using base::Result;

namespace {

struct Setter {
    GObject* object;
    const char* name;

    void operator()(bool value) const { g_object_set(object, name, value ? TRUE : FALSE, nullptr); }
    void operator()(int value) const { g_object_set(object, name, value, nullptr); }
    void operator()(unsigned value) const { g_object_set(object, name, value, nullptr); }
    void operator()(std::int64_t value) const {
        g_object_set(object, name, static_cast<gint64>(value), nullptr);
    }
    void operator()(std::uint64_t value) const {
        g_object_set(object, name, static_cast<guint64>(value), nullptr);
    }
    void operator()(double value) const { g_object_set(object, name, value, nullptr); }
    void operator()(const char* value) const { gst_util_set_object_arg(object, name, value); }
    void operator()(const std::string& value) const { (*this)(value.c_str()); }
};

/// The GType a Value's alternative must be set as, so that no varargs call is off by a width.
bool fits(const GParamSpec* spec, const Value& value) {
    const GType type = spec->value_type;
    return std::visit(
        [type](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, bool>) {
                return type == G_TYPE_BOOLEAN;
            } else if constexpr (std::is_same_v<T, int>) {
                return type == G_TYPE_INT || G_TYPE_IS_ENUM(type);
            } else if constexpr (std::is_same_v<T, unsigned>) {
                return type == G_TYPE_UINT || G_TYPE_IS_FLAGS(type);
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                return type == G_TYPE_INT64;
            } else if constexpr (std::is_same_v<T, std::uint64_t>) {
                return type == G_TYPE_UINT64;
            } else if constexpr (std::is_same_v<T, double>) {
                return type == G_TYPE_DOUBLE;
            } else {
                return true;
            }
        },
        value);
}

/// gst_util_set_object_arg() keeps what was when an enum has no such value.
bool knowsWord(const GParamSpec* spec, const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    const auto* literal = std::get_if<const char*>(&value);
    if (!G_TYPE_IS_ENUM(spec->value_type) || (text == nullptr && literal == nullptr)) {
        return true;
    }
    auto* words = static_cast<GEnumClass*>(g_type_class_ref(spec->value_type));
    const bool known = g_enum_get_value_by_nick(words, text ? text->c_str() : *literal) != nullptr;
    g_type_class_unref(words);
    return known;
}

} // namespace

Result<void> setProperty(GObject* object, const Property& property) {
    const GParamSpec* spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(object), property.name);
    if (spec == nullptr || !fits(spec, property.value)) {
        return fail(Problem::Internal, std::string(G_OBJECT_TYPE_NAME(object)) +
                                           " has no such property: " + property.name);
    }
    if (!knowsWord(spec, property.value)) {
        return fail(Problem::Internal, std::string(G_OBJECT_TYPE_NAME(object)) + " knows no such " +
                                           property.name + "; see gst-inspect-1.0");
    }
    std::visit(Setter{object, property.name}, property.value);
    return {};
}

Ref<GObject> getObject(gpointer object, const char* property) {
    GObject* value = nullptr;
    g_object_get(object, property, &value, nullptr);
    return Ref<GObject>::adopt(value);
}

Result<Ref<GstElement>> makeElement(const char* factory,
                                    std::initializer_list<Property> properties) {
    auto element = Ref<GstElement>::sink(gst_element_factory_make(factory, nullptr));
    if (!element) {
        return fail(Problem::MissingPackage, std::string("the GStreamer element ") + factory +
                                                 " is missing: install its Debian package");
    }
    for (const Property& property : properties) {
        if (auto set = setProperty(G_OBJECT(element.get()), property); !set) {
            return fail(set.error());
        }
    }
    return element;
}

namespace {

/// Behind `previous`, where there is one.
Result<void> append(GstBin* bin, GstElement* previous, GstElement* element) {
    if (!gst_bin_add(bin, element)) {
        return fail(Problem::Internal, std::string("cannot add ") + GST_OBJECT_NAME(element));
    }
    if (previous != nullptr && !gst_element_link(previous, element)) {
        return fail(Problem::Internal, std::string("cannot link ") + GST_OBJECT_NAME(previous) +
                                           " to " + GST_OBJECT_NAME(element));
    }
    return {};
}

} // namespace

Result<void> addChain(GstBin* bin, std::initializer_list<GstElement*> chain) {
    GstElement* previous = nullptr;
    for (GstElement* element : chain) {
        if (auto added = append(bin, previous, element); !added) {
            return added;
        }
        previous = element;
    }
    return {};
}

Result<Ref<GstElement>> buildChain(GstBin* bin,
                                   std::initializer_list<Result<Ref<GstElement>>> made) {
    for (const auto& element : made) {
        if (!element) {
            return fail(element.error());
        }
    }
    GstElement* previous = nullptr;
    for (const auto& element : made) {
        if (auto added = append(bin, previous, element->get()); !added) {
            return fail(added.error());
        }
        previous = element->get();
    }
    return *made.begin();
}

Ref<GstElement> findByFactory(GstBin* bin, const char* factory) {
    GstIterator* elements = gst_bin_iterate_all_by_element_factory_name(bin, factory);
    GValue value = G_VALUE_INIT;
    Ref<GstElement> found;
    if (gst_iterator_next(elements, &value) == GST_ITERATOR_OK) {
        found = Ref<GstElement>::retain(GST_ELEMENT(g_value_get_object(&value)));
        g_value_unset(&value);
    }
    gst_iterator_free(elements);
    return found;
}

Result<Ref<GstElement>> makeCapsFilter(const std::string& caps) {
    return makeElement("capsfilter", {{"caps", caps}});
}

} // namespace gst
