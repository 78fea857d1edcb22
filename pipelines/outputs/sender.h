#pragma once

#include "pipelines/outputs/output.h"

#include <functional>
#include <memory>
#include <string>

namespace outputs {

/// One attempt at sending: a pipeline, playing. Made, destroyed and ended on the main thread; fed
/// by the fan-out.
class Sender {
public:
    virtual ~Sender() = default;
    virtual void setFormat(const fanout::Format& format) = 0;
    virtual void send(const fanout::AccessUnit& unit) = 0;
    /// Nothing more is sent; `onEnded` is called on the main thread when receivers were told.
    virtual void end(std::function<void()> onEnded) = 0;
};

using OnError = std::function<void(std::string)>;
/// `onError` is called on the main thread.
using MakeSender = std::function<base::Result<std::unique_ptr<Sender>>(OnError onError)>;

/// An output that sends, with attempts that follow each other when one breaks. Fails when the first
/// can't be made.
base::Result<std::unique_ptr<Output>> makeSendOutput(MakeSender makeSender, const base::Logger& log,
                                                     Events events);

} // namespace outputs
