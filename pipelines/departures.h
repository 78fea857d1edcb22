#pragma once

#include "pipelines/publisher.h"

#include <list>
#include <memory>

/// Publishers that another one replaced, or that never came on air, on their way out of a stream
/// that goes on. Each is given 5 s; one that hangs is left behind with its threads, and counted.
/// Owned by the publishers. Thread-bound.
class Departures {
public:
    void add(std::unique_ptr<Publisher> publisher);

    /// How many were left behind.
    [[nodiscard]] int abandoned() const { return state_->abandoned; }

private:
    struct State {
        std::list<std::unique_ptr<Publisher>> leaving;
        int abandoned = 0;
    };

    std::shared_ptr<State> state_ = std::make_shared<State>();
};
