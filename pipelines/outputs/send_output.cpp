#include "pipelines/base/loop.h"
#include "pipelines/outputs/event_post.h"
#include "pipelines/outputs/sender.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

namespace outputs {

using namespace std::chrono_literals;

namespace {

constexpr base::Milliseconds kFirstPause = 1s;
constexpr base::Milliseconds kLongestPause = 30s;

/// Feeds the present attempt, if there is one. Thread-safe.
class SendConsumer : public fanout::Consumer {
public:
    explicit SendConsumer(EventPost events) : events_(std::move(events)) {}

    void setFormat(const fanout::Format& format) override {
        const std::lock_guard lock(mutex_);
        format_ = format;
        if (sending_) {
            sender_->setFormat(format);
        }
    }
    void consume(const fanout::AccessUnit& unit) override {
        const std::lock_guard lock(mutex_);
        if (sender_ && !sending_ && unit.keyFrame) {
            sending_ = true;
            from_ = unit.time;
            sender_->setFormat(format_);
            events_.phase(Phase::Running);
        }
        if (sending_ && unit.time >= from_) {
            sender_->send(unit);
        } else {
            ++dropped_;
        }
    }
    /// A burst of old pictures would only overflow the receiver's socket.
    [[nodiscard]] fanout::Begin begin() const override { return fanout::Begin::Live; }

    /// Returns the one before. It is not in use any more.
    std::unique_ptr<Sender> replace(std::unique_ptr<Sender> sender) {
        const std::lock_guard lock(mutex_);
        sending_ = false;
        return std::exchange(sender_, std::move(sender));
    }
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }

private:
    const EventPost events_;
    std::mutex mutex_;
    std::unique_ptr<Sender> sender_;
    fanout::Format format_;
    bool sending_ = false; ///< since a key frame
    base::Nanoseconds from_{};
    std::atomic<std::int64_t> dropped_ = 0;
};

class SendOutput : public Output {
public:
    SendOutput(MakeSender makeSender, const base::Logger& log, Events events)
        : makeSender_(std::move(makeSender)), log_(log), events_(std::move(events)),
          consumer_(std::make_shared<SendConsumer>(events_)) {}
    ~SendOutput() override { events_.silence(); }

    base::Result<void> start() {
        auto sender =
            makeSender_([this, alive = std::weak_ptr(alive_)](const std::string& message) {
                if (!alive.expired()) {
                    recover(message);
                }
            });
        if (!sender) {
            return base::fail(sender.error());
        }
        events_.phase(Phase::Starting);
        started_ = std::chrono::steady_clock::now();
        consumer_->replace(std::move(*sender));
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
                events_.phase(Phase::Stopped);
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
        log_.warning(message);
        events_.phase(Phase::Failed, message);
        const auto now = std::chrono::steady_clock::now();
        if (now - started_ > kLongestPause) {
            pause_ = 0ms; // it worked for a while
        }
        consumer_->replace(nullptr);
        pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
        retry_ = base::Timer::once(pause_, [this] {
            if (auto started = start(); !started) {
                recover(started.error().message);
            }
        });
    }

    const MakeSender makeSender_;
    const base::Logger log_;
    const EventPost events_;
    std::shared_ptr<SendConsumer> consumer_;
    std::unique_ptr<Sender> last_;                  ///< on its way out
    std::chrono::steady_clock::time_point started_; ///< the present attempt
    base::Milliseconds pause_{0};
    base::Timer retry_;
    bool closing_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace

base::Result<std::unique_ptr<Output>> makeSendOutput(MakeSender makeSender, const base::Logger& log,
                                                     Events events) {
    auto output = std::make_unique<SendOutput>(std::move(makeSender), log, std::move(events));
    if (auto started = output->start(); !started) {
        return base::fail(started.error());
    }
    return output;
}

} // namespace outputs
