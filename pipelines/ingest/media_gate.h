#pragma once

#include "pipelines/gst/ref.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace ingest {

/// Lets RTP through only when the peer's DTLS certificate has the fingerprint that its offer named
/// (RFC 8122 section 6.2, RFC 8827 section 6.5): webrtcbin 1.22 never compares them. Counts what
/// arrives. Thread-safe: streaming threads look, the main thread reads the counters.
class MediaGate {
public:
    /// `fingerprint`: SHA-256, upper case with colons. `onRefused` is called once, on any thread.
    MediaGate(std::string fingerprint, std::function<void()> onRefused)
        : fingerprint_(std::move(fingerprint)), onRefused_(std::move(onRefused)) {}

    /// The DTLS transport (GstWebRTCDTLSTransport) whose certificate counts.
    void watch(gst::Ref<GObject> transport);
    /// No media passes any more.
    void shut() { shut_ = true; }

    /// Puts the gate on a source pad of webrtcbin; the gate lives as long as the pad's probe.
    static void install(const std::shared_ptr<MediaGate>& gate, GstPad* pad);

    [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

private:
    bool passes();
    void verify();
    static GstPadProbeReturn onData(GstPad* pad, GstPadProbeInfo* info, gpointer data) noexcept;

    const std::string fingerprint_;
    const std::function<void()> onRefused_;
    std::mutex mutex_; ///< guards transport_
    gst::Ref<GObject> transport_;
    std::atomic<bool> verified_{false};
    std::atomic<bool> shut_{false};
    std::atomic<std::uint64_t> bytes_{0};
};

/// SHA-256 of the DER inside a PEM certificate, upper case with colons; empty when it is none.
std::string fingerprintOf(const std::string& pem);

} // namespace ingest
