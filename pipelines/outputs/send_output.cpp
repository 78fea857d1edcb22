#include "pipelines/outputs/send_output.h"

#include "pipelines/base/backoff.h"
#include "pipelines/base/loop.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

namespace outputs {

using namespace std::chrono_literals;

namespace {

constexpr base::Milliseconds kFirstPause = 1s;
constexpr base::Milliseconds kLongestPause = 30s;

/// Feeds the present pipeline, if there is one. Thread-safe.
class SendConsumer : public fanout::Consumer {
public:
    explicit SendConsumer(Reporter reporter) : reporter_(std::move(reporter)) {}

    void setFormat(const fanout::Format& format) override {
        const std::lock_guard lock(mutex_);
        format_ = format;
        if (sending_) {
            pipeline_->setFormat(format);
        }
    }
    void consume(const fanout::AccessUnit& unit) override {
        const std::lock_guard lock(mutex_);
        if (pipeline_ && !sending_ && unit.keyFrame) {
            sending_ = true;
            from_ = unit.time;
            pipeline_->setFormat(format_);
            reporter_.phase(control::OutputPhase::Running);
        }
        if (sending_ && unit.time >= from_) {
            pipeline_->send(unit);
        } else {
            ++dropped_;
        }
    }
    /// A burst of old frames would only overflow the receiver's socket.
    [[nodiscard]] fanout::Begin begin() const override { return fanout::Begin::Live; }

    /// Returns the one before. It is not in use any more.
    std::unique_ptr<SendPipeline> replace(std::unique_ptr<SendPipeline> pipeline) {
        const std::lock_guard lock(mutex_);
        sending_ = false;
        return std::exchange(pipeline_, std::move(pipeline));
    }
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }

private:
    const Reporter reporter_;
    std::mutex mutex_;
    std::unique_ptr<SendPipeline> pipeline_;
    fanout::Format format_;
    bool sending_ = false; ///< since a key frame
    base::Nanoseconds from_{};
    std::atomic<std::int64_t> dropped_ = 0;
};

class SendOutput : public Output {
public:
    SendOutput(MakeSendPipeline makePipeline, Reporter reporter)
        : makePipeline_(std::move(makePipeline)), reporter_(std::move(reporter)),
          consumer_(std::make_shared<SendConsumer>(reporter_)) {}
    ~SendOutput() override {
        reporter_.silence();
        consumer_->replace(nullptr);
    }

    base::Result<void> start() {
        auto pipeline = makePipeline_([this](const std::string& message) { recover(message); });
        if (!pipeline) {
            return base::fail(pipeline.error());
        }
        reporter_.phase(control::OutputPhase::Starting);
        started_ = std::chrono::steady_clock::now();
        consumer_->replace(std::move(*pipeline));
        return {};
    }

    [[nodiscard]] std::shared_ptr<fanout::Consumer> consumer() const override { return consumer_; }
    [[nodiscard]] std::int64_t dropped() const override { return consumer_->dropped(); }

    void close(std::function<void()> onClosed) override {
        retry_.stop();
        closing_ = true;
        last_ = consumer_->replace(nullptr);
        auto closed = [this, alive = std::weak_ptr(alive_), onClosed = std::move(onClosed)] {
            if (!alive.expired()) {
                last_.reset();
                reporter_.phase(control::OutputPhase::Stopped);
                base::post(onClosed);
            }
        };
        if (last_) {
            last_->end(std::move(closed));
        } else {
            base::post(std::move(closed));
        }
    }

private:
    void recover(const std::string& message) {
        if (closing_) {
            return;
        }
        reporter_.failed(message);
        if (std::chrono::steady_clock::now() - started_ > kLongestPause) {
            pauses_.reset(); // it worked for a while
        }
        retry_ = base::Timer::once(pauses_.next(), [this] {
            if (auto started = start(); !started) {
                recover(started.error().message);
            }
        });
        consumer_->replace(nullptr);
    }

    const MakeSendPipeline makePipeline_;
    const Reporter reporter_;
    std::shared_ptr<SendConsumer> consumer_;
    std::unique_ptr<SendPipeline> last_;            ///< on its way out
    std::chrono::steady_clock::time_point started_; ///< the present pipeline
    base::Backoff pauses_{kFirstPause, kLongestPause};
    base::Timer retry_;
    bool closing_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace

base::Result<std::unique_ptr<Output>> makeSendOutput(MakeSendPipeline makePipeline,
                                                     Reporter reporter) {
    auto output = std::make_unique<SendOutput>(std::move(makePipeline), std::move(reporter));
    if (auto started = output->start(); !started) {
        return base::fail(started.error());
    }
    return output;
}

} // namespace outputs
