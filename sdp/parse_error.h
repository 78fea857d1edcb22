#pragma once

#include <string>
#include <tl/expected.hpp>

namespace sdp {

/// Why a text was not understood. Fit for showing to whoever sent it.
struct ParseError {
    int line = 0; ///< counted from 1; 0: the text as a whole
    std::string reason;
};

template <class T>
using Parsed = tl::expected<T, ParseError>;

} // namespace sdp
