#pragma once

#include "gateway/ice/source.h"

#include <memory>
#include <utility>
#include <vector>

namespace ice {

using Sources = std::vector<std::unique_ptr<Source>>;

/// All sources together: what a browser is given. Owned by the application. Thread-bound.
class IceServers {
public:
    /// In this order they are handed out. `policy` of the settings; a source may ask for Relay too.
    IceServers(Sources sources, Policy policy) : sources_(std::move(sources)), policy_(policy) {}
    IceServers(const IceServers&) = delete;
    IceServers& operator=(const IceServers&) = delete;

    /// `done` is called once, later, within Source::kLongestAnswer. Unavailable, with the words of
    /// the sources, when one of them failed and no other gave a relay: nobody shall publish with
    /// servers that are not there. Else a source's failure is logged.
    void ask(const Inquiry& inquiry, Answer done);

    [[nodiscard]] const Sources& sources() const { return sources_; }

private:
    Sources sources_;
    Policy policy_;
};

} // namespace ice
