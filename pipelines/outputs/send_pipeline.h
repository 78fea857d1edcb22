#pragma once

#include "pipelines/base/result.h"
#include "pipelines/gst/element.h"
#include "pipelines/outputs/output.h"

#include <functional>
#include <memory>
#include <string>

namespace outputs {

/// The GstPipeline of one network output, on the clock of the core pipeline. Thread-bound (main
/// thread); destroying it brings it down in the background.
class SendPipeline {
public:
    /// `onError` is called on the main thread, once.
    static base::Result<std::unique_ptr<SendPipeline>>
    make(const gst::Timebase& timebase, std::function<void(std::string)> onError);
    SendPipeline(const SendPipeline&) = delete;
    SendPipeline& operator=(const SendPipeline&) = delete;
    ~SendPipeline();

    [[nodiscard]] GstBin* bin() const { return GST_BIN(pipeline_.get()); }
    base::Result<void> play();
    /// Once everything pushed has left, or after a short while.
    void whenEnded(std::function<void()> onEnded);

private:
    struct Watch;
    explicit SendPipeline(gst::Ref<GstElement> pipeline) : pipeline_(std::move(pipeline)) {}
    static gboolean onMessage(GstBus* bus, GstMessage* message, gpointer watch) noexcept;

    gst::Ref<GstElement> pipeline_;
    std::shared_ptr<Watch> watch_;
};

} // namespace outputs
