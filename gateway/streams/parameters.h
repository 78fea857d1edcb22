#pragma once

#include "pipelines/base/result.h"
#include "pipelines/control/from_pipeline.h"
#include "sdp/receiver_description.h"

#include <string>

namespace streams {

/// What Live says, as bytes. A value.
struct Parameters {
    sdp::Bytes sps;
    sdp::Bytes pps;
    sdp::Bytes audioConfig;
    std::string videoCodec; ///< RFC 6381: "avc1.42c01f"
    std::string audioCodec; ///< "mp4a.40.2"

    /// Fails when they are no parameters: nobody could play such a stream.
    static base::Result<Parameters> read(const control::Live& live);
};

} // namespace streams
