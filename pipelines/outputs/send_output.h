#pragma once

#include "pipelines/outputs/output.h"
#include "pipelines/outputs/send_pipeline.h"

#include <functional>
#include <memory>

namespace outputs {

using MakeSendPipeline =
    std::function<base::Result<std::unique_ptr<SendPipeline>>(const SendPipeline::OnError&)>;

/// An output that sends, through one pipeline at a time: when one breaks, the next is made after a
/// pause. Fails when the first can't be made.
base::Result<std::unique_ptr<Output>> makeSendOutput(MakeSendPipeline makePipeline,
                                                     Reporter reporter);

} // namespace outputs
