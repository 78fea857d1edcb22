#pragma once

#include "gateway/streams/pipeline_process.h"
#include "gateway/streams/spares.h"

#include <functional>
#include <memory>
#include <string>

namespace streams {

/// The process that carries a stream: waits for a spare one, then speaks with it. Owned by its
/// stream. Thread-bound.
class Carrier {
public:
    /// `number` differs from that of any other carrier of these spares.
    Carrier(Spares& spares, int number) : spares_(spares), number_(number) {}
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;
    ~Carrier() { leave(); }

    /// `onReady` is called once, now or later, when it can be sent to.
    void start(PipelineProcess::Handlers handlers, std::function<void()> onReady);
    /// It is not waited for any more.
    void leave() { spares_.leave(number_); }
    [[nodiscard]] bool waiting() const { return process_ == nullptr; }

    /// Ignored while it waits, as is what follows.
    void send(const control::ToPipeline& message);
    /// As PipelineProcess.
    void stop();
    void terminate(const std::string& reason);

private:
    Spares& spares_;
    const int number_;
    std::unique_ptr<PipelineProcess> process_;
};

} // namespace streams
