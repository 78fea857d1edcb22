#pragma once

#include "sdp/publish_offer.h"

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace sdp {

/// How the parts of an offer are read; for publish_offer.cpp.

template <class T>
using OfferRead = tl::expected<T, Refusal>;

tl::unexpected<Refusal> malformed(int line, std::string reason);
tl::unexpected<Refusal> unusable(int line, std::string reason);

/// The attribute of the m= line, else that of the session, else nullptr.
const Attribute* findAttribute(const SessionDescription& description, const MediaDescription& media,
                               std::string_view name);

/// "m=video", for messages.
std::string nameOf(const MediaDescription& media);

/// ICE and DTLS parameters and candidates of an m= line that isn't bundle-only.
OfferRead<OfferedTransport> readTransport(const SessionDescription& description,
                                          const MediaDescription& media);

/// The format to take from an audio or video m= line, and what belongs to it.
OfferRead<OfferedTrack> readTrack(const MediaDescription& media, std::size_t index);

} // namespace sdp
