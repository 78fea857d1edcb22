#pragma once

#include "pipelines/base/result.h"
#include "pipelines/gst/element.h"

#include <functional>

/// The way of decoded pictures from a publisher's pipeline into the encoder's.
namespace encode {

/// One decoded picture; its timestamp is a running time.
struct Picture {
    gst::Ref<GstBuffer> data;
    gst::Ref<GstCaps> caps;
};

/// What a decoder is linked to. `onPicture` is called on its streaming thread.
base::Result<gst::Ref<GstElement>> makePictureSink(std::function<void(Picture)> onPicture);

/// Where pictures go into the encoder's pipeline. When that is too slow the oldest that wait are
/// dropped. Owned by whoever built the pipeline.
class PictureSource {
public:
    /// Adds it in front of `next`.
    static base::Result<PictureSource> add(GstBin* pipeline, GstElement* next);

    /// Never blocks. On one thread at a time.
    void push(Picture picture);

private:
    explicit PictureSource(gst::Ref<GstElement> source) : source_(std::move(source)) {}

    gst::Ref<GstElement> source_;
    gst::Ref<GstCaps> caps_;
};

} // namespace encode
