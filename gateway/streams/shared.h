#pragma once

#include "gateway/streams/config.h"
#include "gateway/streams/events.h"
#include "gateway/streams/ports.h"
#include "gateway/streams/sandbox.h"

namespace streams {

/// What all streams share. Owned by the registry.
struct Shared {
    const Config config;
    const Sandbox sandbox;
    Ports ports;
    Events events;
};

} // namespace streams
