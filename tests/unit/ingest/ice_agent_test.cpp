#include "pipelines/ingest/ice_agent.h"

#include <catch2/catch.hpp>

TEST_CASE("what keeps publishers from reaching this machine is named") {
    CHECK(ingest::whyUnreachable({.interfaces = {"eth77"}}, false) ==
          "none of [ice] interfaces (eth77) has an address now");
    const std::string full = ingest::whyUnreachable({.firstPort = 40000, .lastPort = 40007}, true);
    CHECK(full.find("40000-40007") != std::string::npos);
}
