#pragma once

#include <glib-object.h>
#include <glib.h>
#include <memory>
#include <unistd.h>
#include <utility>

/// Owning GLib values from C++: what is not a GObject. GObjects go in base::Object.
namespace base {

struct GFree {
    void operator()(void* memory) const noexcept { g_free(memory); }
};
struct GErrorFree {
    void operator()(GError* error) const noexcept { g_clear_error(&error); }
};
struct GBytesFree {
    void operator()(GBytes* bytes) const noexcept { g_bytes_unref(bytes); }
};
struct GKeyFileFree {
    void operator()(GKeyFile* file) const noexcept { g_key_file_free(file); }
};
struct GUriFree {
    void operator()(GUri* uri) const noexcept { g_uri_unref(uri); }
};
struct GDateTimeFree {
    void operator()(GDateTime* time) const noexcept { g_date_time_unref(time); }
};

using UniqueString = std::unique_ptr<char, GFree>;
using UniqueError = std::unique_ptr<GError, GErrorFree>;
using UniqueBytes = std::unique_ptr<GBytes, GBytesFree>;
using UniqueKeyFile = std::unique_ptr<GKeyFile, GKeyFileFree>;
using UniqueUri = std::unique_ptr<GUri, GUriFree>;
using UniqueDateTime = std::unique_ptr<GDateTime, GDateTimeFree>;

/// Receives a GError** result: `ErrorOut error; g_foo(..., error); if (error) error->message`.
class ErrorOut {
public:
    ErrorOut() = default;
    ErrorOut(const ErrorOut&) = delete;
    ErrorOut& operator=(const ErrorOut&) = delete;
    ~ErrorOut() { g_clear_error(&error_); }

    operator GError**() { return &error_; } // NOLINT: meant to be implicit
    /// Not const: beside operator GError** a const one would lose, and every ErrorOut be true.
    explicit operator bool() { return error_ != nullptr; }
    const GError* operator->() const { return error_; }
    [[nodiscard]] bool matches(GQuark domain, int code) const {
        return g_error_matches(error_, domain, code) != FALSE;
    }
    [[nodiscard]] const char* message() const { return error_ ? error_->message : "unknown error"; }

private:
    GError* error_ = nullptr;
};

/// A counted reference to a GObject. The transfer is in the verb: adopt (full), retain (none),
/// sink (floating).
template <class T>
class Object {
public:
    Object() = default;
    Object(const Object& other) : object_(other.object_ ? ref(other.object_) : nullptr) {}
    Object(Object&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Object& operator=(Object other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Object() { g_clear_object(&object_); }

    static Object adopt(T* object) { return Object(object); }
    static Object retain(T* object) { return Object(object ? ref(object) : nullptr); }
    static Object sink(T* object) {
        return Object(object ? static_cast<T*>(g_object_ref_sink(object)) : nullptr);
    }

    [[nodiscard]] T* get() const { return object_; }
    [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }
    explicit operator bool() const { return object_ != nullptr; }

private:
    explicit Object(T* object) : object_(object) {}
    static T* ref(T* object) { return static_cast<T*>(g_object_ref(object)); }

    T* object_ = nullptr;
};

/// An owned file descriptor, closed on destruction.
class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~UniqueFd() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

} // namespace base
