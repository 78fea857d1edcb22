#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/fanout/access_unit.h"
#include "pipelines/gst/bus_watch.h"
#include "pipelines/gst/element.h"
#include "pipelines/gst/timebase.h"

#include <functional>
#include <string>

namespace outputs {

/// A network output's GstPipeline, on the clock of the core pipeline. When something in it breaks,
/// another one takes its place (makeSendOutput). Made, ended and destroyed on the main thread, fed
/// by the fan-out; destroying it brings it down in the background.
class SendPipeline {
public:
    using OnError = std::function<void(const std::string&)>;

    SendPipeline(const SendPipeline&) = delete;
    SendPipeline& operator=(const SendPipeline&) = delete;
    virtual ~SendPipeline();

    virtual void setFormat(const fanout::Format& format) = 0;
    virtual void send(const fanout::AccessUnit& unit) = 0;
    /// Nothing more is sent; `onEnded` is called on the main thread when everything has left and
    /// receivers were told, or after a short while.
    void end(std::function<void()> onEnded);

protected:
    /// `onError` is called on the main thread; it may destroy this.
    SendPipeline(const gst::Timebase& timebase, const OnError& onError);

    [[nodiscard]] GstBin* bin() const { return GST_BIN(pipeline_.get()); }
    base::Result<void> play();
    /// Leads to onError. Thread-safe.
    void reportError(const base::Error& error);
    virtual void sendEndOfStream() = 0;

private:
    void finishEnding();

    gst::Ref<GstElement> pipeline_;
    gst::BusWatch bus_;
    std::function<void()> onEnded_;
    base::Timer deadline_;
};

/// A sink that sends at once to a numeric address. That nobody listens is no error. `interface`:
/// which multicast leaves by; empty: the system's choice.
base::Result<gst::Ref<GstElement>> makeUdpSink(const std::string& host, int port, int ttl,
                                               const std::string& interface);

} // namespace outputs
