#pragma once

#include <gst/gst.h>
#include <memory>
#include <utility>

/// Owning GStreamer's objects from C++. The only folder with bare unrefs.
namespace gst {

/// How to count references of a T; GstObjects and GObjects by default.
template <class T>
struct Counting {
    static void ref(T* object) { g_object_ref(object); }
    static void unref(T* object) { g_object_unref(object); }
};
template <class T>
struct MiniCounting {
    static void ref(T* object) { gst_mini_object_ref(GST_MINI_OBJECT_CAST(object)); }
    static void unref(T* object) { gst_mini_object_unref(GST_MINI_OBJECT_CAST(object)); }
};
template <>
struct Counting<GstBuffer> : MiniCounting<GstBuffer> {};
template <>
struct Counting<GstBufferList> : MiniCounting<GstBufferList> {};
template <>
struct Counting<GstCaps> : MiniCounting<GstCaps> {};
template <>
struct Counting<GstSample> : MiniCounting<GstSample> {};
template <>
struct Counting<GstEvent> : MiniCounting<GstEvent> {};
template <>
struct Counting<GstMessage> : MiniCounting<GstMessage> {};
template <>
struct Counting<GstQuery> : MiniCounting<GstQuery> {};
template <>
struct Counting<GstPromise> : MiniCounting<GstPromise> {};
template <>
struct Counting<GstMemory> : MiniCounting<GstMemory> {};

/// A counted reference. The transfer is in the verb: adopt (full), retain (none), sink (floating).
/// Reentrant: each Ref belongs to one thread, the object's count is atomic.
template <class T>
class Ref {
public:
    Ref() = default;
    Ref(std::nullptr_t) {} // NOLINT: meant to be implicit
    Ref(const Ref& other) : object_(other.object_) {
        if (object_ != nullptr) {
            Counting<T>::ref(object_);
        }
    }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ != nullptr) {
            Counting<T>::unref(object_);
        }
    }

    static Ref adopt(T* object) { return Ref(object); }
    static Ref retain(T* object) {
        if (object != nullptr) {
            Counting<T>::ref(object);
        }
        return Ref(object);
    }
    static Ref sink(T* object) {
        if (object != nullptr) {
            g_object_ref_sink(object);
        }
        return Ref(object);
    }

    [[nodiscard]] T* get() const { return object_; }
    /// Gives the reference away: for calls with (transfer full).
    [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }
    explicit operator bool() const { return object_ != nullptr; }

private:
    explicit Ref(T* object) : object_(object) {}

    T* object_ = nullptr;
};

struct StructureFree {
    void operator()(GstStructure* structure) const noexcept { gst_structure_free(structure); }
};
using UniqueStructure = std::unique_ptr<GstStructure, StructureFree>;

} // namespace gst
