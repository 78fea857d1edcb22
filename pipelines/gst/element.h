#pragma once

#include "pipelines/base/result.h"
#include "pipelines/gst/ref.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>

/// Making, setting and joining elements; every failure is a Result that names what was meant.
namespace gst {

/// A property's value: enums are set by their nick ("downstream"), caps by their text.
using Value = std::variant<bool, int, unsigned, std::int64_t, std::uint64_t, double, const char*,
                           std::string>;

struct Property {
    const char* name;
    Value value;
};

/// A new element, owned by the caller (floating reference sunk), with these properties. Fails with
/// Problem::MissingPackage for an unknown element, Problem::Internal for an unknown property.
base::Result<Ref<GstElement>> makeElement(const char* factory,
                                          std::initializer_list<Property> properties = {});
/// Sets one property; Problem::Internal when the element has no such property.
base::Result<void> setProperty(GObject* object, const Property& property);
/// The object that a property holds; empty when it holds none.
Ref<GObject> getObject(gpointer object, const char* property);

/// Adds the elements to the bin and links them one after the other.
base::Result<void> addChain(GstBin* bin, std::initializer_list<GstElement*> chain);

/// Adds what was made to the bin, links it in this order, and returns the first. Fails as the first
/// one that could not be made, or as addChain().
base::Result<Ref<GstElement>> buildChain(GstBin* bin,
                                         std::initializer_list<base::Result<Ref<GstElement>>> made);

/// The first element in the bin, at any depth, that this factory made; empty when there is none.
Ref<GstElement> findByFactory(GstBin* bin, const char* factory);

/// A capsfilter for these caps.
base::Result<Ref<GstElement>> makeCapsFilter(const std::string& caps);

/// A signal's connection: the closure owns its data; disconnected by destruction. Thread-bound, but
/// the callable runs on whatever thread emits.
class Connection {
public:
    Connection() = default;
    Connection(Connection&& other) noexcept
        : object_(std::move(other.object_)), id_(std::exchange(other.id_, 0)) {}
    Connection& operator=(Connection&& other) noexcept {
        std::swap(object_, other.object_);
        std::swap(id_, other.id_);
        return *this;
    }
    ~Connection() {
        if (id_ != 0 && g_signal_handler_is_connected(object_.get(), id_)) {
            g_signal_handler_disconnect(object_.get(), id_);
        }
    }

    /// `Connection::make<void, GstPad*>(object, "pad-added", [..](GstPad* pad) {…})`: the types are
    /// those of the signal's return value and arguments; the emitting object is not passed on.
    template <class R, class... Args, class F>
    static Connection make(gpointer object, const char* signal, F callable) {
        const auto call = +[](gpointer, Args... args, gpointer data) noexcept -> R {
            return (*static_cast<F*>(data))(args...);
        };
        const auto free = +[](gpointer data, GClosure*) noexcept { delete static_cast<F*>(data); };
        return Connection(G_OBJECT(object), g_signal_connect_data(object, signal, G_CALLBACK(call),
                                                                  new F(std::move(callable)), free,
                                                                  static_cast<GConnectFlags>(0)));
    }

private:
    Connection(GObject* object, unsigned long id)
        : object_(Ref<GObject>::retain(object)), id_(id) {}

    Ref<GObject> object_;
    unsigned long id_ = 0;
};

} // namespace gst
