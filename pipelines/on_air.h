#pragma once

#include <chrono>
#include <mutex>
#include <optional>

/// Which publisher of a stream is on air, by its number. The next one takes over at a key frame,
/// picture and sound in one moment: what goes on does so under the lock. Thread-safe.
class OnAir {
public:
    explicit OnAir(int publisher) : current_(publisher) {}

    /// This one's first key frame takes over, once its sound is there too when it has some.
    void expect(int publisher, bool hasSound) {
        const std::lock_guard lock(mutex_);
        next_ = {publisher, hasSound, std::nullopt};
    }
    /// It shall not take over any more; false when it is on air already.
    [[nodiscard]] bool withdraw(int publisher) {
        const std::lock_guard lock(mutex_);
        if (next_.publisher == publisher) {
            next_ = {};
        }
        return current_ != publisher;
    }
    [[nodiscard]] int current() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }

    /// Calls pass(takesOver) when this publisher's picture goes on. `pass` must not block.
    template <class F>
    void picture(int publisher, bool keyFrame, F&& pass) {
        const std::lock_guard lock(mutex_);
        const bool takesOver = keyFrame && publisher == next_.publisher && next_.isReady();
        if (takesOver) {
            current_ = publisher;
            next_ = {};
        }
        if (publisher == current_) {
            pass(takesOver);
        }
    }
    /// Calls pass() when this publisher's sound goes on.
    template <class F>
    void sound(int publisher, F&& pass) {
        const std::lock_guard lock(mutex_);
        if (publisher == current_) {
            pass();
        } else if (publisher == next_.publisher) {
            next_.awaitsSound = false;
        }
    }

private:
    using Clock = std::chrono::steady_clock;
    /// Sound begins some packets after the picture, or never when nothing is said.
    static constexpr std::chrono::milliseconds kSoundPatience{700};

    struct Next {
        int publisher = 0; ///< 0: none
        bool awaitsSound = false;
        std::optional<Clock::time_point> firstPicture;

        bool isReady() {
            firstPicture = firstPicture.value_or(Clock::now());
            return !awaitsSound || Clock::now() - *firstPicture >= kSoundPatience;
        }
    };

    mutable std::mutex mutex_;
    int current_;
    Next next_;
};
