#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"
#include "tests/support/publisher/media.h"

#include <functional>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <memory>
#include <optional>
#include <string>

namespace publisher {

/// webrtcbin that sends encoded media. Handlers run on the main thread. Owned by main.
/// Thread-bound, but for push(), which the feeder's thread calls.
class SendingPeer {
public:
    struct Handlers {
        std::function<void()> onConnected;
        std::function<void(std::string reason)> onLost; ///< ICE or DTLS failed or was closed
    };

    /// `relay`: turn://USER:PASSWORD@HOST:PORT, percent-encoded, to send through it and no other
    /// way.
    static base::Result<std::unique_ptr<SendingPeer>> create(const Media& media, Handlers handlers,
                                                             const std::string& relay = {});

    SendingPeer(const SendingPeer&) = delete;
    SendingPeer& operator=(const SendingPeer&) = delete;
    ~SendingPeer();

    /// The offer, with its candidates. Blocks until they are gathered (at most 2 s).
    base::Result<std::string> offer();
    base::Result<void> accept(const std::string& answer);
    /// Sends one access unit, whose time counts from the feeder's beginning.
    void push(const AccessUnit& unit, base::Nanoseconds at);

private:
    explicit SendingPeer(Handlers handlers) : handlers_(std::move(handlers)) {}

    static void onConnectionState(GObject* webrtc, GParamSpec*, gpointer self) noexcept;
    base::Result<void> build(const Media& media);
    base::Result<void> useOnly(const std::string& relay);
    void prepareTransceivers();
    void waitForCandidates();
    void advance(int connectionState);

    Handlers handlers_;
    base::Object<GstElement> pipeline_;
    base::Object<GstElement> webrtc_;
    base::Object<GstElement> video_;
    base::Object<GstElement> audio_;
    /// Running time of the feeder's beginning, which may be before ours; the feeder's thread.
    std::optional<std::int64_t> zero_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace publisher
